from collections.abc import Sequence
from functools import partial

from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.dotenv import env_line
from releases.errors import NotFound
from releases.management.console.arguments import add_app, add_reason, version
from releases.management.console.command import ConsoleCommand
from releases.management.console.objects import one_release
from releases.management.console.outcome import (
    outcome_text,
    refuse_failure,
    wait_for,
)
from releases.management.console.tables import escaped
from releases.management.console.values import add_values, given_values
from releases.management.console.words import when
from releases.models import App, ConfigVar, Release
from releases.operations.change_config import change_config
from releases.operations.reveal_config import reveal_config
from releases.own_keys import unused_words
from releases.permissions import Action
from releases.queries import config_of, find_app, find_release
from releases.waiting import after_pending

MASK = "********"


class Command(ConsoleCommand):
    help = (
        "Show, set and unset the config vars of an app; setting and unsetting any number"
        " of them makes one release. Values are shown masked unless they are revealed,"
        " which is recorded."
    )
    example = (
        "manage.py config shop LOG_LEVEL=debug --unset OLD_FLAG\n"
        "  manage.py config shop SECRET_KEY=- < secret.txt\n"
        "  manage.py config shop DATABASE_URL --reveal"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_values(parser, "NAME[=VALUE]", "What to show, or to set.")
        parser.add_argument(
            "--unset",
            metavar="NAME",
            action="append",
            default=[],
            help="Remove this one; may be repeated.",
        )
        add_reason(parser, "Why; kept with the release.")
        parser.add_argument(
            "--reveal",
            action="store_true",
            help="Show values, all or those of the names given. --shell, and --json when"
            " nothing is set, count as revealing too.",
        )
        parser.add_argument(
            "--shell",
            action="store_true",
            help="Print NAME='value' lines, as shells and --file read them.",
        )
        parser.add_argument(
            "--release",
            dest="version",
            metavar="VERSION",
            type=version,
            help="Show the config of this release; by default of the current one.",
        )

    def handle(
        self,
        *,
        app_name: str,
        pairs: list[str],
        file: str | None,
        unset: list[str],
        reason: str,
        reveal: bool,
        shell: bool,
        version: int | None,
        actor: Actor,
        **_: object,
    ) -> None:
        sets = file is not None or unset or any("=" in pair for pair in pairs)
        if not sets:
            reveal = reveal or shell or self.as_json
            to_do = Action.CONFIGURE if reveal else Action.SEE
            app = find_app(app_name, actor=actor, to_do=to_do)
            release = find_release(app, version)
            self._show(app, release, pairs, actor, shell=shell, reveal=reveal)
        elif reveal or shell or version:
            raise CommandError("Show values or change them, one at a time.")
        else:
            app = find_app(app_name, actor=actor)
            values = given_values(pairs, file)
            change = partial(
                change_config,
                app=app,
                set_vars=values,
                unset=unset,
                actor=actor,
                reason=reason,
            )
            made = after_pending(app, change)
            if made:
                wait_for(made, self.stderr)
            self._tell(find_app(app_name, actor=actor), made, unused_words(values))

    def _show(
        self,
        app: App,
        release: Release,
        names: list[str],
        actor: Actor,
        *,
        shell: bool,
        reveal: bool,
    ) -> None:
        config_vars = [
            var for var in config_of(release) if not names or var.name in names
        ]
        if len(config_vars) < len(set(names)):
            # Not named: what stands here by mistake may be a value.
            raise NotFound(f"{release} of {app} has no config var of that name.")
        values: dict[str, str] = {}
        if reveal and config_vars:
            values = reveal_config(
                app=app, actor=actor, names=names or None, release=release
            )
        if self.as_json:
            self.print_json({**values})
        elif shell:
            for name, value in values.items():
                self.print(env_line(name, value))
        elif not config_vars:
            self.print(f"{release} of {app} has no config vars.")
        else:
            self._print_vars(app, config_vars, values if reveal else None)

    def _print_vars(
        self,
        app: App,
        config_vars: Sequence[ConfigVar],
        values: dict[str, str] | None,
    ) -> None:
        self.print_table(
            ("Name", "Value", "Since (UTC)", ""),
            [
                (
                    var.name,
                    MASK if values is None else escaped(values[var.name]),
                    when(var.created_at),
                    _note(app, var),
                )
                for var in config_vars
            ],
        )

    def _tell(self, app: App, made: Release | None, unused: Sequence[str]) -> None:
        release = find_release(app, made.version if made else None)
        text = (
            outcome_text(release)
            if made
            else f"Nothing changes: {release} of {app} has it so already."
        )
        notes = [f"  Note    {words}" for words in unused]
        self.answer(one_release(release, app), "\n".join([text, *notes]))
        refuse_failure(release, app)


def _note(app: App, var: ConfigVar) -> str:
    if var.erased_at:
        return "erased"
    if var.addon:
        return f"from {var.addon}"
    return "kept across rollbacks" if var.name in app.kept_keys else ""
