"""Pages of the timeline: what is on them, for whom, and at what cost."""

from collections.abc import Iterator, Mapping

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker, Settings

from releases import sight, timeline, timeline_people, timeline_scans, timeline_search
from releases.actors import Actor
from releases.models import Activity, App, Mark, User
from releases.operations.deactivate_user import deactivate_user
from releases.operations.ledger import record_outside_apps
from releases.operations.mark_release import mark_release, unmark_release
from releases.operations.settle_release import settle_release
from releases.queries import visible_apps
from releases.timeline import (
    Filter,
    Page,
    last_activities,
    timeline_of,
    timeline_over_apps,
)
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_member,
    make_user,
)
from tests.releases.forging import SYSTEM, forge
from tests.releases.timelines import expected, make_timeline, moments, walked

pytestmark = pytest.mark.django_db

Kind, Topic = Activity.Kind, Activity.Topic
TOPICS: Mapping[Activity.Kind, Activity.Topic] = {
    Kind.APP_CREATED: Topic.APP,
    Kind.APP_RENAMED: Topic.APP,
    Kind.APP_TRANSFERRED: Topic.ACCESS,
    Kind.APP_DESTROYED: Topic.APP,
    Kind.DEPLOYS_HELD: Topic.APP,
    Kind.DEPLOYS_RESUMED: Topic.APP,
    Kind.FORMATION_SCALED: Topic.APP,
    Kind.PROCESSES_RESTARTED: Topic.APP,
    Kind.PROCESSES_STOPPED: Topic.APP,
    Kind.COMMAND_RUN: Topic.APP,
    Kind.RUN_SETTINGS_CHANGED: Topic.APP,
    Kind.SLUG_RECEIVED: Topic.BACKGROUND,
    Kind.SLUGS_PRUNED: Topic.APP,
    Kind.RELEASE_SETTLED: Topic.BACKGROUND,
    Kind.RELEASE_CANCELED: Topic.APP,
    Kind.RELEASE_MARKED: Topic.APP,
    Kind.RELEASE_UNMARKED: Topic.APP,
    Kind.KEY_KEPT: Topic.CONFIG,
    Kind.KEY_UNKEPT: Topic.CONFIG,
    Kind.VALUES_REVEALED: Topic.ACCESS,
    Kind.VALUE_ERASED: Topic.CONFIG,
    Kind.VALUES_LOST: Topic.CONFIG,
    Kind.ACCESS_GIVEN: Topic.ACCESS,
    Kind.ACCESS_TAKEN: Topic.ACCESS,
    Kind.USER_CREATED: Topic.APP,
    Kind.USER_SIGNED_IN: Topic.ACCESS,
    Kind.PASSWORD_CHANGED: Topic.ACCESS,
    Kind.SESSIONS_ENDED: Topic.ACCESS,
    Kind.PASSKEY_ADDED: Topic.ACCESS,
    Kind.PASSKEY_RENAMED: Topic.ACCESS,
    Kind.PASSKEY_REMOVED: Topic.ACCESS,
    Kind.TOKEN_CREATED: Topic.ACCESS,
    Kind.TOKEN_REGENERATED: Topic.ACCESS,
    Kind.TOKEN_RENAMED: Topic.ACCESS,
    Kind.TOKEN_REVOKED: Topic.ACCESS,
    Kind.TWO_FACTOR_ON: Topic.ACCESS,
    Kind.TWO_FACTOR_OFF: Topic.ACCESS,
    Kind.RECOVERY_CODES_MADE: Topic.ACCESS,
    Kind.RECOVERY_CODE_USED: Topic.ACCESS,
    Kind.MAINTENANCE_ON: Topic.APP,
    Kind.MAINTENANCE_OFF: Topic.APP,
    Kind.USER_DEACTIVATED: Topic.APP,
    Kind.KEYS_ROTATED: Topic.APP,
    Kind.BACKUP_MADE: Topic.APP,
    Kind.BACKUP_RESTORED: Topic.APP,
}
RELEASES = {
    "initial": Topic.APP,
    "deploy": Topic.DEPLOY,
    "promotion": Topic.DEPLOY,
    "config": Topic.CONFIG,
    "rollback": Topic.ROLLBACK,
    "add-on": Topic.ADDON,
}


