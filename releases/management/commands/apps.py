from releases.actors import Actor, who
from releases.api.objects import app_object
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import when
from releases.models import App
from releases.queries import visible_apps


class Command(ConsoleCommand):
    help = "List the apps you may see, each with what it runs."
    example = "manage.py apps --as ada@example.com"

    def handle(self, *, actor: Actor, **_: object) -> None:
        apps = visible_apps(actor)
        if self.as_json:
            self.print_json([app_object(app) for app in apps])
        elif not apps:
            self.print("No apps yet. `manage.py create_app NAME` makes one.")
        else:
            self.print_table(
                ("App", "Release", "Description", "Released (UTC)", "Owner", ""),
                map(_row, apps),
                shorten=("Description", "Owner"),
            )


def _row(app: App) -> tuple[str, ...]:
    current = app.current_release
    return (
        app.name,
        str(current),
        current.description,
        when(app.released_at),
        who(app.owner.email),
        "deploys held" if app.is_held else "",
    )
