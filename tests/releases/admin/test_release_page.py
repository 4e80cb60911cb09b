import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from releases.actors import Actor
from releases.models import Activity, App, Mark, Release
from releases.operations.deploy import deploy
from releases.operations.destroy_app import destroy_app
from releases.operations.keep_key import keep_key
from releases.operations.mark_release import mark_release, unmark_release
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from tests.factories import FILES, make_app, make_config, make_deploy, make_slug
from tests.releases.admin.pages import page_of, section, words

MINUS = "\N{MINUS SIGN}"
pytestmark = pytest.mark.django_db


def release(app: App, version: int) -> Release:
    return app.releases.get(version=version)


def config_diff(client: Client, of: Release, against: str = "") -> str:
    query = f"?against={against}" if against else ""
    return section(client, page_of(of) + query, "config-diff")


def shown(client: Client, of: Release) -> str:
    return words(client.get(page_of(of)).content.decode())


def test_a_release_is_compared_with_the_one_before_it(root: Client) -> None:
    app = make_app("shop")
    make_config(app, OLD="1", COLOR="red", KEPT="same")
    make_config(app, "OLD", COLOR="blue", NEW="1")

    diff = config_diff(root, release(app, 3))

    assert "Config of v3 against v2 3 keys differ, 1 unchanged" in diff
    assert "COLOR ~ changed •••••••• masked •••••••• masked" in diff
    assert "NEW + added not set •••••••• masked" in diff
    assert f"OLD {MINUS} removed •••••••• masked not set" in diff
    assert "1 unchanged key = KEPT" in diff


def test_the_one_before_is_the_newest_that_went_live(
    root: Client, settings: Settings
) -> None:
    app = make_app("shop")
    make_deploy(app)
    make_config(app, COLOR="red")
    settings.RELEASES_SETTLE_AT_ONCE = False
    failed = make_config(app, COLOR="green")
    settle_release(release=failed, succeeded=False, actor=Actor.system())
    settings.RELEASES_SETTLE_AT_ONCE = True
    make_config(app, SIZE="1")

    assert "Config of v4 against v3" in config_diff(root, release(app, 4))
    diff = config_diff(root, release(app, 5))

    assert "Config of v5 against v3 1 key differs, 1 unchanged" in diff
    assert "Failed" in shown(root, failed)


@pytest.mark.parametrize("asked", ["1", "v1", " 1 "])
def test_a_release_is_compared_with_any_other(asked: str, root: Client) -> None:
    app = make_app("shop")
    make_config(app, COLOR="red")
    make_config(app, SIZE="1")

    diff = config_diff(root, release(app, 3), asked)

    assert "Config of v3 against v1 2 keys differ, 0 unchanged" in diff


def test_a_release_is_compared_with_a_later_one(root: Client) -> None:
    app = make_app("shop")
    make_config(app, COLOR="red")

    assert f"COLOR {MINUS} removed" in config_diff(root, release(app, 1), "2")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("9", "shop has no release v9."),
        ("999999999", "shop has no release v999999999."),
        ("9999999999", "“9999999999” is no version; a version is a number, as in 12."),
        ("0", "shop has no release v0."),
        ("-1", "“-1” is no version; a version is a number, as in 12."),
        ("²", "“²” is no version; a version is a number, as in 12."),
        ("<b>", "“<b>” is no version; a version is a number, as in 12."),
        ("v2", "v2 is this release itself."),
        ("%00", "“\0” is no version; a version is a number, as in 12."),
    ],
)
def test_a_version_that_cannot_be_gets_a_sentence(
    asked: str, sentence: str, root: Client
) -> None:
    app = make_app("shop")
    make_config(app, COLOR="red")

    diff = config_diff(root, release(app, 2), asked)

    assert sentence in diff
    assert "Config of v2 against v1" in diff


def test_the_first_release_has_nothing_before_it(root: Client) -> None:
    app = make_app("shop")

    diff = config_diff(root, release(app, 1))

    assert "No release went live before it." in diff


def test_a_diff_of_many_keys_shows_the_first_and_folds_the_rest(root: Client) -> None:
    app = make_app("shop")
    make_config(app, **{f"KEY_{n:03}": "1" for n in range(120)})
    make_config(app, **{f"KEY_{n:03}": "2" for n in range(60)})

    diff = config_diff(root, release(app, 3))

    assert "60 keys differ, 60 unchanged" in diff
    assert "10 more keys that differ" in diff
    assert "60 unchanged keys = KEY_060" in diff


