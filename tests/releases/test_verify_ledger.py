"""The command: what it says of a ledger, of checkpoints, and of stored bytes."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import DjangoDbBlocker

from releases.chain import activity_digest
from releases.models import App, Blob
from releases.operations.destroy_app import destroy_app
from releases.slugs.storage import delete_blob
from releases.verification import verify_app
from tests.factories import make_app, make_config, make_member, make_slug
from tests.releases.commands.running import refusal, run, run_json
from tests.releases.forgeries import activity, release
from tests.releases.forging import SYSTEM, forge, rows_of, story_of_a_module

pytestmark = pytest.mark.django_db

CUT_OFF = """
    DELETE FROM releases_mark;
    DELETE FROM releases_activity WHERE app_id = %(app)s AND sequence = 10;
    UPDATE releases_app SET chain_length = 9, chain_head =
        (SELECT digest FROM releases_activity WHERE app_id = %(app)s AND sequence = 9)
    WHERE id = %(app)s"""
DELETE_APP = """
    DELETE FROM releases_activity WHERE app_id = %(gone)s;
    DELETE FROM releases_release WHERE app_id = %(gone)s;
    DELETE FROM releases_configset WHERE app_id = %(gone)s;
    DELETE FROM releases_app WHERE id = %(gone)s"""


@pytest.fixture(scope="module")
def app(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[App]:
    with story_of_a_module(django_db_blocker) as app:
        yield app


def test_a_tail_cut_off_with_the_app_row_forged_shows_by_a_checkpoint(
    app: App, tmp_path: Path
) -> None:
    heads = tmp_path / "heads.json"
    run("verify_ledger", "--checkpoint", heads)

    forge(CUT_OFF, rows_of(app))

    assert list(verify_app(app.pk)) == []
    assert refusal("verify_ledger", "--checkpoint", heads) == (
        "1 fault; the first: shop, its row: the chain ends at activity 9, and the"
        " checkpoint has 10: the end was cut off."
    )


def test_a_chain_that_was_sealed_anew_shows_by_a_checkpoint(
    app: App, tmp_path: Path
) -> None:
    heads = tmp_path / "heads.json"
    run("verify_ledger", "--checkpoint", heads)

    forge(activity(10, "actor_email = 'grace@example.com'"), rows_of(app))
    seal_anew(app, 10)

    assert list(verify_app(app.pk)) == []
    assert "activity 10: it is not the one of the checkpoint" in refusal(
        "verify_ledger", "--checkpoint", heads
    )


def test_a_deleted_app_shows_by_a_checkpoint(app: App, tmp_path: Path) -> None:
    heads = tmp_path / "heads.json"
    gone = make_app("gone")
    run("verify_ledger", "--checkpoint", heads)

    forge(DELETE_APP, {"gone": str(gone.pk)})

    assert "Verified 1 app," in run("verify_ledger")
    assert refusal("verify_ledger", "--checkpoint", heads) == (
        f"1 fault; the first: app {gone.pk}, its row: it is gone, and apps are never"
        " deleted."
    )


def test_a_checkpoint_is_written_once_and_then_agreed_with(
    app: App, tmp_path: Path
) -> None:
    heads = tmp_path / "heads.json"

    first = run("verify_ledger", "--checkpoint", heads)
    written = heads.read_text(encoding="utf-8")
    make_config(app, KEY="three")
    make_app("newer")
    second = run("verify_ledger", "--checkpoint", heads)

    assert f"Their heads are in {heads} now" in first
    assert f"They agree with {heads}." in second
    assert heads.read_text(encoding="utf-8") == written


def test_no_checkpoint_is_made_of_a_ledger_that_does_not_verify(
    app: App, tmp_path: Path
) -> None:
    forge(release(3, "reason = 'because'"), rows_of(app))

    refusal("verify_ledger", "--checkpoint", tmp_path / "heads.json")

    assert not (tmp_path / "heads.json").exists()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"format": "rollbook-0", "heads": {}}']
    + [f'{{"format": "rollbook-1", "heads": {heads}}}' for heads in ("1", '{"a": 1}')],
)
def test_a_file_that_is_no_checkpoint_is_refused_and_left(
    app: App, tmp_path: Path, text: str
) -> None:
    (tmp_path / "heads.json").write_text(text, encoding="utf-8")

    sentence = refusal("verify_ledger", "--checkpoint", tmp_path / "heads.json")

    assert sentence.endswith("heads.json is no checkpoint that this version wrote.")
    assert (tmp_path / "heads.json").read_text(encoding="utf-8") == text


def test_a_folder_that_is_missing_is_refused_before_the_work(
    app: App, tmp_path: Path
) -> None:
    sentence = refusal("verify_ledger", "--checkpoint", tmp_path / "none" / "heads")

    assert "cannot be written" in sentence


def test_a_changed_byte_of_a_stored_slug_shows(app: App) -> None:
    blob = new_blob(app)
    with storages["slugs"].open(f"{blob.pk[:2]}/{blob.pk}.tar.gz", "rb+") as stored:
        changed = bytearray(stored.read())
        changed[20] ^= 1
        stored.seek(0)
        stored.write(changed)

    sentence = refusal("verify_ledger")

    assert sentence == (
        f"1 fault; the first: slug {blob}, {blob.pk}: its stored bytes were changed or"
        " are missing."
    )
    assert list(verify_app(app.pk)) == []
    assert "Verified 1 app," in run("verify_ledger", "--without-slugs")


def test_a_deleted_file_of_a_slug_shows(app: App) -> None:
    delete_blob(new_blob(app).pk)

    assert "its stored bytes were changed or are missing" in refusal("verify_ledger")


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE releases_manifest SET entries =
        (SELECT entries FROM releases_manifest WHERE blob_id = %(blob2)s)
        WHERE blob_id = %(blob)s""",
        "UPDATE releases_manifest SET entries = 'no zlib' WHERE blob_id = %(blob)s",
        "UPDATE releases_blob SET file_count = 9 WHERE sha256 = %(blob)s",
        "DELETE FROM releases_manifest WHERE blob_id = %(blob)s",
    ],
)
def test_a_changed_manifest_shows(app: App, statement: str) -> None:
    rows = rows_of(app)

    forge(statement, rows)

    assert f"slug {rows['blob'][:12]}, " in refusal("verify_ledger")


