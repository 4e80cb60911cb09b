"""What is set for an app as a whole: its name, a hold, its end."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from releases.models import App
from tests.dashboard.clients import member, stranger
from tests.factories import make_app, make_user
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
PAGE = "/apps/shop/settings/"
DESTROY = f"{PAGE}destroy/"


def test_an_app_is_renamed(signed_in: Client, app: App) -> None:
    make_app("taken")
    refused = signed_in.post(f"{PAGE}rename/", {"name": "taken"})
    assertContains(refused, 'value="taken"', status_code=409)
    said = 'id="new-name-error"'
    assertContains(refused, said, count=1, status_code=409)
    nothing = signed_in.post(f"{PAGE}rename/", {"name": " "})
    assertContains(nothing, said, count=1, status_code=422)
    assertContains(nothing, 'name="name" value=" "', status_code=422)

    assertRedirects(
        signed_in.post(f"{PAGE}rename/", {"name": "market"}), "/apps/market/settings/"
    )

    assert App.objects.get(pk=app.pk).name == "market"


def test_deploys_are_held_with_a_reason_and_go_on(signed_in: Client, app: App) -> None:
    hold = f"{PAGE}hold/"
    refused = signed_in.post(hold, {"hold": "on", "reason": " "})
    assertContains(refused, "A reason is needed.", status_code=422)

    page = signed_in.post(hold, {"hold": "on", "reason": "incident 42"}, follow=True)
    assertContains(page, "incident 42")
    assert App.objects.get(pk=app.pk).is_held
    signed_in.post(hold)

    assert not App.objects.get(pk=app.pk).is_held


def test_holding_and_letting_go_twice_says_so_and_happens_once(
    signed_in: Client, app: App
) -> None:
    hold = f"{PAGE}hold/"
    on = {"hold": "on", "reason": "incident 42"}
    signed_in.post(hold, on)
    again = signed_in.post(hold, on)
    assertContains(again, "are held already, by ada@example.com", status_code=422)

    signed_in.post(hold)
    again = signed_in.post(hold)
    assertContains(again, "Deploys of shop are not held.", status_code=422)

    for kind in ("deploys.held", "deploys.resumed"):
        assert app.activities.filter(kind=kind).count() == 1


def test_maintenance_is_switched_here_too(signed_in: Client, app: App) -> None:
    typed = {"on": "on", "from": "settings"}

    page = signed_in.post("/apps/shop/maintenance/", typed, follow=True)

    assertRedirects(page, PAGE)
    assertContains(page, "Maintenance is on.")
    assertContains(page, "Switch maintenance off")
    assert App.objects.get(pk=app.pk).maintenance


def test_it_takes_few_statements(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Session, user, the app with what one may.
    with django_assert_num_queries(3):
        signed_in.get(PAGE)


def test_destroying_asks_for_the_name(signed_in: Client, app: App) -> None:
    page = signed_in.get(DESTROY)
    assertContains(page, "Its config values can never be read again")
    refused = signed_in.post(DESTROY, {"confirm": "shpo"})
    assertContains(refused, "confirm with its name", status_code=422)
    assertContains(refused, 'value="shpo"', status_code=422)
    assertRedirects(signed_in.post(DESTROY, {"confirm": "shop"}), "/")

    assert App.objects.get(pk=app.pk).deleted_at


def test_it_is_said_where_the_history_of_a_destroyed_app_is(
    signed_in: Client, app: App
) -> None:
    before = signed_in.get(DESTROY)
    after = signed_in.post(DESTROY, {"confirm": "shop"}, follow=True)

    assertContains(before, "administrators alone see them, in the admin")
    assertContains(before, 'href="/apps/shop/export/"')
    assertContains(after, "Administrators still see its history, in the admin.")


def test_a_destroyed_app_leads_administrators_to_its_history_and_nobody_else(
    signed_in: Client, app: App
) -> None:
    boss, path = Client(), "/admin/releases/app/?state=destroyed"
    sign_in(boss, make_user(superuser=True))
    signed_in.post(DESTROY, {"confirm": "shop"})

    lost = boss.get("/apps/shop/releases/v3/")
    assertContains(lost, f'href="{path}&amp;q=shop"', status_code=404)
    assertContains(boss.get(f"{path}&q=shop"), f"/admin/releases/app/{app.pk}/change/")
    assertContains(boss.get("/activity/"), f'href="{path}"')
    assertNotContains(signed_in.get("/apps/shop/"), "/admin/", status_code=404)
    assertNotContains(signed_in.get("/activity/"), "/admin/")


def test_each_may_do_here_what_they_may_do_elsewhere(app: App) -> None:
    for permission, holds in (("view", 403), ("rollback", 302)):
        browser = member(app, permission)
        page = browser.get(PAGE)
        assertNotContains(page, "Rename")
        assertNotContains(page, "Destroy")
        assertNotContains(page, "Switch maintenance")
        on = {"hold": "on", "reason": "x"}
        assert browser.post(f"{PAGE}hold/", on).status_code == holds
        assert browser.post(f"{PAGE}rename/", {"name": "mine"}).status_code == 403
    assert stranger().get(PAGE).status_code == 404
    assert App.objects.get(pk=app.pk).name == "shop"
