"""Fills in one share of a fill: python -m tests.bench.filling RELEASES PART PARTS.

A line on standard output says how many releases were committed. Without anyone to read
it, it ends.
"""

import sys

from tests.bench.process import die_quietly, set_up_django


def main(releases: int, part: int, parts: int) -> None:
    die_quietly()
    set_up_django()
    from tests.bench.fill import plots, share, write  # noqa: PLC0415  # after the setup

    for count in write(share(plots(releases), part, parts)):
        sys.stdout.write(f"{count}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
