from collections.abc import Callable

import pytest
from pytest_django import Settings

from releases.actors import Actor
from releases.errors import Conflict, NotFound, OperationRefused
from releases.models import App, Blob, Mark, Release, Slug
from releases.operations.deploy import deploy
from releases.operations.hold_deploys import hold_deploys, resume_deploys
from releases.operations.mark_release import mark_release, unmark_release
from releases.operations.roll_back import roll_back
from tests.factories import (
    FILES,
    acting,
    make_app,
    make_config,
    make_deploy,
    make_slug,
    make_user,
)

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def app() -> App:
    return make_app("shop", owner=make_user("ada@example.com"))


def test_a_slug_goes_live_with_the_config_that_is_current(app: App) -> None:
    config = make_config(app, COLOR="red")
    slug = make_slug(app, commit="9218c1c" + "0" * 33)

    release = deploy(app=app, slug=slug, actor=acting(app.owner))

    assert (release.version, release.kind) == (3, Release.Kind.DEPLOY)
    assert release.description == "Deploy 9218c1c"
    assert (release.slug, release.config_set) == (slug, config.config_set)
    assert App.objects.get().current_release == release


def test_the_same_slug_again_is_another_release(app: App) -> None:
    slug = make_slug(app)

    versions = [deploy(app=app, slug=slug, actor=SYSTEM).version for _ in range(2)]

    assert versions == [2, 3]


def test_the_same_request_again_is_the_same_release(app: App) -> None:
    slug = make_slug(app)

    made = {
        deploy(app=app, slug=slug, actor=SYSTEM, idempotency_key="k") for _ in range(2)
    }

    assert len(made) == 1


def hold(app: App) -> None:
    hold_deploys(app=app, reason="checkout incident", actor=acting(app.owner))


def hold_on_the_host(app: App) -> None:
    hold_deploys(app=app, reason="an incident", actor=SYSTEM)


def prune(app: App) -> None:
    Blob.objects.update(deleted_at=app.created_at)


@pytest.mark.parametrize(
    ("ready", "sentence"),
    [
        (hold, "held by ada@example.com: checkout incident"),
        (hold_on_the_host, "held by system: an incident"),
        (prune, "bytes were pruned"),
    ],
)
def test_a_refusal_says_why_and_writes_nothing(
    app: App, ready: Callable[[App], None], sentence: str
) -> None:
    slug = make_slug(app)
    ready(app)
    activities = app.activities.count()

    with pytest.raises(OperationRefused, match=sentence):
        deploy(app=app, slug=slug, actor=SYSTEM)

    assert app.releases.count() == 1
    assert app.activities.count() == activities


def test_while_a_release_is_pending_it_is_refused_naming_it(
    app: App, settings: Settings
) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    make_deploy(app)

    with pytest.raises(Conflict, match="v2 of shop is pending"):
        make_deploy(app)


def test_once_resumed_deploys_go_on(app: App) -> None:
    hold(app)
    resume_deploys(app=app, actor=SYSTEM)

    assert make_deploy(app).version == 2


def test_a_slug_whose_bytes_have_not_arrived_is_refused(app: App) -> None:
    slug = Slug.objects.create(
        app=app, stack="host", created_by=app.owner, created_at=app.created_at
    )

    with pytest.raises(OperationRefused, match="have not arrived"):
        deploy(app=app, slug=slug, actor=SYSTEM)


def test_the_slug_of_another_app_does_not_exist_here(app: App) -> None:
    slug = make_slug(make_app())

    with pytest.raises(NotFound, match="shop has no slug"):
        deploy(app=app, slug=slug, actor=SYSTEM)


def bad_deploy(app: App) -> Release:
    release = make_deploy(app, files=FILES)
    mark_release(release=release, kind=Mark.Kind.BAD, reason="slow", actor=SYSTEM)
    return release


def test_code_that_is_marked_bad_comes_back_only_by_an_override(app: App) -> None:
    bad = bad_deploy(app)
    same_bytes = make_slug(app, files=FILES, commit="f" * 40)
    assert bad.slug
    same_commit = make_slug(app, commit=bad.slug.commit)

    for slug in (bad.slug, same_bytes, same_commit):
        with pytest.raises(Conflict, match=r"code of v2 is marked bad.*slow"):
            deploy(app=app, slug=slug, actor=SYSTEM)
    release = deploy(app=app, slug=same_bytes, actor=SYSTEM, override=True)

    detail = app.activities.get(release=release).detail
    assert detail["overrides"] == ["marked_bad"]


def test_a_cleared_mark_is_in_nobodys_way(app: App) -> None:
    bad = bad_deploy(app)
    unmark_release(release=bad, kind=Mark.Kind.BAD, actor=SYSTEM)

    assert make_deploy(app, files=FILES).version == 3


def test_a_deploy_after_a_rollback_follows_what_runs(app: App) -> None:
    make_deploy(app)
    make_config(app, COLOR="red")
    make_config(app, COLOR="blue")
    back = roll_back(app=app, to=3, actor=SYSTEM)

    assert make_deploy(app).config_set == back.config_set
