from http import HTTPStatus

import pytest
from django.test import Client

from releases.actors import Actor
from releases.models import Access, Activity, App, Source, User
from releases.operations.deactivate_user import deactivate_user
from releases.operations.destroy_app import destroy_app
from releases.two_factor import has_two_factor
from tests.authenticator import make_two_factor
from tests.factories import PASSWORD, make_app, make_member, make_user
from tests.releases.admin.pages import page_of, url, words
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
ADA = {
    "email": "Ada@Example.com",
    "full_name": "Ada Lovelace",
    "password": PASSWORD,
    "password_again": PASSWORD,
}


def newest_activity() -> Activity:
    activity = Activity.objects.order_by("-id").first()
    assert activity
    return activity


def test_a_user_is_created(root: Client) -> None:
    response = root.post(url(User, "add"), ADA, follow=True)

    ada = User.objects.get(email="ada@example.com")
    assert "Created user ada@example.com." in response.content.decode()
    assert ada.full_name == "Ada Lovelace"
    assert ada.check_password(PASSWORD)
    assert not ada.is_superuser
    assert not ada.is_staff


def test_a_superuser_is_created_as_staff(root: Client) -> None:
    root.post(url(User, "add"), {**ADA, "superuser": "on"})

    ada = User.objects.get(email="ada@example.com")
    assert ada.is_superuser
    assert ada.is_staff


def test_what_is_done_is_an_activity_of_who_did_it_and_from_where(
    root: Client,
) -> None:
    response = root.post(url(User, "add"), ADA, REMOTE_ADDR="192.0.2.7")

    activity = newest_activity()
    assert activity.kind == Activity.Kind.USER_CREATED
    assert activity.actor_email == "root@example.com"
    assert activity.source == Source.WEB
    assert activity.ip == "192.0.2.7"
    assert activity.request_id == response.headers["Request-Id"]


def test_a_client_without_an_address_may_act(root: Client) -> None:
    root.post(url(User, "add"), ADA, REMOTE_ADDR="")

    assert newest_activity().ip is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"email": "root@example.com"}, "There is a user root@example.com already."),
        ({"email": "ada"}, "Enter a valid email address."),
        ({"email": ""}, "This field is required."),
        ({"password_again": "another"}, "The two passwords are not the same."),
        (
            {"password": "12345678", "password_again": "12345678"},
            "This password is too common.",
        ),
        ({"full_name": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_a_user_that_cannot_be_is_refused_in_the_form(
    typed: dict[str, str], sentence: str, root: Client
) -> None:
    before = User.objects.count()

    response = root.post(url(User, "add"), {**ADA, **typed})

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert sentence in response.content.decode()
    assert User.objects.count() == before


def test_a_refused_form_does_not_send_the_password_back(root: Client) -> None:
    response = root.post(url(User, "add"), {**ADA, "email": "root@example.com"})

    assert PASSWORD not in response.content.decode()


def test_a_user_is_deactivated_after_a_question(root: Client) -> None:
    ada = make_user("ada@example.com")
    page = page_of(ada, "deactivate")
    assert page in root.get(page_of(ada)).content.decode()

    asked = root.get(page)
    assert User.objects.filter(pk=ada.pk, is_active=True).exists()
    done = root.post(page, follow=True)

    ada.refresh_from_db()
    assert "Every door closes to ada@example.com" in asked.content.decode()
    assert "Deactivated ada@example.com." in done.content.decode()
    assert not ada.is_active
    assert page not in done.content.decode()


def test_two_factor_is_turned_off_after_a_question(root: Client) -> None:
    ada = make_user("ada@example.com")
    page = page_of(ada, "two_factor_off")
    assert page not in root.get(page_of(ada)).content.decode()
    make_two_factor(ada)
    assert page in root.get(page_of(ada)).content.decode()

    asked = root.get(page)
    assert has_two_factor(ada)
    done = root.post(page, follow=True)

    assert "Make sure that it is they who ask." in asked.content.decode()
    assert "Turned off two-factor of ada@example.com." in done.content.decode()
    assert not has_two_factor(ada)
    assert newest_activity().kind == Activity.Kind.TWO_FACTOR_OFF
    assert root.post(page).status_code == HTTPStatus.CONFLICT


def test_the_last_superuser_is_not_deactivated(root: Client) -> None:
    user = User.objects.get(email="root@example.com")

    response = root.post(page_of(user, "deactivate"))

    user.refresh_from_db()
    assert response.status_code == HTTPStatus.CONFLICT
    assert "root@example.com is the last superuser" in response.content.decode()
    assert user.is_active


def test_nobody_is_deactivated_twice(root: Client) -> None:
    ada = make_user("ada@example.com")
    deactivate_user(user=ada, actor=Actor.system())

    response = root.post(page_of(ada, "deactivate"))

    assert response.status_code == HTTPStatus.CONFLICT
    assert "is deactivated already" in response.content.decode()


def test_users_are_neither_changed_nor_deleted(root: Client) -> None:
    ada = make_user("ada@example.com")

    for page in ("change", "delete"):
        response = root.post(page_of(ada, page), {"post": "yes", "is_superuser": "on"})
        assert response.status_code == HTTPStatus.FORBIDDEN

    ada.refresh_from_db()
    assert not ada.is_superuser


def test_access_is_given(root: Client) -> None:
    app, ada = make_app("shop"), make_user("ada@example.com")
    typed = {"app": "shop", "email": "Ada@example.com", "permissions": ["deploy"]}

    response = root.post(url(Access, "add"), typed, follow=True)

    access = Access.objects.get(app=app, user=ada)
    assert access.permissions == ["view", "deploy"]
    assert "Gave ada@example.com access to shop: view, deploy." in words(
        response.content.decode()
    )
    assert newest_activity().actor_email == "root@example.com"


def test_the_form_to_give_access_begins_with_what_its_address_says(
    root: Client,
) -> None:
    html = root.get(
        url(Access, "add"), {"app": "shop", "email": "ada+1@example.com"}
    ).content.decode()

    assert 'value="shop"' in html
    assert 'value="ada+1@example.com"' in html
    assert "deploy: Deploy, roll back, see and change config values" in html


def test_a_person_s_page_leads_to_giving_them_access(root: Client) -> None:
    html = root.get(page_of(make_user("ada+1@example.com"))).content.decode()

    assert f"{url(Access, 'add')}?email=ada%2B1%40example.com" in html


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"app": "till"}, "There is no app called till."),
        ({"email": "bob@example.com"}, "There is no user bob@example.com."),
        ({"email": "owner@example.com"}, "owner@example.com owns shop"),
        ({"permissions": ["all"]}, "all is not one of the available choices."),
        ({"app": ""}, "This field is required."),
    ],
)
def test_access_that_cannot_be_is_refused_in_the_form(
    typed: dict[str, object], sentence: str, root: Client
) -> None:
    make_app("shop", owner=make_user("owner@example.com"))
    make_user("ada@example.com")
    fine = {"app": "shop", "email": "ada@example.com", "permissions": ["view"]}

    response = root.post(url(Access, "add"), {**fine, **typed})

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert sentence in response.content.decode()
    assert not Access.objects.exists()


