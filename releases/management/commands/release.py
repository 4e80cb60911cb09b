from datetime import datetime

from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.errors import NotFound
from releases.management.console.arguments import add_app, add_version, moment
from releases.management.console.command import ConsoleCommand
from releases.management.console.objects import one_release
from releases.management.console.release_text import release_text
from releases.models import App, Release
from releases.operations.settle_release import cancel_release, settle_release
from releases.queries import find_app, find_release, release_at


class Command(ConsoleCommand):
    help = "Show one release: what it ran, who made it, and how it went."
    example = "manage.py release shop v12"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_version(parser, "Which release; by default the current one.")
        parser.add_argument(
            "--at",
            metavar="TIME",
            type=moment,
            help="The one that was current then, as in 2026-11-23T14:20 (UTC).",
        )
        parser.add_argument(
            "--cancel", action="store_true", help="End this pending release as failed."
        )
        parser.add_argument(
            "--settle",
            choices=["succeeded", "failed"],
            help="Say how this pending release went.",
        )
        parser.add_argument(
            "--message",
            metavar="TEXT",
            default="",
            help="Why it was canceled, or failed; kept with the release.",
        )

    def handle(
        self,
        *,
        app_name: str,
        version: int | None,
        at: datetime | None,
        cancel: bool,
        settle: str | None,
        message: str,
        actor: Actor,
        **_: object,
    ) -> None:
        if (cancel or settle) and (version is None or (cancel and settle)):
            raise CommandError(
                "Name the pending release, and either cancel or settle it."
            )
        app = find_app(app_name, actor=actor)
        release = _found(app, version, at)
        if cancel:
            cancel_release(release=release, actor=actor, reason=message)
        elif settle:
            settle_release(
                release=release,
                succeeded=settle == "succeeded",
                actor=actor,
                message=message,
            )
        if cancel or settle:
            app = find_app(app_name, actor=actor)
            release = find_release(app, version)
        self.answer(one_release(release, app), release_text(release, app))


def _found(app: App, version: int | None, at: datetime | None) -> Release:
    if at is None:
        return find_release(app, version)
    if version is not None:
        raise CommandError("Name a version or a time, not both.")
    release = release_at(app, at)
    if release is None:
        raise NotFound(f"{app} ran nothing yet at that time.")
    return release
