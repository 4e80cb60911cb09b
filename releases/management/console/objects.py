"""What commands answer with beside the objects of Heroku's Platform API."""

from releases.api.objects import (
    Object,
    iso,
    person,
    release_object,
    release_reference,
)
from releases.log_formats import LogLine
from releases.models import App, Mark, Release, RunSettings, User
from releases.queries import eligible_releases

# What stands between the ends of a secret that is not shown, as Heroku has it.
STARS = "*" * 10


def one_release(release: Release, app: App) -> Object:
    """Return the object of a release that came from a query."""
    eligible = release in eligible_releases(app, [release])
    return release_object(release, app, eligible=eligible)


def user_object(user: User) -> Object:
    return {
        **person(user),
        "name": user.full_name or None,
        "created_at": iso(user.created_at),
        "last_login": iso(user.last_login) if user.last_login else None,
        "superuser": user.is_superuser,
        "active": user.is_active,
    }


def run_settings_object(found: RunSettings) -> Object:
    return {
        "ready_path": found.ready_path or None,
        "automatic_rollback": found.automatic_rollback,
        "release_phase_on_rollback": found.release_phase_on_rollback,
    }


def log_line_object(line: LogLine) -> Object:
    return {
        "time": line.time.isoformat(),
        "source": line.source,
        "process": line.process,
        "release": line.version,
        "text": line.text,
    }


def mark_object(mark: Mark) -> Object:
    """Expects `release` and `created_by` joined."""
    return {
        "release": release_reference(mark.release),
        "kind": mark.kind,
        "reason": mark.reason or None,
        "user": person(mark.created_by),
        "created_at": iso(mark.created_at),
    }
