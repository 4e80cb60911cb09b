"""The objects of Heroku's Platform API, as its published schema has them.

What Heroku lacks stands beside its keys as extra ones. Where a self-hosted server must
differ from the schema (addresses, regions), the clients' needs decide.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.conf import settings

from releases.addresses import addresses_of
from releases.commits import Commits
from releases.going_live import GoesLive
from releases.models import Activity, App, Release, Slug, User
from releases.plans import Plan
from releases.restoring import Notice
from releases.slugs.compare import PathList

Object = dict[str, object]


def app_object(app: App) -> Object:
    """Lists come from `visible_apps`, with all that is shown joined."""
    slug = app.current_release.slug
    stack = {"id": constant_id(app.stack), "name": app.stack}
    return {
        "acm": False,
        "archived_at": None,
        "buildpack_provided_description": None,
        "build_stack": stack,
        "created_at": iso(app.created_at),
        "generation": {"id": constant_id("cedar"), "name": "cedar"},
        "git_url": f"{settings.ROLLBOOK_URL}/{app.name}.git",
        "id": str(app.pk),
        "internal_routing": None,
        "maintenance": app.maintenance,
        "name": app.name,
        "owner": person(app.owner),
        "organization": None,
        "team": None,
        "region": {"id": constant_id("us"), "name": "us"},
        "released_at": iso(app.released_at),
        "repo_size": None,
        "slug_size": slug.blob.size if slug and slug.blob else None,
        "space": None,
        "stack": stack,
        "updated_at": iso(app.updated_at),
        "web_url": _web_url(app),
        "current_release": release_reference(app.current_release),
        "hold": app.held_at
        and {
            "reason": app.hold_reason,
            "by": app.held_by and person(app.held_by),
            "since": iso(app.held_at),
        },
        "kept_keys": app.kept_keys,
    }


def release_object(release: Release, app: App, *, eligible: bool) -> Object:
    """Lists come from `release_history`, which reads what is shown with them."""
    return {
        "addon_plan_names": release.addon_plan_names,
        "artifacts": [{"type": "slug", "id": str(release.slug_id)}]
        if release.slug_id
        else [],
        "app": {"id": str(app.pk), "name": app.name},
        "created_at": iso(release.created_at),
        "description": release.description,
        "id": str(release.pk),
        "updated_at": iso(release.settled_at or release.created_at),
        "slug": {"id": str(release.slug_id)} if release.slug_id else None,
        "status": release.status,
        "user": {"id": str(release.actor_id), "email": release.actor_email},
        "version": release.version,
        "current": release.pk == app.current_release_id,
        "output_stream_url": None,
        "eligible_for_rollback": eligible,
        "kind": release.kind,
        "source": release.source,
        "token_name": release.token_name or None,
        "commit": release.slug.commit or None if release.slug else None,
        "restores": release_reference(release.restores) if release.restores else None,
        "scope": release.scope or None,
        "reason": release.reason or None,
        "incident_url": release.incident_url or None,
        "bad": bool(getattr(release, "is_bad", False)),
        "digest": release.digest,
    }


def slug_object(slug: Slug) -> Object:
    """Expects `blob` joined. The blob's address is the API's to add."""
    blob = slug.blob
    return {
        "buildpack_provided_description": None,
        "checksum": f"SHA256:{blob.pk}" if blob else None,
        "commit": slug.commit or None,
        "commit_description": slug.commit_title or None,
        "created_at": iso(slug.created_at),
        "id": str(slug.pk),
        "process_types": slug.process_types,
        "size": blob.size if blob else None,
        "stack": {"id": constant_id(slug.stack), "name": slug.stack},
        "updated_at": iso(slug.sealed_at or slug.created_at),
        "deleted_at": iso(blob.deleted_at) if blob and blob.deleted_at else None,
        "commit_author": slug.commit_author or None,
    }


def activity_object(activity: Activity, app: App) -> Object:
    """Expects `release` joined. Shaped after Heroku's audit trail event."""
    release = activity.release
    return {
        "id": activity.pk,
        "type": activity.kind.split(".")[0],
        "action": activity.kind.split(".")[-1],
        "actor": {"id": str(activity.actor_id), "email": activity.actor_email},
        "app": {"id": str(app.pk), "name": app.name},
        "request": {"ip_address": activity.ip, "id": activity.request_id or None},
        "data": activity.detail,
        "created_at": iso(activity.created_at),
        "source": activity.source,
        "token_name": activity.token_name or None,
        "summary": activity.summary,
        "release": release_reference(release) if release else None,
        "sequence": activity.sequence,
        "digest": activity.digest,
    }


