"""Which processes an app should run: the types of its code, each so many times."""

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
