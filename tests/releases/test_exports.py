"""What auditors get: every line of a period, to be checked without Rollbook."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice, pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from time_machine import travel

from releases import exports
from releases.actors import Actor
from releases.exports import as_csv, as_json_lines
from releases.models import App
from releases.operations.hold_deploys import hold_deploys
from releases.operations.roll_back import roll_back
from tests.factories import acting, make_app, make_config, make_deploy, make_user

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()


@pytest.fixture
def app() -> App:
    """An app made on the 1st; a deploy, config and a rollback on the 2nd, 3rd and 4th."""
    with travel("2026-11-01 12:00Z"):
        app = make_app("shop", owner=make_user("ada@example.com"))
    with travel("2026-11-02 12:00Z"):
        make_deploy(app)
    with travel("2026-11-03 12:00Z"):
        make_config(app, COLOR="s3cret-red")
    with travel("2026-11-04 12:00Z"):
        roll_back(app=app, to=2, reason='=HYPERLINK("x")', actor=acting(app.owner))
    app.refresh_from_db()
    return app


def objects(lines: Iterator[str]) -> list[Any]:
    return [json.loads(line) for line in lines]


def table(lines: Iterator[str]) -> list[dict[str, str]]:
    text = "".join(lines)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def day(number: int) -> datetime:
    return datetime(2026, 11, number, tzinfo=UTC)


def numbers(found: Sequence[Any]) -> list[int]:
    return [each["activity"]["sequence"] for each in found]


def test_every_digest_can_be_worked_out_from_the_json_alone(app: App) -> None:
    found = objects(as_json_lines(app))

    for each in found:
        facts = json.dumps(
            each["activity"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        covered = f"rollbook-1\n{each['digest_before']}\n{facts}"
        assert hashlib.sha256(covered.encode()).hexdigest() == each["digest"]
    assert all(
        after["digest_before"] == before["digest"] for before, after in pairwise(found)
    )
    assert (found[0]["digest_before"], found[-1]["digest"]) == ("", app.chain_head)
    assert numbers(found) == [*range(1, app.chain_length + 1)]


def test_a_release_is_told_with_its_outcome_and_where_it_went(app: App) -> None:
    rollback = app.releases.get(version=4)

    *_, of_json = objects(as_json_lines(app))
    *_, of_csv = table(as_csv(app))

    assert of_json["activity"]["release"] == rollback.digest
    assert of_json["release"]["version"] == 4
    assert (of_json["release"]["status"], of_json["release"]["restores"]) == (
        "succeeded",
        2,
    )
    assert (of_csv["release"], of_csv["restores"]) == ("v4", "v2")
    assert (of_csv["kind"], of_csv["person"]) == ("release.created", "ada@example.com")
    assert (of_csv["time_utc"][:16], of_csv["release_status"]) == (
        "2026-11-04T12:00",
        "succeeded",
    )
    assert rollback.slug
    assert of_csv["commit"] == rollback.slug.commit
    assert (of_csv["digest"], of_csv["release_digest"]) == (
        app.chain_head,
        rollback.digest,
    )


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(
    app: App,
) -> None:
    whole = objects(as_json_lines(app))

    found = objects(as_json_lines(app, since=day(2), until=day(4)))

    assert {each["activity"]["created_at"][:10] for each in found} == {
        "2026-11-02",
        "2026-11-03",
    }
    assert found == [each for each in whole if each in found]
    assert found[0]["digest_before"] == whole[numbers(found)[0] - 2]["digest"]
    assert objects(as_json_lines(app, until=day(1))) == []
    assert objects(as_json_lines(app, since=day(5))) == []
    assert len(table(as_csv(app, since=day(4)))) == 1


def test_nothing_of_a_config_value_is_in_it(app: App) -> None:
    values = app.config_vars.all()
    lines = "".join([*as_json_lines(app), *as_csv(app)])

    assert "COLOR" in lines
    assert "s3cret" not in lines
    for value in values:
        assert value.fingerprint not in lines
        assert value.ciphertext_sha256 not in lines


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"])  # noqa: RUF001
def test_no_text_is_a_formula_to_a_spreadsheet(app: App, formula: str) -> None:
    hold_deploys(app=app, reason=formula, actor=SYSTEM)
    with travel("2026-11-30"):
        roll_back(app=app, to=3, reason=formula, actor=acting(app.owner))
    app.refresh_from_db()

    found = table(as_csv(app))

    assert found[-1]["reason"] == f"'{formula}"
    assert not any(
        cell.startswith(("=", "+", "-", "@", "＝"))  # noqa: RUF001
        for row in found
        for cell in row.values()
    )


def test_lines_are_read_in_pieces_as_they_are_asked_for(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PIECE", 2)

    with CaptureQueriesContext(connection) as asked:
        first = [*islice(as_json_lines(app), 1)]
    begun = len(asked)
    with CaptureQueriesContext(connection) as asked:
        found = objects(as_json_lines(app))

    assert len(first) == 1
    # Where the period is, and the first piece.
    assert begun == 2
    assert numbers(found) == [*range(1, app.chain_length + 1)]


def test_a_period_takes_the_same_statements_however_long_the_history_is(
    app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Where the period is, its first and last number, the lines, and that none is left.
    with django_assert_num_queries(5):
        assert objects(as_json_lines(app, since=day(3), until=day(4)))
