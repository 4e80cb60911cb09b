from functools import partial
from pathlib import Path

from django.core.management.base import CommandParser

from releases.actors import Actor
from releases.api.objects import Object, plan_object
from releases.management.console.arguments import add_app, add_reason
from releases.management.console.command import ConsoleCommand
from releases.management.console.objects import one_release
from releases.management.console.outcome import (
    outcome_text,
    refuse_failure,
    wait_for,
)
from releases.management.console.plan_text import (
    OVERRIDE_PASSES,
    change_lines,
    migrations_sentence,
    stops_line,
)
from releases.management.console.progress import Counted, Progress
from releases.management.console.tables import printable
from releases.management.console.words import counted, size
from releases.models import App, Release, Slug
from releases.operations.deploy import deploy, refuse_while_held
from releases.operations.receive_slug import receive_slug
from releases.permissions import Action
from releases.plans import Plan, compare
from releases.queries import find_app, find_release, went_live_before
from releases.slugs.sources import HEAD, Source, open_source
from releases.waiting import after_pending


class Command(ConsoleCommand):
    help = "Release code from a git repository, a folder or a tarball."
    example = "manage.py deploy shop ~/src/shop --ref main"
    ways_past = {"marked_bad": OVERRIDE_PASSES}

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        parser.add_argument(
            "source",
            metavar="SOURCE",
            help="A git repository, of which the ref is archived with its commit and those"
            " since the last deploy; or a folder, or a .tar.gz.",
        )
        parser.add_argument(
            "--ref",
            default=HEAD,
            help="The branch, tag or commit of a git repository; by default HEAD.",
        )
        add_reason(parser, "Why; kept with the release.")
        parser.add_argument(
            "--override",
            action="store_true",
            help="Deploy although the same code is marked bad.",
        )

    def handle(
        self,
        *,
        app_name: str,
        source: str,
        ref: str,
        reason: str,
        override: bool,
        actor: Actor,
        **_: object,
    ) -> None:
        app = find_app(app_name, actor=actor, to_do=Action.DEPLOY)
        # Before a large source is packed and stored for nothing.
        refuse_while_held(app)
        before = find_release(app)
        since = before.slug.commit if before.slug else ""
        with open_source(Path(source), ref=ref, since=since) as opened:
            slug = self._receive(app, opened, since, actor)
            warnings = list(opened.warnings)
        make = partial(
            deploy, app=app, slug=slug, actor=actor, reason=reason, override=override
        )
        made = after_pending(app, make)
        wait_for(made, self.stderr)
        app = find_app(app_name, actor=actor)
        release = find_release(app, made.version)
        # Another release may have gone live while this one waited.
        before = went_live_before(release) or before
        changes = compare(app=app, old=before.version, new=release.version, actor=actor)
        self.answer(
            _object(release, app, changes, warnings), _text(release, changes, warnings)
        )
        refuse_failure(release, app)

    def _receive(self, app: App, opened: Source, since: str, actor: Actor) -> Slug:
        with Progress("Storing", self.stderr) as progress:
            return receive_slug(
                app=app,
                archive=Counted(opened.archive, progress),
                commit=opened.commit,
                commit_title=opened.title,
                commit_author=opened.author,
                base_commit=since if opened.base_known else "",
                commits=[commit.stored() for commit in opened.commits],
                commits_total=opened.commits_total,
                actor=actor,
            )


def _object(release: Release, app: App, changes: Plan, warnings: list[str]) -> Object:
    return {
        **one_release(release, app),
        "changes": plan_object(changes),
        "warnings": warnings,
    }


def _text(release: Release, changes: Plan, warnings: list[str]) -> str:
    blob = release.slug and release.slug.blob
    lines = [outcome_text(release), change_lines(changes)]
    if blob:
        files = counted(blob.file_count, "file")
        lines.append(f"  Slug    {size(blob.size)}, {files}, SHA-256 {blob.pk[:12]}")
    if changes.code.before and changes.code.migrations:
        lines.append(f"  Note    {migrations_sentence(changes)}")
    if release.status != Release.Status.FAILED:
        lines += stops_line(changes)
    lines += [f"  Note    {printable(warning)}" for warning in warnings]
    return "\n".join(lines)