def test_kept_keys_stay_and_are_no_change(root: Client) -> None:
    app = make_app("shop")
    make_config(app, COLOR="red", TOKEN="old")
    make_config(app, COLOR="blue", TOKEN="new")
    keep_key(app=app, name="TOKEN", actor=Actor.system())
    roll_back(app=app, to=2, actor=Actor.system())

    diff = config_diff(root, release(app, 4))

    assert "COLOR ~ changed" in diff
    assert "1 unchanged key = TOKEN" in diff


def test_code_is_compared_too(root: Client) -> None:
    app = make_app("shop")
    make_deploy(app, files={**FILES, "old.py": "0", "left.py": "2"})
    make_deploy(
        app,
        files={
            "Procfile": "web: python app.py\nclock: python clock.py\n",
            "app.py": FILES["app.py"],
            "right.py": "2",
            "shop/migrations/0002_total.py": "1",
        },
    )

    page = shown(root, release(app, 3))

    assert "Code of v3 against v2 4 files differ" in page
    assert "Process types + added clock" in page
    assert "Files that differ + added shop/migrations/0002_total.py" in page
    assert f"{MINUS} removed old.py" in page
    assert "~ renamed left.py → right.py" in page
    assert "1 Django migration is in v3 and not in v2" in page


def test_a_page_tells_where_a_release_came_from_and_what_became_of_it(
    root: Client,
) -> None:
    app = make_app("shop")
    make_config(app, COLOR="red")
    make_config(app, COLOR="blue")
    roll_back(app=app, to=2, actor=Actor.system(), reason="Too blue")

    assert "Restored by v4" in shown(root, release(app, 2))
    assert "Undone by v4" in shown(root, release(app, 3))
    back = shown(root, release(app, 4))
    assert "State Current Succeeded" in back
    assert "Reason Too blue" in back
    assert "Restores v2, Code and config" in back
    assert "Undone by" not in back


def test_a_release_is_not_undone_once_its_rollback_is(root: Client) -> None:
    app = make_app("shop")
    make_config(app, COLOR="red")
    make_config(app, COLOR="blue")
    roll_back(app=app, to=2, actor=Actor.system())
    roll_back(app=app, to=3, actor=Actor.system())

    assert "Undone by" not in shown(root, release(app, 3))
    assert "Undone by v5" in shown(root, release(app, 4))


def test_marks_stand_with_their_reason_and_until_when(root: Client) -> None:
    app = make_app("shop")
    first = release(app, 1)
    mark_release(
        release=first, kind=Mark.Kind.BAD, reason="It leaks", actor=Actor.system()
    )
    mark_release(release=first, kind=Mark.Kind.PIN, actor=Actor.system())
    unmark_release(release=first, kind=Mark.Kind.PIN, actor=Actor.system())

    page = shown(root, first)

    assert "State Current Succeeded Bad What" in page
    assert "v1 Bad It leaks system" in page
    assert "by system" in page


def test_what_a_release_printed_is_shown(root: Client, settings: Settings) -> None:
    app = make_app("shop")
    settings.RELEASES_SETTLE_AT_ONCE = False
    failed = make_deploy(app)
    settle_release(
        release=failed, succeeded=False, message="<b>No</b>", actor=Actor.system()
    )

    assert "Line Text 1 <b>No</b>" in shown(root, failed)


def test_a_page_takes_as_many_queries_for_a_long_history(
    root: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    app = make_app("shop")
    deploy(app=app, slug=make_slug(app), actor=Actor.system())
    for color in ("red", "green", "blue"):
        make_config(app, COLOR=color)
    deploy(app=app, slug=make_slug(app), actor=Actor.system())
    roll_back(app=app, to=4, actor=Actor.system())
    roll_back(app=app, to=6, actor=Actor.system())
    page = page_of(release(app, 6))

    # Session, user, the release; what was live before it; then the comparison: the
    # permission, both releases, their config vars, the releases between, manifests,
    # commits; standing marks, who restored it, what undid it, output, all marks, its
    # activity, and the releases beside it.
    with django_assert_num_queries(17):
        root.get(page)
    # The same, but for what was live before it, manifests and commits.
    with django_assert_num_queries(14):
        root.get(f"{page}?against=8")


def test_a_destroyed_app_keeps_its_diffs(app: App, root: Client) -> None:
    destroy_app(app=app, confirm="shop", actor=Actor.system())

    assert "SECRET + added" in config_diff(root, release(app, 3))


def test_a_line_of_activity_shows_names_and_what_is_beside_it(
    app: App, root: Client
) -> None:
    line = Activity.objects.get(app=app, release__version=3)
    before = Activity.objects.get(app=app, sequence=(line.sequence or 0) - 1)

    html = root.get(page_of(line)).content.decode()

    assert "added SECRET" in words(html)
    assert page_of(before) in html
