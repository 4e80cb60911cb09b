import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from releases.models import App
from tests.factories import make_app, make_config, make_deploy, make_member
from tests.releases.commands.running import refusal, run, run_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    """An app with code in v2 and v4, and with A in v3, B in v5."""
    app = make_app("shop")
    make_deploy(app, files={"Procfile": "web: a\n", "app.py": "1", "old.py": ""})
    make_config(app, A="first")
    make_deploy(app, files={"Procfile": "web: b\n", "app.py": "2", "new.py": ""})
    make_config(app, "A", B="second")
    return app


def test_the_plan_says_what_changes_and_how_to_do_it(app: App) -> None:
    text = run("plan", "shop", "v3")

    assert text.startswith("shop: from v5 to v3, code and config.\n")
    assert "  + old.py\n  ~ Procfile\n  ~ app.py\n  - new.py\n" in text
    assert "  Process types: ~ web\n" in text
    assert "Config\n  + A\n  - B\n" in text
    assert "Not touched: add-ons, databases, access.\n" in text
    assert "To do this: manage.py rollback shop v3 --plan-digest " in text


def test_the_plan_begins_with_what_stands_in_the_way(app: App) -> None:
    run("mark", "shop", "v3", "bad", "--reason", "loses orders")

    bad, never = run("plan", "shop", "v3"), run("plan", "shop", "v1")

    assert bad.split("\n\n")[1] == (
        "Blocked\n  v3 is marked bad. (--override passes this.)"
    )
    assert "v3 --override --plan-digest" in bad
    assert "Blocked\n  v1 has no code, and shop runs some" in never
    assert never.endswith("This cannot be done.\n")


def test_the_plan_of_a_part_says_what_stays(app: App) -> None:
    code, config = (
        run("plan", "shop", "v3", "--scope", scope) for scope in ("code", "config")
    )

    assert "Config stays as it is.\n" in code
    assert "Code stays as it is.\n" in config
    assert "rollback shop v3 --scope config --plan-digest" in config


def test_a_rollback_says_what_changed_what_did_not_and_how_to_undo_it(app: App) -> None:
    text = run("rollback", "shop", "3", "--reason", "slow")

    first, code, config, stays, undo = text.splitlines()
    assert first == "Rollback to v3: v6 is current."
    assert code.startswith("  Code    ")
    assert code.endswith("4 files differ")
    assert config == "  Config  added A; removed B"
    assert stays == "  Not touched: add-ons, databases, access."
    assert undo == "To undo: manage.py rollback shop v5"
    assert run_json("config", "shop") == {"A": "first"}


def test_undoing_does_undo(app: App) -> None:
    before = run_json("release", "shop")
    undo = run("rollback", "shop", "v2").splitlines()[-1].split()[-3:]

    run(*undo)

    after = run_json("release", "shop")
    assert after["slug"] == before["slug"]
    assert run_json("config", "shop") == {"B": "second"}


def test_without_a_version_it_goes_to_the_last_known_good(app: App) -> None:
    run("mark", "shop", "v4", "bad", "--reason", "slow")

    assert run("rollback", "shop").startswith("Rollback to v3: v6 is current.")


def test_without_anything_to_go_to_it_says_so() -> None:
    make_app("shop")

    assert "no earlier release" in refusal("rollback", "shop")
    assert "no earlier release" in refusal("plan", "shop")


def test_going_to_what_runs_already_is_refused_and_makes_no_release(app: App) -> None:
    assert refusal("rollback", "shop", "v5") == "v5 is what shop runs now."
    assert app.releases.count() == 5


def test_a_plan_that_does_not_stand_any_more_is_shown_afresh(app: App) -> None:
    digest = str(run_json("plan", "shop", "v3")["digest"])
    make_config(app, C="third")
    out = io.StringIO()

    with pytest.raises(CommandError, match="Read the new plan"):
        call_command("rollback", "shop", "v3", "--plan-digest", digest, stdout=out)

    assert out.getvalue().startswith("shop: from v6 to v3")
    assert digest not in out.getvalue()
    assert app.releases.count() == 6


def test_a_plan_that_stands_is_executed(app: App) -> None:
    digest = str(run_json("plan", "shop", "v3", "--scope", "code")["digest"])

    answer = run_json(
        "rollback", "shop", "v3", "--scope", "code", "--plan-digest", digest
    )

    assert (answer["version"], answer["scope"]) == (6, "code")
    assert json.dumps(answer["plan"]).startswith('{"app":')


def test_asking_twice_with_one_key_makes_one_release(app: App) -> None:
    asked = ["rollback", "shop", "v3", "--idempotency-key", "k1"]
    run(*asked)

    again = run(*asked)

    assert again == "v6 of shop was made by this request before.\n"
    assert run_json(*asked)["version"] == 6
    assert app.releases.count() == 6
    assert "the default moves" in refusal("rollback", "shop", "--idempotency-key", "k")


def test_a_bad_release_takes_an_override(app: App) -> None:
    run("mark", "shop", "v3", "bad", "--reason", "loses orders")

    assert refusal("rollback", "shop", "v3") == (
        "v3 is marked bad. (--override passes this.)"
    )
    assert run("rollback", "shop", "v3", "--override").startswith("Rollback to v3")


def test_who_may_only_look_may_plan_but_not_go(app: App) -> None:
    viewer = make_member(app).user
    on_call = make_member(app, "rollback").user

    assert run("plan", "shop", "v3", by=viewer)
    assert "this needs" in refusal("rollback", "shop", "v3", by=viewer)
    assert run("rollback", "shop", "v3", by=on_call)


def test_two_releases_are_compared_whatever_runs(app: App) -> None:
    text = run("compare", "shop", "v2", "v4")

    assert text.startswith("shop: v2 compared with v4.\n")
    assert "  + new.py\n  ~ Procfile\n  ~ app.py\n  - old.py\n" in text
    assert "Config\n  + A\n" in text
    assert "v4  Deploy" in text
    assert run_json("compare", "shop", "v4", "v2")["digest"] is None


def test_a_file_that_only_moved_is_told_as_renamed(app: App) -> None:
    make_deploy(app, files={"Procfile": "web: b\n", "app/app.py": "2", "new.py": ""})

    assert "  renamed app.py to app/app.py\n" in run("compare", "shop", "v4", "v6")
    read = json.loads(run("compare", "shop", "v4", "v6", "--json"))
    files = read["code"]["files"]
    assert files["renamed"] == {
        "paths": [{"from": "app.py", "to": "app/app.py"}],
        "total": 1,
    }
    assert files["added"] == files["removed"] == {"paths": [], "total": 0}


def test_where_values_were_erased_it_says_that_code_alone_can_go_back() -> None:
    app = make_app("book")
    make_config(app, TOKEN="leaked")
    make_deploy(app)
    make_deploy(app)
    make_config(app, TOKEN="new")
    run("erase_value", "book", "v2", "TOKEN", "--confirm", "TOKEN")

    assert "The code of v3 alone can be restored: --scope code" in refusal(
        "rollback", "book"
    )
    blocked = run("plan", "book", "v3")
    assert (
        "Blocked\n  v3 has a value that was erased: TOKEN.\n  Its code alone can be"
        " restored: manage.py plan book v3 --scope code\n" in blocked
    )
    assert "ask for the scope code" in refusal("rollback", "book", "v3")
    assert run_json("plan", "book", "v3")["instead"] == "code"
    assert "Rollback to v3 (code only)" in run("rollback", "book", "--scope", "code")
