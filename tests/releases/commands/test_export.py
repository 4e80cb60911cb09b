import json

import pytest
from time_machine import travel

from releases.models import App
from tests.factories import make_app, make_config, make_user
from tests.releases.commands.running import refusal, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    with travel("2026-11-01 12:00Z"):
        app = make_app("shop")
    with travel("2026-11-02 12:00Z"):
        make_config(app, COLOR="s3cret-red")
    app.refresh_from_db()
    return app


def test_a_history_is_printed_as_csv(app: App) -> None:
    heading, *lines = run("export", "shop").splitlines()

    assert heading.startswith("\ufeffnumber,time_utc,kind,release,")
    assert len(lines) == app.chain_length
    assert lines[-1].endswith(app.chain_head)


def test_a_period_is_printed_as_json_lines(app: App) -> None:
    asked = ("export", "shop", "--since", "2026-11-02", "--until", "2026-11-03")

    [line] = run(*asked, "--format", "jsonl").splitlines()

    assert json.loads(line)["activity"]["summary"] == "Set COLOR config vars"
    assert run(*asked, "--json").splitlines() == [line]
    assert "s3cret" not in line


def test_a_period_that_ends_before_it_begins_is_no_empty_history(app: App) -> None:
    backwards = ("--since", "2026-11-26", "--until", "2026-11-01")

    for how in ("csv", "jsonl"):
        said = refusal("export", "shop", *backwards, "--format", how)
        assert said == "The period is empty: it ends before it begins, or as it does."


def test_who_may_not_see_the_app_gets_nothing(app: App) -> None:
    assert refusal("export", "shop", by=make_user()) == "There is no app called shop."
