"""Commands that make a release wait for what becomes of it."""

import io
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from releases.actors import Actor
from releases.management.console import outcome
from releases.models import App, Release, Rollout
from releases.operations.release_output import append_output
from releases.operations.settle_release import settle_release
from tests.factories import make_app, make_config, make_deploy
from tests.releases.commands.running import refusal, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(settings: Settings) -> App:
    """An app at v3, whose further releases wait to be taken live."""
    app = make_app("shop")
    make_deploy(app)
    make_config(app, COLOR="red")
    settings.RELEASES_SETTLE_AT_ONCE = False
    return app


@pytest.fixture
def fails_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits finds at its next look that the pending release failed."""

    def settle(_seconds: float) -> None:
        settle_release(
            release=Release.objects.get(status=Release.Status.PENDING),
            succeeded=False,
            actor=Actor.system(),
            message="web.1 exited with 1 before it was ready.\n\x1b[2JNo such table",
        )

    monkeypatch.setattr(time, "sleep", settle)


@pytest.mark.usefixtures("fails_meanwhile")
def test_a_release_that_fails_ends_its_command_with_the_reason(app: App) -> None:
    changed = refusal("config", "shop", "SIZE=9")
    rolled_back = refusal("rollback", "shop", "v2")

    why = (
        "web.1 exited with 1 before it was ready.\n\N{REPLACEMENT CHARACTER}[2JNo such"
    )
    assert changed.startswith(f"v4 failed, and shop still runs v3. {why}")
    assert rolled_back.startswith(f"v5 failed, and shop still runs v3. {why}")


def test_what_it_printed_last_is_told_with_why_it_failed(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settle(_seconds: float) -> None:
        lines = [*map(str, range(30)), "\x1b[2J" + "x" * 600]
        newest = app.releases.get(status=Release.Status.PENDING)
        append_output(release=newest, lines=lines)
        settle_release(
            release=newest,
            succeeded=False,
            actor=Actor.system(),
            message="The release phase exited with 3.",
        )

    monkeypatch.setattr(time, "sleep", settle)

    said, heading, *printed = refusal("config", "shop", "SIZE=9").splitlines()

    assert said.endswith("still runs v3. The release phase exited with 3.")
    assert heading == "It printed last:"
    assert printed[:2] == ["  11", "  12"]
    assert printed[-1].startswith("  \N{REPLACEMENT CHARACTER}[2Jxxx")
    assert len(printed[-1]) == 502
    assert len(printed) == 20


def test_what_nothing_takes_live_is_said_to_wait(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "TAKEN_UP_WITHIN", 0)
    monkeypatch.setattr(outcome, "QUIET_FOR", 0)

    said = run("config", "shop", "SIZE=9")

    assert said.splitlines() == [
        "Set SIZE config vars: v4 is pending.",
        "  Note    It goes live when `bin/up` runs, and nothing took it up so far.",
    ]


def test_a_wait_that_lasts_is_explained_once(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def sleep(_seconds: float) -> None:
        newest, at = app.releases.latest("version"), timezone.now()
        looks.append(1)
        if len(looks) == 1:
            Rollout.objects.create(release=newest, step_at=at)
        elif len(looks) == 3:
            settle_release(release=newest, succeeded=True, actor=Actor.system())
            Rollout.objects.update(step=Rollout.Step.DONE)

    monkeypatch.setattr(outcome, "QUIET_FOR", 0)
    monkeypatch.setattr(time, "sleep", sleep)
    out, err = io.StringIO(), io.StringIO()

    call_command("rollback", "shop", "v2", stdout=out, stderr=err)

    assert out.getvalue().startswith("Rollback to v2: v4 is current.\n")
    assert err.getvalue() == "v4 is on its way. Ctrl-C ends only the waiting.\n"


def test_it_says_how_long_visitors_waited_for_the_first_answer(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_seconds: float) -> None:
        newest = app.releases.latest("version")
        if newest.status == Release.Status.PENDING:
            Rollout.objects.create(
                release=newest, step_at=newest.created_at, was_warm=True
            )
            settle_release(release=newest, succeeded=True, actor=Actor.system())
        else:
            at = newest.created_at + timedelta(milliseconds=41)
            Rollout.objects.update(answered_at=at, live_at=at)

    monkeypatch.setattr(time, "sleep", answer)

    said = run("rollback", "shop", "v2").splitlines()

    assert said[:2] == [
        "Rollback to v2: v4 is current.",
        "  Live    after 41 ms, by processes that were waiting",
    ]
