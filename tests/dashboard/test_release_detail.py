import re
from http import HTTPStatus

import pgtrigger
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains

from releases.actors import Actor
from releases.models import App, ConfigVar, Mark, Release, User
from releases.operations.attach_addon import attach_addon
from releases.operations.erase_value import erase_value
from releases.operations.keep_key import keep_key
from releases.operations.mark_release import mark_release
from releases.operations.prune_slugs import prune_slugs
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import acting, make_config, make_deploy

pytestmark = pytest.mark.django_db
PAGE = "/apps/shop/releases/v{}/"


def words(client: Client, version: int) -> str:
    """Return the text of a release's page, its white space folded."""
    html = client.get(PAGE.format(version)).content.decode()
    main = html.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def test_it_says_what_the_release_changed_and_what_changed_since(
    signed_in: Client, app: App
) -> None:
    said = words(signed_in, 4)

    assert "What v4 changed Compare with v3" in said
    assert "1 file differs" in said
    assert "What changed since Compare with v5, the current release" in said
    assert "~ COLOR changed" in said
    assert "+ SIZE added" in said


def test_the_first_release_and_the_current_one_say_so(
    signed_in: Client, app: App
) -> None:
    assert "It is the first release" in words(signed_in, 1)
    assert "v5 is the current release." in words(signed_in, 5)
    assert "Back to the last known good" in words(signed_in, 5)
    assert "Back to the last known good" not in words(signed_in, 1)
    assert "What changed since" not in words(signed_in, 5)


def test_times_are_told_in_one_way(signed_in: Client, app: App, user: User) -> None:
    release = app.releases.get(version=4)
    mark_release(release=release, kind=Mark.Kind.PIN, reason="", actor=acting(user))

    said = words(signed_in, 4)

    assert not re.search(r"\d{4}-\d\d-\d\d", said)
    # Made, live from and to, and marked; beside that it heads the page.
    assert len(re.findall(r"\d \w+ \d{4}, \d\d:\d\d:\d\d UTC", said)) == 5


def test_config_is_masked_with_what_became_of_each_key(
    signed_in: Client, app: App, user: User
) -> None:
    make_config(app, "SIZE")
    keep_key(app=app, name="COLOR", actor=acting(user))

    said = words(signed_in, 5)

    assert "COLOR kept across rollbacks •••••••• Masked Reveal COLOR in v5 Same" in said
    assert "SIZE •••••••• Masked Reveal SIZE in v5 Removed since" in said
    assert "Masked Reveal COLOR in v3 Changed since" in words(signed_in, 3)


def test_no_value_nor_what_it_could_be_guessed_from_is_in_the_page(
    signed_in: Client, app: App
) -> None:
    for version in range(1, 6):
        html = signed_in.get(PAGE.format(version)).content.decode()
        assert "s3cret" not in html
        for var in ConfigVar.objects.filter(app=app):
            assert var.fingerprint not in html
            assert var.ciphertext_sha256 not in html
        for release in app.releases.select_related("config_set"):
            assert release.config_set.digest not in html
            assert release.config_set.fingerprint not in html


def test_one_sees_whether_it_can_be_restored_and_why_not(
    signed_in: Client, app: App, user: User
) -> None:
    assert "v4 can be restored" in words(signed_in, 4)
    assert "v1 has no code, and shop runs some" in words(signed_in, 1)

    mark_release(
        release=app.releases.get(version=4),
        kind=Mark.Kind.BAD,
        reason="500s",
        actor=acting(user),
    )
    said = words(signed_in, 4)
    assert "v4 is marked bad. Going there asks for an override." in said
    assert "Bad 500s ada@example.com" in said


def test_what_was_pruned_or_erased_says_so(
    signed_in: Client, app: App, user: User
) -> None:
    v3 = app.releases.get(version=3)
    erase_value(release=v3, name="COLOR", actor=acting(user))
    for _ in range(2):
        make_deploy(app)
    prune_slugs(actor=Actor.system(), app=app, keep=1, days=0, dry_run=False)

    said = words(signed_in, 3)

    assert "v3 has a value that was erased: COLOR." in said
    assert "COLOR erased" in said
    assert "The code of v3 was pruned and is gone." in said
    assert "The code of v2 was pruned" in words(signed_in, 2)
    assert "Its config alone can be restored." in words(signed_in, 2)


