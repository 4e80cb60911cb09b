import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.dotenv import env_line, read_env
from releases.errors import OperationRefused

EXAMPLE = """\ufeff# Comments and blank lines are skipped.

export LOG_LEVEL=debug
  SPACED = around the sign   # and a comment after it
HASH=colour#fff
EMPTY=
EMPTY_TOO= # nothing but a comment
APOSTROPHE=it's
DOLLAR=$HOME/${USER}
SINGLE='as # it \\n "stands"'
DOUBLE="with # \\"quotes\\", a\\nline break and \\$5"
OTHER_ESCAPES="C:\\dir \\q"
KEY="-----BEGIN KEY-----
abc=
-----END KEY-----"   # several lines
URL=postgres://u:p@host/db?a=b
LAST=no line break"""


def test_the_usual_dialects_are_read() -> None:
    assert read_env(EXAMPLE) == {
        "LOG_LEVEL": "debug",
        "SPACED": "around the sign",
        "HASH": "colour#fff",
        "EMPTY": "",
        "EMPTY_TOO": "",
        "APOSTROPHE": "it's",
        "DOLLAR": "$HOME/${USER}",
        "SINGLE": 'as # it \\n "stands"',
        "DOUBLE": 'with # "quotes", a\nline break and $5',
        "OTHER_ESCAPES": "C:\\dir \\q",
        "KEY": "-----BEGIN KEY-----\nabc=\n-----END KEY-----",
        "URL": "postgres://u:p@host/db?a=b",
        "LAST": "no line break",
    }


def test_line_ends_of_windows_are_read() -> None:
    assert read_env('A=1\r\nB="x\r\ny"\r\n') == {"A": "1", "B": "x\ny"}


@pytest.mark.parametrize(
    "wrong",
    [
        "s3cret",
        "A: s3cret",
        "A='s3cret",
        'A="s3cret',
        "A='s3'cret",
        'A="s3" cret',
        "A=#s3cret",
        "=s3cret",
        "'A'=s3cret",
        "A B=s3cret",
    ],
)
def test_what_is_ambiguous_is_refused_by_line_and_never_quoted(wrong: str) -> None:
    with pytest.raises(OperationRefused, match=r"^Line 3 is no NAME=VALUE") as refused:
        read_env(f"# one\nFINE=1\n{wrong}")

    assert "s3" not in str(refused.value)


def test_all_that_is_ambiguous_is_told_at_once() -> None:
    with pytest.raises(OperationRefused, match=r"^Lines 2, 5 and 7 are no NAME="):
        read_env("A=1\nsome\nB='2\n2'\nmore\nC=3 # fine\nD='4' 4\nE=5")


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(OperationRefused, match="Line 2 gives A a second time"):
        read_env("A=1\nA=2")


def test_an_unclosed_quote_in_a_large_file_is_refused_at_once() -> None:
    with pytest.raises(OperationRefused, match="Line 1 "):
        read_env('A="' + "x\\" * 200_000)


@pytest.mark.parametrize(
    "text",
    [
        "A=x" + " " * 200_000 + "y",
        "A=x" + " #" * 100_000,
        "A='x'" + " " * 200_000 + "y",
        "A=" + " " * 200_000 + "'",
        'A="\\\n' * 100_000,
        "\n".join(f"KEY_{number}=1" for number in range(100_000)),
    ],
)
def test_a_large_file_is_read_at_once(text: str) -> None:
    started = time.process_time()
    with suppress(OperationRefused):
        read_env(text)

    # Twice as much would take four times as long, and be minutes here.
    assert time.process_time() - started < 5


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_what_is_written_is_read_back(value: str) -> None:
    assert read_env(env_line("A", value)) == {"A": value}


def test_what_is_written_is_read_alike_by_a_shell(tmp_path: Path) -> None:
    values = {"A": 'it\'s $5 `x` \\n "q" \\\\ !', "B": "plain # $HOME\n\ttwo lines\\"}
    file = tmp_path / "env"
    file.write_text("\n".join(env_line(*pair) for pair in values.items()))

    read = subprocess.run(
        ["/bin/sh", "-c", '. "$1"; printf "%s\\0%s" "$A" "$B"', "sh", file],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert read.split("\0") == list(values.values())
