import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from releases.actors import Actor
from releases.config import ConfigChange, KeyChange
from releases.errors import NotFound
from releases.models import App, Mark, Slug
from releases.operations.attach_addon import attach_addon
from releases.operations.deploy import deploy
from releases.operations.erase_value import erase_value
from releases.operations.keep_key import keep_key
from releases.operations.mark_release import mark_release
from releases.operations.roll_back import roll_back
from releases.plans import Plan, compare, plan
from releases.restoring import Scope
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_member,
    make_slug,
    make_user,
)

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
OLD = {
    "Procfile": "web: gunicorn\nworker: celery\n",
    "app.py": "one\n",
    "gone.py": "x\n",
    "shop/migrations/0001_initial.py": "",
}
NEW = {
    "Procfile": "web: uvicorn\nclock: cron\n",
    "app.py": "two\n",
    "came.py": "y\n",
    "shop/migrations/0001_initial.py": "",
    "shop/migrations/0002_add_price.py": "",
}


@pytest.fixture
def app() -> App:
    """v2 deploys OLD, v3 sets vars, v4 deploys NEW, v5 sets vars again."""
    app = make_app("shop", owner=make_user("ada@example.com"))
    make_deploy(app, files=OLD)
    make_config(app, COLOR="red", SIZE="9")
    make_deploy(app, files=NEW)
    make_config(app, "SIZE", COLOR="blue", SHAPE="round")
    return app


def planned(app: App, to: int, scope: str = "everything") -> Plan:
    return plan(app=app, to=to, scope=Scope(scope), actor=acting(app.owner))


def codes(read: Plan) -> list[str]:
    return [blocker.code for blocker in read.blockers]


def test_it_says_which_files_and_process_types_change(app: App) -> None:
    code = planned(app, 3).code

    assert code.changed
    assert code.files.added.paths == ("gone.py",)
    assert code.files.changed.paths == ("Procfile", "app.py")
    assert code.files.removed.paths == (
        "came.py",
        "shop/migrations/0002_add_price.py",
    )
    assert code.process_types.added == ["worker"]
    assert code.process_types.changed == ["web"]
    assert code.process_types.removed == ["clock"]


def test_it_says_which_keys_change_and_never_to_what(app: App) -> None:
    read = planned(app, 3)

    assert read.config == [
        ConfigChange("COLOR", KeyChange.CHANGED),
        ConfigChange("SHAPE", KeyChange.REMOVED),
        ConfigChange("SIZE", KeyChange.ADDED),
    ]
    assert "blue" not in repr(read)


def test_kept_keys_and_those_of_add_ons_are_told_apart(app: App) -> None:
    keep_key(app=app, name="COLOR", actor=SYSTEM)
    attach_addon(
        app=app, plan="redis:mini", name="cache", config_vars={"URL": "r"}, actor=SYSTEM
    )

    read = planned(app, 3)

    assert ConfigChange("COLOR", KeyChange.KEPT, "key") in read.config
    assert ConfigChange("URL", KeyChange.KEPT, "add-on") in read.config
    assert read.addons == ["redis:mini"]


def test_it_lists_the_migrations_and_never_calls_them_safe(app: App) -> None:
    read = planned(app, 3)

    assert [warning.code for warning in read.warnings][-1] == "migrations_found"
    sentence = read.warnings[-1].sentence
    assert "1 Django migration is in the running code and not in v3" in sentence
    assert "0002_add_price" in sentence
    assert "safe" not in sentence


def test_it_names_who_released_in_between(app: App) -> None:
    bo = make_member(app, "deploy")
    deploy(app=app, slug=make_slug(app), actor=bo)

    read = planned(app, 3)

    assert [release.version for release in read.between] == [6, 5, 4]
    assert read.between_total == 3
    assert bo.user.email in read.warnings[0].sentence


def commits(app: App, *steps: tuple[str, str]) -> list[Slug]:
    """Deploy a slug for each step: its commit, and the commit of the one before."""
    slugs = []
    for commit, base in steps:
        listed = [{"sha": commit, "title": f"Do {commit}", "author": "Ada"}]
        slug = make_slug(app, commit=commit, base_commit=base, commits=listed)
        deploy(app=app, slug=slug, actor=SYSTEM)
        slugs.append(slug)
    return slugs


def test_it_lists_the_commits_that_are_undone_through_all_deploys_between() -> None:
    app = make_app()
    commits(app, ("a", ""), ("b", "a"), ("c", "b"))
    make_config(app, COLOR="red")

    read = planned(app, 2).code.commits

    assert [commit["sha"] for commit in read.undone.listed] == ["c", "b"]
    assert (read.undone.total, read.redone.total, read.known) == (2, 0, True)


def test_it_lists_the_commits_that_come_back() -> None:
    app = make_app()
    commits(app, ("a", ""), ("b", "a"), ("c", "b"))
    roll_back(app=app, to=2, actor=SYSTEM)

    read = planned(app, 4).code.commits

    assert [commit["sha"] for commit in read.redone.listed] == ["c", "b"]
    assert (read.undone.total, read.redone.total, read.known) == (0, 2, True)


def test_it_says_when_the_commits_are_not_known() -> None:
    app = make_app()
    commits(app, ("a", ""), ("b", ""))

    assert not planned(app, 2).code.commits.known


