"""Reading and writing .env files: what all their dialects agree on, and no guessing."""

import re

from releases.errors import OperationRefused

BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
ENTRY = re.compile(
    r"""
    [ \t]* (?:export[ \t]+)?
    (?P<name> [^\s=\#'"]+ ) [ \t]* = [ \t]*
    (?: ' (?P<literal> [^']* ) '
      | " (?P<escaped> [^"\\]* (?: \\. [^"\\]* )* ) "
      | (?P<bare> (?: [^\s'"\#] [^\n]*? )? )
    )
    (?: [ \t]+ \#[^\n]* )? [ \t]* (?: \n | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`"}


def read_env(text: str) -> dict[str, str]:
    """Return the values by name. Quoted ones may go over several lines.

    Nothing is expanded: a dollar sign is one. What is ambiguous is refused with its line
    number, never with its text.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    values: dict[str, str] = {}
    position = 0
    while position < len(text):
        if blank := BLANK.match(text, position):
            position = blank.end()
            continue
        line = text.count("\n", 0, position) + 1
        entry = ENTRY.match(text, position)
        if entry is None:
            raise OperationRefused(
                f"Line {line} is no NAME=VALUE. A value with a # or a quote in it stands"
                " in quotes, and quotes are closed.",
                code="invalid",
            )
        if entry["name"] in values:
            raise OperationRefused(
                f"Line {line} gives {entry['name'][:60]} a second time.", code="invalid"
            )
        values[entry["name"]] = _value(entry)
        position = entry.end()
    return values


def env_line(name: str, value: str) -> str:
    """Return a line that `read_env` and shells read alike."""
    if "'" not in value and "\r" not in value:
        return f"{name}='{value}'"
    escaped = re.sub(r'(["\\$`])', r"\\\1", value).replace("\r", r"\r")
    return f'{name}="{escaped}"'


def _value(entry: re.Match[str]) -> str:
    if entry["literal"] is not None:
        return entry["literal"]
    if entry["escaped"] is None:
        return entry["bare"] or ""
    return re.sub(
        r"\\(.)",
        lambda escape: ESCAPES.get(escape[1], escape[0]),
        entry["escaped"],
        flags=re.DOTALL,
    )
