"""The history of one app, made in memory: the rows the operations would have written."""

import itertools
import secrets
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Model

from releases.actors import Actor
from releases.chain import activity_digest, release_digest
from releases.config import Vars, key_changes, make_config_set
from releases.models import (
    Access,
    Activity,
    App,
    Blob,
    ConfigSet,
    Release,
    Slug,
    Source,
    User,
)
from releases.models.app import DEFAULT_STACK
from releases.operations.change_config import new_vars
from releases.operations.ledger import Detail
from releases.vault import give_data_key, open_vault

Kind = Release.Kind

SINCE = datetime(2024, 1, 1, tzinfo=UTC)
YEARS = timedelta(days=2 * 365)
# What follows the initial release and the first config, over and over.
PATTERN = (
    *(Kind.DEPLOY, Kind.DEPLOY, Kind.CONFIG, Kind.DEPLOY, Kind.DEPLOY),
    *(Kind.CONFIG, Kind.DEPLOY, Kind.ROLLBACK, Kind.DEPLOY, Kind.CONFIG),
)
PROCESS_TYPES = {"web": "gunicorn shop.wsgi", "worker": "python manage.py work"}


@dataclass(frozen=True)
class Plot:
    """What is to happen to an app: its name, how many releases, of how many config vars.

    And who may see it beside its owner, by e-mail, and over what time it happens.
    """

    name: str
    releases: int
    config_vars: int = 8
    visitors: Sequence[str] = ()
    since: datetime = SINCE
    duration: timedelta = YEARS


@dataclass(frozen=True)
class State:
    """A release, and the config it runs with."""

    release: Release
    config_vars: Vars


