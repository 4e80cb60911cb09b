from collections import defaultdict

from django.core.management.base import CommandParser

from releases.actors import Actor, who
from releases.api.objects import release_object
from releases.management.console.arguments import add_app, add_limit, version
from releases.management.console.command import ConsoleCommand
from releases.management.console.release_text import status_words
from releases.management.console.words import when
from releases.models import App, Mark, Release
from releases.queries import (
    eligible_releases,
    find_app,
    release_history,
    standing_marks,
)

SHOWN = 15


class Command(ConsoleCommand):
    help = "List the releases of an app, newest first."
    example = "manage.py releases shop -n 50"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_limit(parser, SHOWN)
        parser.add_argument(
            "--before",
            metavar="VERSION",
            type=version,
            help="Only those older than this one: the way to the next page.",
        )

    def handle(
        self,
        *,
        app_name: str,
        limit: int,
        before: int | None,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        # One more than is shown tells whether there are older ones.
        releases = list(release_history(app, before=before)[: limit + 1])
        older, releases = releases[limit:], releases[:limit]
        if self.as_json:
            eligible = eligible_releases(app, releases)
            self.print_json(
                [release_object(one, app, eligible=one in eligible) for one in releases]
            )
            return
        self._print_releases(app, releases)
        if older:
            last = releases[-1]
            self.print(f"Older ones: manage.py releases {app} --before {last}")

    def _print_releases(self, app: App, releases: list[Release]) -> None:
        marks: dict[object, list[Mark]] = defaultdict(list)
        for mark in standing_marks(app):
            marks[mark.release_id].append(mark)
        self.print_table(
            ("", "Description", "By", "When (UTC)", "Status"),
            [
                (
                    str(release),
                    release.description,
                    who(release.actor_email),
                    when(release.created_at),
                    status_words(release, app, marks[release.pk]),
                )
                for release in releases
            ],
            shorten=("Description", "By"),
        )
