"""A timeline of several apps and people, and what a page of it should be."""

import random
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from releases.actors import Actor
from releases.models import Activity, App, Mark
from releases.operations.attach_addon import attach_addon
from releases.operations.deploy import deploy
from releases.operations.destroy_app import destroy_app
from releases.operations.give_access import give_access
from releases.operations.hold_deploys import hold_deploys, resume_deploys
from releases.operations.keep_key import keep_key
from releases.operations.mark_release import mark_release
from releases.operations.reveal_config import reveal_config
from releases.operations.roll_back import roll_back
from releases.timeline import Filter, Page
from tests.factories import acting, make_app, make_config, make_slug, make_user
from tests.releases.forging import SYSTEM, forge

Topic = Activity.Topic
Read = Callable[[Filter, int | None], Page]

NAMES = ("shop", "blog", "mail", "gone")
STEP, JITTER = timedelta(minutes=20), timedelta(minutes=50)


def make_timeline() -> list[App]:
    """Three apps and one that was destroyed, told in turn by Ada, Grace and the system.

    A line comes every STEP, but the clocks it is written by differ by up to JITTER.
    """
    ada, grace = make_user("ada@example.com"), make_user("grace@example.com")
    apps = [make_app(name, owner=ada) for name in NAMES]
    for app in apps:
        give_access(app=app, user=grace, permissions=["deploy"], actor=acting(ada))
    people = [acting(ada), acting(grace), SYSTEM]
    for turn, act in enumerate([_deploy, _deploy, *_ACTS]):
        for number, app in enumerate(apps):
            act(App.objects.get(pk=app.pk), people[(turn + number) % len(people)])
    gone = apps.pop()
    destroy_app(app=gone, confirm=gone.name, actor=acting(ada))
    _spread()
    return apps


def _deploy(app: App, actor: Actor) -> None:
    deploy(app=app, slug=make_slug(app, actor=actor), actor=actor)


_ACTS: Sequence[Callable[[App, Actor], object]] = (
    lambda app, _: make_config(app, KEY="value"),
    lambda app, actor: roll_back(app=app, to=2, actor=actor),
    lambda app, actor: mark_release(
        release=app.releases.get(version=2), kind=Mark.Kind.PIN, actor=actor
    ),
    lambda app, actor: keep_key(app=app, name="KEY", actor=actor),
    lambda app, actor: hold_deploys(app=app, reason="An incident.", actor=actor),
    lambda app, actor: resume_deploys(app=app, actor=actor),
    lambda app, actor: roll_back(app=app, to=4, actor=actor),
    lambda app, actor: reveal_config(app=app, actor=actor),
    lambda app, actor: attach_addon(
        app=app, plan="redis:mini", name=f"on-{app}", config_vars={}, actor=actor
    ),
    _deploy,
)


def _spread() -> None:
    jitter = random.Random(7)  # noqa: S311
    ids = list(Activity.objects.order_by("id").values_list("pk", flat=True))
    beginning = timezone.now() - len(ids) * STEP
    times = [
        beginning + n * STEP + jitter.random() * JITTER - JITTER / 2
        for n in range(len(ids))
    ]
    forge(
        """UPDATE releases_activity SET created_at = spread.at
        FROM unnest(%(ids)s::bigint[], %(times)s::timestamptz[]) AS spread(id, at)
        WHERE releases_activity.id = spread.id""",
        {"ids": ids, "times": times},
    )


def expected(only: Filter, apps: Collection[App]) -> list[int]:
    """Return the ids that all pages should have, found by looking at every line."""
    topics = only.topics or set(Topic) - {Topic.BACKGROUND}
    return [
        line.pk
        for line in Activity.objects.order_by("-id")
        if line.app_id in {app.pk for app in apps}
        and line.topic in topics
        and all(word in line.actor_email for word in only.person.lower().split())
        and (only.since is None or line.created_at >= only.since)
        and (only.until is None or line.created_at < only.until)
        and all(word in _text_of(line) for word in only.words.lower().split())
    ]


def _text_of(line: Activity) -> str:
    detail = {**line.detail, "kind": "", "status": ""}
    said = [line.summary, str(detail)]
    if release := line.release:
        said += [str(release), release.reason, release.incident_url]
        if slug := release.slug:
            said += [slug.commit, slug.commit_title, slug.commit_author]
    return " ".join(said).lower()


def walked(only: Filter, read: Read, most: int = 100) -> list[int]:
    """Return the ids of all pages, read to the end."""
    found: list[int] = []
    before: int | None = None
    for _ in range(most):
        page = read(only, before)
        found += [line.pk for line in page.activities]
        before = page.older
        if before is None:
            return found
    raise AssertionError("The timeline has no end.")


def moments() -> list[datetime]:
    """Return times before, within and after all, some of them of a line themselves."""
    times = list(Activity.objects.order_by("id").values_list("created_at", flat=True))
    beginning, end = min(times), max(times)
    return [
        beginning - timedelta(days=1),
        beginning,
        times[len(times) // 3],
        times[len(times) // 3] + STEP,
        times[-9],
        end + timedelta(days=1),
    ]
