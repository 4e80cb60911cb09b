from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import slug_object
from releases.errors import NotFound
from releases.management.console.arguments import add_app, add_version
from releases.management.console.command import ConsoleCommand
from releases.management.console.download import save
from releases.management.console.progress import Progress
from releases.management.console.release_text import slug_facts
from releases.management.console.tables import facts
from releases.management.console.words import size
from releases.queries import find_app, find_release


class Command(ConsoleCommand):
    help = (
        "Show the code of a release; or get it back as the .tar.gz that was received,"
        " byte for byte."
    )
    example = "manage.py slug shop v12 --output shop-v12.tar.gz"

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_version(parser, "Which release; by default the current one.")
        parser.add_argument(
            "--output",
            metavar="FILE",
            help="Write the bytes there, - for standard output, checked against their"
            " SHA-256.",
        )
        parser.add_argument(
            "--force", action="store_true", help="Write over a file that exists."
        )

    def handle(
        self,
        *,
        app_name: str,
        version: int | None,
        output: str | None,
        force: bool,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor)
        release = find_release(app, version)
        slug = release.slug
        if slug is None or slug.blob is None:
            raise NotFound(f"{release} of {app} has no code.")
        if output is None:
            self.answer(slug_object(slug), facts(slug_facts(slug)))
            return
        with Progress("Writing", self.stderr, total=slug.blob.size) as progress:
            save(slug.blob, output, overwrite=force, progress=progress)
        if output != "-":
            self.answer(
                slug_object(slug),
                f"Wrote {size(slug.blob.size)} to {output}; the SHA-256 is right.",
            )
