"""The config vars of an app: many changed as one release, and no value on any page."""

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from releases.models import App, Release, User
from releases.operations.attach_addon import attach_addon
from releases.operations.keep_key import keep_key
from releases.operations.reveal_config import reveal_config
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import acting, make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db
PAGE = "/apps/vars/config/"


@pytest.fixture
def vars_app(user: User) -> App:
    app = make_app("vars", owner=user)
    make_config(app, COLOR="blue-s3cret", SIZE="9-s3cret")
    app.refresh_from_db()
    return app


def begun(client: Client) -> dict[str, str]:
    """Return the hidden fields of the form, as a browser sends them."""
    html = client.get(PAGE).content.decode()
    found = re.findall(r'type="hidden" name="(key|seen)" value="([^"]+)"', html)
    return {name: unescape(value) for name, value in found}


def config(app: App) -> dict[str, str]:
    return dict(reveal_config(app=app, actor=acting(app.owner)))


def test_keys_are_shown_and_no_value(signed_in: Client, vars_app: App) -> None:
    page = signed_in.get(PAGE)

    assertContains(page, "COLOR")
    assertNotContains(page, "s3cret")
    assert "no-store" in page.headers["Cache-Control"]


def test_many_keys_are_changed_as_one_release(signed_in: Client, vars_app: App) -> None:
    answer = signed_in.post(
        PAGE,
        begun(signed_in)
        | {
            "set-COLOR": "red",
            "set-SIZE": "",
            "unset-SIZE": "on",
            "new-name": ["MODE", ""],
            "new-value": ["one\r\ntwo", ""],
            "pasted": "export A=1\n# a comment\nB='2 3'\n",
            "reason": "a new look",
        },
    )

    assertRedirects(answer, PAGE, fetch_redirect_response=False)
    assertContains(signed_in.get(PAGE), "v3 is live: Set A, B, COLOR, MODE and remove")
    release = vars_app.releases.latest("version")
    assert (release.version, release.reason) == (3, "a new look")
    assert config(vars_app) == {
        "A": "1",
        "B": "2 3",
        "COLOR": "red",
        "MODE": "one\ntwo",
    }


def test_what_saving_would_do_is_shown_first_and_changes_nothing(
    signed_in: Client, vars_app: App
) -> None:
    typed = begun(signed_in) | {
        "preview": "on",
        "set-COLOR": "typed-value",
        "unset-SIZE": "on",
        "pasted": "NEW=pasted-value",
    }

    shown = signed_in.post(PAGE, typed, headers=HTMX)
    for line in ("COLOR", "changed", "NEW", "added", "SIZE", "removed"):
        assertContains(shown, line)
    assertNotContains(shown, "-value")
    without_scripts = signed_in.post(PAGE, typed)
    assertContains(without_scripts, "typed-value")
    assert "no-store" in without_scripts.headers["Cache-Control"]
    assert vars_app.releases.count() == 2


