"""Passkeys: added, named, removed, signed in with, and where they do not work."""

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from time_machine import travel

from releases.actors import Actor
from releases.models import Activity, App, User
from releases.operations.deactivate_user import deactivate_user
from releases.operations.two_factor import turn_off_two_factor
from tests.authenticator import make_two_factor
from tests.factories import PASSWORD, acting, make_user
from tests.passkey_device import HOST, Device
from tests.signing_in import sign_in

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_tried_before")]
PAGE = "/account/passkeys/"
ADD = f"{PAGE}add/"
LOGIN, BY_PASSKEY = "/account/login/", "/account/login/passkey/"
AGAIN, AGAIN_BY_PASSKEY = "/account/confirm/", "/account/confirm/passkey/"
VALUE = "/apps/shop/releases/v3/config/COLOR/"
NOT_KNOWN = "This passkey is not known here, or the question was too old."
Kind = Activity.Kind


@pytest.fixture
def here(user: User) -> Client:
    """Ada's browser, at an address where passkeys work."""
    client = Client(SERVER_NAME=HOST)
    sign_in(client, user)
    return client


@pytest.fixture
def device(here: Client) -> Device:
    """A device with a passkey of Ada's."""
    device = Device()
    add(here, device)
    return device


def options_in(page: "Response") -> Any:
    found = re.search(r'<script id="passkey-options"[^>]*>(.*?)</script>', page.text)
    assert found
    return json.loads(found[1])


def add(client: Client, device: Device, name: str = "laptop") -> "Response":
    made = device.make(options_in(client.get(ADD)))
    return client.post(ADD, {"name": name, "credential": made}, follow=True)


def get_in(device: Device, client: Client | None = None, after: str = "") -> "Response":
    client = client or Client(SERVER_NAME=HOST)
    asked = client.get(BY_PASSKEY, headers={"Accept": "application/json"}).json()
    answer = device.answer(asked["request_options"])
    return client.post(BY_PASSKEY, {"credential": answer, "next": after}, follow=True)


def recorded(kind: Activity.Kind) -> list[str]:
    return list(Activity.objects.filter(kind=kind).values_list("summary", flat=True))


# Adding, naming, removing


def test_a_passkey_is_added_and_recorded(here: Client, user: User) -> None:
    page = add(here, Device(), name="laptop at home")

    assertRedirects(page, PAGE)
    assertContains(page, "Added laptop at home.")
    assertContains(page, '<td role="cell" data-label="Last used">Never</td>')
    assert recorded(Kind.PASSKEY_ADDED) == [
        "Added passkey laptop at home of ada@example.com"
    ]


def test_its_name_is_proposed_from_the_browser(here: Client) -> None:
    page = here.get(ADD, headers={"User-Agent": "Firefox/1 (X11; Linux)"})

    assertContains(page, 'value="Firefox on Linux"')


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "This field is required."), ("x" * 101, "at most 100 characters")],
)
def test_a_name_that_is_none_is_refused(here: Client, name: str, sentence: str) -> None:
    assertContains(add(here, Device(), name), sentence, status_code=422)
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(
    "device",
    [Device(origin="https://evil.example"), Device(verifies=False)],
    ids=["of another site", "without finger or PIN"],
)
def test_what_is_no_passkey_for_here_is_refused(here: Client, device: Device) -> None:
    assertContains(add(here, device), NOT_KNOWN, status_code=422)
    assert not Authenticator.objects.exists()


