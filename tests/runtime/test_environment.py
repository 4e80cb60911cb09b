import pytest

from releases.own_keys import OWN_KEYS
from runtime.environment import environment_of
from tests.factories import make_app, make_config, make_deploy, make_process


@pytest.mark.django_db
def test_just_these_keys_lose_to_what_rollbook_sets_itself() -> None:
    app = make_app("shop")
    make_deploy(app)
    app.refresh_from_db()
    process = make_process(app, "web", 1, port=20_000)
    there = environment_of(process, app.current_release, app)
    release = make_config(app, **dict.fromkeys([*there, "COLOR"], "ours"))

    found = environment_of(process, release, app)

    assert {name for name in found if found[name] != "ours"} == {*OWN_KEYS}
