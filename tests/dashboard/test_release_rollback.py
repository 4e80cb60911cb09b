import re
from collections.abc import Mapping
from http import HTTPStatus

import pytest
from django.core.signing import Signer
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import (
    assertContains,
    assertNotContains,
    assertRedirects,
    assertTemplateNotUsed,
    assertTemplateUsed,
)

from releases.models import App, Mark, Release, User
from releases.operations.deploy import deploy
from releases.operations.erase_value import erase_value
from releases.operations.keep_key import keep_key
from releases.operations.mark_release import mark_release
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import FILES, acting, make_app, make_config, make_deploy, make_slug

pytestmark = pytest.mark.django_db
ACTIVITY = "/apps/shop/activity/"
MIGRATION = "shop/migrations/0002_more.py"
PRESS = '<button type="submit" class="btn btn-primary'
both = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])


def url(version: int) -> str:
    return f"/apps/shop/releases/v{version}/rollback/"


def fields(client: Client, version: int, **typed: str) -> dict[str, str]:
    """Return what the form of a plan would send, with what a person typed."""
    scope = {"scope": typed["scope"]} if "scope" in typed else {}
    html = client.get(url(version), scope).content.decode()
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', html))
    hidden.pop("csrfmiddlewaretoken", None)
    return {**hidden, "scope": "everything", **typed}


def press(
    client: Client,
    version: int,
    headers: Mapping[str, str] | None = None,
    **typed: str,
) -> int:
    page = client.post(url(version), fields(client, version, **typed), headers=headers)
    return page.status_code


def current(app: App) -> Release:
    return App.objects.get(pk=app.pk).current_release


@both
def test_the_plan_says_what_changes_and_what_does_not(
    signed_in: Client, app: App, user: User, headers: dict[str, str]
) -> None:
    keep_key(app=app, name="SIZE", actor=acting(user))
    html = signed_in.get(url(3), headers=headers).content.decode()

    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    for words in (
        "Roll back shop to v3?",
        "This makes a new release, v6.",
        "To undo it, roll back to v5.",
        "1 file differs",
        "~ COLOR changed",
        "= SIZE keeps its current value: a kept key",
        "Tables and data stay as they are now",
        "2 releases in between",
        "v4 Deploy",
    ):
        assert words in said
    assert "s3cret" not in html


def test_the_plan_is_a_page_of_its_own_and_a_dialog_for_htmx(
    signed_in: Client, app: App
) -> None:
    assertTemplateUsed(signed_in.get(url(3)), "base.html")
    assertTemplateNotUsed(signed_in.get(url(3), headers=HTMX), "base.html")


def test_pressing_makes_a_release_with_the_persons_name_on_it(
    signed_in: Client, app: App, user: User
) -> None:
    typed = {
        "reason": "p95 doubled",
        "incident_url": "https://status.example.com/42",
        "mark_bad": "on",
    }
    page = signed_in.post(url(3), fields(signed_in, 3, **typed), follow=True)

    assertRedirects(page, f"{ACTIVITY}?made=v6")
    assertContains(page, "Rolled back to v3. v6 is live.")
    made = current(app)
    assert (made.version, made.restores and made.restores.version) == (6, 3)
    assert (made.actor, made.source, made.reason) == (user, "web", "p95 doubled")
    assert made.incident_url == "https://status.example.com/42"
    assert app.releases.get(version=5).marks.get().reason == "p95 doubled"
    activity = app.activities.get(release=made)
    assert (activity.ip, activity.request_id != "") == ("127.0.0.1", True)


def test_htmx_gets_the_activity_with_the_new_release_without_a_page_load(
    signed_in: Client, app: App
) -> None:
    page = signed_in.post(url(3), fields(signed_in, 3), headers=HTMX)

    assertTemplateNotUsed(page, "base.html")
    assertContains(page, "Rolled back to v3. v6 is live.")
    assertContains(page, '<li class="entry" id="v6"')
    assertContains(page, 'href="/apps/shop/releases/v5/rollback/"')
    assert page.headers["HX-Retarget"] == "#main"
    assert page.headers["HX-Push-Url"] == ACTIVITY