def test_access_is_changed(root: Client) -> None:
    app = make_app("shop")
    member = make_member(app, "deploy")
    access = Access.objects.get()
    assert "checked" in root.get(page_of(access)).content.decode()

    root.post(page_of(access), {"permissions": ["rollback", "manage"]})

    access.refresh_from_db()
    assert access.permissions == ["view", "rollback", "manage"]
    assert access.user == member.user


def test_access_that_stays_the_same_is_said_to(root: Client) -> None:
    make_member(make_app("shop"), "deploy")
    lines = Activity.objects.count()

    response = root.post(
        page_of(Access.objects.get()), {"permissions": ["view", "deploy"]}
    )

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "has that access to shop already." in response.content.decode()
    assert Activity.objects.count() == lines


def test_access_is_taken_away_after_a_question(root: Client) -> None:
    member = make_member(make_app("shop"), "deploy")
    page = page_of(Access.objects.get(), "delete")

    asked = root.get(page).content.decode()
    assert Access.objects.exists()
    done = root.post(page, follow=True).content.decode()

    assert f"{member.user} may view, deploy now" in asked
    assert f"Took the access of {member.user} to shop away." in done
    assert not Access.objects.exists()
    assert newest_activity().kind == Activity.Kind.ACCESS_TAKEN


def test_access_to_a_destroyed_app_stays_as_it_was(root: Client) -> None:
    app = make_app("shop")
    make_member(app, "deploy")
    destroy_app(app=app, confirm="shop", actor=Actor.system())
    access = Access.objects.get()

    changed = root.post(page_of(access), {"permissions": ["manage"]})
    taken = root.post(page_of(access, "delete"))

    assert "There is no app called shop." in changed.content.decode()
    assert "There is no app called shop." in taken.content.decode()
    assert Access.objects.get().permissions == ["view", "deploy"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_people_who_are_not_superusers_change_nobody(
    method: str, app: App, client: Client
) -> None:
    User.objects.filter(pk=app.owner_id).update(is_staff=True)
    owner = User.objects.get(pk=app.owner_id)
    client.force_login(owner)
    access = Access.objects.get()
    pages = [
        url(User, "add"),
        url(Access, "add"),
        page_of(owner, "deactivate"),
        page_of(owner, "password"),
        page_of(access),
        page_of(access, "delete"),
    ]

    for page in pages:
        assert getattr(client, method)(page).status_code == HTTPStatus.FORBIDDEN

    assert Access.objects.get().permissions == ["view"]


def test_nothing_is_done_without_the_token_of_the_form() -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, make_user("root@example.com", superuser=True))

    for page in (url(User, "add"), page_of(make_user(), "deactivate")):
        assert client.post(page, ADA).status_code == HTTPStatus.FORBIDDEN


def test_who_forgot_theirs_gets_another_password(root: Client) -> None:
    ada = make_user("ada@example.com")
    page = page_of(ada, "password")
    typed = {"password": "correct-horse-9", "password_again": "correct-horse-9"}
    assert f'href="{page}"' in root.get(page_of(ada)).content.decode()

    refused = root.post(page, {"password": "short", "password_again": "short"})
    done = root.post(page, typed, follow=True)

    assert "too short" in refused.content.decode()
    assert "Changed the password of ada@example.com" in done.content.decode()
    ada.refresh_from_db()
    assert ada.check_password("correct-horse-9")
    assert newest_activity().kind == Activity.Kind.PASSWORD_CHANGED
