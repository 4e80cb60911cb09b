import pytest
from pytest_django import DjangoAssertNumQueries

from releases.models import App, User
from tests.factories import make_app, make_config, make_member, make_user
from tests.releases.commands.running import refusal, run, run_json, run_json_list

pytestmark = pytest.mark.django_db


def test_apps_are_listed_in_aligned_columns_with_what_they_run() -> None:
    make_app("shop", owner=make_user("ada@example.com"))
    make_config(make_app("a-very-long-app-name"), LOG_LEVEL="debug")
    run("hold", "shop", "--reason", "an incident")

    heading, first, second = run("apps").splitlines()

    assert heading.split() == [
        "App",
        "Release",
        "Description",
        "Released",
        "(UTC)",
        "Owner",
    ]
    assert first.startswith("a-very-long-app-name  v2       Set LOG_LEVEL config vars")
    assert second.startswith("shop                  v1       Initial release")
    # How wide the column is depends on whoever else owns an app.
    assert second.split()[-3:] == ["ada@example.com", "deploys", "held"]


def test_only_visible_apps_are_listed() -> None:
    make_app("hidden")
    theirs = make_app("theirs")
    member = make_member(theirs)

    [listed] = run_json_list("apps", by=member.user)

    assert listed["name"] == "theirs"
    assert refusal("app", "hidden", by=member.user) == "There is no app called hidden."


def test_a_list_of_apps_costs_as_many_queries_as_there_are_lists(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(5):
        make_app()

    # All apps, with their owners, current releases, slugs and blobs.
    with django_assert_num_queries(1):
        run("apps")


def test_without_apps_it_says_how_to_make_one() -> None:
    assert run("apps") == "No apps yet. `manage.py create_app NAME` makes one.\n"


def test_an_app_shows_what_it_runs_and_where_a_rollback_would_go() -> None:
    app = make_app("shop", owner=make_user("ada@example.com"))
    make_config(app, LOG_LEVEL="debug")
    run("keep_key", "shop", "LOG_LEVEL")

    text = run("app", "shop")

    assert "Owner             ada@example.com\n" in text
    assert "Runs              v2 Set LOG_LEVEL config vars\n" in text
    assert "Kept keys         LOG_LEVEL\n" in text
    assert "Rollback goes to  nothing yet\n" in text


def test_an_app_belongs_to_who_makes_it() -> None:
    ada = make_user("ada@example.com")

    text = run("create_app", "shop", by=ada)

    app = App.objects.get()
    assert text == "Created shop, owned by ada@example.com. It is at v1.\n"
    assert app.owner == ada
    assert app.current_release.source == "cli"


def test_the_system_makes_apps_for_others() -> None:
    ada = make_user("ada@example.com")

    run("create_app", "shop", "--owner", "Ada@Example.com")

    app = App.objects.get()
    assert app.owner == ada
    assert app.current_release.source == "system"
    assert refusal("create_app", "x", "--owner", ada.email, by=ada).startswith(
        "Say --owner or --as"
    )


def test_a_name_is_chosen_for_who_gives_none() -> None:
    assert str(run_json("create_app")["name"]).startswith("app-")


def test_renaming_frees_the_old_name() -> None:
    make_app("shop")

    text = run("rename_app", "shop", "store")

    assert text == "shop is called store now.\n"
    assert refusal("app", "shop") == "There is no app called shop."


def test_transferring_makes_someone_else_the_owner() -> None:
    make_app("shop")
    grace = make_user("grace@example.com")

    text = run("transfer_app", "shop", "grace@example.com")

    assert text == "shop belongs to grace@example.com now.\n"
    assert App.objects.get().owner == grace
    assert refusal("transfer_app", "shop", "who@example.com") == (
        "There is no user who@example.com."
    )


def test_destroying_asks_for_the_name() -> None:
    make_app("shop")

    # No terminal here: nobody can be asked.
    assert refusal("destroy_app", "shop") == "To destroy shop, confirm with its name."
    assert "Its history stays" in run("destroy_app", "shop", "--confirm", "shop")
    assert App.objects.get().deleted_at is not None


def test_what_one_may_not_do_is_refused_with_a_sentence() -> None:
    app = make_app("shop")
    viewer: User = make_member(app).user

    sentence = refusal("rename_app", "shop", "store", by=viewer)

    assert sentence.endswith("this needs the manage permission.")