@pytest.mark.parametrize(
    ("scope", "code_of", "config_of"), [("code", 2, 5), ("config", 5, 3)]
)
def test_code_or_config_goes_back_alone(
    signed_in: Client, app: App, scope: str, code_of: int, config_of: int
) -> None:
    press(signed_in, 3, scope=scope)

    made = current(app)
    assert made.scope == scope
    assert made.slug == app.releases.get(version=code_of).slug
    assert made.config_set == app.releases.get(version=config_of).config_set


@both
def test_choosing_another_scope_shows_its_plan_and_keeps_what_was_typed(
    signed_in: Client, app: App, headers: dict[str, str]
) -> None:
    asked = fields(signed_in, 3, reason="typed before") | {
        "scope": "config",
        "preview": "on",
    }

    page = signed_in.post(url(3), asked, headers=headers)

    assertContains(page, "typed before")
    assertContains(page, 'value="config" checked')
    assertContains(page, "Stays as it is")
    assert current(app).version == 5


@both
def test_if_anything_moved_a_fresh_plan_is_shown_and_nothing_done(
    signed_in: Client, app: App, headers: dict[str, str]
) -> None:
    read = fields(signed_in, 3, reason="typed before")
    make_config(app, COLOR="green")

    page = signed_in.post(url(3), read, headers=headers)

    assertContains(page, "shop moved since", status_code=HTTPStatus.CONFLICT)
    for words in ("Now running: v6", "typed before", "makes a new release, v7"):
        assertContains(page, words, status_code=HTTPStatus.CONFLICT)
    assert current(app).version == 6
    again = dict(
        re.findall(
            r'type="hidden" name="(plan|key)" value="([^"]+)"', page.content.decode()
        )
    )
    signed_in.post(url(3), {**read, **again})
    assert (current(app).version, current(app).reason) == (7, "typed before")


@both
def test_pressing_twice_makes_one_release(
    signed_in: Client, app: App, headers: dict[str, str]
) -> None:
    read = fields(signed_in, 3)

    first = signed_in.post(url(3), read, headers=headers)
    second = signed_in.post(url(3), read, headers=headers)

    assert first.status_code == second.status_code
    assert first.headers.get("Location") == second.headers.get("Location")
    assert app.releases.count() == 6


def test_migrations_ask_for_a_tick_that_the_server_checks(
    signed_in: Client, app: App, user: User
) -> None:
    slug = make_slug(app, files={**FILES, MIGRATION: "x = 1"})
    deploy(app=app, slug=slug, actor=acting(user))
    page = signed_in.get(url(5))
    assertContains(page, "1 database migration differs. The database stays as it is.")
    assertContains(page, "shop/0002_more")

    page = signed_in.post(url(5), fields(signed_in, 5))
    assertContains(
        page, "Tick this to go on.", status_code=HTTPStatus.UNPROCESSABLE_ENTITY
    )
    assert current(app).version == 6

    assert press(signed_in, 5, scope="config") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert press(signed_in, 5, migrations_ok="on") == HTTPStatus.FOUND
    assert current(app).version == 7


@pytest.mark.parametrize("plan", ["", "forged", '["digest", false]:sig'])
def test_a_plan_that_was_not_read_here_is_shown_first(
    signed_in: Client, app: App, plan: str
) -> None:
    page = signed_in.post(url(3), fields(signed_in, 3) | {"plan": plan})

    assertContains(page, "Read this plan first", status_code=422)
    assert current(app).version == 5


