from django.core.management.base import CommandError, CommandParser

from releases.actors import Actor
from releases.api.objects import plan_object
from releases.management.console.arguments import (
    add_app,
    add_reason,
    add_scope,
    add_version,
)
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
    plan_text,
    stays_text,
    stops_line,
)
from releases.management.console.targets import chosen_target
from releases.models import App, Release
from releases.operations.roll_back import roll_back
from releases.plans import Plan, PlanMoved, plan
from releases.queries import find_app, find_release
from releases.restoring import Scope


class Command(ConsoleCommand):
    help = (
        "Run again what an earlier, or a later, release ran. That makes a new release;"
        " nothing is deleted. `plan` shows beforehand what would change."
    )
    example = 'manage.py rollback shop v12 --reason "p95 doubled since v13"'
    ways_past = {"marked_bad": OVERRIDE_PASSES}

    def add_arguments(self, parser: CommandParser) -> None:
        add_app(parser)
        add_version(
            parser, "Where to go, back or forward; by default the last known good."
        )
        add_scope(parser)
        add_reason(parser, "Why; kept with the release.")
        parser.add_argument(
            "--incident-url", metavar="URL", default="", help="What it belongs to."
        )
        parser.add_argument(
            "--override",
            action="store_true",
            help="Go there although it is marked bad.",
        )
        parser.add_argument(
            "--plan-digest",
            metavar="DIGEST",
            default="",
            help="Only if the plan with this digest still stands.",
        )
        parser.add_argument(
            "--idempotency-key",
            metavar="KEY",
            default="",
            help="Asking again with the same key makes no second release.",
        )

    def handle(
        self,
        *,
        app_name: str,
        version: int | None,
        scope: str,
        plan_digest: str,
        actor: Actor,
        **options: object,
    ) -> None:
        if options["idempotency_key"] and version is None:
            raise CommandError(
                "Name the release to go to: the default moves, and asking again would"
                " ask for something else."
            )
        app = find_app(app_name, actor=actor)
        to = chosen_target(app, version, Scope(scope))
        made = plan(app=app, to=to, scope=Scope(scope), actor=actor)
        try:
            release = roll_back(
                app=app,
                to=to,
                scope=made.scope,
                actor=actor,
                # What is told to have changed is then what did.
                plan_digest=plan_digest or made.digest,
                reason=str(options["reason"]),
                incident_url=str(options["incident_url"]),
                override=bool(options["override"]),
                idempotency_key=str(options["idempotency_key"]),
            )
        except PlanMoved as moved:
            text = plan_text(moved.plan, columns=self.columns)
            self.answer(plan_object(moved.plan), text)
            raise
        wait_for(release, self.stderr)
        self._tell(find_app(app_name, actor=actor), release.version, made)

    def _tell(self, app: App, version: int, made: Plan) -> None:
        release = find_release(app, version)
        answer = one_release(release, app)
        if version <= made.before.version:
            self.answer(answer, f"{release} of {app} was made by this request before.")
        else:
            self.answer({**answer, "plan": plan_object(made)}, _done(release, made))
        refuse_failure(release, app)


def _done(release: Release, made: Plan) -> str:
    lines = [outcome_text(release), change_lines(made), f"  {stays_text(made)}"]
    if release.status != Release.Status.FAILED:
        lines += stops_line(made)
        lines.append(f"To undo: manage.py rollback {made.app} {made.before}")
    return "\n".join(lines)
