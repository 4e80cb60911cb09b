import pytest
from pytest_django import DjangoAssertNumQueries

from releases.models import App, Mark
from releases.operations.mark_release import mark_release
from tests.factories import acting, make_config, make_member, make_slug
from tests.releases.api.clients import Api, api_for, follows_schema, is_error

pytestmark = pytest.mark.django_db
RELEASES = "/apps/shop/releases"


def test_the_list_is_ascending_unless_asked_otherwise(api: Api) -> None:
    everything = api.get(RELEASES)
    newest = api.get(RELEASES, range="version ..; max=2, order=desc")

    assert everything.status == 200
    assert follows_schema("release", *everything.json)
    ids = [release["id"] for release in everything.json]
    assert ids == sorted(ids)
    assert [release["version"] for release in newest.json] == [5, 4]
    assert newest.status == 206
    assert newest.headers["Next-Range"] == "version ]4..; max=2, order=desc"


@pytest.mark.parametrize("identity", ["4", "v4", "V4"])
def test_one_is_found_by_version_or_id(api: Api, app: App, identity: str) -> None:
    release = app.releases.get(version=4)

    assert api.get(f"{RELEASES}/{identity}").json["id"] == str(release.pk)
    assert api.get(f"{RELEASES}/{release.pk}").json["version"] == 4


@pytest.mark.parametrize("identity", ["99", "latest", "v0", "9" * 30])
def test_one_that_is_not_there_is_not_found(api: Api, identity: str) -> None:
    answered = api.get(f"{RELEASES}/{identity}")

    assert is_error(answered, 404, "not_found")
    assert answered.json["message"] == "Couldn't find that release."
    assert answered.json["resource"] == "release"


@pytest.mark.parametrize("reference", ["v3", "3", 3], ids=repr)
def test_rolling_back_copies_code_and_config(
    api: Api, app: App, reference: str | int
) -> None:
    answered = api.post(RELEASES, {"release": reference})

    assert answered.status == 201
    assert follows_schema("release", answered.json)
    assert answered.json["version"] == 6
    assert answered.json["current"]
    assert answered.json["description"] == "Rollback to v3"
    made = app.releases.get(version=6)
    assert (made.source, made.token_name) == ("api", "laptop")


def test_rolling_back_by_id_is_what_the_cli_does(api: Api, app: App) -> None:
    target = app.releases.get(version=3)

    assert api.post(RELEASES, {"release": str(target.pk)}).json["version"] == 6


def test_what_heroku_lacks_stands_beside_its_keys(api: Api, app: App) -> None:
    read = api.get(f"{RELEASES}/3/plan?scope=config").json

    answered = api.post(
        RELEASES,
        {
            "release": "3",
            "scope": "config",
            "reason": "p95 doubled",
            "incident_url": "https://status.example.com/42",
            "plan_digest": read["digest"],
            "mark_bad": True,
        },
    )

    assert answered.json["scope"] == "config"
    assert answered.json["reason"] == "p95 doubled"
    assert answered.json["restores"]["version"] == 3
    assert app.releases.get(version=5).marks.get().kind == Mark.Kind.BAD


def test_a_plan_that_moved_is_answered_with_a_fresh_one(api: Api, app: App) -> None:
    read = api.get(f"{RELEASES}/3/plan").json
    make_config(app, COLOR="green")

    answered = api.post(RELEASES, {"release": "3", "plan_digest": read["digest"]})

    assert is_error(answered, 409, "conflict")
    assert answered.json["code"] == "plan_moved"
    assert answered.json["plan"]["from"]["version"] == 6
    again = {"release": "3", "plan_digest": answered.json["plan"]["digest"]}
    assert api.post(RELEASES, again).status == 201


def test_a_repeated_request_makes_one_release(api: Api, app: App) -> None:
    first = api.post(RELEASES, {"release": "3"}, request_id="6b1a3d1e-0000-4000-a")
    again = api.post(
        RELEASES, {"release": "3"}, request_id="6b1a3d1e-0000-4000-a,another-id-1"
    )

    assert (first.status, again.status) == (201, 201)
    assert first.json["id"] == again.json["id"]
    assert app.releases.count() == 6


def test_deploying_takes_a_slug_of_the_app(api: Api, app: App) -> None:
    slug = make_slug(app)

    answered = api.post(RELEASES, {"slug": str(slug.pk), "description": "Retry of v4"})

    assert answered.json["slug"] == {"id": str(slug.pk)}
    assert answered.json["description"] == "Retry of v4"
    assert is_error(api.post(RELEASES, {"slug": str(app.pk)}), 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"slug": None, "release": None},
        {"slug": "x", "release": "3"},
        {"release": ["3"]},
        {"release": {"id": 3}},
        {"release": "3", "scope": "nonsense"},
        {"release": "3", "override": "perhaps"},
        {"release": "3", "incident_url": "ftp://example.com"},
        {"release": "5"},
        {"release": "1"},
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    api: Api, app: App, body: object
) -> None:
    answered = api.post(RELEASES, body)

    assert is_error(answered, 422, "invalid_params")
    assert app.releases.count() == 5


def test_the_current_one_and_what_differs_from_it_are_eligible(
    api: Api, app: App
) -> None:
    bad = app.releases.get(version=4)
    mark_release(release=bad, kind=Mark.Kind.BAD, reason="x", actor=acting(app.owner))

    listed = api.get(RELEASES, range="version ..; order=desc").json

    eligible = [each["version"] for each in listed if each["eligible_for_rollback"]]
    assert eligible == [5, 3, 2]


def test_marks_are_made_and_cleared(api: Api, app: App) -> None:
    made = api.post(f"{RELEASES}/4/marks", {"kind": "bad", "reason": "500s"})
    assert (made.status, made.json["bad"]) == (201, True)
    assert is_error(
        api.post(f"{RELEASES}/4/marks", {"kind": "bad"}), 422, "invalid_params"
    )

    cleared = api.delete(f"{RELEASES}/4/marks/bad")
    assert (cleared.status, cleared.json["bad"]) == (200, False)
    assert is_error(api.delete(f"{RELEASES}/4/marks/odd"), 404, "not_found")


def test_two_releases_are_compared(api: Api) -> None:
    answered = api.get("/apps/shop/compare/v3...v5")

    [change] = answered.json["config"]
    assert (change["name"], change["change"]) == ("COLOR", "changed")
    assert answered.json["digest"] is None


def test_who_may_only_look_gets_a_sentence(app: App) -> None:
    viewer = api_for(make_member(app, "view").user)

    assert is_error(viewer.post(RELEASES, {"release": "3"}), 403, "forbidden")
    assert viewer.get(f"{RELEASES}/3/plan").status == 200


def test_a_list_takes_the_same_statements_for_any_history(
    api: Api, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_config(app, COLOR=str(number))

    # Token, its rate limit, app, permission; the releases, their slugs, their config
    # sets, and the config vars of all of these.
    with django_assert_num_queries(8):
        api.get(RELEASES, range="version ..; max=10, order=desc")