def test_a_plan_signed_for_something_else_does_not_count(
    signed_in: Client, app: App
) -> None:
    signed = Signer(salt="elsewhere").sign_object(["digest", False])

    page = signed_in.post(url(3), fields(signed_in, 3) | {"plan": signed})

    assertContains(page, "Read this plan first", status_code=422)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"mark_bad": "on"}, "Say why it is bad"),
        ({"mark_bad": "on"}, "Missing: the reason why it is bad. Nothing was done."),
        ({"reason": "x" * 2_001}, "at most 2000 characters"),
        ({"incident_url": "javascript:alert(1)"}, "begins with http://"),
        ({"scope": "nonsense"}, "Nothing was done."),
        ({"key": "nonsense"}, "Nothing was done."),
    ],
)
@both
def test_what_is_wrong_is_said_where_the_person_is(
    signed_in: Client,
    app: App,
    typed: dict[str, str],
    sentence: str,
    headers: dict[str, str],
) -> None:
    sent = fields(signed_in, 3) | typed

    page = signed_in.post(url(3), sent, headers=headers)

    assertContains(page, sentence, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    assert current(app).version == 5


def test_a_field_that_is_missing_has_the_focus(signed_in: Client, app: App) -> None:
    page = signed_in.post(url(3), fields(signed_in, 3, mark_bad="on"), headers=HTMX)

    [field] = re.findall(r"<[^>]* autofocus[^>]*>", page.content.decode())
    assert 'name="reason"' in field


def test_what_is_marked_bad_says_why_and_by_whom(
    signed_in: Client, app: App, user: User
) -> None:
    bad = app.releases.get(version=3)
    mark_release(release=bad, kind=Mark.Kind.BAD, reason="<500s>", actor=acting(user))

    page = signed_in.get(url(3))

    assertContains(page, "v3 is marked bad.")
    assertContains(page, "<q>&lt;500s&gt;</q>")
    assertContains(page, "Go there all the same")


def test_a_mark_meant_for_what_ran_before_is_not_put_on_what_runs_since(
    signed_in: Client, app: App
) -> None:
    sent = fields(signed_in, 3, mark_bad="on", reason="slow")
    kept = signed_in.post(url(3), sent | {"preview": "on"})
    assertContains(kept, 'name="mark_bad" value="on" checked')
    make_config(app, COLOR="green")

    moved = signed_in.post(url(3), sent)

    assertContains(moved, "Mark v6 as bad", status_code=409)
    assertNotContains(moved, 'name="mark_bad" value="on" checked', status_code=409)
    assertContains(moved, "slow", status_code=409)


def test_blockers_are_said_and_leave_no_button(signed_in: Client, app: App) -> None:
    for version, sentence in (
        (5, "v5 is what shop runs now."),
        (1, "v1 has no code, and shop runs some"),
    ):
        page = signed_in.get(url(version))
        assertContains(page, sentence)
        assertContains(page, "This cannot be done.")
        assertNotContains(page, PRESS)
        refused = signed_in.post(url(version), fields(signed_in, version))
        assertContains(refused, sentence, status_code=422)
    assert current(app).version == 5


@both
def test_where_a_value_was_erased_one_is_led_to_the_code_alone(
    signed_in: Client, app: App, user: User, headers: dict[str, str]
) -> None:
    v3 = app.releases.get(version=3)
    erase_value(release=v3, name="COLOR", actor=acting(user))

    page = signed_in.get(url(3), headers=headers)
    assertContains(page, "v3 has a value that was erased: COLOR.")
    assertContains(page, "Its code alone can be restored. Config vars stay as in v5")
    assertContains(page, f'href="{url(3)}?scope=code"')
    assertContains(page, "<small>Cannot be restored</small>", count=2)
    assertNotContains(page, PRESS)

    part = signed_in.get(url(3), {"scope": "code"}, headers=headers)
    assertContains(part, "Only the code of v3 can be restored")
    assertContains(part, "v3 has a value that was erased: COLOR.")
    assertContains(part, PRESS)
    assertContains(part, "Roll back to v3 (code only)</button>")
    press(signed_in, 3, scope="code")
    assert current(app).description == "Rollback to v3 (code only)"


def test_a_part_that_was_chosen_freely_is_no_warning(
    signed_in: Client, app: App
) -> None:
    page = signed_in.get(url(3), {"scope": "code"})

    assertNotContains(page, "can be restored")
    page = signed_in.get(url(4))
    assertContains(page, "<small>Nothing would change</small>", count=1)


def test_back_leads_to_the_code_alone_where_no_config_can_go_back(
    signed_in: Client, app: App, user: User
) -> None:
    v3, v2 = app.releases.get(version=3), app.releases.get(version=2)
    erase_value(release=v3, name="COLOR", actor=acting(user))
    mark_release(release=v2, kind=Mark.Kind.BAD, reason="x", actor=acting(user))

    page = signed_in.get("/apps/shop/rollback/")

    assertRedirects(page, f"{url(3)}?scope=code")


def test_a_bad_release_takes_an_override(
    signed_in: Client, app: App, user: User
) -> None:
    mark_release(
        release=app.releases.get(version=3),
        kind=Mark.Kind.BAD,
        reason="500s",
        actor=acting(user),
    )
    assertContains(signed_in.get(url(3)), "Go there all the same")

    page = signed_in.post(url(3), fields(signed_in, 3))
    assertContains(page, "v3 is marked bad.", status_code=HTTPStatus.CONFLICT)

    assert press(signed_in, 3, override="on") == HTTPStatus.FOUND
    assert current(app).version == 6


def test_a_pending_release_is_named_and_superseded(
    signed_in: Client, app: App, settings: Settings
) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    make_deploy(app)

    assertContains(signed_in.get(url(3)), "v6 is pending; this rollback ends it")
    press(signed_in, 3)

    assert app.releases.get(version=6).status == "failed"
    page = signed_in.get(ACTIVITY, {"made": "v7"})
    assertContains(page, "Rolled back to v3. v7 is pending.")
    assertNotContains(page, "Undo:")


@both
def test_without_the_permission_there_is_no_button_and_trying_is_refused(
    app: App, headers: dict[str, str]
) -> None:
    viewer = member(app, "view")
    page = viewer.get(url(3), headers=headers)
    assertContains(
        page, "Rolling back needs the rollback, deploy or operate permission"
    )
    assertNotContains(page, PRESS)

    refused = viewer.post(url(3), fields(viewer, 3), headers=headers)

    assertContains(
        refused,
        "may not roll back, mark or hold shop",
        status_code=HTTPStatus.FORBIDDEN,
    )
    assert current(app).version == 5


def test_rollback_alone_suffices(app: App) -> None:
    assert press(member(app, "rollback"), 3) == HTTPStatus.FOUND
    assert current(app).version == 6


@both
@pytest.mark.parametrize("method", ["get", "post"])
def test_for_a_stranger_the_app_does_not_exist(
    app: App, headers: dict[str, str], method: str
) -> None:
    page = getattr(stranger(), method)(url(3), headers=headers)

    assertContains(
        page,
        "There is no app called shop that you may see.",
        status_code=HTTPStatus.NOT_FOUND,
    )


def test_a_form_of_another_site_is_refused(app: App, user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    page = client.post(url(3), fields(client, 3))

    assertContains(page, "The form has expired", status_code=HTTPStatus.FORBIDDEN)
    assert current(app).version == 5


def test_a_dialog_of_another_session_is_told_so_and_keeps_what_was_typed(
    app: App, user: User
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    page = client.post(url(3), fields(client, 3), headers={"HX-Request": "true"})

    assertContains(page, "The form has expired", status_code=HTTPStatus.FORBIDDEN)
    assertNotContains(page, "<html", status_code=HTTPStatus.FORBIDDEN)
    assert page.headers["HX-Retarget"] == "#told"
    assert current(app).version == 5


def test_the_last_known_good_release_is_found_for_one(
    signed_in: Client, app: App
) -> None:
    page = signed_in.get("/apps/shop/rollback/")

    assertRedirects(page, url(4))


def test_where_nothing_is_known_good_it_says_so(signed_in: Client, user: User) -> None:
    make_app("fresh", owner=user)

    page = signed_in.get("/apps/fresh/rollback/")

    assertContains(page, "fresh has no earlier release", status_code=422)


def test_a_rollback_takes_the_same_statements_for_any_history(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_config(app, COLOR=str(number))
    read = fields(signed_in, 3)

    # Session, user, app; the operation's own: savepoint, lock, permission, key,
    # survey (2), release, activity, app, release of the savepoint.
    with django_assert_num_queries(13):
        signed_in.post(url(3), read)


def test_a_plan_takes_the_same_statements_for_any_history(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_config(app, COLOR=str(number))

    # Session, user, app; the permission, the app anew, both releases, their config
    # vars, those between, the manifests of both slugs, the commits on the way.
    with django_assert_num_queries(10):
        signed_in.get(url(3))
