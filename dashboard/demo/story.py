"""What stories are made of: moments, and what is done to an app when they come."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from dashboard.demo.clock import at
from dashboard.demo.code import Code
from dashboard.demo.days import Days
from dashboard.demo.people import People, Person
from releases.actors import Actor
from releases.models import App, Mark, Release
from releases.operations.attach_addon import attach_addon
from releases.operations.change_config import change_config
from releases.operations.create_app import create_app
from releases.operations.deploy import deploy
from releases.operations.give_access import give_access
from releases.operations.mark_release import mark_release
from releases.operations.roll_back import roll_back
from releases.operations.scale import scale
from releases.restoring import Scope

# Each moment a story gives is when it goes on.
Story = Iterator[datetime]
UPLOAD = timedelta(seconds=6)


def tell(stories: Iterable[Story]) -> None:
    """Let each story go on when its moment has come: one clock runs for all of them."""
    waiting = [(next(story), number, story) for number, story in enumerate(stories)]
    heapq.heapify(waiting)
    while waiting:
        moment, number, story = heapq.heappop(waiting)
        with at(moment):
            following = next(story, None)
        if following:
            heapq.heappush(waiting, (following, number, story))


class AppStory:
    """One app, and what people do to it. Further stories say what, and when."""

    name = ""
    app: App

    def __init__(self, people: People, days: Days, folder: Path) -> None:
        self.people, self.days, self.folder = people, days, folder

    def told(self) -> Story:
        raise NotImplementedError

    @cached_property
    def code(self) -> Code:
        return Code(self.name, self.folder)

    def create(self, by: Actor, *, name: str = "") -> None:
        self.app = create_app(name=name or self.name, actor=by)

    def deploy(self, title: str, by: Actor, *, reason: str = "") -> Release:
        """Release the commit called `title`, with those that come before it."""
        arrived = timezone.now() - UPLOAD
        with at(arrived):
            self.code.commit(title, by=arrived)
            slug = self.code.receive(self.app, by)
        return deploy(app=self.app, slug=slug, actor=by, reason=reason)

    def config(
        self, by: Actor, *unset: str, reason: str = "", **values: str
    ) -> Release:
        made = change_config(
            app=self.app, set_vars=values, unset=unset, actor=by, reason=reason
        )
        if made is None:
            raise ValueError(f"{self.name} has these config vars already.")
        return made

    def attach(self, plan: str, name: str, by: Actor, **config_vars: str) -> Release:
        return attach_addon(
            app=self.app, plan=plan, name=name, config_vars=config_vars, actor=by
        )

    def go_to(
        self,
        release: Release,
        by: Actor,
        reason: str,
        *,
        scope: Scope = Scope.EVERYTHING,
        incident: str = "",
    ) -> Release:
        return roll_back(
            app=self.app,
            to=release.version,
            scope=scope,
            actor=by,
            reason=reason,
            incident_url=incident,
        )

    def rest(self, by: Actor) -> None:
        """Run no web process: what this code needs, a build would bring."""
        scale(app=self.app, quantities={"web": "0"}, actor=by)

    def mark(self, release: Release, kind: Mark.Kind, by: Actor, reason: str) -> None:
        mark_release(release=release, kind=kind, actor=by, reason=reason)

    def give(self, person: Person, *permissions: str, by: Actor) -> None:
        give_access(app=self.app, user=person.user, permissions=permissions, actor=by)


@contextmanager
def settling(*, at_once: bool) -> Iterator[None]:
    """Have the releases of the block settle as they are made, or be left pending.

    What is told has happened: wherever apps run, nothing waits for it any more.
    """
    before = settings.RELEASES_SETTLE_AT_ONCE
    settings.RELEASES_SETTLE_AT_ONCE = at_once
    try:
        yield
    finally:
        settings.RELEASES_SETTLE_AT_ONCE = before
