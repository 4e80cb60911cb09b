from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.app_parts import dyno_object
from releases.formation import formation_of
from releases.management.console.app_text import nothing_to_run
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import counted, when
from releases.models import App, Process
from releases.queries import find_app
from releases.running import require_runtime, running_processes


class Command(ConsoleCommand):
    help = (
        "List the processes of an app: those that run, those that start or end, and the"
        " idle ones that wait for a way back."
    )
    example = "manage.py ps shop"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)

    def handle(self, *, app_name: str, actor: Actor, **_: object) -> None:
        app = find_app(app_name, actor=actor)
        require_runtime()
        processes = running_processes(app, with_idle=True)
        if self.as_json:
            self.print_json([dyno_object(process, app) for process in processes])
        elif not processes:
            self.print(_nothing(app))
        else:
            self.print_table(
                ("Process", "State", "Since (UTC)", "Release", "", "Command"),
                map(_row, processes),
                shorten=("", "Command"),
            )


def _nothing(app: App) -> str:
    if not formation_of(app, app.current_release.slug):
        return nothing_to_run(app)
    return f"{app} runs no process: `manage.py scale {app}` says how many it should."


def _row(process: Process) -> tuple[str, ...]:
    return (
        str(process),
        process.state,
        when(process.state_at),
        str(process.release),
        _note(process),
        process.command,
    )


def _note(process: Process) -> str:
    again = process.restarts
    notes = [
        process.message.partition("\n")[0],
        f"ended {counted(again, 'time')} by itself" if again else "",
        "to be restarted" if process.restart_asked_at else "",
    ]
    return "; ".join(filter(None, notes))
