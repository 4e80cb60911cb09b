from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import Object
from releases.management.console.arguments import count
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import counted, listed, size
from releases.operations.prune_slugs import DAYS, KEEP, Pruned, prune_slugs
from releases.queries import find_app


class Command(ConsoleCommand):
    help = (
        "Delete the code of old releases, which then can no longer be restored. What"
        " runs, the last known good and what is pinned always stay. Without --delete it"
        " only says what would go."
    )
    example = "manage.py prune_slugs --keep 50 --days 90 --delete"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "app_name",
            metavar="APP",
            nargs="?",
            help="One app alone; by default all of them.",
        )
        parser.add_argument(
            "--keep",
            type=count,
            default=KEEP,
            metavar="NUMBER",
            help="How many slugs of each app stay, the last released ones; by default"
            f" {KEEP}.",
        )
        parser.add_argument(
            "--days",
            type=_days,
            default=DAYS,
            metavar="NUMBER",
            help=f"What was released in so many days stays too; by default {DAYS}.",
        )
        parser.add_argument(
            "--delete", action="store_true", help="Delete it. There is no way back."
        )

    def handle(
        self,
        *,
        app_name: str | None,
        keep: int,
        days: int,
        delete: bool,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor) if app_name else None
        pruned = prune_slugs(
            actor=actor, app=app, keep=keep, days=days, dry_run=not delete
        )
        self.answer(_object(pruned, deleted=delete), _text(pruned, deleted=delete))
        expired = {name: found for name, found in pruned.versions.items() if found}
        if expired and not self.as_json:
            self.print_table(
                ("App", "Expired" if delete else "Would expire"),
                [
                    (name, listed([f"v{version}" for version in versions]))
                    for name, versions in sorted(expired.items())
                ],
            )


def _days(text: str) -> int:
    return 0 if text == "0" else count(text)


def _object(pruned: Pruned, *, deleted: bool) -> Object:
    return {
        "deleted": deleted,
        "size": pruned.size,
        "slugs": sorted(pruned.blobs),
        "apps": [
            {"name": name, "versions": versions}
            for name, versions in sorted(pruned.versions.items())
            if versions
        ],
    }


def _text(pruned: Pruned, *, deleted: bool) -> str:
    if not pruned.blobs:
        return "There is nothing to prune."
    slugs = f"{counted(len(pruned.blobs), 'slug')} ({size(pruned.size)})"
    if deleted:
        return f"Deleted {slugs}."
    return f"Would delete {slugs}; --delete does it."
