"""Users, access, ownership: who may come in, and who not any more."""

import pytest
from django.test import Client

from releases.actors import Actor
from releases.errors import Conflict, NotAllowed, NotFound, OperationRefused
from releases.models import Activity, App, User
from releases.operations.create_app import create_app
from releases.operations.create_user import create_user
from releases.operations.deactivate_user import deactivate_user
from releases.operations.give_access import give_access, take_access
from releases.operations.rename_app import rename_app
from releases.operations.transfer_app import transfer_app
from releases.queries import find_app, people_of, visible_apps
from tests.factories import PASSWORD, acting, make_app, make_member, make_user

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def app() -> App:
    return make_app("shop", owner=make_user("ada@example.com"))


def test_a_user_signs_in_with_the_e_mail_in_lower_case() -> None:
    user = create_user(email=" Bo@Example.COM ", password=PASSWORD, actor=SYSTEM)

    assert user.email == "bo@example.com"
    assert user.check_password(PASSWORD)
    assert Activity.objects.get().summary == "Created user bo@example.com"


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("nonsense", PASSWORD, "valid email"),
        ("bo@example.com", "12345678", "too common"),
        ("bo@example.com", "short", "too short"),
        ("a" * 250 + "@example.com", PASSWORD, "254 are allowed"),
        ("bo\0@example.com", PASSWORD, "not valid text"),
    ],
)
def test_a_malformed_account_is_not_made(
    email: str, password: str, sentence: str
) -> None:
    with pytest.raises(OperationRefused, match=sentence):
        create_user(email=email, password=password, actor=SYSTEM)

    assert User.objects.count() == 1


def test_one_e_mail_is_one_account() -> None:
    make_user("bo@example.com")

    with pytest.raises(Conflict, match=r"a user bo@example\.com already"):
        create_user(email="BO@example.com", password=PASSWORD, actor=SYSTEM)


def test_only_superusers_make_and_deactivate_accounts(app: App) -> None:
    ada = acting(app.owner)

    with pytest.raises(NotAllowed, match="only superusers may"):
        create_user(email="bo@example.com", password=PASSWORD, actor=ada)
    with pytest.raises(NotAllowed, match="only superusers may"):
        deactivate_user(user=make_user(), actor=ada)


def test_a_deactivated_user_loses_every_door_at_once(app: App, client: Client) -> None:
    root, other = make_user(superuser=True), make_user(superuser=True)
    client.force_login(other)

    deactivate_user(user=other, actor=acting(root))
    deactivate_user(user=app.owner, actor=acting(root))

    assert client.get("/admin/").status_code == 302
    for user in (other, app.owner):
        assert not visible_apps(acting(user)).exists()
        with pytest.raises(NotFound):
            find_app("shop", actor=acting(user))
        with pytest.raises(NotAllowed):
            create_app(name="new-shop", actor=acting(user))


def test_the_last_superuser_and_the_system_stay() -> None:
    root = make_user(superuser=True)

    with pytest.raises(OperationRefused, match="the last superuser"):
        deactivate_user(user=root, actor=acting(root))
    with pytest.raises(OperationRefused, match="no person"):
        deactivate_user(user=SYSTEM.user, actor=acting(root))


def test_access_is_what_was_given_last_and_includes_to_view(app: App) -> None:
    bo = make_user("bo@example.com")
    ada = acting(app.owner)
    give_access(app=app, user=bo, permissions=["deploy", "operate"], actor=ada)

    access = give_access(app=app, user=bo, permissions=["rollback"], actor=ada)

    assert access.permissions == ["view", "rollback"]
    assert app.activities.order_by("-sequence")[0].detail == {
        "user": "bo@example.com",
        "permissions": ["view", "rollback"],
        "before": ["view", "deploy", "operate"],
    }


def test_access_that_was_taken_is_gone(app: App) -> None:
    bo = make_member(app, "deploy")

    take_access(app=app, user=bo.user, actor=acting(app.owner))

    with pytest.raises(NotFound, match="no app called shop"):
        find_app("shop", actor=bo)


def test_access_that_changes_nothing_is_refused(app: App) -> None:
    bo = make_member(app, "deploy")
    ada = acting(app.owner)

    with pytest.raises(OperationRefused, match="has that access"):
        give_access(app=app, user=bo.user, permissions=["deploy"], actor=ada)
    with pytest.raises(OperationRefused, match="owns shop and may do all"):
        give_access(app=app, user=app.owner, permissions=["deploy"], actor=ada)
    with pytest.raises(OperationRefused, match="'root' is no permission"):
        give_access(app=app, user=bo.user, permissions=["root"], actor=ada)
    with pytest.raises(OperationRefused, match="no access to shop that was given"):
        take_access(app=app, user=make_user(), actor=ada)


def test_a_transfer_leaves_the_old_owner_only_what_was_given(app: App) -> None:
    ada, bo = app.owner, make_user("bo@example.com")

    transfer_app(app=app, to=bo, actor=acting(ada))

    assert find_app("shop", actor=acting(bo)).owner == bo
    with pytest.raises(NotFound):
        find_app("shop", actor=acting(ada))


def test_who_owns_an_app_now_is_not_among_whom_it_was_given_to(app: App) -> None:
    ada, bo = app.owner, make_member(app, "rollback").user

    transferred = transfer_app(app=app, to=bo, actor=acting(ada))
    assert list(people_of(transferred)) == []

    back = transfer_app(app=app, to=ada, actor=acting(bo))
    assert [access.user for access in people_of(back)] == [bo]


def test_an_app_goes_to_nobody_who_is_deactivated(app: App) -> None:
    bo = make_user()
    deactivate_user(user=bo, actor=SYSTEM)

    with pytest.raises(OperationRefused, match="cannot own an app"):
        transfer_app(app=app, to=bo, actor=acting(app.owner))
    with pytest.raises(OperationRefused, match="owns shop already"):
        transfer_app(app=app, to=app.owner, actor=acting(app.owner))


def test_a_renamed_app_frees_its_name(app: App) -> None:
    rename_app(app=app, name="store", actor=acting(app.owner))

    assert find_app("store", actor=acting(app.owner)) == app
    assert make_app("shop") != app


def test_an_app_takes_no_name_that_is_taken_or_its_own(app: App) -> None:
    make_app("store")

    with pytest.raises(Conflict, match="The name store is taken"):
        rename_app(app=app, name="store", actor=acting(app.owner))
    with pytest.raises(OperationRefused, match="called that already"):
        rename_app(app=app, name="shop", actor=acting(app.owner))
    assert App.objects.get(pk=app.pk).name == "shop"
