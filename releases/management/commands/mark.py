from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor, who
from releases.management.console.arguments import add_app, add_reason, add_version
from releases.management.console.command import ConsoleCommand
from releases.management.console.objects import mark_object, one_release
from releases.management.console.words import when
from releases.models import App, Mark
from releases.operations.mark_release import mark_release, unmark_release
from releases.queries import (
    find_app,
    find_release,
    standing_marks,
)


class Command(ConsoleCommand):
    help = (
        "Mark a release bad (no rollback goes there by default, and nobody deploys its"
        " code again unawares) or pin it (its code is never pruned). With the app alone,"
        " list the marks."
    )
    example = 'manage.py mark shop v12 bad --reason "loses orders"'

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_version(parser, "Which release.")
        parser.add_argument(
            "kind", nargs="?", choices=Mark.Kind.values, help="bad or pin."
        )
        add_reason(parser, "Why; bad needs one.")
        parser.add_argument("--clear", action="store_true", help="Take the mark away.")

    def handle(
        self,
        *,
        app_name: str,
        version: int | None,
        kind: str | None,
        reason: str,
        clear: bool,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        if version is None:
            self._list(app)
            return
        if kind is None:
            raise CommandError("Say bad or pin.")
        release = find_release(app, version)
        if clear:
            unmark_release(release=release, kind=Mark.Kind(kind), actor=actor)
            text = f"{release} of {app} is not marked {kind} any more."
        else:
            mark_release(
                release=release, kind=Mark.Kind(kind), reason=reason, actor=actor
            )
            text = f"{release} of {app} is marked {kind}."
        release = find_release(app, version)
        self.answer(one_release(release, app), text)

    def _list(self, app: App) -> None:
        marks = list(standing_marks(app))
        if self.as_json:
            self.print_json([mark_object(mark) for mark in marks])
        elif not marks:
            self.print(f"No release of {app} is marked.")
        else:
            self.print_table(
                ("", "Mark", "Reason", "By", "When (UTC)"),
                [
                    (
                        str(mark.release),
                        mark.kind,
                        mark.reason,
                        who(mark.created_by.email),
                        when(mark.created_at),
                    )
                    for mark in marks
                ],
                shorten=("Reason", "By"),
            )
