import pytest

from releases import timeline, timeline_search
from releases.models import App, Mark
from tests.factories import make_app, make_config, make_member, make_user
from tests.releases.commands.running import refusal, run, run_json, run_json_list

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    app = make_app("shop", owner=make_user("ada@example.com"))
    make_config(app, LOG_LEVEL="debug")
    return app


def test_marks_are_set_listed_and_cleared(app: App) -> None:
    run("mark", "shop", "v2", "bad", "--reason", "loses orders")

    [mark] = run_json_list("mark", "shop")
    table = run("mark", "shop")
    cleared = run("mark", "shop", "v2", "bad", "--clear")

    assert (mark["kind"], mark["reason"]) == ("bad", "loses orders")
    assert table.splitlines()[1].startswith("v2  bad   loses orders  system")
    assert cleared == "v2 of shop is not marked bad any more.\n"
    assert run("mark", "shop") == "No release of shop is marked.\n"


def test_marking_bad_needs_a_reason_and_a_mark_a_kind(app: App) -> None:
    assert refusal("mark", "shop", "v2", "bad") == "A reason is needed."
    assert refusal("mark", "shop", "v2") == "Say bad or pin."
    assert not Mark.objects.exists()


def test_a_hold_says_why_by_whom_and_since_when(app: App) -> None:
    run("hold", "shop", "--reason", "an incident")

    text = run("hold", "shop")

    assert text.startswith("Deploys of shop are held: an incident (system, just now,")
    assert "not both" in refusal("hold", "shop", "--reason", "x", "--resume")
    assert run_json("hold", "shop", "--resume")["hold"] is None


def test_access_is_given_listed_and_taken(app: App) -> None:
    make_user("grace@example.com")

    given = run("access", "shop", "grace@example.com", "deploy", "rollback")
    table = run("access", "shop").splitlines()
    taken = run("access", "shop", "grace@example.com", "--take")

    assert given == "grace@example.com has view, rollback, deploy on shop.\n"
    assert table[1].split("  ")[0] == "ada@example.com"
    assert "all, as the owner" in table[1]
    assert table[2].startswith("grace@example.com  view, rollback, deploy  just now")
    assert taken == "grace@example.com has no access to shop any more.\n"
    assert run_json_list("access", "shop") == []


def test_access_is_neither_given_nor_taken_by_half(app: App) -> None:
    make_user("grace@example.com")

    assert "Say what" in refusal("access", "shop", "grace@example.com")
    assert "Say what" in refusal(
        "access", "shop", "grace@example.com", "view", "--take"
    )
    assert "is no permission" in refusal("access", "shop", "grace@example.com", "root")
    assert "There is no user" in refusal("access", "shop", "who@example.com", "view")


def test_addons_are_attached_listed_and_detached(app: App) -> None:
    text = run(
        "addon", "shop", "--attach", "postgresql:standard-0", "--name", "db", "URL=x"
    )

    assert text == "Attach db (postgresql:standard-0): v3 is current.\n"
    assert "db    postgresql:standard-0  URL" in run("addon", "shop")
    assert "belongs to an attached add-on" in refusal("config", "shop", "URL=y")
    assert run("addon", "shop", "--detach", "db").startswith("Detach db")
    assert run("addon", "shop") == "shop has no add-ons.\n"
    assert run_json("config", "shop") == {"LOG_LEVEL": "debug"}


def test_an_addon_is_attached_or_detached_not_both(app: App) -> None:
    for arguments in (
        ["URL=x"],
        ["--name", "db"],
        ["--attach", "a:b", "--detach", "c"],
    ):
        assert "Say --attach" in refusal("addon", "shop", *arguments)


def test_a_plan_names_the_addons_that_stay(app: App) -> None:
    run("addon", "shop", "--attach", "redis:mini", "--name", "cache", "REDIS_URL=r")

    assert "Not touched: add-ons (redis:mini), databases, access." in run(
        "plan", "shop", "v1"
    )


def test_everything_is_on_the_timeline_newest_first(app: App) -> None:
    run("hold", "shop", "--reason", "an incident", by=app.owner)
    run("config", "shop", "--reveal")

    newest = run("activity", "shop", "-n", "2").splitlines()
    older = run("activity", "shop", "--before", "3").splitlines()

    assert newest[1].startswith("4    just now")
    assert "v2  Revealed LOG_LEVEL of v2  system           System" in newest[1]
    assert newest[2].endswith("Held deploys              ada@example.com  CLI")
    assert newest[3] == "Older ones: manage.py activity shop --before 3"
    assert [line.split()[0] for line in older[1:]] == ["2", "1"]


def test_the_timeline_is_searched(app: App) -> None:
    run("hold", "shop", "--reason", "an incident", by=app.owner)
    run("config", "shop", "--reveal")

    found = run("activity", "shop", "--search", "Incident").splitlines()
    one = run("activity", "shop", "--search", "log level", "-n", "1").splitlines()

    assert [line.split()[0] for line in found[1:]] == ["3"]
    assert [line.split()[0] for line in one[1:-1]] == ["4"]
    assert one[-1].endswith("--before 4 --search 'log level'")


def test_the_timeline_of_a_person_is_had_by_a_part_of_their_e_mail(app: App) -> None:
    run("hold", "shop", "--reason", "an incident", by=app.owner)

    found = run("activity", "shop", "--by", "ADA@", "-n", "1").splitlines()

    assert [line.split()[0] for line in found[1:-1]] == ["3"]
    assert found[-1].endswith("--before 3 --by ADA@")
    assert "Nobody whose e-mail or name has “zoe”" in refusal(
        "activity", "shop", "--by", "zoe"
    )


def test_a_search_goes_on_until_there_are_as_many_as_are_wanted(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (timeline, timeline_search):
        monkeypatch.setattr(module, "SEARCHED", 1)
    run("hold", "shop", "--reason", "an incident", by=app.owner)
    run("config", "shop", "--reveal")

    found = run("activity", "shop", "--search", "incident").splitlines()

    assert [line.split()[0] for line in found[1:]] == ["3"]


def test_a_stranger_learns_nothing(app: App) -> None:
    stranger = make_member(make_app("theirs")).user

    for command in ("releases", "activity", "config", "access", "mark", "hold", "slug"):
        sentence = refusal(command, "shop", by=stranger)
        assert sentence == "There is no app called shop."
