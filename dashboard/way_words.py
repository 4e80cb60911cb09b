"""How a release goes live, or went, as pages show it: its steps, and how long they took."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from dashboard.app_page import few_keys, ran_words
from dashboard.times import Moment, moment, took_words
from releases.live import WayLive, last_lines, on_its_way, step_times, way_live
from releases.models import App, Release, ReleaseOutput, Rollout, Source, User
from releases.queries import went_live_before

Step = Rollout.Step
# How what was `seen` ends its step where that is of a release which has the traffic.
LIVE = "-live"
ORDER = (
    Step.WAITING,
    Step.RELEASE_PHASE,
    Step.STARTING,
    Step.SWITCHING,
    Step.DONE,
    Step.UNANSWERED,
    Step.DRAINING,
)
# A page shows the end of what was printed; the last line of a failure says why.
SENTENCES = {
    Step.WAITING: "It waits for what runs the apps.",
    Step.RELEASE_PHASE: "Its release phase runs; what ran before runs on.",
    Step.STARTING: "Its processes start; traffic goes where it went until they answer.",
    Step.SWITCHING: "Traffic moves to it.",
    Step.DRAINING: "What ran before answers what it got, and stops.",
}


@dataclass(frozen=True)
class StepLine:
    """A step: "done", "now", "ahead" or "failed", with when it began and how long after."""

    name: str
    state: str
    at: Moment | None
    after: str


@dataclass(frozen=True)
class Way:
    """How a release goes live, in words.

    `seen` names what is shown: asking again with it is answered only by something else.
    """

    release: Release
    title: str
    sentence: str
    css: str
    icon: str
    is_moving: bool
    is_live: bool
    steps: Sequence[StepLine]
    lines: Sequence[ReleaseOutput]
    url: str
    seen: str
    undo: int | None = None

    @property
    def is_told(self) -> bool:
        """Whether people have to know: it is on its way, or it failed."""
        return self.is_moving or self.css == "bad"

    @property
    def said(self) -> str:
        """What is read out."""
        return f"{self.title.removesuffix('.')}. {self.sentence}"


def way_on_page(app: App, *, made: str, user: User, now: datetime) -> Way | None:
    """Return what is on its way, else the release that this person says was just made."""
    version = made.removeprefix("v")
    asked = int(version) if version.isdecimal() and len(version) < 9 else None  # noqa: PLR2004  # as versions go
    found = on_its_way(app, made=asked)
    return way_words(app, found, user=user, now=now) if found else None


def way_words(app: App, way: WayLive, *, user: User, now: datetime) -> Way:
    release, step = way.release, way.step
    lines = last_lines(release) if release.slug_id else []
    is_live = way.is_current and step not in {Step.WAITING, Step.FAILED}
    is_bad = way.is_bad or step == Step.FAILED
    return Way(
        release=release,
        title=_title(way, user, is_live=is_live),
        sentence=_sentence(way, lines),
        css="bad" if is_bad else "info" if way.is_moving else "good",
        icon="warn" if is_bad else "clock" if way.is_moving else "check",
        is_moving=way.is_moving,
        is_live=is_live,
        steps=[*_steps(way, lines, now)],
        lines=lines,
        url=reverse("release_way", args=[app.name, release.version]),
        seen=f"{step.name.lower()}{LIVE if is_live else ''}"
        f".{lines[-1].position if lines else 0}",
        undo=_undo(way, user) if is_live and not way.is_pending else None,
    )


def how_it_went(way: WayLive) -> str:
    """Say how a release went live, in how long; "" as long as that is not known."""
    if way.took is None:
        return ""
    asked = "the click" if way.release.source == Source.WEB else "it was made"
    return f"Live {took_words(way.took)} after {asked}{_how(way)}."


def _how(way: WayLive) -> str:
    if way.was_warm:
        return ", by processes that were waiting"
    # Without an answer nothing may have been started: there may be nothing to start.
    return ", started anew" if way.was_answered else ""


def in_a_line(app: App | None, release: Release) -> tuple[str, str]:
    """Return the step that a release is at, if it moves, and how long it took to be live.

    Its `rollout` is joined.
    """
    way = way_live(app, release) if app else None
    if way is None or not way.has_steps:
        return "", ""
    if way.is_bad:
        return "", "No good answer came from it"
    step = str(way.step.label) if way.is_moving else ""
    return step, f"Live after {took_words(way.took)}" if way.took else ""


def _title(way: WayLive, user: User, *, is_live: bool) -> str:
    release = way.release
    if way.step == Step.FAILED:
        return f"{release} failed and never went live"
    if way.is_pending or not is_live:
        return _title_elsewhere(way, user)
    if way.has_traffic and way.took is None:
        so_far = "" if way.is_bad else " yet"
        return f"{release} has the traffic, and no good answer came from it{so_far}"
    if way.took is None and way.is_moving:
        return f"{release} is about to get the traffic"
    if way.took and release.restores and release.actor_id == user.pk:
        took = took_words(way.took)
        return f"Rolled back to {release.restores} in {took}. {release} is live."
    return f"{release} is live"


def _title_elsewhere(way: WayLive, user: User) -> str:
    """Say of what does not run yet, or not any more, where it is."""
    release = way.release
    if not way.is_pending:
        return f"{release} went live, and does not run any more"
    if release.restores and release.actor_id == user.pk:
        return f"Going back to {release.restores}: {release} is on its way"
    return f"{release} is on its way: {few_keys(release)}"


def _sentence(way: WayLive, lines: Sequence[ReleaseOutput]) -> str:
    if way.step == Step.FAILED:
        return "What ran before runs on." if lines else ""
    if way.is_bad:
        return (
            "It was asked for a page in vain; what it answers visitors is in its log."
        )
    if way.has_traffic and way.took is None:
        return "It is asked for a page for a while; what it answers visitors is in its log."
    said = [how_it_went(way), SENTENCES.get(way.step, "")]
    if way.release.restores and way.step == Step.DONE:
        said.append(ran_words(way.release))
    return " ".join(filter(None, said))


def _steps(
    way: WayLive, lines: Collection[ReleaseOutput], now: datetime
) -> Iterator[StepLine]:
    times = step_times(way)
    shown = [step for step in ORDER if step in times or _is_shown(step, way, lines)]
    if way.step == Step.FAILED:
        shown = [step for step in shown if step in times] + [Step.FAILED]
    for step in shown:
        at = times.get(step)
        state = _state(step, way)
        yield StepLine(
            name=str(step.label),
            state=state,
            at=moment(at, now) if at and state != "ahead" else None,
            after=took_words(at - way.release.created_at)
            if at and state != "ahead" and step != Step.WAITING
            else "",
        )


def _is_shown(step: Step, way: WayLive, lines: Collection[ReleaseOutput]) -> bool:
    if step == Step.RELEASE_PHASE:
        return way.step in {step, Step.FAILED} or bool(lines)
    if step == Step.STARTING:
        return not way.was_warm and (way.is_moving or way.was_answered)
    if step in {Step.DRAINING, Step.UNANSWERED}:
        return way.step == step
    return step != Step.DONE or not way.is_bad


def _state(step: Step, way: WayLive) -> str:
    if step in {Step.FAILED, Step.UNANSWERED, way.failed_in}:
        return "failed"
    if step == way.step:
        return "done" if step == Step.DONE else "now"
    if way.step == Step.FAILED:
        return "done"
    return "done" if ORDER.index(step) < _reached(way) else "ahead"


def _reached(way: WayLive) -> int:
    """Return how many of the steps are behind a way, in their order."""
    return len(ORDER) if way.step == Step.DONE else ORDER.index(way.step)


def _undo(way: WayLive, user: User) -> int | None:
    """Return where a person goes back to who takes back the rollback they made."""
    release = way.release
    if release.restores is None or release.actor_id != user.pk:
        return None
    before = went_live_before(release)
    return before.version if before else None