def test_what_can_go_back_in_part_offers_that_part(
    signed_in: Client, app: App, user: User
) -> None:
    v3 = app.releases.get(version=3)
    erase_value(release=v3, name="COLOR", actor=acting(user))

    page = signed_in.get("/apps/shop/releases/v3/")

    assertContains(page, "Its code alone can be restored.")
    assertContains(page, "Roll back to v3 (code only)")
    assertContains(page, 'href="/apps/shop/releases/v3/rollback/?scope=code"')


def test_lineage_goes_both_ways(signed_in: Client, app: App, user: User) -> None:
    roll_back(app=app, to=3, actor=acting(user))

    assert "Restores v3 , code and config" in words(signed_in, 6)
    assert "Restored by v6" in words(signed_in, 3)


def test_add_ons_and_process_types_are_named(
    signed_in: Client, app: App, user: User
) -> None:
    attach_addon(
        app=app,
        plan="redis:mini",
        name="cache",
        config_vars={"REDIS_URL": "redis://s3cret"},
        actor=acting(user),
    )

    said = words(signed_in, 6)

    assert "web python app.py" in said
    assert "Plans then redis:mini" in said
    assert "Attached now cache (redis:mini)" in said
    assert "REDIS_URL an add-on's" in said.replace("&#x27;", "'")


def test_why_it_failed_is_there(
    signed_in: Client, app: App, user: User, settings: Settings
) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    pending = make_deploy(app)
    settle_release(
        release=pending, succeeded=False, message="exited 1", actor=acting(user)
    )

    said = words(signed_in, 6)

    assert "Why it failed exited 1" in said
    assert "v6 failed, so it was never live." in said
    assert "Live Never" in said
    assert "Roll back to v6" not in said


def test_history_is_verified_on_the_spot(signed_in: Client, app: App) -> None:
    release = app.releases.get(version=4)
    said = words(signed_in, 4)
    assert "History verified" in said
    assert release.digest in said
    assert app.activities.get(release=release).digest in said

    with pgtrigger.ignore():
        Release.objects.filter(pk=release.pk).update(reason="forged")

    said = words(signed_in, 4)
    assert "History does not verify" in said
    assert "its facts are not those that were written" in said


def test_who_may_only_look_has_no_button(app: App) -> None:
    page = member(app, "view").get(PAGE.format(4))

    assertNotContains(page, "rollback/")
    assertNotContains(page, "Reveal ")
    assertContains(page, "Their values are not yours to see.")
    assertContains(member(app, "rollback").get(PAGE.format(4)), "Roll back to v4")


@pytest.mark.parametrize("version", ["99", "0", "99999999999999999999"])
def test_a_release_that_is_not_there_is_not_found(
    signed_in: Client, app: App, version: str
) -> None:
    page = signed_in.get(PAGE.format(version))

    assertContains(
        page, f"shop has no release v{version}.", status_code=HTTPStatus.NOT_FOUND
    )


def test_for_a_stranger_the_app_does_not_exist(app: App) -> None:
    page = stranger().get(PAGE.format(4))

    assertContains(
        page, "There is no app called shop that you may see.", status_code=404
    )
    page = stranger().get(PAGE.format(4), headers=HTMX)
    assertContains(
        page, "There is no app called shop that you may see.", status_code=404
    )


def test_statements_do_not_grow_with_the_history(
    signed_in: Client, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_config(app, COLOR=str(number), OTHER=str(number))

    # Session, user, app, release; the config vars of it and of the current one; the one
    # before; whether it can be restored (2); when it was live; for each comparison: the
    # permission, releases, config vars, those between, manifests, commits; add-ons,
    # marks, rollbacks, output; its entry (2).
    with django_assert_num_queries(EXPECTED):
        signed_in.get(PAGE.format(4))


EXPECTED = 26