class Story:
    """Tells the history of one app, giving each row to `write` as it comes up."""

    def __init__(
        self,
        plot: Plot,
        people: Sequence[User],
        visitors: Sequence[User],
        write: Callable[[Model], None],
    ) -> None:
        self._write = write
        self._plot = plot
        self._people = people
        self._visitors = visitors
        self._step = plot.duration / plot.releases
        self._now = plot.since
        self._app = App(
            name=plot.name,
            owner=people[0],
            stack=DEFAULT_STACK,
            created_at=plot.since,
        )
        give_data_key(self._app)
        self._vault = open_vault(self._app)
        self._latest = deque[State](maxlen=3)
        self._actor = people[0]
        self._request_id = uuid.uuid4().hex

    def tell(self) -> Iterator[int]:
        """Write the app's rows, its own last; yield each version when it is written."""
        tell_of = {
            Kind.CONFIG: self._config,
            Kind.DEPLOY: self._deploy,
            Kind.ROLLBACK: self._rollback,
        }
        self._initial()
        for visitor in self._visitors:
            self._give_access(visitor)
        yield 1
        kinds = itertools.chain([Kind.CONFIG], itertools.cycle(PATTERN))
        for version in range(2, self._plot.releases + 1):
            self._now += self._step
            self._actor = self._people[version % len(self._people)]
            self._request_id = uuid.uuid4().hex
            tell_of[next(kinds)](self._latest[-1])
            yield version
        self._app.updated_at = self._app.released_at = self._now
        self._write(self._app)

    def _initial(self) -> None:
        self._release(
            Kind.INITIAL,
            "Initial release",
            slug=None,
            config_set=self._config_set({}),
            config_vars={},
            detail={"name": self._app.name, "owner": self._app.owner.email},
        )

    def _give_access(self, visitor: User) -> None:
        permissions = [Access.Permission.VIEW.value]
        self._write(
            Access(
                app_id=self._app.pk,
                user=visitor,
                permissions=permissions,
                created_at=self._now,
                updated_at=self._now,
            )
        )
        self._activity(
            Activity.Kind.ACCESS_GIVEN,
            f"Gave {visitor} access: {', '.join(permissions)}",
            detail={"user": visitor.email, "permissions": permissions, "before": []},
        )

    def _config(self, now: State) -> None:
        old, count = now.config_vars, self._plot.config_vars
        numbers = [self._app.last_version % count] if old else range(count)
        values = {f"SETTING_{n:03}": secrets.token_urlsafe(24) for n in numbers}
        actor = Actor(user=self._actor, source=Source.CLI)
        changed = new_vars(self._app, self._vault, old, values, actor)
        for var in changed:
            var.created_at = self._now
            self._write(var)
        config_vars = {**old, **{var.name: var for var in changed}}
        self._release(
            Kind.CONFIG,
            f"Set {', '.join(values)} config vars",
            slug=now.release.slug,
            config_set=self._config_set(config_vars),
            config_vars=config_vars,
            detail={
                "added": [name for name in values if name not in old],
                "changed": [name for name in values if name in old],
                "removed": [],
            },
        )

    def _deploy(self, now: State) -> None:
        slug = self._slug(now.release.slug)
        self._release(
            Kind.DEPLOY,
            f"Deploy {slug}",
            slug=slug,
            config_set=now.release.config_set,
            config_vars=now.config_vars,
            detail={"commit": slug.commit, "overrides": []},
        )

    def _rollback(self, now: State) -> None:
        target = self._latest[0]
        keys: dict[str, list[str]] = {"added": [], "changed": [], "removed": []}
        for change in key_changes(now.config_vars, target.config_vars):
            keys[change.change.value].append(change.name)
        self._release(
            Kind.ROLLBACK,
            f"Rollback to {target.release}",
            slug=target.release.slug,
            config_set=target.release.config_set,
            config_vars=target.config_vars,
            restores=target.release,
            detail={
                "to": target.release.version,
                "scope": Release.Scope.EVERYTHING.value,
                "overrides": [],
                **keys,
                "kept": [],
            },
        )

    def _slug(self, before: Slug | None) -> Slug:
        """Receive a slug. Its bytes are known by name only: no store holds them."""
        commit = secrets.token_hex(20)
        blob = Blob(
            sha256=secrets.token_hex(32),
            size=20_000_000,
            unpacked_size=60_000_000,
            file_count=5_000,
            stored_at=self._now,
        )
        self._write(blob)
        title, author = f"Change {commit[:7]}", self._actor.email
        slug = Slug(
            app_id=self._app.pk,
            blob_id=blob.pk,
            commit=commit,
            commit_title=title,
            commit_author=author,
            base_commit=before.commit if before else "",
            commits=[{"sha": commit, "title": title, "author": author}],
            commits_total=1,
            process_types=PROCESS_TYPES,
            stack=DEFAULT_STACK,
            created_by_id=self._actor.pk,
            created_at=self._now,
            sealed_at=self._now,
        )
        self._write(slug)
        self._activity(
            Activity.Kind.SLUG_RECEIVED,
            f"Received slug {slug}",
            detail={
                "slug": str(slug.pk),
                "sha256": blob.pk,
                "commit": commit,
                "commits_total": 1,
            },
        )
        return slug

    def _config_set(self, config_vars: Vars) -> ConfigSet:
        config_set = make_config_set(self._app, config_vars.values())
        config_set.created_at = self._now
        self._write(config_set)
        return config_set

    def _release(
        self,
        kind: Release.Kind,
        description: str,
        *,
        slug: Slug | None,
        config_set: ConfigSet,
        config_vars: Vars,
        detail: Detail,
        restores: Release | None = None,
    ) -> None:
        release = Release(
            app_id=self._app.pk,
            version=self._app.last_version + 1,
            kind=kind,
            status=Release.Status.SUCCEEDED,
            settled_at=self._now,
            description=description,
            slug=slug,
            config_set=config_set,
            actor_id=self._actor.pk,
            actor_email=self._actor.email,
            source=Source.CLI,
            restores_id=restores.pk if restores else None,
            scope=Release.Scope.EVERYTHING if restores else "",
            created_at=self._now,
        )
        release.digest = release_digest(release)
        self._write(release)
        self._app.last_version = release.version
        self._app.current_release_id = release.pk
        self._latest.append(State(release, config_vars))
        self._activity(
            Activity.Kind.RELEASE_CREATED,
            description,
            release=release,
            detail={"kind": kind.value, "status": "succeeded", **detail},
        )

    def _activity(
        self,
        kind: Activity.Kind,
        summary: str,
        *,
        detail: Detail,
        release: Release | None = None,
    ) -> None:
        app = self._app
        activity = Activity(
            app_id=app.pk,
            sequence=app.chain_length + 1,
            kind=kind,
            release_id=release.pk if release else None,
            actor_id=self._actor.pk,
            actor_email=self._actor.email,
            source=Source.CLI,
            ip="192.0.2.7",
            request_id=self._request_id,
            summary=summary,
            detail=detail,
            created_at=self._now,
        )
        activity.digest = activity_digest(
            app.chain_head, activity, release.digest if release else ""
        )
        self._write(activity)
        app.chain_head = activity.digest
        app.chain_length += 1
