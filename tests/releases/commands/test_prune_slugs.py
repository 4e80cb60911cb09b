import pytest

from releases.models import App, Release
from tests.factories import make_app, make_deploy, make_member
from tests.releases.commands.running import refusal, run, run_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    """v2 to v5 deploy code of their own, so v5 runs and v4 is the last known good."""
    app = make_app("shop")
    for _ in range(4):
        make_deploy(app)
    return app


def test_it_only_says_what_would_go(app: App) -> None:
    text = run("prune_slugs", "--keep", "1", "--days", "0")

    assert text.splitlines()[0].startswith("Would delete 2 slugs (")
    assert text.splitlines()[1:] == ["App   Would expire", "shop  v2, v3"]
    assert not app.releases.filter(status=Release.Status.EXPIRED).exists()


def test_told_to_it_deletes(app: App) -> None:
    text = run("prune_slugs", "shop", "--keep", "1", "--days", "0", "--delete")

    assert text.splitlines()[0].startswith("Deleted 2 slugs (")
    assert text.splitlines()[1:] == ["App   Expired", "shop  v2, v3"]
    expired = app.releases.filter(status=Release.Status.EXPIRED)
    assert set(expired.values_list("version", flat=True)) == {2, 3}
    assert "There is nothing to prune." in run(
        "prune_slugs", "--keep", "1", "--days", "0"
    )


def test_programs_get_checksums_and_versions(app: App) -> None:
    first, second = app.slugs.order_by("sealed_at")[:2]

    answer = run_json("prune_slugs", "--keep", "1", "--days", "0")

    assert answer["deleted"] is False
    assert answer["slugs"] == sorted([str(first.blob_id), str(second.blob_id)])
    assert answer["apps"] == [{"name": "shop", "versions": [2, 3]}]


def test_by_default_nothing_of_the_last_days_goes(app: App) -> None:
    assert "There is nothing to prune." in run("prune_slugs")


def test_only_superusers_may(app: App) -> None:
    member = make_member(app, "operate").user

    assert "only superusers may" in refusal("prune_slugs", "shop", by=member)


def test_a_number_that_makes_no_sense_is_refused(app: App) -> None:
    assert "a number from 1" in refusal("prune_slugs", "--keep", "0")
    assert "a number from 1" in refusal("prune_slugs", "--days", "-1")