SHAPE = {"id": "eA", "rawId": "eA", "type": "public-key"}
SAID = ("clientDataJSON", "attestationObject", "authenticatorData", "signature")
GARBAGE = [
    "",
    "null",
    "[]",
    "7",
    "not json",
    "{}",
    json.dumps({"id": "x"}),
    json.dumps(SHAPE | {"response": {}}),
    json.dumps(SHAPE | {"response": "x"}),
    json.dumps(SHAPE | {"response": dict.fromkeys([*SAID, "userHandle"], "eA")}),
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_refused_at_every_door(
    here: Client, device: Device, garbage: str
) -> None:
    stranger = Client(SERVER_NAME=HOST)
    here.get(ADD)
    stranger.get(BY_PASSKEY, headers={"Accept": "application/json"})

    added = here.post(ADD, {"name": "x", "credential": garbage})
    opened = stranger.post(BY_PASSKEY, {"credential": garbage}, follow=True)
    here.get(AGAIN_BY_PASSKEY)
    proved = here.post(AGAIN_BY_PASSKEY, {"credential": garbage})

    assert added.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assertRedirects(opened, LOGIN)
    assertRedirects(proved, AGAIN_BY_PASSKEY)
    assert Authenticator.objects.count() == 1


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_no_second_step(user: User, garbage: str) -> None:
    make_two_factor(user)
    client = Client(SERVER_NAME=HOST)
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})

    page = client.post(f"{LOGIN}code/", {"credential": garbage})

    assertContains(page, "Enter a code")
    assert client.get("/").status_code == HTTPStatus.FOUND


def test_pressed_twice_it_is_added_once(here: Client) -> None:
    sent = {"name": "x", "credential": Device().make(options_in(here.get(ADD)))}

    here.post(ADD, sent)
    here.post(ADD, sent)

    assert Authenticator.objects.count() == 1


def test_one_is_renamed(here: Client, device: Device) -> None:
    page = f"{PAGE}{Authenticator.objects.get().pk}/"
    assertContains(here.get(page), 'value="laptop"')

    refused = here.post(page, {"name": " "})
    renamed = here.post(page, {"name": "desk"}, follow=True)
    here.post(page, {"name": "desk"})

    [told] = recorded(Kind.PASSKEY_RENAMED)
    assert told.startswith("Renamed laptop, passkey desk of ")
    assertContains(refused, "A passkey&#x27;s name is needed.", status_code=422)
    assertContains(renamed, "It is called desk now.")
    assert Authenticator.objects.get().data["name"] == "desk"


def test_one_that_is_removed_lets_nobody_in(here: Client, device: Device) -> None:
    url = f"{PAGE}{Authenticator.objects.get().pk}/remove/"

    page = here.post(url, follow=True)

    assertContains(page, "Removed laptop.")
    assertContains(page, "You have no passkeys.")
    assertContains(get_in(device), NOT_KNOWN)
    assert recorded(Kind.PASSKEY_REMOVED) == [
        "Removed passkey laptop of ada@example.com"
    ]
    assert here.post(url).status_code == HTTPStatus.NOT_FOUND


def test_those_of_others_are_not_there(device: Device) -> None:
    url = f"{PAGE}{Authenticator.objects.get().pk}/"
    other = Client()
    sign_in(other, make_user(superuser=True))

    assert other.get(url).status_code == HTTPStatus.NOT_FOUND
    assert other.post(url, {"name": "x"}).status_code == HTTPStatus.NOT_FOUND
    assert other.post(f"{url}remove/").status_code == HTTPStatus.NOT_FOUND
    assertContains(other.get(PAGE), "You have no passkeys.")


def test_who_adds_or_removes_one_shows_who_they_are(user: User) -> None:
    with travel("2030-01-01 12:00Z", tick=False) as clock:
        client = Client(SERVER_NAME=HOST)
        sign_in(client, user)
        add(client, Device())
        clock.shift(301)
        remove = f"{PAGE}{Authenticator.objects.get().pk}/remove/"

        for page in (client.get(ADD), client.post(ADD), client.post(remove)):
            assert page.headers["Location"].startswith(AGAIN)

    assert Authenticator.objects.count() == 1