def test_code_only_changes_no_key_and_config_only_no_file(app: App) -> None:
    code, config = planned(app, 3, "code"), planned(app, 3, "config")

    assert (code.config, code.code.changed) == ([], True)
    assert (len(config.config), config.code.changed) == (3, False)
    assert not config.code.migrations


def mark_bad(app: App) -> None:
    mark_release(
        release=app.releases.get(version=3),
        kind=Mark.Kind.BAD,
        reason="slow",
        actor=SYSTEM,
    )


def test_a_plan_without_obstacles_has_no_blockers(app: App) -> None:
    assert codes(planned(app, 3)) == []


def test_each_blocker_has_a_code_and_a_sentence(app: App, settings: Settings) -> None:
    erase_value(release=app.releases.get(version=3), name="SIZE", actor=SYSTEM)
    mark_bad(app)

    assert codes(planned(app, 1)) == ["no_code"]
    assert codes(planned(app, 3)) == ["value_erased", "marked_bad"]
    assert codes(planned(app, 3, "code")) == ["marked_bad"]
    assert codes(planned(app, 5)) == ["nothing_changes"]
    assert codes(planned(app, 4, "code")) == ["nothing_changes"]
    settings.RELEASES_SETTLE_AT_ONCE = False
    make_deploy(app)
    assert codes(planned(app, 6)) == ["never_live"]


@pytest.mark.parametrize("scope", ["everything", "code", "config"])
def test_the_part_that_can_be_restored_is_named_only_where_all_was_asked_for(
    app: App, scope: str
) -> None:
    erase_value(release=app.releases.get(version=3), name="SIZE", actor=SYSTEM)
    all_asked_for = scope == "everything"

    erased, codeless = planned(app, 3, scope), planned(app, 1, scope)

    assert erased.instead == (Scope.CODE if all_asked_for else None)
    assert codeless.instead == (Scope.CONFIG if all_asked_for else None)
    # Neither has a part where there is nothing in the way, or only what one may pass.
    mark_bad(app)
    assert planned(app, 3, scope).instead == erased.instead
    assert planned(app, 2, scope).instead is None


def test_no_part_is_named_that_would_change_nothing(app: App) -> None:
    make_config(app, SIZE="12")
    make_config(app, SIZE="13")
    erase_value(release=app.releases.get(version=6), name="SIZE", actor=SYSTEM)

    read = planned(app, 6)

    assert codes(read) == ["value_erased"]
    assert read.instead is None


def test_the_plan_of_a_part_knows_why_it_is_not_all(app: App) -> None:
    assert planned(app, 3, "code").why_in_part == ()

    erase_value(release=app.releases.get(version=3), name="SIZE", actor=SYSTEM)

    assert [why.code for why in planned(app, 3, "code").why_in_part] == ["value_erased"]
    assert planned(app, 3).why_in_part == ()
    assert planned(app, 3, "config").why_in_part == ()


def test_it_warns_that_a_pending_release_ends(app: App, settings: Settings) -> None:
    settings.RELEASES_SETTLE_AT_ONCE = False
    make_deploy(app)

    assert planned(app, 3).warnings[0].code == "supersedes_pending"


def test_the_digest_is_the_same_until_something_moves(app: App) -> None:
    before = planned(app, 3).digest

    assert planned(app, 3).digest == before
    assert planned(app, 3, "code").digest != before
    assert planned(app, 2).digest != before
    make_config(app, OTHER="1")
    assert planned(app, 3).digest != before


def test_two_releases_are_compared_in_either_direction(app: App) -> None:
    forth = compare(app=app, old=3, new=5, actor=acting(app.owner))
    back = compare(app=app, old=5, new=3, actor=acting(app.owner))

    assert forth.code.files.added == back.code.files.removed
    assert [(c.name, c.change.value) for c in forth.config] == [
        ("COLOR", "changed"),
        ("SHAPE", "added"),
        ("SIZE", "removed"),
    ]
    assert (forth.blockers, forth.digest) == ((), "")


def test_a_renamed_migration_is_one_that_went_and_one_that_came(app: App) -> None:
    folder = "shop/migrations"
    for name in ("0003_tax", "0003_duty"):
        make_deploy(app, files={**NEW, f"{folder}/{name}.py": "migrate()\n"})

    code = compare(app=app, old=6, new=7, actor=SYSTEM).code

    assert code.files.renamed.pairs == (
        (f"{folder}/0003_tax.py", f"{folder}/0003_duty.py"),
    )
    assert code.files.added.total == code.files.removed.total == 0
    for found, name in (
        (code.migrations.removed, "shop/0003_tax"),
        (code.migrations.added, "shop/0003_duty"),
    ):
        assert [migration.name for migration in found.listed] == [name]


def test_what_one_may_not_see_or_is_not_there_does_not_exist(app: App) -> None:
    stranger = acting(make_user())

    with pytest.raises(NotFound, match="no app called shop"):
        plan(app=app, to=3, actor=stranger)
    with pytest.raises(NotFound, match="no app called shop"):
        compare(app=app, old=3, new=4, actor=stranger)
    with pytest.raises(NotFound, match="no release v9"):
        plan(app=app, to=9, actor=SYSTEM)
    with pytest.raises(NotFound, match="no release v9"):
        compare(app=app, old=3, new=9, actor=SYSTEM)


def test_a_long_history_takes_the_same_queries(
    app: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        make_config(app, COLOR=str(number))

    # Who may, app, releases, vars, releases between, manifests, commits.
    with django_assert_num_queries(7):
        planned(app, 3)
