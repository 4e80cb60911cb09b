"""Whatever a client sends, it is answered in JSON, and the server does not fail."""

import json
import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from releases.api.routes import Route
from releases.api.urls import ROUTES
from releases.models import App
from tests.releases.api.clients import ACCEPT, Api, is_error

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("apps_run_here")]
SECRET = "s3cret-of-the-app"
words = st.one_of(
    st.sampled_from(
        [
            *("shop", "~", "v2", "2", "COLOR", "web", "web.1", "bad"),
            *("x" * 300, "%00", "..", "é"),
        ]
    ),
    st.text(st.characters(exclude_characters="/?#", codec="utf-8"), min_size=1),
    st.uuids().map(str),
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
fields = st.sampled_from(
    [
        "name",
        "slug",
        "release",
        "scope",
        "process_types",
        "user",
        "permissions",
        "plan",
        "config_vars",
        "updates",
        "type",
        "quantity",
        "size",
        "dyno_size",
        "command",
        "attach",
        "env",
        "dyno",
        "source",
        "reason",
        "kind",
        "in",
        "id",
        "lines",
        "tail",
        "maintenance",
        "expires_in",
        "description",
        "COLOR",
    ]
)
bodies = st.one_of(
    st.dictionaries(fields, values, max_size=5).map(json.dumps),
    values.map(json.dumps),
    st.text(max_size=50),
)
ranges = st.one_of(
    st.just(""),
    st.from_regex(
        r"(id|version|name) \]?\w{0,5}\.\.\w{0,5}; ?max=\d{1,5}(, order=desc)?"
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
)


@given(
    route=st.sampled_from(ROUTES),
    arguments=st.lists(words, min_size=4, max_size=4),
    body=bodies,
    range_header=ranges,
)
@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_request_makes_it_fail(
    api: Api,
    app: App,
    route: Any,
    arguments: list[str],
    body: str,
    range_header: str,
) -> None:
    path = f"/{route.path}"
    for argument in ["shop", *arguments] if "<app>" in path else arguments:
        start, end = path.find("<"), path.find(">")
        if start < 0:
            break
        path = path[:start] + argument + path[end + 1 :]

    with transaction.atomic():
        response = Client().generic(
            route.method,
            path,
            body.encode("utf-8", "surrogatepass"),
            headers={
                "Accept": ACCEPT,
                "Authorization": f"Bearer {api.token}",
                "Range": range_header,
            },
        )
        transaction.set_rollback(True)

    assert response.status_code < 500, (route.method, path, body)
    assert response.headers["Content-Type"] == "application/json"
    answer = json.loads(response.content)
    if response.status_code >= 400:
        assert answer["id"]
        assert answer["message"]
        assert SECRET not in response.content.decode()


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if "<" in route.path.replace("<app>", "")],
    ids=lambda route: f"{route.method} {route.path}",
)
def test_what_is_called_by_a_nul_is_not_there(api: Api, app: App, route: Route) -> None:
    path = re.sub(r"<\w+>", "%00", f"/{route.path}".replace("<app>", app.name))

    assert api.call(route.method, path).status == 404


def test_nobody_has_a_nul_in_their_e_mail(api: Api, app: App) -> None:
    answer = api.post("/apps/shop/collaborators", {"user": "ada\0@example.com"})

    assert is_error(answer, 422, "invalid_params")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"NaN", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 60 + b"1" + b"}" * 60, 400),
        (b" " * (4 * 2**20 + 1), 413),
    ],
    ids=["cut", "no text", "list", "word", "nan", "deep", "deep enough", "long"],
)
def test_a_body_that_is_none_is_refused(
    api: Api, app: App, body: bytes, status: int
) -> None:
    response = Client().patch(
        "/apps/shop/config-vars",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {api.token}"},
    )

    assert response.status_code == status
    assert json.loads(response.content)["message"].endswith(".")
    assert app.releases.count() == 5


@pytest.mark.parametrize(
    "accept",
    [
        "application/vnd.heroku+json; version=3",
        "application/vnd.heroku+json; version=3.sdk",
        "application/vnd.heroku+json;version=3.cedar-acm",
        "application/json",
        "*/*",
        "",
    ],
)
def test_any_spelling_of_version_three_is_taken(api: Api, accept: str) -> None:
    assert api.get("/account", accept=accept).status == 200


def test_another_version_is_not_to_be_had(api: Api) -> None:
    answered = api.get("/account", accept="application/vnd.heroku+json; version=2")

    assert is_error(answered, 406, "not_acceptable")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nothing"), ("GET", "/apps/"), ("PUT", "/apps"), ("OPTIONS", "/apps")],
)
def test_what_is_not_there_is_said_in_json(api: Api, method: str, path: str) -> None:
    assert is_error(api.call(method, path), 404, "not_found")


def test_each_answer_has_one_short_id_and_is_kept_by_nobody(api: Api) -> None:
    sent = "6b1a3d1e-0000-4000-a,other-id-1234,another-id-5678"

    answered = api.get("/account", request_id=sent)

    assert answered.headers["Request-Id"] == "6b1a3d1e-0000-4000-a"
    assert answered.headers["Cache-Control"] == "private, no-store"
    assert answered.headers["Vary"].startswith("Accept, Authorization")
    assert (
        api.get("/account", request_id="<script>").headers["Request-Id"] != "<script>"
    )


def test_calls_are_counted_and_end_at_the_limit(api: Api, settings: Any) -> None:
    settings.API_CALLS_AN_HOUR = 3

    answers = [api.get("/account") for _ in range(5)]

    assert [each.status for each in answers] == [200, 200, 200, 429, 429]
    left = [each.headers.get("RateLimit-Remaining") for each in answers[:3]]
    assert left == ["2", "1", "0"]
    assert is_error(answers[3], 429, "rate_limit")
