"""The commands of the first steps, as they are typed on the host in a new shell."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from releases.models import App, User


@dataclass(frozen=True)
class Step:
    heading: str
    lines: Sequence[str]


def first_app_steps(user: User) -> list[Step]:
    """Return the commands that make an app, and its first release."""
    manage = own_command()
    return [
        Step("Make an app", [f"{manage} create_app my-app --as {user.email}"]),
        Step(
            "Deploy a git repository",
            [f"{manage} deploy my-app /path/to/your/repository --as {user.email}"],
        ),
    ]


def first_steps(app: App, user: User) -> list[Step]:
    """Return the commands of a first release."""
    manage = own_command()
    return [
        Step(
            "Deploy a git repository, on the machine that runs Rollbook, in its folder",
            [f"{manage} deploy {app} /path/to/your/repository --as {user.email}"],
        ),
        Step(
            "Set config vars",
            [f"{manage} config {app} LOG_LEVEL=info --as {user.email}"],
        ),
    ]


def own_command() -> str:
    """Return manage.py with the settings that lead it to this Rollbook.

    But for the database's address, which is a secret.
    """
    told = []
    if settings.DATABASE_URL:
        told.append("DATABASE_URL=postgresql://...")
    if (settings.BASE_DIR / "var").resolve() != settings.ROLLBOOK_HOME:
        told.append(f"ROLLBOOK_HOME={shlex.quote(str(settings.ROLLBOOK_HOME))}")
    if not settings.ROLLBOOK_RUNTIME:
        told.append("ROLLBOOK_RUNTIME=false")
    return " ".join([*told, "./manage.py"])
