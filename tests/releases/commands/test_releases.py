from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries, Settings

from releases.actors import Actor
from releases.models import App
from releases.operations.change_config import change_config
from tests.factories import make_app, make_config, make_deploy, make_member
from tests.releases.commands.running import refusal, run, run_json, run_json_list

pytestmark = pytest.mark.django_db


def test_releases_are_listed_newest_first_with_how_they_stand() -> None:
    app = make_app("shop")
    make_config(app, LOG_LEVEL="debug")
    make_config(app, LOG_LEVEL="info")
    run("mark", "shop", "v2", "bad", "--reason", "loses orders")
    run("mark", "shop", "v2", "pin")

    heading, *rows = run("releases", "shop").splitlines()

    assert heading.split()[-3:] == ["When", "(UTC)", "Status"]
    assert [row.split()[0] for row in rows] == ["v3", "v2", "v1"]
    assert rows[0].startswith("v3  Set LOG_LEVEL config vars  system")
    assert rows[0].endswith("  current")
    assert rows[1].endswith("  bad, pinned")


def test_older_releases_are_a_page_away() -> None:
    app = make_app("shop")
    for number in range(4):
        make_config(app, LEVEL=str(number))

    newest = run("releases", "shop", "-n", "2")
    older = run("releases", "shop", "-n", "9", "--before", "v4")

    assert newest.splitlines()[-1] == "Older ones: manage.py releases shop --before v4"
    assert [row.split()[0] for row in older.splitlines()[1:]] == ["v3", "v2", "v1"]


def test_json_says_which_releases_one_may_go_back_to() -> None:
    app = make_app("shop")
    make_config(app, LOG_LEVEL="debug")
    make_config(app, LOG_LEVEL="info")
    run("mark", "shop", "v2", "bad", "--reason", "loses orders")

    releases = run_json_list("releases", "shop")

    assert [each["eligible_for_rollback"] for each in releases] == [True, False, True]
    assert [each["current"] for each in releases] == [True, False, False]


def test_a_long_list_costs_no_more_queries_than_a_short_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    app = make_app("shop")
    for number in range(10):
        make_config(app, LEVEL=str(number))

    # The app; the releases, and their config sets; the marks.
    with django_assert_num_queries(4):
        run("releases", "shop")


def test_a_hostile_description_cannot_command_the_terminal() -> None:
    app = make_app("shop")
    change_config(
        app=app, set_vars={"A": "1"}, actor=Actor.system(), reason="x\x1b[2Jy\nz"
    )

    assert "Reason      x\ufffd[2Jy z\n" in run("release", "shop")


def test_a_release_shows_what_it_ran_who_made_it_and_its_keys_but_no_value() -> None:
    app = make_app("shop")
    make_config(app, SECRET="hunter2")
    make_deploy(app)

    text = run("release", "shop")

    assert text.startswith("v3 of shop: Deploy ")
    assert "Status      current\n" in text
    assert "By          system\n" in text
    assert "Runs web    python app.py\n" in text
    assert "Config      SECRET\n" in text
    assert "hunter2" not in text


def test_code_that_is_in_no_repository_is_called_as_its_deploy_was(
    tmp_path: Path,
) -> None:
    make_app("shop")
    (tmp_path / "Procfile").write_text("web: serve\n", encoding="utf-8")
    deployed = run("deploy", "shop", tmp_path)

    name = deployed.removeprefix("Deploy ").partition(":")[0]

    assert f"Code        {name}, without a commit\n" in run("release", "shop")


def test_a_rollback_says_what_it_restores_and_why() -> None:
    app = make_app("shop")
    make_config(app, LOG_LEVEL="debug")
    run("rollback", "shop", "v1", "--scope", "config", "--reason", "too loud")

    text = run("release", "shop", "v3")

    assert "Restores    v1, config only\n" in text
    assert "Reason      too loud\n" in text


def test_the_release_that_was_current_at_a_time_is_found() -> None:
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        app = make_app("shop")
    with time_machine.travel(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False):
        make_config(app, LOG_LEVEL="debug")

    answer = run_json("release", "shop", "--at", "2026-11-21T11:59")
    later = run_json("release", "shop", "--at", "2026-11-21T13:00+01:00")

    assert (answer["version"], later["version"]) == (1, 2)
    assert refusal("release", "shop", "--at", "2026-11-01").startswith(
        "shop ran nothing yet"
    )
    assert "not both" in refusal("release", "shop", "v1", "--at", "2026-11-21")


@pytest.fixture
def pending(settings: Settings) -> App:
    """An app whose v2 is pending."""
    settings.RELEASES_SETTLE_AT_ONCE = False
    app = make_app("shop")
    make_deploy(app)
    return app


def test_a_pending_release_is_canceled_with_a_message(pending: App) -> None:
    text = run("release", "shop", "v2", "--cancel", "--message", "it hangs")

    assert "Status      failed\n" in text
    assert "it hangs" in text
    assert run_json("app", "shop")["current_release"] != run_json(
        "release", "shop", "v2"
    )


def test_a_pending_release_is_settled(pending: App) -> None:
    answer = run_json("release", "shop", "v2", "--settle", "succeeded")

    assert (answer["status"], answer["current"]) == ("succeeded", True)
    assert "not pending any more" in refusal("release", "shop", "v2", "--cancel")


def test_canceling_needs_its_permission(pending: App) -> None:
    on_call = make_member(pending, "rollback")

    sentence = refusal("release", "shop", "v2", "--cancel", by=on_call.user)

    assert sentence.endswith("this needs the operate permission.")


def test_a_version_that_is_not_there_is_refused() -> None:
    make_app("shop")

    assert refusal("release", "shop", "v9") == "shop has no release v9."
    assert refusal("release", "nope") == "There is no app called nope."