def test_a_key_that_rollbook_sets_itself_is_said_to_be_unused(
    signed_in: Client, vars_app: App, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = True
    sentence = "PORT is not used: Rollbook gives each web process its own."
    typed = begun(signed_in) | {"pasted": "PORT=99\nMODE=1\n"}
    before = signed_in.get(PAGE)

    pending = signed_in.post(PAGE, typed | {"preview": "on"}, headers=HTMX)
    signed_in.post(PAGE, typed)

    assertNotContains(before, sentence)
    assertContains(pending, sentence)
    assertContains(signed_in.get(PAGE), sentence)


def test_the_value_that_is_there_already_is_no_change(
    signed_in: Client, vars_app: App
) -> None:
    same = {"set-COLOR": "blue-s3cret"}

    page = signed_in.post(PAGE, begun(signed_in) | same, follow=True)
    assertContains(page, "Nothing changes")
    assert vars_app.releases.count() == 2


def test_trying_out_values_does_not_tell_which_one_is_there(
    signed_in: Client, vars_app: App
) -> None:
    told = {
        signed_in.post(
            PAGE, {"set-COLOR": value, "preview": "on"}, headers=HTMX
        ).content
        for value in ("blue-s3cret", "blue", "red")
    }

    assert len(told) == 1


def test_of_two_who_edit_at_once_the_second_is_told_and_loses_nothing(
    signed_in: Client, vars_app: App
) -> None:
    mine = begun(signed_in) | {"set-COLOR": "mine", "new-name": "X", "new-value": "y"}
    make_config(vars_app, SIZE="10", EXTRA="1")

    refused = signed_in.post(PAGE, mine)

    assertContains(refused, "EXTRA, SIZE are not the same", status_code=409)
    assertContains(refused, '<span class="why">added meanwhile</span>', status_code=409)
    assertContains(
        refused, '<span class="tag tag-warn">changed meanwhile</span>', status_code=409
    )
    assertContains(refused, ">mine</textarea>", status_code=409)
    assertContains(refused, 'name="new-name" value="X"', status_code=409)
    assertContains(refused, 'name="seen" value="v3"', status_code=409)
    assert signed_in.post(PAGE, mine | {"seen": "v3"}).status_code == 302
    assert config(vars_app) == {
        "COLOR": "mine",
        "EXTRA": "1",
        "SIZE": "10",
        "X": "y",
    }


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["a page", "htmx"])
def test_a_release_on_its_way_is_followed_on_the_activity_page(
    signed_in: Client, vars_app: App, settings: Settings, headers: dict[str, str]
) -> None:
    make_deploy(vars_app)
    settings.RELEASES_SETTLE_AT_ONCE = False

    change = begun(signed_in) | {"set-COLOR": "red"}
    answer = signed_in.post(PAGE, change, headers=headers)

    # htmx would follow a redirect, and put the page where a part of one belongs.
    to = answer.headers["HX-Redirect" if headers else "Location"]
    assert to == "/apps/vars/activity/?made=v4"
    assert ("Location" in answer.headers) is not bool(headers)
    refused = signed_in.post(PAGE, begun(signed_in) | {"set-COLOR": "green"})
    assertContains(refused, "v4 of vars is pending", status_code=409)
    assertContains(refused, ">green</textarea>", status_code=409)


def test_a_deploy_meanwhile_is_no_reason_to_ask_again(
    signed_in: Client, vars_app: App
) -> None:
    mine = begun(signed_in) | {"set-COLOR": "mine"}
    make_deploy(vars_app)

    assertRedirects(signed_in.post(PAGE, mine), PAGE)


def test_pressing_twice_makes_one_release(signed_in: Client, vars_app: App) -> None:
    typed = begun(signed_in) | {"set-COLOR": "red"}

    for _ in range(2):
        assertRedirects(signed_in.post(PAGE, typed), PAGE)

    assert vars_app.releases.count() == 3


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"new-name": "1BAD", "new-value": "x-value"}, "is no name for a config var"),
        ({"new-value": "x-value"}, "A new value has no key."),
        ({"pasted": "A=1\nno equals sign-value\n"}, "Line 2 is no NAME=VALUE."),
        ({"pasted": "COLOR=1", "set-COLOR": "x-value"}, "COLOR is given twice."),
        ({"set-COLOR": "x-value", "seen": "v99"}, "vars has no release v99."),
        ({"new-name": "BIG", "new-value": "x" * 70_000}, "more than 64 KiB"),
    ],
)
def test_what_cannot_be_saved_says_why_and_stays_typed(
    signed_in: Client, vars_app: App, typed: dict[str, str], sentence: str
) -> None:
    refused = signed_in.post(PAGE, begun(signed_in) | typed)

    assert refused.status_code == 422
    assertContains(refused, sentence, status_code=422)
    assertContains(refused, typed.get("set-COLOR", "")[:60], status_code=422)
    assert vars_app.releases.count() == 2


def test_each_mistake_is_told_beside_its_field(
    signed_in: Client, vars_app: App
) -> None:
    typed = {
        "set-COLOR": "x" * 70_000,
        "new-name": ["FINE", "NOT FINE", "SIZE_2"],
        "new-value": ["1", "kept-typed", "3"],
        "pasted": "FINE=2\nSIZE_3=4",
    }

    refused = signed_in.post(PAGE, begun(signed_in) | typed)

    html = re.sub(r"<svg.*?</svg>", "", refused.content.decode())
    for error, sentence in (
        ("error-COLOR", "The value of COLOR has more than 64 KiB."),
        ("new-error-2", "&#x27;NOT FINE&#x27; is no name for a config var"),
        ("pasted-error", "FINE is given twice."),
    ):
        assert f'aria-describedby="{error}' in html
        assert f'id="{error}"><span>{sentence}' in html
    assert html.count('aria-invalid="true"') == 3
    assertContains(refused, "Mend what is marked below", status_code=422)
    assertContains(refused, ">kept-typed</textarea>", status_code=422)
    preview = signed_in.post(PAGE, typed | {"preview": "on"}, headers=HTMX)
    for sentence in ("more than 64 KiB", "is no name for", "is given twice"):
        assertContains(preview, sentence)