def test_programs_get_the_faults_too(app: App) -> None:
    good = run_json("verify_ledger")
    forge(release(3, "reason = 'because'"), rows_of(app))
    out = io.StringIO()

    with pytest.raises(CommandError):
        call_command("verify_ledger", "--json", stdout=out)

    bad = json.loads(out.getvalue())

    assert (good["verified"], good["apps"], good["releases"]) == (True, 1, 7)
    assert (bad["verified"], bad["faults_total"]) == (False, 1)
    assert bad["faults"] == [
        {"where": "shop", "row": "v3", "sentence": "it is not as it was released"}
    ]


def test_one_app_can_be_verified_by_whoever_sees_it(app: App) -> None:
    member = make_member(app).user
    make_app("other")

    assert "Verified 1 app," in run("verify_ledger", "--app", "shop", by=member)
    assert refusal("verify_ledger", "--app", "other", by=member) == (
        "There is no app called other."
    )
    assert refusal("verify_ledger", by=member) == (
        f"{member} may not verify the whole ledger: only superusers may."
    )


def test_a_destroyed_app_is_verified_by_its_id(app: App) -> None:
    destroy_app(app=app, confirm="shop", actor=SYSTEM)

    assert "Verified 1 app," in run("verify_ledger", "--app", str(app.pk))
    assert refusal("verify_ledger", "--app", "shop") == "There is no app called shop."


def new_blob(app: App) -> Blob:
    slug = make_slug(app)
    assert slug.blob
    return slug.blob


def seal_anew(app: App, sequence: int) -> None:
    """Do as a forger would who knows how digests are made, up to the app's row."""
    before = app.activities.get(sequence=sequence - 1)
    forged = app.activities.get(sequence=sequence)
    digest = activity_digest(
        before.digest, forged, forged.release.digest if forged.release else ""
    )
    rows = {"app": str(app.pk), "digest": digest}
    forge(activity(sequence, "digest = %(digest)s"), rows)
    forge("UPDATE releases_app SET chain_head = %(digest)s WHERE id = %(app)s", rows)
