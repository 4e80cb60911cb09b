"""An app as people read it in a terminal."""

from releases.actors import who
from releases.addresses import addresses_of
from releases.management.console.tables import facts
from releases.management.console.words import listed, when
from releases.models import App
from releases.queries import attached_addons
from releases.way_back import default_target


def app_text(app: App) -> str:
    current, target = app.current_release, default_target(app)
    return facts(
        [
            ("App", app.name),
            ("Owner", who(app.owner.email)),
            ("Runs", f"{current} {current.description}"),
            ("Since", when(app.released_at)),
            ("Reached at", listed(addresses_of(app))),
            (
                "Rollback goes to",
                f"{target} {target.description}" if target else "nothing yet",
            ),
            ("Deploys held", hold_text(app)),
            ("Kept keys", listed(app.kept_keys)),
            ("Add-ons", listed([addon.name for addon in attached_addons(app)])),
            ("Stack", app.stack),
            ("Created", when(app.created_at)),
        ]
    )


def nothing_to_run(app: App) -> str:
    """Say why an app has no process types."""
    if app.current_release.slug is None:
        return f"{app} has no code to run yet: `manage.py deploy {app} SOURCE`."
    return f"{app} has no process types: its code has no Procfile that names one."


def hold_text(app: App) -> str:
    if not (app.held_at and app.held_by):
        return ""
    return f"{app.hold_reason} ({who(app.held_by.email)}, {when(app.held_at)})"
