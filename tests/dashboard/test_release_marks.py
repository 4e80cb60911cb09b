"""Marks on the page of a release: bad or pinned, put and taken off."""

from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from releases.models import Activity, App, Mark, User
from releases.queries import standing_marks
from tests.dashboard.clients import member, stranger

pytestmark = pytest.mark.django_db
PAGE = "/apps/shop/releases/v3/"
MARK = f"{PAGE}mark/"
BAD = {"kind": "bad", "reason": "loses orders"}
PIN = {"kind": "pin"}


def standing(app: App) -> list[tuple[str, str, str]]:
    return [(str(m.release), m.kind, m.reason) for m in standing_marks(app)]


def lines(app: App) -> list[str]:
    kinds = [Activity.Kind.RELEASE_MARKED, Activity.Kind.RELEASE_UNMARKED]
    found = app.activities.filter(kind__in=kinds).order_by("sequence")
    return [activity.summary for activity in found]


def test_a_release_is_marked_bad_with_a_reason_and_unmarked(
    signed_in: Client, app: App, user: User
) -> None:
    marked = signed_in.post(MARK, BAD)
    assertRedirects(marked, PAGE, fetch_redirect_response=False)
    page = signed_in.get(PAGE)
    assertContains(page, "v3 is marked bad.")
    assertContains(page, "loses orders")
    assertContains(page, "Not bad any more")
    assert standing(app) == [("v3", "bad", "loses orders")]
    assert Mark.objects.get().created_by == user

    unmarked = signed_in.post(MARK, {"kind": "bad", "clear": "on"})
    assertRedirects(unmarked, PAGE, fetch_redirect_response=False)
    assertContains(signed_in.get(PAGE), "v3 is not marked bad any more.")
    assert standing(app) == []
    assert lines(app) == ["Marked v3 bad", "Cleared the mark bad of v3"]


def test_a_pin_needs_no_reason(signed_in: Client, app: App) -> None:
    signed_in.post(MARK, PIN)

    page = signed_in.get(PAGE)
    assertContains(page, "v3 is pinned.")
    assertContains(page, "v3 is pinned: change its marks")
    assertContains(page, "Unpin")
    assert standing(app) == [("v3", "pin", "")]


def test_pressing_twice_marks_once(signed_in: Client, app: App) -> None:
    for fields in (BAD, BAD, PIN, PIN):
        signed_in.post(MARK, fields)

    assertContains(signed_in.get(PAGE), "v3 of shop is marked bad already.")
    assert lines(app) == ["Marked v3 bad", "Pinned v3"]
    for _ in range(2):
        signed_in.post(MARK, {"kind": "pin", "clear": "on"})
    assert lines(app)[2:] == ["Cleared the mark pin of v3"]


@pytest.mark.parametrize(
    ("kind", "reason", "sentence"),
    [
        ("bad", " ", "A reason is needed."),
        ("bad", "x" * 2_001, "2,000 are allowed."),
        ("pin", "so \0 so", "The reason is not valid text."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_stays_typed(
    signed_in: Client, app: App, kind: str, reason: str, sentence: str
) -> None:
    page = signed_in.post(MARK, {"kind": kind, "reason": reason})

    assertContains(page, sentence, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    assertContains(page, f'id="error-{kind}"', status_code=422)
    assertContains(page, 'id="release-marks" open', status_code=422)
    if reason.isprintable() and reason.strip():
        assertContains(page, f'value="{reason}"', status_code=422)
    assert standing(app) == []


def test_only_who_may_roll_back_marks(app: App) -> None:
    viewer, on_call = member(app, "view"), member(app, "rollback")

    assertNotContains(viewer.get(PAGE), MARK)
    assert viewer.post(MARK, BAD).status_code == HTTPStatus.FORBIDDEN
    assert stranger().post(MARK, BAD).status_code == HTTPStatus.NOT_FOUND
    assert standing(app) == []

    assertContains(on_call.get(PAGE), MARK, count=2)
    on_call.post(MARK, BAD)
    assert len(standing(app)) == 1


def test_what_is_not_there_cannot_be_marked(signed_in: Client, app: App) -> None:
    assert signed_in.get(MARK).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    for path, fields in ((MARK, {"kind": "nice"}), (MARK.replace("v3", "v9"), BAD)):
        assert signed_in.post(path, fields).status_code == HTTPStatus.NOT_FOUND
    assert standing(app) == []


def test_a_mark_that_stands_is_shown_however_many_were_cleared(
    signed_in: Client, app: App
) -> None:
    signed_in.post(MARK, PIN)
    for _ in range(21):
        signed_in.post(MARK, BAD)
        signed_in.post(MARK, {"kind": "bad", "clear": "on"})

    assertContains(signed_in.get(PAGE), "Unpin")
