from functools import partial

from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.api.app_parts import addon_object
from releases.management.console.arguments import add_app
from releases.management.console.command import ConsoleCommand
from releases.management.console.objects import one_release
from releases.management.console.outcome import (
    outcome_text,
    refuse_failure,
    wait_for,
)
from releases.management.console.values import add_values, given_values
from releases.management.console.words import listed, when
from releases.models import App, Release
from releases.operations.attach_addon import attach_addon, detach_addon
from releases.queries import (
    attached_addons,
    find_app,
    find_release,
)
from releases.waiting import after_pending


class Command(ConsoleCommand):
    help = (
        "Attach a resource, a database say, with the config vars it owns, or detach one."
        " A rollback never does either, and leaves those vars as they are. With the app"
        " alone, list what is attached."
    )
    example = (
        "manage.py addon shop --attach postgresql:standard-0 DATABASE_URL=- < url.txt"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_values(parser, "NAME=VALUE", "The config vars that it owns.")
        parser.add_argument(
            "--attach", metavar="SERVICE:PLAN", help="Attach a resource of this plan."
        )
        parser.add_argument(
            "--name", default="", help="What to call it; chosen for you if left out."
        )
        parser.add_argument(
            "--detach",
            metavar="NAME",
            help="Detach this one. Its config vars go; the resource is not touched.",
        )

    def handle(
        self,
        *,
        app_name: str,
        pairs: list[str],
        file: str | None,
        attach: str | None,
        name: str,
        detach: str | None,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        if (detach and attach) or (not attach and (pairs or file or name)):
            raise CommandError("Say --attach SERVICE:PLAN, or --detach NAME alone.")
        if attach:
            values = given_values(pairs, file)
            make = partial(
                attach_addon,
                app=app,
                plan=attach,
                name=name,
                config_vars=values,
                actor=actor,
            )
        elif detach:
            make = partial(detach_addon, app=app, name=detach, actor=actor)
        else:
            self._list(app)
            return
        made = after_pending(app, make)
        wait_for(made, self.stderr)
        self._tell(find_app(app_name, actor=actor), made)

    def _tell(self, app: App, made: Release) -> None:
        release = find_release(app, made.version)
        self.answer(one_release(release, app), outcome_text(release))
        refuse_failure(release, app)

    def _list(self, app: App) -> None:
        addons = attached_addons(app)
        if self.as_json:
            self.print_json([addon_object(addon, app) for addon in addons])
        elif not addons:
            self.print(f"{app} has no add-ons.")
        else:
            self.print_table(
                ("Name", "Plan", "Config vars", "Attached (UTC)"),
                [
                    (
                        addon.name,
                        addon.plan,
                        listed(addon.config_var_names),
                        when(addon.attached_at),
                    )
                    for addon in addons
                ],
                shorten=("Config vars",),
            )
