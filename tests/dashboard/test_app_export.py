"""Exporting an app's history: the form, the file, and who may."""

import csv
import io
import json
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains
from time_machine import travel

from releases.models import App, User
from tests.dashboard.clients import member, stranger
from tests.factories import make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db

HERE = "/apps/shop/export/"


@pytest.fixture
def app(user: User) -> App:
    """An app of the 1st of November, with a deploy and config of late on the 2nd."""
    with travel("2026-11-01 12:00Z"):
        app = make_app("shop", owner=user)
    with travel("2026-11-02 23:30Z"):
        make_deploy(app)
        make_config(app, COLOR="s3cret-red")
    app.refresh_from_db()
    return app


def read(client: Client, query: str) -> str:
    answer = client.get(f"{HERE}?{query}")
    assert answer.streaming
    assert answer.headers["Cache-Control"].count("no-store") == 1
    return answer.getvalue().decode("utf-8-sig")


def test_the_form_offers_both_formats_and_says_what_is_in_them(
    signed_in: Client, app: App
) -> None:
    page = signed_in.get(HERE)

    assertContains(page, 'type="radio" name="format"', count=2)
    assertContains(page, "no value is in it")
    assertContains(signed_in.get("/apps/shop/activity/"), f'href="{HERE}"')
    assertContains(signed_in.get("/apps/shop/insights/"), f'href="{HERE}"')


def test_the_form_takes_over_the_days_of_an_address(
    signed_in: Client, app: App
) -> None:
    page = signed_in.get(f"{HERE}?since=2026-11-01")

    assertContains(page, 'name="since" value="2026-11-01"')


def test_the_whole_history_comes_as_csv(signed_in: Client, app: App) -> None:
    rows = list(csv.DictReader(io.StringIO(read(signed_in, "format=csv"))))

    assert len(rows) == app.chain_length
    assert rows[-1]["summary"] == "Set COLOR config vars"
    assert rows[-1]["digest"] == app.chain_head
    assert "s3cret" not in str(rows)


def test_days_are_whole_ones_where_one_is(signed_in: Client, app: App) -> None:
    def days(query: str) -> set[str]:
        lines = read(signed_in, f"format=jsonl&{query}").splitlines()
        return {json.loads(line)["activity"]["created_at"][:10] for line in lines}

    assert days("since=2026-11-01&until=2026-11-02") == {"2026-11-01", "2026-11-02"}
    assert days("since=2026-11-02") == {"2026-11-02"}
    assert days("until=2026-11-01") == {"2026-11-01"}
    # There it was the 3rd already.
    signed_in.cookies["zone"] = "Europe/Vienna"
    assert days("until=2026-11-02") == {"2026-11-01"}
    assert days("since=2026-11-03") == {"2026-11-02"}


def test_the_file_is_named_after_the_app_and_its_days(
    signed_in: Client, app: App
) -> None:
    answer = signed_in.get(f"{HERE}?format=jsonl&since=2026-11-01&until=2026-11-02")

    assert answer.headers["Content-Type"] == "application/jsonl; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="shop-history-2026-11-01-2026-11-02.jsonl"'
    )


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            "format=csv&since=2026-11-02&until=2026-11-01",
            "The period ends before it begins",
        ),
        ("format=csv&since=yesterday", "Enter a valid date."),
        ("format=csv&until=9999-12-31", "Enter a valid date."),
        ("format=xlsx", "Select a valid choice."),
        ("format=", "Choose a format."),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_stays_typed(
    signed_in: Client, app: App, query: str, sentence: str
) -> None:
    page = signed_in.get(f"{HERE}?{query}")

    assertContains(page, sentence, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    if "since=" in query:
        typed = query.split("since=")[1].split("&", maxsplit=1)[0]
        assertContains(page, f'value="{typed}"', status_code=422)


def test_who_manages_the_app_may_export_it_and_nobody_else(app: App) -> None:
    assert member(app, "manage").get(f"{HERE}?format=csv").status_code == HTTPStatus.OK
    others = member(app, "view", "rollback", "deploy", "operate")
    for page in ("/apps/shop/activity/", "/apps/shop/insights/"):
        assertNotContains(others.get(page), HERE)
    for query in ("", "?format=csv"):
        assert others.get(f"{HERE}{query}").status_code == HTTPStatus.FORBIDDEN
        answer = stranger().get(f"{HERE}{query}")
        assert answer.status_code == HTTPStatus.NOT_FOUND
    assert Client().get(f"{HERE}?format=csv").status_code == HTTPStatus.FOUND
