import pytest

from releases.errors import Conflict, OperationRefused
from releases.models import Activity, App, ConfigSet, ConfigVar, Release
from releases.operations.change_config import COUNT_LIMIT, change_config
from releases.operations.reveal_config import reveal_config
from tests.factories import acting, make_app, make_config, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    return make_app("shop", owner=make_user("ada@example.com"))


def test_many_keys_set_and_unset_together_are_one_release(app: App) -> None:
    make_config(app, A="1", B="2", C="3")

    release = change_config(
        app=app, set_vars={"B": "two", "D": "4"}, unset=["A"], actor=acting(app.owner)
    )

    assert release is not None
    assert (release.version, release.kind) == (3, Release.Kind.CONFIG)
    assert release.description == "Set B, D and remove A config vars"
    assert reveal_config(app=app, actor=acting(app.owner)) == {
        "B": "two",
        "C": "3",
        "D": "4",
    }


def test_it_records_keys_and_never_values(app: App) -> None:
    make_config(app, B="old", A="gone")

    change_config(
        app=app,
        set_vars={"B": "s3cret", "D": "s3cret"},
        unset=["A"],
        actor=acting(app.owner),
    )

    activity = Activity.objects.filter(app=app).first()
    assert activity is not None
    assert activity.actor == app.owner
    assert activity.detail["added"] == ["D"]
    assert activity.detail["changed"] == ["B"]
    assert activity.detail["removed"] == ["A"]
    assert "s3cret" not in repr(vars(activity))


def test_rows_that_did_not_change_are_shared(app: App) -> None:
    first = make_config(app, A="1", B="2")

    second = make_config(app, A="one")

    assert len(set(first.config_set.var_ids) & set(second.config_set.var_ids)) == 1
    assert ConfigVar.objects.filter(app=app).count() == 3


@pytest.mark.parametrize(
    ("set_vars", "unset"),
    [({"A": "1"}, []), ({}, ["ABSENT"]), ({}, []), ({"A": "1"}, ["B"])],
)
def test_what_is_set_already_makes_no_release(
    app: App, set_vars: dict[str, str], unset: list[str]
) -> None:
    make_config(app, A="1")

    release = change_config(
        app=app, set_vars=set_vars, unset=unset, actor=acting(app.owner)
    )

    assert release is None
    assert app.releases.count() == 2
    assert Activity.objects.filter(app=app).count() == 2


def test_the_current_config_is_that_of_the_current_release(app: App) -> None:
    make_config(app, A="1")
    stray = ConfigVar.objects.get()
    stray.pk, stray.name = None, "STRAY"
    stray.save(force_insert=True)

    release = make_config(app, B="2")

    assert ConfigVar.objects.filter(pk__in=release.config_set.var_ids).count() == 2


@pytest.mark.parametrize(
    ("set_vars", "unset", "sentence"),
    [
        ({"BAD-KEY": "s3cret"}, [], "'BAD-KEY' is no name for a config var"),
        (
            {"X" * 257: "s3cret"},
            [],
            "X…' is no name .*: it has more than 256 characters",
        ),
        ({"1A": "s3cret"}, [], "is no name"),
        ({"": "s3cret"}, [], "is no name"),
        ({"A\n": "s3cret"}, [], "is no name"),
        ({"A" * 257: "s3cret"}, [], "is no name"),
        ({"É": "s3cret"}, [], "is no name"),
        ({"A": "s3cret"}, ["A"], "both set and unset"),
        ({"A": "s3cret\0"}, [], "not text that an environment can hold"),
        ({"A": "s3cret\ud800"}, [], "not text that an environment can hold"),
        ({"A": "s3cret" * 20_000}, [], "more than 64 KiB"),
        ({"GOOD": "1", "BAD-KEY": "s3cret"}, [], "is no name"),
        ({f"K{n}": "s3cret" for n in range(COUNT_LIMIT + 1)}, [], "1,000 config vars"),
    ],
)
def test_bad_input_changes_nothing_and_is_never_quoted(
    app: App, set_vars: dict[str, str], unset: list[str], sentence: str
) -> None:
    with pytest.raises(OperationRefused, match=sentence) as refusal:
        change_config(app=app, set_vars=set_vars, unset=unset, actor=acting(app.owner))

    assert "s3cret" not in str(refusal.value)
    assert app.releases.count() == 1
    assert ConfigSet.objects.count() == 1
    assert not ConfigVar.objects.exists()


def test_the_same_request_again_makes_one_release(app: App) -> None:
    once = change_config(
        app=app, set_vars={"A": "1"}, actor=acting(app.owner), idempotency_key="k"
    )
    make_config(app, A="2")

    again = change_config(
        app=app, set_vars={"A": "1"}, actor=acting(app.owner), idempotency_key="k"
    )

    assert again == once
    assert app.releases.count() == 3


def test_another_request_with_the_same_key_is_refused(app: App) -> None:
    change_config(
        app=app, set_vars={"A": "1"}, actor=acting(app.owner), idempotency_key="k"
    )

    with pytest.raises(Conflict, match="used before, for another request"):
        change_config(
            app=app, set_vars={"A": "2"}, actor=acting(app.owner), idempotency_key="k"
        )

    assert app.releases.count() == 2


def test_two_people_may_use_the_same_key(app: App) -> None:
    root = make_user(superuser=True)

    for actor, value in [(acting(app.owner), "1"), (acting(root), "2")]:
        change_config(app=app, set_vars={"A": value}, actor=actor, idempotency_key="k")

    assert app.releases.count() == 3


def test_a_hundred_keys_are_named_as_the_first_twenty_and_how_many_more(
    app: App,
) -> None:
    release = make_config(app, **{f"K{number:03}": "x" for number in range(100)})

    assert release.description.endswith("K019 and 80 more config vars")
