"""What the README lists is what there is: settings with their defaults, and commands."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Django's own, to which ours are `set_password` and `create_user`; and a part of bin/up.
NOBODY_TYPES = {"changepassword", "createsuperuser", "runtime"}
SETTINGS = ("settings.py", "sign_in_settings.py")


@dataclass(frozen=True)
class Reading:
    """A call in the settings that reads a variable.

    `default` is None where none can be told as it is written.
    """

    name: str
    reader: str
    default: str | None


def readings() -> Iterator[Reading]:
    source = "".join(
        (ROOT / "dashboard" / name).read_text(encoding="utf-8") for name in SETTINGS
    )
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name(id=reader), args=[ast.Constant(value=str(name)), *rest]
            ) if reader.startswith("env"):
                rest += [each.value for each in node.keywords if each.arg == "default"]
                yield Reading(name, reader, _literal(rest))


def _literal(given: list[ast.expr]) -> str | None:
    match given:
        case [ast.Constant(value=bool(value))]:
            return str(value).lower()
        case [ast.Constant(value=str(value) | int(value))] if value:
            return str(value)
    return None


def listed_settings() -> Mapping[str, str]:
    """Return the default that the README tells of each setting."""
    [table] = re.findall(r"\| Setting \|.*?\n((?:\|.*\n)+)", README)
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE)
    names = [name for name, _ in rows]
    assert sorted(names) == sorted(set(names))
    return dict(rows)


def test_every_setting_is_listed_and_no_other() -> None:
    assert sorted(listed_settings()) == sorted({each.name for each in readings()})


def test_settings_are_listed_with_their_defaults() -> None:
    listed = listed_settings()

    assert {
        each.name: f"`{each.default}`" for each in readings() if each.default
    }.items() <= listed.items()


def test_every_secret_that_may_stand_in_a_file_is_listed() -> None:
    secrets = {f"{each.name}_FILE" for each in readings() if "secret" in each.reader}

    [sentence] = re.findall(
        r"Each secret can stand in a file.*?\n\n", README, re.DOTALL
    )

    assert set(re.findall(r"`(\w+_FILE)`", sentence)) == secrets


def test_every_command_is_listed_and_no_other() -> None:
    commands = {
        file.stem
        for file in ROOT.glob("*/management/commands/*.py")
        if file.stem != "__init__"
    }
    [section] = re.findall(r"^## The command line\n.*?^- ", README, re.DOTALL | re.M)
    rows = re.findall(r"^\| (`.*?`) \|", section, re.M)

    listed = re.findall(r"`(\w+)`", " ".join(rows))

    assert sorted(listed) == sorted(commands - NOBODY_TYPES)
