from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.management.console.objects import run_settings_object
from releases.management.console.tables import facts
from releases.models import RunSettings
from releases.operations.change_run_settings import RunChange, change_run_settings
from releases.queries import find_app

ON_OFF = {"on": True, "off": False}


class Command(ConsoleCommand):
    help = "Show or change how an app is run; changing that makes no release."
    example = "manage.py run_settings shop --ready-path /healthz"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "--ready-path",
            metavar="PATH",
            help='Asked for over HTTP before a release gets traffic; "" asks for no more'
            " than an open port.",
        )
        parser.add_argument(
            "--automatic-rollback",
            choices=ON_OFF,
            help="Go back once, to the last known good release, if a new one crashes or"
            " answers with errors. Never across migrations.",
        )
        parser.add_argument(
            "--release-phase-on-rollback",
            choices=ON_OFF,
            help="Run the release phase on rollbacks too.",
        )

    def handle(
        self,
        *,
        app_name: str,
        ready_path: str | None,
        automatic_rollback: str | None,
        release_phase_on_rollback: str | None,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        change = RunChange(
            ready_path=ready_path,
            automatic_rollback=_is_on(automatic_rollback),
            release_phase_on_rollback=_is_on(release_phase_on_rollback),
        )
        if change == RunChange():
            found = RunSettings.objects.filter(app=app).first() or RunSettings(app=app)
        else:
            found = change_run_settings(app=app, change=change, actor=actor)
        self.answer(run_settings_object(found), _text(found))


def _is_on(typed: str | None) -> bool | None:
    return None if typed is None else ON_OFF[typed]


def _text(found: RunSettings) -> str:
    words = {True: "on", False: "off"}
    return facts(
        [
            ("Ready when", _readiness(found.ready_path)),
            ("Automatic rollback", words[found.automatic_rollback]),
            ("Release phase on rollback", words[found.release_phase_on_rollback]),
        ]
    )


def _readiness(path: str) -> str:
    return f"{path} answers" if path else "its port is open"
