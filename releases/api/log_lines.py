"""Lines of a log on their way to a client."""

from collections.abc import Iterable, Iterator

LINES_LIMIT = 1_500


def as_events(lines: Iterable[str]) -> Iterator[str]:
    """Write lines as Server-Sent Events; an empty one only keeps the line open."""
    for line in lines:
        yield f"data: {line}\n\n" if line else ":\n\n"


def as_text(lines: Iterable[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines if line)
