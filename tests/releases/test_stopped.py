"""Code that takes process types away says so, before and after: visitors notice."""

from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from releases.api.objects import plan_object
from releases.formation import stopped_by, stopped_words
from releases.models import App
from releases.operations.roll_back import roll_back
from releases.operations.scale import scale
from releases.plans import compare, plan
from tests.factories import acting, make_app, make_deploy
from tests.releases.commands.running import run

pytestmark = pytest.mark.django_db

BOTH = {"Procfile": "web: serve\nworker: work\nrelease: migrate\n", "one": ""}
SENTENCE = "Process type web is gone: nothing answers at the app's address any more."


@pytest.fixture
def app(settings: Settings) -> App:
    """v2 and v4 have web and worker, of which web alone runs; v3 has no Procfile."""
    settings.ROLLBOOK_RUNTIME = True
    app = make_app("shop")
    for files in (BOTH, {"one": ""}, BOTH):
        make_deploy(app, files=files)
    app.refresh_from_db()
    return app


def stops(app: App, old: int, new: int) -> str:
    return compare(app=app, old=old, new=new, actor=acting(app.owner)).stops


def newest_detail(app: App) -> dict[str, object]:
    found = app.activities.latest("sequence").detail
    assert isinstance(found, dict)
    return found


def test_a_comparison_says_what_it_means_that_web_is_gone(app: App) -> None:
    found = compare(app=app, old=2, new=3, actor=acting(app.owner))

    assert found.stops == SENTENCE
    assert plan_object(found)["warnings"] == [
        {"code": "processes_stop", "sentence": SENTENCE, "overridable": False}
    ]
    assert f"Note\n  {SENTENCE}\n" in run("compare", "shop", "v2", "v3")
    assert stops(app, 3, 4) == ""


def test_only_what_ran_is_missed(app: App) -> None:
    actor = acting(app.owner)
    scale(app=app, quantities={"web": "0"}, actor=actor)
    assert stops(app, 2, 3) == ""

    scale(app=app, quantities={"worker": "1"}, actor=actor)
    assert stops(app, 2, 3) == (
        "Process type worker is gone: what ran of it is stopped."
    )


def test_several_types_are_one_sentence() -> None:
    assert stopped_words(["clock", "worker"]) == (
        "Process types clock, worker are gone: what ran of them is stopped."
    )
    assert stopped_words(["clock", "web"]) == (
        "Process types clock, web are gone: nothing answers at the app's address any"
        " more."
    )


def test_a_rollback_says_so_before_and_after_and_in_its_activity(app: App) -> None:
    assert plan(app=app, to=3, actor=acting(app.owner)).stops == SENTENCE
    assert "stopped" not in newest_detail(app)

    said = run("rollback", "shop", "v3")

    assert f"\n  Note    {SENTENCE}\nTo undo: " in said
    assert newest_detail(app)["stopped"] == ["web"]


def test_a_deploy_says_so_and_its_activity(app: App, tmp_path: Path) -> None:
    (tmp_path / "index.html").touch()

    said = run("deploy", "shop", tmp_path)

    assert f"\n  Note    {SENTENCE}\n" in said
    assert newest_detail(app)["stopped"] == ["web"]


def test_where_apps_do_not_run_nothing_stops(app: App, settings: Settings) -> None:
    settings.ROLLBOOK_RUNTIME = False

    assert stops(app, 2, 3) == ""
    assert "stopped" not in newest_detail(roll_back_to(app, 3))


def roll_back_to(app: App, version: int) -> App:
    return roll_back(app=app, to=version, actor=acting(app.owner)).app


def test_code_with_the_same_types_asks_the_database_nothing(
    app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    same = app.current_release.slug

    with django_assert_num_queries(0):
        assert stopped_by(app, same, same) == []
