"""Reading and writing .env files: what all their dialects agree on, and no guessing."""

import re

from releases.errors import OperationRefused

BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
# What may follow a value that has ended.
REST = r"(?: [ \t]+ \#[^\n]* )? [ \t]*"
# Nothing in it can end at more than one place: pasted text is looked at once.
ENTRY = re.compile(
    rf"""
    [ \t]* (?:export[ \t]+)?
    (?P<name> [^\s=\#'"]+ ) [ \t]* =
    (?: [ \t]* ' (?P<literal> [^']* ) ' {REST}
      | [ \t]* " (?P<escaped> [^"\\]* (?: \\. [^"\\]* )* ) " {REST}
      | [ \t]* (?P<bare> [^\s'"\#] [^\n]* )
      | {REST}
    )
    (?: \n | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)
COMMENT = re.compile(r"[ \t]\#.*")
LINES_TOLD = 10
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`"}


def read_env(text: str) -> dict[str, str]:
    """Return the values by name. Quoted ones may go over several lines.

    Nothing is expanded: a dollar sign is one. What is ambiguous is refused with the
    numbers of its lines, the first of them at least, and never with their text.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    values: dict[str, str] = {}
    wrong: list[int] = []
    position, line = 0, 1
    while position < len(text) and len(wrong) < LINES_TOLD:
        entry = None
        if found := BLANK.match(text, position):
            end = found.end()
        elif entry := ENTRY.match(text, position):
            end = entry.end()
        else:
            wrong.append(line)
            end = text.find("\n", position) + 1 or len(text)
        if entry and entry["name"] in values:
            raise OperationRefused(
                f"Line {line} gives {entry['name'][:60]} a second time.", code="invalid"
            )
        if entry:
            values[entry["name"]] = _value(entry)
        line += text.count("\n", position, end)
        position = end
    if wrong:
        raise OperationRefused(_no_entries(wrong), code="invalid")
    return values


def _no_entries(lines: list[int]) -> str:
    *others, last = map(str, lines)
    which = f"Lines {', '.join(others)} and {last} are" if others else f"Line {last} is"
    return (
        f"{which} no NAME=VALUE. A value with a # or a quote in it stands"
        " in quotes, and quotes are closed."
    )


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
        return COMMENT.sub("", entry["bare"] or "").rstrip(" \t")
    return re.sub(
        r"\\(.)",
        lambda escape: ESCAPES.get(escape[1], escape[0]),
        entry["escaped"],
        flags=re.DOTALL,
    )
