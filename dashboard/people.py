"""How pages name whoever acts."""

import re
from dataclasses import dataclass

from releases.models import SYSTEM_EMAIL, Source

# Each with its icon.
SOURCES = {
    Source.WEB: ("web", "web"),
    Source.API: ("API", "api"),
    Source.CLI: ("CLI", "cli"),
    Source.GIT: ("git", "git"),
    Source.SYSTEM: ("system", "process"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """An e-mail as pages show it, with the letters that stand for it in a circle."""

    name: str
    initials: str
    is_bot: bool


def person(email: str) -> Person:
    if email == SYSTEM_EMAIL:
        return Person("system", "SY", is_bot=True)
    words = [word for word in re.split(r"[^\w]+", email.partition("@")[0]) if word]
    initials = "".join(word[0] for word in words[:2]) if words[1:] else email[:2]
    return Person(email, initials.upper(), is_bot=False)


def source_words(source: str, token_name: str = "") -> str:
    words, _ = SOURCES[Source(source)]
    return f"{words}, {token_name}" if token_name else words


def source_icon(source: str) -> str:
    _, icon = SOURCES[Source(source)]
    return icon
