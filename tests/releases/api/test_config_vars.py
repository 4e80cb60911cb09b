import pytest

from releases.models import Activity, App
from tests.factories import make_member
from tests.releases.api.clients import Api, api_for, is_error

pytestmark = pytest.mark.django_db
CONFIG = "/apps/shop/config-vars"


def test_values_are_given_in_order_of_name_and_the_reading_is_recorded_once(
    api: Api, app: App
) -> None:
    api.patch(CONFIG, {"ZEBRA": "1", "ALPHA": "2"})

    assert list(api.get(CONFIG).json) == ["ALPHA", "COLOR", "ZEBRA"]
    api.get(CONFIG)
    revealed = app.activities.filter(kind=Activity.Kind.VALUES_REVEALED)
    assert revealed.count() == 1


def test_a_change_is_one_release_and_answers_with_all_there_is(
    api: Api, app: App
) -> None:
    answered = api.patch(CONFIG, {"COLOR": None, "SIZE": "9", "EMPTY": ""})

    assert answered.status == 200
    assert answered.json == {"SIZE": "9", "EMPTY": ""}
    assert app.releases.latest("version").version == 6


def test_setting_what_is_set_makes_no_release(api: Api, app: App) -> None:
    answered = api.patch(CONFIG, {"COLOR": "blue", "GONE": None})

    assert (answered.status, answered.json) == (200, {"COLOR": "blue"})
    assert app.releases.count() == 5


def test_a_release_has_the_values_of_its_time(api: Api) -> None:
    assert api.get("/apps/shop/releases/3/config-vars").json == {"COLOR": "red"}
    assert api.get("/apps/shop/releases/v5/config-vars").json == {"COLOR": "blue"}


def test_a_repeated_change_makes_one_release(api: Api, app: App) -> None:
    for _ in range(2):
        answered = api.patch(CONFIG, {"A": "1"}, request_id="6b1a3d1e-0000-4000-a")
        assert answered.json == {"A": "1", "COLOR": "blue"}

    assert app.releases.count() == 6


@pytest.mark.parametrize(
    "body",
    [
        {"BAD-KEY": "1"},
        {"GOOD": "1", "1BAD": "2"},
        {"GOOD": 1},
        {"GOOD": {"a": "s3cret"}},
        {"GOOD": ["s3cret"]},
        {"GOOD": True},
        {"NUL": "a\0b"},
        {"LONG": "x" * 70_000},
    ],
)
def test_one_bad_key_or_value_changes_nothing_and_is_not_repeated(
    api: Api, app: App, body: object
) -> None:
    answered = api.patch(CONFIG, body)

    assert is_error(answered, 422, "invalid_params")
    assert "s3cret" not in str(answered.json)
    assert app.releases.count() == 5


@pytest.mark.parametrize("permission", ["view", "rollback", "manage"])
def test_who_may_not_see_values_gets_none_and_no_masked_ones(
    app: App, permission: str
) -> None:
    member = api_for(make_member(app, permission).user)

    for answered in (
        member.get(CONFIG),
        member.get("/apps/shop/releases/3/config-vars"),
        member.patch(CONFIG, {"COLOR": "green"}),
    ):
        assert is_error(answered, 403, "forbidden")
        assert "blue" not in str(answered.json)


def test_keys_are_kept_across_rollbacks(api: Api, app: App) -> None:
    assert api.put("/apps/shop/kept-keys/COLOR").json == ["COLOR"]
    assert api.get("/apps/shop/kept-keys").json == ["COLOR"]
    api.post("/apps/shop/releases", {"release": "3"})
    assert api.get(CONFIG).json == {"COLOR": "blue"}
    assert api.delete("/apps/shop/kept-keys/COLOR").json == []
    assert is_error(api.delete("/apps/shop/kept-keys/COLOR"), 422, "invalid_params")
