import pgtrigger
import pytest
from pytest_django import DjangoAssertNumQueries

from releases.config import vars_of
from releases.ledger_entry import LedgerEntry, ledger_entry
from releases.models import Activity, App, ConfigVar, Release
from releases.queries import find_release
from tests.factories import make_app, make_config, make_deploy

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    app = make_app()
    make_deploy(app)
    make_config(app, COLOR="red")
    return app


def entry_of(app: App, version: int) -> LedgerEntry:
    release = find_release(app, version)
    [config_vars] = vars_of(release.config_set)
    return ledger_entry(release, config_vars)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_what_was_written_verifies(app: App, version: int) -> None:
    entry = entry_of(app, version)

    assert entry.faults == []
    assert entry.activity.release == app.releases.get(version=version)


def test_the_digest_before_it_is_that_of_the_line_before(app: App) -> None:
    entry = entry_of(app, 3)

    before = app.activities.get(sequence=(entry.activity.sequence or 0) - 1)
    assert entry.before == before.digest
    assert entry_of(app, 1).before == ""


def test_changed_facts_show(app: App) -> None:
    with pgtrigger.ignore():
        Release.objects.filter(app=app, version=3).update(reason="forged")

    assert entry_of(app, 3).faults == ["its facts are not those that were written"]


def test_a_swapped_config_var_shows(app: App) -> None:
    with pgtrigger.ignore():
        ConfigVar.objects.filter(app=app).update(fingerprint="f" * 64)

    assert entry_of(app, 3).faults == [
        "its config vars are not those that were written"
    ]


def test_a_changed_entry_and_one_out_of_line_show(app: App) -> None:
    with pgtrigger.ignore():
        Activity.objects.filter(release__version=3).update(summary="forged")
        Activity.objects.filter(app=app, sequence=1).update(digest="0" * 64)

    fault = "its entry does not follow from the one before"
    assert entry_of(app, 3).faults == [fault]


def test_it_takes_two_statements_whatever_the_history(
    app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        make_config(app, COLOR=str(number))
    release = find_release(app, 3)
    [config_vars] = vars_of(release.config_set)

    # The activity of the release, and the digest of the one before.
    with django_assert_num_queries(2):
        ledger_entry(release, config_vars)
