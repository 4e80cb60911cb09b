"""One config key: its value revealed on record, its history, kept, and a value erased."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from releases.actors import Actor
from releases.models import Activity, App, ConfigVar, User
from releases.operations.attach_addon import attach_addon
from releases.operations.keep_key import keep_key
from releases.operations.roll_back import roll_back
from tests.dashboard.clients import member, stranger
from tests.factories import acting, make_config, make_deploy

pytestmark = pytest.mark.django_db
PAGE = "/apps/shop/config/COLOR/"
VALUE = "/apps/shop/releases/v5/config/COLOR/"
ERASE = "/apps/shop/releases/v3/config/COLOR/erase/"


def revealed(app: App) -> int:
    return app.activities.filter(kind=Activity.Kind.VALUES_REVEALED).count()


def erased(app: App) -> int:
    return ConfigVar.objects.filter(app=app).exclude(erased_at=None).count()


def test_the_history_says_who_did_what_in_which_release(
    signed_in: Client, app: App, user: User
) -> None:
    roll_back(app=app, to=3, actor=acting(user))
    make_config(app, "COLOR")

    page = signed_in.get(PAGE)
    html = page.content.decode()
    words = ["Removed", "New value by the rollback to v3", "New value", "Added"]
    places = [html.index(f"<b>{each}</b>") for each in words]
    assert places == sorted(places)
    for text in ("ada@example.com", "/apps/shop/releases/v6/", "Not set in v7"):
        assertContains(page, text)
    assertNotContains(page, "s3cret")


def test_values_are_masked_each_with_a_button_to_reveal_it_on_record(
    signed_in: Client, app: App
) -> None:
    page = signed_in.get(PAGE)

    assertNotContains(page, "s3cret")
    for version in (5, 3):
        url = f"/apps/shop/releases/v{version}/config/COLOR/"
        button = f'form="reveal" formaction="{url}" hx-post="{url}"'
        assertContains(page, button, count=1)
        assertContains(page, f'<div id="value-v{version}-COLOR"', count=1)
    assertContains(page, '<form id="reveal" method="post">', count=1)
    assertContains(page, 'hx-history="false"')
    assert revealed(app) == 0


def test_a_value_is_revealed_beside_what_is_typed(signed_in: Client, app: App) -> None:
    config = signed_in.get("/apps/shop/config/").content.decode()

    assert f'form="reveal" formaction="{VALUE}" hx-post="{VALUE}"' in config
    assert (
        '<form id="reveal"'
        in config.partition('<form id="config"')[2].partition("</form>")[2]
    )


def test_a_key_that_never_was_has_no_page(signed_in: Client, app: App) -> None:
    for name in ("OTHER", "a%00b"):
        assert signed_in.get(f"/apps/shop/config/{name}/").status_code == 404


@pytest.mark.parametrize("permission", ["view", "rollback", "manage"])
def test_who_may_not_see_values_sees_what_happened_to_them(
    app: App, permission: str
) -> None:
    browser = member(app, permission)

    page = browser.get(PAGE)
    assertContains(page, "<b>New value</b>")
    assertNotContains(page, "Reveal")
    assertNotContains(page, "Keep it across rollbacks")


def test_for_a_stranger_there_is_nothing(app: App) -> None:
    for path in (PAGE, ERASE):
        assert stranger().get(path).status_code == 404


def test_a_key_is_kept_from_its_own_page_and_may_be_called_keep(
    signed_in: Client, app: App
) -> None:
    make_config(app, keep="1", kept_keys="2")
    for name in ("keep", "kept_keys"):
        page = f"/apps/shop/config/{name}/"
        assertContains(signed_in.get(page), "Keep it across rollbacks")
        asked = {"name": name, "at": "key"}
        kept = signed_in.post("/apps/shop/config/kept-keys/", asked | {"keep": "on"})
        assertRedirects(kept, page, fetch_redirect_response=False)
        assertContains(signed_in.get(page), "Kept across rollbacks from then on")


def test_an_add_ons_key_says_whose_it_is(
    signed_in: Client, app: App, user: User
) -> None:
    attach_addon(
        app=app,
        name="cache",
        plan="redis:mini",
        config_vars={"REDIS_URL": "redis-s3cret"},
        actor=acting(user),
    )

    page = signed_in.get("/apps/shop/config/REDIS_URL/")
    assertContains(page, "by the add-on cache")
    assertContains(page, "Added with the add-on cache")
    assertNotContains(page, "Keep it across rollbacks")
    assertNotContains(page, "s3cret")


def test_only_old_values_can_be_erased_and_only_by_who_manages(
    signed_in: Client, app: App
) -> None:
    assertContains(signed_in.get(PAGE), f'href="{ERASE}"')
    assertNotContains(signed_in.get(PAGE), "releases/v5/config/COLOR/erase/")
    assertNotContains(member(app, "deploy").get(PAGE), "/erase/")


def test_erasing_says_what_it_means(signed_in: Client, app: App) -> None:
    page = signed_in.get(ERASE)

    assertContains(page, "Nobody can ever read it again")
    assertContains(page, "cannot be restored with their config vars any more")
    assert erased(app) == 0


def test_erasing_says_which_releases_lose_their_way_back(
    signed_in: Client, app: App
) -> None:
    def said(version: int) -> str:
        page = signed_in.get(ERASE.replace("v3", f"v{version}")).content.decode()
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))

    assert "2 releases of shop have this value: v4, v3 " in said(3)
    assert "v4, the last known good release, is one of them." in said(3)
    assert "v5, which runs now, is one of them. So it cannot be erased" in said(5)
    assert "Type COLOR" not in said(5)
    for _ in range(5):
        make_deploy(app)
    make_config(app, COLOR="green")
    assert "6 releases of shop have this value: v10, v9, v8, v7, v6 and 1 more" in said(
        5
    )

    keep_key(app=app, name="COLOR", actor=Actor.system())
    assert "Rollbacks leave COLOR as it is now, so they can still be restored" in said(
        5
    )


def test_erasing_asks_who_it_is_if_that_is_long_ago(client: Client, app: App) -> None:
    client.force_login(app.owner)

    for answer in (client.get(ERASE), client.post(ERASE, {"confirm": "COLOR"})):
        assert answer.headers["Location"].startswith("/account/confirm/")
    assert erased(app) == 0


def test_a_value_is_erased_once_its_key_is_typed(signed_in: Client, app: App) -> None:
    refused = signed_in.post(ERASE, {"confirm": "COLOUR"})
    assertContains(refused, "Type COLOR to confirm", status_code=422)
    assert erased(app) == 0

    done = signed_in.post(ERASE, {"confirm": "COLOR"})
    assertRedirects(done, PAGE, fetch_redirect_response=False)
    page = signed_in.get(PAGE)
    assertContains(page, "The value that it had in v3 is erased.")
    assertContains(page, '<span class="tag">Erased</span>')
    assertNotContains(page, f'href="{ERASE}"')
    assert erased(app) == 1

    again = signed_in.post(ERASE, {"confirm": "COLOR"})
    assertContains(again, "was erased already", status_code=409)


def test_the_current_value_is_not_erased(signed_in: Client, app: App) -> None:
    url = ERASE.replace("v3", "v5")

    refused = signed_in.post(url, {"confirm": "COLOR"})
    assertContains(refused, "set another one first", status_code=409)
    assert erased(app) == 0


@pytest.mark.parametrize("permission", ["view", "rollback", "deploy", "operate"])
def test_who_does_not_manage_the_app_erases_nothing(app: App, permission: str) -> None:
    browser = member(app, permission)

    assert browser.get(ERASE).status_code == 403
    assert browser.post(ERASE, {"confirm": "COLOR"}).status_code == 403
    assert erased(app) == 0


def test_a_value_that_never_was_there_is_not_found(signed_in: Client, app: App) -> None:
    for path in ("v3/config/SIZE", "v99/config/COLOR", "v2/config/COLOR"):
        assert signed_in.get(f"/apps/shop/releases/{path}/erase/").status_code == 404


def test_a_long_history_comes_in_pages_of_the_same_statements(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(55):
        make_config(app, COLOR=str(number))

    with django_assert_num_queries(9):
        page = signed_in.get(PAGE)
    assertContains(page, "Look further back")
    assertContains(page, "<b>New value</b>", count=50)
    older = signed_in.get(f"{PAGE}?before={page.context['older']}")
    assertContains(older, "<b>Added</b>", count=1)
    assertNotContains(older, "Look further back")
    for odd in ("x", "-1", "9" * 30, "²"):
        assertContains(signed_in.get(PAGE, {"before": odd}), "Look further back")


def test_each_key_of_a_release_and_of_its_diffs_leads_to_its_history(
    signed_in: Client, app: App
) -> None:
    make_config(app, "SIZE")

    # What v5 changed, what changed since, and all of its keys; one diff.
    for page, of_color, of_size in (("releases/v5/", 2, 3), ("compare/v4...v5/", 1, 1)):
        shown = signed_in.get(f"/apps/shop/{page}")
        assertContains(shown, f'href="{PAGE}"', count=of_color)
        assertContains(shown, 'href="/apps/shop/config/SIZE/"', count=of_size)
    # Whoever is about to roll back is led nowhere else.
    plan = signed_in.get("/apps/shop/releases/v5/rollback/")
    assertNotContains(plan, 'href="/apps/shop/config/SIZE/"')
