"""What happened to one key: every change of it, by whom, and what became of the value."""

import pytest
from pytest_django import DjangoAssertNumQueries

from releases import key_history as module
from releases import timeline_search
from releases.config import KeyChange
from releases.errors import NotFound
from releases.key_history import KeyHistory, key_history
from releases.models import App
from releases.operations.attach_addon import attach_addon, detach_addon
from releases.operations.erase_value import erase_value
from releases.operations.keep_key import keep_key, unkeep_key
from releases.operations.roll_back import roll_back
from tests.factories import acting, make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    return make_app()


def now(app: App) -> App:
    return App.objects.get(pk=app.pk)


def told(history: KeyHistory) -> list[tuple[str, str]]:
    """Return what each line says, oldest first."""
    return [
        (str(line.activity.release or line.activity.kind), str(line.change or ""))
        for line in reversed(history.lines)
    ]


def test_every_change_of_a_key_is_told_and_of_no_other(app: App) -> None:
    make_deploy(app)
    make_config(app, COLOR="red")
    make_config(app, COLOR="blue", SIZE="9")
    make_config(app, SIZE="10")
    make_config(app, "COLOR")
    roll_back(app=app, to=3, actor=acting(app.owner))

    assert told(key_history(now(app), "COLOR")) == [
        ("v3", "added"),
        ("v4", "changed"),
        ("v6", "removed"),
        ("v7", "added"),
    ]
    assert told(key_history(now(app), "SIZE")) == [
        ("v4", "added"),
        ("v5", "changed"),
        ("v7", "removed"),
    ]


def test_a_kept_key_tells_of_the_rollbacks_it_was_kept_in(app: App) -> None:
    make_config(app, COLOR="red")
    make_config(app, COLOR="blue", SIZE="9")
    keep_key(app=app, name="COLOR", actor=acting(app.owner))
    roll_back(app=app, to=2, actor=acting(app.owner))
    unkeep_key(app=app, name="COLOR", actor=acting(app.owner))

    assert told(key_history(now(app), "COLOR"))[2:] == [
        ("key.kept", ""),
        ("v4", "kept"),
        ("key.unkept", ""),
    ]


def test_what_an_add_on_brings_and_takes_is_told(app: App) -> None:
    attach_addon(
        app=app,
        name="cache",
        plan="redis:mini",
        config_vars={"REDIS_URL": "x"},
        actor=acting(app.owner),
    )
    detach_addon(app=app, name="cache", actor=acting(app.owner))

    history = key_history(now(app), "REDIS_URL")
    assert told(history) == [("v2", "added"), ("v3", "removed")]


def test_it_says_which_values_are_erased_and_which_is_the_current_one(
    app: App,
) -> None:
    make_config(app, COLOR="red")
    make_config(app, COLOR="blue")
    make_config(app, COLOR="red")
    make_config(app, COLOR="green")
    make_config(app, COLOR="blue")
    erase_value(
        release=app.releases.get(version=2), name="COLOR", actor=acting(app.owner)
    )

    history = key_history(now(app), "COLOR")
    assert [
        (str(line.activity.release), line.is_erased, line.is_current)
        for line in history.lines
        if line.has_value and line.change
    ] == [
        ("v6", False, True),
        ("v5", False, False),
        ("v4", True, False),
        ("v3", False, True),
        ("v2", True, False),
    ]
    assert str(history.lines[0].activity.kind) == "value.erased"


def test_a_removed_key_has_no_value(app: App) -> None:
    make_config(app, COLOR="red")
    make_config(app, "COLOR")

    [removed, added] = key_history(now(app), "COLOR").lines
    assert (removed.change, removed.has_value) == (KeyChange.REMOVED, False)
    assert (added.has_value, added.is_current) == (True, False)


@pytest.mark.parametrize("name", ["OTHER", "COLOR\0", "%s", "x' OR ''='"])
def test_a_key_that_never_was_there_is_not_found(app: App, name: str) -> None:
    make_config(app, COLOR="red")

    with pytest.raises(NotFound, match="never had a config var"):
        key_history(now(app), name)


def test_a_key_of_another_app_is_not_found(app: App) -> None:
    make_config(make_app(), COLOR="red")

    with pytest.raises(NotFound):
        key_history(app, "COLOR")


def test_pages_follow_each_other_without_a_gap(app: App) -> None:
    for number in range(5):
        make_config(app, COLOR=str(number))

    seen, before = [], None
    while True:
        page = key_history(now(app), "COLOR", before=before, size=2)
        seen.append([str(line.activity.release) for line in page.lines])
        before = page.older
        if before is None:
            break

    assert seen == [["v6", "v5"], ["v4", "v3"], ["v2"]]


def test_a_page_looks_through_a_bounded_number_of_lines(
    app: App,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for each in (module, timeline_search):
        monkeypatch.setattr(each, "SEARCHED", 3)
    make_config(app, COLOR="red")
    for number in range(3):
        make_config(app, SIZE=str(number))
    app = now(app)

    with django_assert_num_queries(3):
        page = key_history(app, "COLOR")

    assert (page.lines, page.older is not None) == ([], True)
    assert told(key_history(app, "COLOR", before=page.older)) == [("v2", "added")]
