"""What commands answer in JSON has the shape of Heroku's objects."""

import pytest

from releases.models import App
from tests.factories import make_app, make_config, make_deploy, make_user
from tests.heroku.schema import mistakes
from tests.releases.commands.running import run, run_json, run_json_list

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    """An app with code, config, an add-on, a hold, a mark and a colleague."""
    app = make_app("shop")
    make_deploy(app)
    make_config(app, LOG_LEVEL="debug")
    run("addon", "shop", "--attach", "postgresql:standard-0", "DATABASE_URL=x")
    run("access", "shop", make_user("grace@example.com").email, "rollback")
    return app


def test_apps(app: App) -> None:
    run("hold", "shop", "--reason", "an incident")

    [listed] = run_json_list("apps")

    assert mistakes("app", listed) == []
    assert mistakes("app", run_json("app", "shop")) == []
    assert mistakes("app", run_json("create_app", "other")) == []
    assert mistakes("app", run_json("rename_app", "other", "third")) == []
    assert mistakes("app", run_json("transfer_app", "third", "grace@example.com")) == []
    assert mistakes("app", run_json("hold", "shop", "--resume")) == []
    assert mistakes("app", run_json("keep_key", "shop", "LOG_LEVEL")) == []
    destroyed = run_json("destroy_app", "third", "--confirm", "third")
    assert mistakes("app", destroyed) == []


def test_releases(app: App) -> None:
    listed = run_json_list("releases", "shop")
    answers = [
        *listed,
        run_json("release", "shop", "v1"),
        run_json("config", "shop", "LOG_LEVEL=info"),
        run_json("config", "shop", "LOG_LEVEL=info"),
        run_json("mark", "shop", "v3", "bad", "--reason", "slow"),
        run_json("rollback", "shop", "v2", "--scope", "config"),
        run_json("addon", "shop", "--detach", _addon_name()),
        run_json("erase_value", "shop", "v3", "LOG_LEVEL", "--confirm", "LOG_LEVEL"),
    ]

    assert [mistakes("release", answer) for answer in answers] == [[]] * len(answers)
    assert [answer["version"] for answer in listed] == [4, 3, 2, 1]


def test_slugs_addons_people_and_activities(app: App) -> None:
    [addon] = run_json_list("addon", "shop")
    [collaborator] = run_json_list("access", "shop")
    given = run_json("access", "shop", "grace@example.com", "deploy")
    activities = run_json_list("activity", "shop")

    assert mistakes("slug", run_json("slug", "shop")) == []
    assert mistakes("add-on", addon) == []
    assert mistakes("collaborator", collaborator) == []
    assert mistakes("collaborator", given) == []
    assert [mistakes("audit-trail-event", each) for each in activities] == [[]] * 7


def test_the_check_finds_what_is_wrong(app: App) -> None:
    answer = run_json("app", "shop")
    wrong = {**answer, "name": "Shop!", "id": 7, "created_at": "now", "stack": {}}
    del wrong["maintenance"]

    found = mistakes("app", wrong)

    assert [mistake.split(":")[0] for mistake in found] == [
        "/app/maintenance is missing",
        "/app/created_at",
        "/app/id",
        "/app/name",
        "/app/stack/id is missing",
        "/app/stack/name is missing",
    ]


def _addon_name() -> str:
    [addon] = run_json_list("addon", "shop")
    return str(addon["name"])