def plan_object(plan: Plan) -> Object:
    return {
        "app": {"id": str(plan.app.pk), "name": plan.app.name},
        "from": release_reference(plan.before),
        "to": release_reference(plan.target),
        "scope": plan.scope.value,
        "code": _code_object(plan),
        "config": [
            {"name": change.name, "change": change.change.value, "why": change.why}
            for change in plan.config
        ],
        "stays": {"addons": plan.addons},
        "releases_between": [
            {
                **release_reference(release),
                "description": release.description,
                "status": release.status,
                "user": {"id": str(release.actor_id), "email": release.actor_email},
                "created_at": iso(release.created_at),
            }
            for release in plan.between
        ],
        "releases_between_total": plan.between_total,
        "blockers": _notices(plan.blockers),
        "instead": plan.instead,
        "warnings": _notices(plan.warnings),
        "goes_live": plan.goes_live and _goes_live(plan.goes_live),
        "digest": plan.digest or None,
    }


def person(user: User) -> Object:
    return {"id": str(user.pk), "email": user.email}


def release_reference(release: Release) -> Object:
    return {"id": str(release.pk), "version": release.version}


def iso(time: datetime) -> str:
    utc = time.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='seconds')}Z"


def _web_url(app: App) -> str:
    """Return where an app is reached, or its page where apps do not run: never null.

    The CLI breaks without one as it renames an app.
    """
    ours = f"{settings.ROLLBOOK_URL}/apps/{app.name}/"
    return next(iter(addresses_of(app)), ours)


def _code_object(plan: Plan) -> Object:
    code, files, types = plan.code, plan.code.files, plan.code.process_types
    return {
        "changed": code.changed,
        "from_commit": code.before.commit or None if code.before else None,
        "to_commit": code.after.commit or None if code.after else None,
        "commits_known": code.commits.known,
        "commits_undone": _commits(code.commits.undone),
        "commits_redone": _commits(code.commits.redone),
        "files": {
            "added": _paths(files.added),
            "changed": _paths(files.changed),
            "removed": _paths(files.removed),
            "mode_changed": _paths(files.mode_changed),
            "renamed": {
                "paths": [{"from": old, "to": new} for old, new in files.renamed.pairs],
                "total": files.renamed.total,
            },
        },
        "process_types": {
            "added": types.added,
            "changed": types.changed,
            "removed": types.removed,
        },
        "migrations": code.migrations.sentence(
            str(plan.target), current=str(plan.before)
        ),
    }


def _goes_live(goes_live: GoesLive) -> Object:
    return {
        "way": goes_live.way.value,
        "release_phase": goes_live.release_phase or None,
        "sentences": goes_live.sentences,
    }


def _commits(commits: Commits) -> Object:
    return {"commits": list(commits.listed), "total": commits.total}


def _paths(found: PathList) -> Object:
    return {"paths": list(found.paths), "total": found.total}


def _notices(notices: Sequence[Notice]) -> list[Mapping[str, object]]:
    return [
        {
            "code": notice.code,
            "sentence": notice.sentence,
            "overridable": notice.overridable,
        }
        for notice in notices
    ]


def constant_id(name: str) -> str:
    """Return an id for what is only a name here and a row at Heroku."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"rollbook:{name}"))