def test_a_release_on_its_way_is_told_before_anything_is_typed(
    signed_in: Client, vars_app: App, settings: Settings
) -> None:
    make_deploy(vars_app)
    settings.RELEASES_SETTLE_AT_ONCE = False
    assertNotContains(signed_in.get(PAGE), "is on its way")
    make_config(vars_app, COLOR="red")

    page = signed_in.get(PAGE)
    assertContains(page, "Config vars in v3")
    assertContains(page, "(Set COLOR config vars) is on its way")


def test_an_add_ons_keys_are_its_own(signed_in: Client, vars_app: App) -> None:
    attach_addon(
        app=vars_app,
        plan="redis:mini",
        config_vars={"REDIS_URL": "redis-s3cret"},
        actor=acting(vars_app.owner),
    )

    page = signed_in.get(PAGE)
    assertContains(page, "Set by")
    assertNotContains(page, 'name="set-REDIS_URL"')
    refused = signed_in.post(PAGE, begun(signed_in) | {"set-REDIS_URL": "x"})
    assertContains(refused, "belongs to an attached add-on", status_code=422)


def test_a_key_is_kept_across_rollbacks_and_let_go_again(
    signed_in: Client, vars_app: App
) -> None:
    keep = f"{PAGE}kept-keys/"

    assertRedirects(signed_in.post(keep, {"name": "COLOR", "keep": "on"}), PAGE)
    vars_app.refresh_from_db()
    assert vars_app.kept_keys == ["COLOR"]
    assertContains(signed_in.get(PAGE), "kept across rollbacks</span>")
    signed_in.post(keep, {"name": "COLOR"})
    vars_app.refresh_from_db()
    assert vars_app.kept_keys == []


def test_a_key_that_cannot_be_kept_is_told_beside_its_field(
    signed_in: Client, vars_app: App
) -> None:
    keep = f"{PAGE}kept-keys/"

    refused = signed_in.post(keep, {"name": "NOT FINE", "keep": "on"})
    assertContains(refused, 'value="NOT FINE" aria-invalid="true"', status_code=422)
    assertContains(refused, 'id="keep-error"', status_code=422)
    for _ in range(2):
        assertRedirects(signed_in.post(keep, {"name": "COLOR", "keep": "on"}), PAGE)
    assert App.objects.get(pk=vars_app.pk).kept_keys == ["COLOR"]


def test_who_may_only_look_sees_keys_and_no_form(vars_app: App) -> None:
    keep_key(app=vars_app, name="COLOR", actor=acting(vars_app.owner))
    for browser in (member(vars_app, "view"), member(vars_app, "rollback")):
        page = browser.get(PAGE)
        assertContains(page, "COLOR")
        assertNotContains(page, "<textarea")
        assertNotContains(page, "Reveal")
        assert browser.post(PAGE, {"set-COLOR": "x"}).status_code == 403
        assert browser.post(f"{PAGE}kept-keys/", {"name": "COLOR"}).status_code == 403
        preview = {"set-COLOR": "x", "preview": "on"}
        assert browser.post(PAGE, preview, headers=HTMX).status_code == 403
    assert stranger().get(PAGE).status_code == 404
    assert Release.objects.filter(app=vars_app).count() == 2


def test_many_keys_take_no_more_statements(
    signed_in: Client,
    vars_app: App,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(1, 3):
        values = {f"KEY_{number}_{each}": "x" for each in range(400)}
        make_config(vars_app, **values)
        with django_assert_num_queries(6):
            page = signed_in.get(PAGE)
        assert page.status_code == 200
    typed = begun(signed_in) | {f"set-KEY_1_{n}": "" for n in range(400)}
    typed |= {f"set-KEY_2_{n}": "y" for n in range(400)}
    assertRedirects(
        signed_in.post(PAGE, typed | {f"unset-KEY_1_{n}": "on" for n in range(400)}),
        PAGE,
    )