def test_there_are_so_many_and_no_more(
    here: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(50):
        data = {"name": f"key {number}", "credential": {}}
        Authenticator.objects.create(user=user, type="webauthn", data=data)

    # Session, user, passkeys.
    with django_assert_num_queries(3):
        page = here.get(PAGE)

    assertContains(page, "key 49")


# Getting in


def test_a_passkey_gets_in_without_password_and_code(
    device: Device, user: User
) -> None:
    make_two_factor(user)

    page = get_in(device, after="/activity/")

    assertRedirects(page, "/activity/")
    assertContains(page, "ada@example.com")
    assert recorded(Kind.USER_SIGNED_IN) == ["ada@example.com signed in"]
    assert Authenticator.objects.get(type="webauthn").last_used_at


def test_the_password_goes_on_and_asks_for_no_passkey(
    device: Device, user: User
) -> None:
    client = Client(SERVER_NAME=HOST)

    client.post(LOGIN, {"login": user.email, "password": PASSWORD})

    assert client.get("/").status_code == HTTPStatus.OK


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example/"])
def test_it_leads_nowhere_else(device: Device, after: str) -> None:
    assertRedirects(get_in(device, after=after), "/")


def test_a_passkey_of_nobody_does_not_get_in(here: Client, device: Device) -> None:
    forged = Device(id=device.id, user_handle=device.user_handle)

    assertContains(get_in(forged), NOT_KNOWN)
    assertContains(get_in(Device(user_handle=device.user_handle)), NOT_KNOWN)
    device.verifies = False
    assertContains(get_in(device), NOT_KNOWN)


def test_an_answer_is_good_once(device: Device) -> None:
    client = Client(SERVER_NAME=HOST)
    asked = client.get(BY_PASSKEY, headers={"Accept": "application/json"}).json()
    answer = device.answer(asked["request_options"])
    client.post(BY_PASSKEY, {"credential": answer})
    client.post("/account/logout/")

    page = client.post(BY_PASSKEY, {"credential": answer}, follow=True)

    assertContains(page, NOT_KNOWN)


def test_who_is_deactivated_does_not_get_in(device: Device, user: User) -> None:
    deactivate_user(user=user, actor=Actor.system())

    assertContains(get_in(device), "This account is deactivated.")


def test_turning_off_two_factor_leaves_passkeys(device: Device, user: User) -> None:
    make_two_factor(user)

    turn_off_two_factor(user=user, actor=acting(user))

    assertContains(get_in(device), "ada@example.com")


# Proof


def test_a_passkey_shows_who_one_is(user: User, app: App) -> None:
    with travel("2030-01-01 12:00Z", tick=False) as clock:
        client, device = Client(SERVER_NAME=HOST), Device()
        sign_in(client, user)
        add(client, device)
        clock.shift(301)
        asked = client.post(VALUE)
        page = client.get(asked.headers["Location"])
        assertContains(page, f'href="{AGAIN_BY_PASSKEY}?next=')
        question = client.get(AGAIN_BY_PASSKEY, {"next": VALUE})
        forged = Device(id=device.id).answer(options_in(question))

        wrong = client.post(
            AGAIN_BY_PASSKEY, {"credential": forged, "next": VALUE}, follow=True
        )
        assertContains(wrong, NOT_KNOWN)
        assertNotContains(wrong, "s3cret")
        answer = device.answer(options_in(wrong))
        shown = client.post(AGAIN_BY_PASSKEY, {"credential": answer, "next": VALUE})

    assertContains(shown, "s3cret-red")


# Where they do not work


@pytest.mark.parametrize(
    ("host", "secure", "work"),
    [
        ("localhost", False, True),
        ("testserver", True, True),
        ("testserver", False, False),
        ("127.0.0.1", False, False),
        ("127.0.0.1", True, False),
        ("[::1]", False, False),
    ],
)
def test_it_says_where_they_do_not_work(
    user: User,
    host: str,
    secure: bool,  # noqa: FBT001  # a column of the cases
    work: bool,  # noqa: FBT001  # as above
) -> None:
    client = Client(SERVER_NAME=host)
    sign_in(client, user)

    page = client.get(PAGE, secure=secure)
    login = Client(SERVER_NAME=host).get(LOGIN, secure=secure)

    assert ("Add a passkey" in page.text) == work
    assert ("Browsers make passkeys for names" in page.text) != work
    assert ("Use a passkey" in login.text) == work
    if not work:
        assertRedirects(
            client.get(ADD, secure=secure), PAGE, fetch_redirect_response=False
        )