PEOPLE = ["Grace@Example.com", "none@x.org", "GRACE", "ada@", "com example", "_", "e"]
WORDS = ["key", "Rolled BACK v2", "nothing%", "incident", "e"]


@pytest.fixture(scope="module")
def apps(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[list[App]]:
    """The apps of `make_timeline`, gone with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_timeline()
        transaction.set_rollback(True)


@pytest.fixture(params=["few apps", "many apps", "many quiet apps"])
def read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make three apps few, or many, that may lie deep below those of others."""
    if request.param != "few apps":
        monkeypatch.setattr(sight, "FEW_APPS", 1)
    if request.param == "many quiet apps":
        monkeypatch.setattr(timeline_scans, "SCANNED", 4)
        for module in (timeline, timeline_search):
            monkeypatch.setattr(module, "SEARCHED", 4)
    return str(request.param)


# What an activity is about


def test_every_kind_has_its_topic() -> None:
    lines = {
        kind: record_outside_apps(actor=SYSTEM, kind=kind, summary=kind.label)
        for kind in TOPICS
    }

    assert {kind: line.topic for kind, line in lines.items()} == TOPICS
    assert {*TOPICS, Kind.RELEASE_CREATED} == set(Kind)


@pytest.mark.parametrize(("kind", "topic"), RELEASES.items())
def test_a_release_has_the_topic_of_its_kind(kind: str, topic: Activity.Topic) -> None:
    line = record_outside_apps(
        actor=SYSTEM, kind=Kind.RELEASE_CREATED, summary="", detail={"kind": kind}
    )

    assert Activity.objects.get(pk=line.pk).topic == topic


# Pages


@given(data=st.data())
@hypothesis_settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_all_pages_hold_what_is_asked_for(
    apps: list[App], read: str, data: st.DataObject
) -> None:
    times = [None, *moments()]
    only = Filter(
        topics=data.draw(st.frozensets(st.sampled_from(list(Topic)))),
        person=data.draw(st.sampled_from(["", "", *PEOPLE])),
        since=data.draw(st.sampled_from(times)),
        until=data.draw(st.sampled_from(times)),
        words=data.draw(st.sampled_from(["", "", *WORDS])),
    )
    size = data.draw(st.integers(1, 7))
    ada = acting(apps[0].owner)

    over_apps = walked(
        only,
        lambda only, before: timeline_over_apps(
            ada, only=only, before=before, size=size
        ),
    )
    of_app = walked(
        only,
        lambda only, before: timeline_of(apps[1], only=only, before=before, size=size),
    )

    assert over_apps == expected(only, apps)
    assert of_app == expected(only, [apps[1]])


def test_who_did_nothing_here_is_nobody_whoever_they_are(apps: list[App]) -> None:
    """Whether somebody has an account is not told, nor who did what in other apps."""
    elsewhere = make_user("zoe@elsewhere.example")
    make_config(make_app("secret", owner=elsewhere), KEY="value")
    ada = acting(apps[0].owner)

    for page in (
        timeline_over_apps(ada, only=Filter(person="zoe")),
        timeline_of(apps[0], only=Filter(person="zoe")),
        timeline_of(apps[0], only=Filter(person="ZOE elsewhere")),
    ):
        assert not page.activities
        assert page.nobody.startswith("Nobody whose e-mail or name has “zoe")
    found = timeline_over_apps(acting(elsewhere), only=Filter(person="zoe"))
    assert len(found.activities) == 1


def test_a_name_is_as_good_as_an_e_mail(apps: list[App]) -> None:
    User.objects.filter(email="grace@example.com").update(full_name="Rear Admiral")

    found = timeline_of(apps[0], only=Filter(person="admiral"))

    assert found.activities
    assert {line.actor_email for line in found.activities} == {"grace@example.com"}


def test_too_many_people_are_not_looked_up(
    apps: list[App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline_people, "MOST", 1)

    page = timeline_of(apps[0], only=Filter(person="example"))

    assert (list(page.activities), page.older) == ([], None)
    assert page.nobody.startswith("More than 1 people have “example” in their")
    assert timeline_of(apps[0], only=Filter(person="grace")).activities


def test_a_filter_says_whether_it_narrows_anything() -> None:
    assert not Filter()
    assert Filter(topics=frozenset({Topic.APP}))
    assert Filter(person="ada@example.com")
    assert Filter(words="invoice")


def test_the_last_activity_of_an_app_is_what_somebody_did(settings: Settings) -> None:
    app = make_app()
    make_deploy(app)
    settings.RELEASES_SETTLE_AT_ONCE = False
    v3 = make_deploy(app)
    settle_release(release=v3, succeeded=True, actor=SYSTEM)

    [last] = last_activities([app]).values()

    assert (last.release, last.kind) == (v3, Kind.RELEASE_CREATED)
    assert last_activities([]) == {}


def test_a_page_that_holds_the_last_line_has_no_older_one(apps: list[App]) -> None:
    count = len(expected(Filter(), [apps[0]]))

    assert timeline_of(apps[0], size=count).older is None
    assert timeline_of(apps[0], size=count - 1).older is not None


def test_a_cursor_may_be_any_number(apps: list[App]) -> None:
    newest = [line.pk for line in timeline_of(apps[0]).activities]

    beyond = timeline_of(apps[0], before=10**30).activities
    below = timeline_of(apps[0], before=-(10**30)).activities

    assert [line.pk for line in beyond] == newest
    assert list(below) == []


def test_an_app_alone_has_a_timeline() -> None:
    page = timeline_of(make_app())

    assert [line.kind for line in page.activities] == [Kind.RELEASE_CREATED]


# Who sees what


def seen(actor: Actor) -> set[str]:
    page = timeline_over_apps(actor, size=500)
    return {line.app.name for line in page.activities if line.app}


def test_lines_are_read_from_the_newest_of_their_topic_however_old_that_is(
    apps: list[App],
) -> None:
    # Frequent in all, and none of them lately: the table's own order seems to have them.
    forge(
        """
        INSERT INTO releases_activity (app_id, sequence, kind, actor_id, actor_email,
            source, token_name, request_id, summary, detail, created_at, digest)
        SELECT app_id, 10000 + number, CASE WHEN number < 1000 THEN 'values.revealed'
            ELSE 'deploys.held' END, actor_id, actor_email, source, '', '', '', '{}',
            created_at, digest
        FROM releases_activity, generate_series(1, 5000) AS number
        WHERE app_id = %(app)s AND sequence = 1
        """,
        {"app": apps[0].pk},
    )
    wanted = timeline_scans.Wanted([Topic.ACCESS])
    lines = timeline_scans.newest_of_app(apps[0].pk, wanted, limit=51)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE releases_activity")
        cursor.execute(f"EXPLAIN {lines.text}", lines.values)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "activity_by_app" in plan
    assert "releases_activity_pkey" not in plan


def test_people_see_the_apps_they_may_see(apps: list[App], read: str) -> None:
    superuser = acting(make_user(superuser=True))
    member = make_member(apps[1], "rollback")
    stranger = acting(make_user())
    ada, grace = (
        acting(User.objects.get(email=f"{n}@example.com")) for n in ("ada", "grace")
    )

    for actor in (superuser, member, stranger, ada, grace, SYSTEM):
        assert seen(actor) == {app.name for app in visible_apps(actor)}
    assert seen(member) == {"blog"}
    assert seen(superuser) == {"shop", "blog", "mail"}


def test_who_was_deactivated_sees_nothing(apps: list[App]) -> None:
    member = make_member(apps[1])
    superuser, _ = (acting(make_user(superuser=True)) for _ in range(2))

    for actor in (member, superuser):
        deactivate_user(user=actor.user, actor=SYSTEM)

    assert seen(member) == seen(superuser) == set()


def test_what_is_outside_any_app_is_not_on_it(apps: list[App], read: str) -> None:
    actor = acting(make_user(superuser=True))
    for _ in range(9):
        record_outside_apps(actor=actor, kind=Kind.USER_SIGNED_IN, summary="Signed in")
    only = Filter(topics=frozenset({Topic.ACCESS}))

    page = timeline_over_apps(actor, only=only, size=500)
    own = timeline_over_apps(actor, only=Filter(person=actor.user.email))

    assert [line.pk for line in page.activities] == expected(only, apps)
    assert list(own.activities) == []


# What a line comes with


def note(line: Activity, *names: str) -> list[object]:
    return [getattr(line, name, None) for name in names]


def shown(page: Page) -> None:
    """Look at all that a page shows of its lines."""
    for line in page.activities:
        assert line.app
        str(line), line.app.name, line.app.maintenance, line.topic, line.detail
        if release := line.release:
            str(release), release.app.name, release.description, release.reason
            str(release.slug), release.slug and release.slug.commit_title
            str(release.restores)


def test_a_page_of_an_app_is_one_query(
    apps: list[App], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    only = Filter(since=moments()[2])

    # The lines.
    with django_assert_num_queries(1):
        shown(timeline_of(apps[0]))
    # The ids between which the days lie, the lines.
    with django_assert_num_queries(2):
        shown(timeline_of(apps[0], only=only))
    with django_assert_num_queries(1):
        shown(timeline_of(apps[0], only=Filter(person="grace@example.com")))
    # Who is meant, the lines.
    with django_assert_num_queries(2):
        shown(timeline_of(apps[0], only=Filter(person="grace")))


def test_a_page_over_few_apps_is_two_queries(
    apps: list[App], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    only = Filter(since=moments()[2], until=moments()[4])

    # Who asks, with their apps and the ids between which the days lie; the lines.
    with django_assert_num_queries(2):
        shown(timeline_over_apps(acting(apps[0].owner), only=only))


def test_a_page_over_many_apps_is_three_queries(
    apps: list[App], read: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    only = Filter(since=moments()[2], until=moments()[4])

    # Who asks, and the ids between which the days lie; the newest ids; the lines.
    with django_assert_num_queries(3):
        shown(timeline_over_apps(SYSTEM, only=only))


def test_a_line_says_how_its_release_is_marked() -> None:
    app = make_app()
    release = make_deploy(app)
    for kind in (Mark.Kind.BAD, Mark.Kind.PIN):
        mark_release(release=release, kind=kind, reason="It crashes.", actor=SYSTEM)
    unmark_release(release=release, kind=Mark.Kind.BAD, actor=SYSTEM)
    make_config(app, KEY="value")

    [newest, *_, deployed, _] = timeline_of(app).activities

    assert note(deployed, "release_is_bad", "release_is_pinned") == [False, True]
    assert note(newest, "release_is_bad", "release_is_pinned") == [False, False]


def test_a_failed_release_says_how_it_failed(settings: Settings) -> None:
    app = make_app()
    settings.RELEASES_SETTLE_AT_ONCE = False
    failed = make_deploy(app)
    settle_release(release=failed, succeeded=False, message="x" * 600, actor=SYSTEM)
    silent = make_deploy(app)
    settle_release(release=silent, succeeded=False, actor=SYSTEM)

    page = timeline_of(app)

    found = {str(line.release): note(line, "failure") for line in page.activities}
    assert found == {"v3": [""], "v2": ["x" * 500], "v1": [""]}
