"""Which processes an app should run: the types of its code, each so many times."""

from collections.abc import Sequence

from django.conf import settings

from releases.models import App, Formation, Slug
from releases.models.running import RELEASE_PHASE, WEB


def formation_of(app: App, slug: Slug | None) -> dict[str, int]:
    """Return how many processes of each type of `slug` should run, in order of name.

    Where nobody has scaled a type that is one for `web`, and none of the others. The
    type `release` is none to scale: it runs once, before a release goes live.
    """
    if slug is None:
        return {}
    scaled = dict(
        Formation.objects.filter(app=app).values_list("process_type", "quantity")
    )
    return {
        name: scaled.get(name, 1 if name == WEB else 0)
        for name in sorted(slug.process_types)
        if name != RELEASE_PHASE
    }


def stopped_by(app: App, before: Slug | None, after: Slug | None) -> list[str]:
    """Return the process types that run of `before` and that `after` does not have."""
    if not (settings.ROLLBOOK_RUNTIME and before and after):
        return []
    gone = before.process_types.keys() - after.process_types.keys() - {RELEASE_PHASE}
    if not gone:
        return []
    formation = formation_of(app, before)
    return sorted(name for name in gone if formation[name])


def stopped_words(names: Sequence[str]) -> str:
    """Say what it means that these process types are gone, which ran before."""
    if not names:
        return ""
    gone = f"Process type {names[0]} is gone"
    if len(names) > 1:
        gone = f"Process types {', '.join(names)} are gone"
    if WEB in names:
        return f"{gone}: nothing answers at the app's address any more."
    return f"{gone}: what ran of {'it' if len(names) == 1 else 'them'} is stopped."
