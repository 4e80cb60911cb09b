"""Any two releases side by side: config by key, files line by line, and no values."""

import re

import pytest
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from releases.models import App, User
from releases.operations.roll_back import roll_back
from tests.dashboard.clients import HTMX, member, stranger
from tests.factories import acting, make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db
HERE = "/apps/two/compare/"
PROCFILE = "web: python app.py\n"


@pytest.fixture(autouse=True)
def two(user: User) -> App:
    app = make_app("two", owner=user)
    make_deploy(app, files={"Procfile": PROCFILE, "a.py": "one\n"})
    make_config(app, COLOR="s3cret", SIZE="s3cret")
    make_deploy(
        app, files={"Procfile": f"{PROCFILE}worker: w\n", "a.py": "<b>two</b>\n"}
    )
    make_config(app, "SIZE", MODE="s3cret")
    return app


def test_two_releases_are_compared_in_either_direction(signed_in: Client) -> None:
    there = signed_in.get(f"{HERE}v3...v5/").content.decode()
    back = signed_in.get(f"{HERE}v5...v3/").content.decode()

    assert "s3cret" not in there + back
    assert '/config/MODE/">MODE</a> <span class="why">added' in there
    assert '/config/SIZE/">SIZE</a> <span class="why">removed' in there
    assert '/config/MODE/">MODE</a> <span class="why">removed' in back
    assert 'worker <span class="why">added' in there
    assert "a.py" in there
    assert "?from=v5&amp;to=v3" in there


def test_each_release_has_its_commit_once(signed_in: Client, two: App) -> None:
    slug = two.releases.get(version=4).slug

    page = signed_in.get(f"{HERE}v3...v4/").content.decode()

    head = page.partition('class="route"')[2].partition('class="changes"')[0]
    assert "<b>Deploy</b>" in head
    assert head.count(f"{slug}<") == 1


def test_it_says_what_it_means_that_web_is_gone(
    signed_in: Client, two: App, settings: Settings
) -> None:
    settings.ROLLBOOK_RUNTIME = True
    make_deploy(two, files={"a.py": "one\n"})

    page = signed_in.get(f"{HERE}v5...v6/")

    assertContains(page, "Process type web is gone: nothing answers at the app")
    assertNotContains(signed_in.get(f"{HERE}v4...v5/"), "is gone")


def test_each_key_says_which_release_changed_it_last_and_who(
    signed_in: Client, two: App, user: User
) -> None:
    roll_back(app=two, to=4, actor=acting(user))

    for versions in ("v4...v6", "v5...v6", "v6...v5"):
        page = signed_in.get(f"{HERE}{versions}/").content.decode()
        said = re.findall(
            r'class="why">\w+, since <a href="([^"]+)">v\d</a> by ([^<]+)<', page
        )
        expected = ("/apps/two/releases/v6/", "ada@example.com")
        assert said == ([] if versions == "v4...v6" else [expected, expected])


def test_a_file_is_shown_line_by_line_with_scripts_and_without(
    signed_in: Client,
) -> None:
    fragment = signed_in.get(f"{HERE}v3...v5/?file=a.py", headers=HTMX)
    page = signed_in.get(f"{HERE}v3...v5/?file=a.py")

    for shown in (fragment, page):
        assertContains(shown, "&lt;b&gt;two&lt;/b&gt;")
        assertContains(shown, '<tr class="del"><td class="ln">1</td>')
    assertNotContains(fragment, "<html")
    assert signed_in.get(f"{HERE}v3...v5/?file=no.py", headers=HTMX).status_code == 404


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("", "v4...v5"),
        ("?from=v2&to=3", "v2...v3"),
        ("?from=+v3+", "v3...v5"),
        ("v2..v3/", "v2...v3"),
        ("2...3/", "v2...v3"),
    ],
)
def test_what_is_asked_for_leads_to_an_address_that_can_be_sent(
    signed_in: Client, asked: str, leads_to: str
) -> None:
    assertRedirects(signed_in.get(f"{HERE}{asked}"), f"{HERE}{leads_to}/")


def test_odd_addresses_of_comparisons_are_answered(signed_in: Client) -> None:
    assertRedirects(signed_in.get(f"{HERE}nonsense/"), HERE, target_status_code=302)
    assertRedirects(
        signed_in.get(f"{HERE}vx...v1/"),
        f"{HERE}?from=vx&to=v1",
        target_status_code=422,
    )
    assertContains(signed_in.get(f"{HERE}v3...v3/"), "Stays as it is")
    assert stranger().get(f"{HERE}v3...v5/").status_code == 404


def test_a_file_that_only_moved_is_told_as_renamed(signed_in: Client, two: App) -> None:
    make_deploy(two, files={"Procfile": PROCFILE, "b.py": "<b>two</b>\n"})

    page = signed_in.get(f"{HERE}v5...v6/")

    assertContains(page, "a.py → b.py")
    assertContains(page, "2 files differ")
    assertNotContains(page, "?file=b.py")


def test_what_is_no_release_is_told_beside_its_field_and_stays_typed(
    signed_in: Client,
) -> None:
    wrong = signed_in.get(f"{HERE}?from=<b>&to=v5")
    missing = signed_in.get(f"{HERE}v98...v5/")
    both = signed_in.get(f"{HERE}v98...v99/")

    assertContains(wrong, 'value="&lt;b&gt;" aria-invalid="true"', status_code=422)
    assertContains(wrong, "“&lt;b&gt;” is no release", status_code=422)
    assertContains(wrong, 'name="to" value="v5" list', status_code=422)
    assertContains(missing, 'value="v98" aria-invalid="true"', status_code=404)
    assertContains(missing, 'id="from-error"', status_code=404)
    assertContains(missing, "two has no release v98.", status_code=404)
    assertContains(missing, 'name="to" value="v5" list', status_code=404)
    for end in ("from", "to"):
        assertContains(both, f'aria-describedby="{end}-error"', status_code=404)
    assert signed_in.get(f"{HERE}?from=0").headers["Location"] == f"{HERE}v0...v5/"


def test_a_file_that_neither_has_is_told_above_what_differs(signed_in: Client) -> None:
    page = signed_in.get(f"{HERE}v3...v5/?file=no.py")

    assertContains(page, "Neither v3 nor v5", status_code=404)
    assertContains(page, "a.py", status_code=404)


def test_the_plan_of_a_rollback_leads_to_what_differs_line_by_line(
    signed_in: Client,
) -> None:
    plan = signed_in.get("/apps/two/releases/v3/rollback/")

    assertContains(plan, f'href="{HERE}?from=v5&amp;to=v3" target="_blank"')


def test_what_is_compared_can_be_rolled_back_to_by_who_may(
    signed_in: Client, two: App
) -> None:
    url = f"{HERE}v3...v5/"
    back = 'href="/apps/two/releases/v3/rollback/"'

    for page in (signed_in.get(url), member(two, "rollback").get(url)):
        assertContains(page, back, count=1)
        assertNotContains(page, 'href="/apps/two/releases/v5/rollback/"')
    assertNotContains(member(two, "view").get(url), "Roll back")
