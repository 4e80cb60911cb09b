import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from releases.models import App
from releases.operations.hold_deploys import hold_deploys
from tests.factories import acting, make_app, make_member, make_user
from tests.releases.api.clients import Api, api_for, follows_schema, is_error

pytestmark = pytest.mark.django_db


def test_apps_are_listed_with_all_that_heroku_says_of_one(api: Api, app: App) -> None:
    make_app("secret")
    for path in ("/apps", "/users/~/apps", "/users/ada@example.com/apps"):
        answered = api.get(path)
        assert [each["name"] for each in answered.json] == ["shop"]
        assert follows_schema("app", *answered.json)
    assert is_error(api.get("/users/grace@example.com/apps"), 404, "not_found")


def test_any_number_of_apps_takes_the_same_statements(
    api: Api, app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("one", "two", "three"):
        held = make_app(name, owner=app.owner)
        hold_deploys(app=held, reason="audit", actor=acting(app.owner))

    # Token, its rate limit, who asks, the apps with their owners and who holds them.
    with django_assert_num_queries(4):
        answered = api.get("/apps")

    assert [each["hold"] and each["hold"]["reason"] for each in answered.json].count(
        "audit"
    ) == 3


def test_one_is_found_by_name_or_id_and_others_are_not_there(
    api: Api, app: App
) -> None:
    hidden = make_app("secret")

    assert api.get("/apps/shop").json["id"] == str(app.pk)
    assert api.get(f"/apps/{app.pk}").json["name"] == "shop"
    for identity in ("secret", hidden.pk, "nothing", "A" * 300):
        answered = api.get(f"/apps/{identity}")
        assert is_error(answered, 404, "not_found")
        assert answered.json["message"] == "Couldn't find that app."
        assert answered.json["resource"] == "app"


@pytest.mark.parametrize(
    "body", [None, {}, {"name": "fresh", "stack": "cedar", "region": "us", "extra": 1}]
)
def test_making_one_takes_what_clients_send(api: Api, body: object) -> None:
    made = api.post("/apps", body)

    assert made.status == 201
    assert follows_schema("app", made.json)
    assert made.json["owner"]["email"] == "ada@example.com"


def test_a_repeated_request_makes_one_app(api: Api) -> None:
    first = api.post("/apps", {"name": "fresh"}, request_id="6b1a3d1e-0000-4000-a")
    again = api.post("/apps", {"name": "fresh"}, request_id="6b1a3d1e-0000-4000-a")
    other = api.post("/apps", {"name": "fresh"})

    assert (first.status, again.status) == (201, 201)
    assert first.json["id"] == again.json["id"]
    assert is_error(other, 422, "invalid_params")
    assert other.json["message"] == "Name is already taken"


@pytest.mark.parametrize(
    "body", [{"name": "X"}, {"name": 3}, {"stack": "windows"}, {"name": "a" * 31}]
)
def test_one_that_cannot_be_is_refused(api: Api, body: object) -> None:
    assert is_error(api.post("/apps", body), 422, "invalid_params")
    assert App.objects.count() == 1


def test_renaming_and_maintenance(api: Api, app: App) -> None:
    assert api.patch("/apps/shop", {"maintenance": True}).json["maintenance"]
    assert api.patch("/apps/shop", {"maintenance": True}).status == 200
    renamed = api.patch("/apps/shop", {"name": "store"})

    assert renamed.json["name"] == "store"
    kinds = app.activities.order_by("-sequence").values_list("kind", flat=True)
    assert list(kinds[:2]) == ["app.renamed", "maintenance.on"]


def test_the_web_url_is_where_an_app_is_reached_or_its_page_where_none_runs(
    api: Api, settings: Settings
) -> None:
    page = api.get("/apps/shop").json["web_url"]
    settings.ROLLBOOK_RUNTIME = True
    reached = api.get("/apps/shop").json["web_url"]
    renamed = api.patch("/apps/shop", {"name": "store"}).json["web_url"]

    assert page == "http://localhost:8000/apps/shop/"
    assert reached == "http://shop.localhost:8080/"
    assert renamed == "http://store.localhost:8080/"


def test_destroying_answers_with_what_is_gone(api: Api) -> None:
    assert api.delete("/apps/shop").json["name"] == "shop"
    assert is_error(api.get("/apps/shop"), 404, "not_found")


def test_apps_are_filtered_by_their_ids(api: Api, app: App) -> None:
    hidden = make_app("secret")
    ids = [str(app.pk), str(hidden.pk), "nonsense"]

    found = api.post("/filters/apps", {"in": {"id": ids}}, range="id ..; max=1000;")

    assert [each["name"] for each in found.json] == ["shop"]


def test_a_member_may_do_what_their_permissions_say(app: App) -> None:
    viewer = api_for(make_member(app, "view").user)

    assert viewer.get("/apps/shop").status == 200
    for method, path, body in (
        ("PATCH", "/apps/shop", {"name": "mine"}),
        ("PATCH", "/apps/shop", {"maintenance": True}),
        ("DELETE", "/apps/shop", None),
        ("PUT", "/apps/shop/hold", {"reason": "x"}),
    ):
        assert is_error(viewer.call(method, path, body), 403, "forbidden")


def test_deploys_are_held_and_resumed(api: Api) -> None:
    held = api.put("/apps/shop/hold", {"reason": "incident 42"})
    assert held.json["hold"]["reason"] == "incident 42"
    assert is_error(api.put("/apps/shop/hold", {}), 422, "invalid_params")
    assert api.delete("/apps/shop/hold").json["hold"] is None


def test_people_are_given_access_and_it_is_taken(api: Api, app: App) -> None:
    grace = make_user("grace@example.com")
    path = "/apps/shop/collaborators"

    made = api.post(path, {"user": "Grace@example.com", "silent": True})
    assert made.status == 201
    assert follows_schema("collaborator", made.json)
    names = [each["name"] for each in made.json["permissions"]]
    assert names == ["view", "deploy", "operate"]
    listed = api.get(path).json
    assert [each["user"]["email"] for each in listed] == [
        "ada@example.com",
        "grace@example.com",
    ]
    assert follows_schema("collaborator", *listed)
    assert listed[0]["role"] == "owner"
    changed = api.patch(f"{path}/grace@example.com", {"permissions": ["rollback"]})
    assert [each["name"] for each in changed.json["permissions"]] == [
        "view",
        "rollback",
    ]
    for identity in ("grace@example.com", grace.pk, made.json["id"]):
        assert api.get(f"{path}/{identity}").json["id"] == made.json["id"]
    assert api.delete(f"{path}/grace@example.com").status == 200
    assert is_error(api.get(f"{path}/grace@example.com"), 404, "not_found")
    unknown = api.post(path, {"user": "nobody@example.com"})
    assert is_error(unknown, 422, "invalid_params")


def test_add_ons_are_attached_listed_and_detached(api: Api, app: App) -> None:
    made = api.post(
        "/apps/shop/addons",
        {"plan": "redis:mini", "name": "cache", "config_vars": {"REDIS_URL": "s3cret"}},
    )
    assert made.status == 201
    assert follows_schema("add-on", made.json)
    assert "s3cret" not in str(made.json)
    assert api.get("/apps/shop/config-vars").json["REDIS_URL"] == "s3cret"
    for path in ("/addons", "/apps/shop/addons"):
        assert [each["name"] for each in api.get(path).json] == ["cache"]
    for path in ("/addon-attachments", "/apps/shop/addon-attachments"):
        assert follows_schema("add-on-attachment", *api.get(path).json)
    assert api.get("/addons/cache").json["id"] == made.json["id"]
    plan = api.patch("/apps/shop/addons/cache", {"plan": "redis:big"})
    assert is_error(plan, 422, "invalid_params")
    assert api.delete("/apps/shop/addons/cache").json["state"] == "deprovisioned"
    assert "REDIS_URL" not in api.get("/apps/shop/config-vars").json
    assert is_error(api.get("/apps/shop/addons/cache"), 404, "not_found")


def test_what_does_not_run_says_so(api: Api) -> None:
    [web] = api.get("/apps/shop/formation").json
    assert (web["type"], web["quantity"]) == ("web", 0)
    assert follows_schema("formation", web)
    assert api.get("/apps/shop/formation/web").json == web
    assert api.get("/apps/shop/dynos").json == []
    scaled = api.patch(
        "/apps/shop/formation", {"updates": [{"type": "web", "quantity": "+1"}]}
    )
    assert is_error(scaled, 422, "invalid_params")
    assert "does not run them" in scaled.json["message"]
    for path in ("domains", "sni-endpoints", "features", "log-drains"):
        assert api.get(f"/apps/shop/{path}").json == []
    for path in ("pipeline-couplings", "builds", "webhooks"):
        assert is_error(api.get(f"/apps/shop/{path}"), 404, "not_found")
    assert is_error(api.get("/pipelines"), 404, "not_found")


def test_the_history_is_there_to_be_checked(api: Api, app: App) -> None:
    newest = api.get("/apps/shop/activity", range="seq ..; max=2, order=desc")
    head = api.get("/apps/shop/ledger-head").json

    assert newest.json[0]["digest"] == head["digest"]
    assert newest.json[0]["sequence"] == head["length"]
    assert (
        newest.headers["Next-Range"]
        == f"seq ]{head['length'] - 1}..; max=2, order=desc"
    )
    at = api.get("/apps/shop/at?time=2999-01-01T00:00:00Z").json
    assert at["version"] == 5
    assert follows_schema("release", at)
    assert is_error(api.get("/apps/shop/at?time=noon"), 422, "invalid_params")
    early = api.get("/apps/shop/at?time=1999-01-01")
    assert is_error(early, 404, "not_found")
