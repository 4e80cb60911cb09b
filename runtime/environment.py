"""What a process finds in its environment: config vars, PORT, and Heroku's names."""

from releases.models import App, ConfigVar, Process, Release
from releases.vault import open_vault


def environment_of(process: Process, release: Release, app: App) -> dict[str, str]:
    """Return the whole environment of a process: nothing else is passed on to it.

    Config vars win over all but those of releases/own_keys.py. The names are those of
    Heroku's dyno metadata. Raises VaultLocked if the values cannot be opened.
    """
    slug = release.slug
    found = {
        "HEROKU_APP_ID": str(app.pk),
        "HEROKU_APP_NAME": app.name,
        "HEROKU_RELEASE_CREATED_AT": f"{release.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "HEROKU_RELEASE_DESCRIPTION": release.description,
        "HEROKU_RELEASE_VERSION": str(release),
        "HEROKU_SLUG_COMMIT": slug.commit if slug else "",
        "HEROKU_SLUG_DESCRIPTION": slug.commit_title if slug else "",
        **config_values(app, release),
        "DYNO": str(process),
        # By which it is found again, whatever it forks: never another's.
        "HEROKU_DYNO_ID": str(process.pk),
    }
    if process.port:
        found["PORT"] = str(process.port)
    return found


def config_values(app: App, release: Release) -> dict[str, str]:
    rows = ConfigVar.objects.filter(pk__in=release.config_set.var_ids)
    if not rows:
        return {}
    vault = open_vault(app)
    return {row.name: vault.decrypt(row) for row in rows}
