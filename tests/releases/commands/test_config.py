import io
from pathlib import Path

import pytest
from pytest_django import Settings

from releases.models import Activity, App, ConfigVar
from tests.factories import make_app, make_config, make_member
from tests.releases.commands.running import refusal, run, run_json

pytestmark = pytest.mark.django_db

SECRET = "hunter2-s3cret"  # of tests only


@pytest.fixture
def app() -> App:
    return make_app("shop")


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Standard input, to be filled."""
    content = io.BytesIO()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(content, encoding="utf-8"))
    return content


def revealed(app: App) -> int:
    return app.activities.filter(kind=Activity.Kind.VALUES_REVEALED).count()


def test_many_keys_set_and_unset_together_make_one_release(app: App) -> None:
    make_config(app, OLD="1")

    text = run("config", "shop", "A=1", "--unset", "OLD", "B=x=y", "--reason", "tidy")

    assert text == "Set A, B and remove OLD config vars: v3 is current.\n"
    assert run_json("config", "shop") == {"A": "1", "B": "x=y"}
    assert app.releases.get(version=3).reason == "tidy"


def test_what_rollbook_sets_itself_is_taken_and_said_to_be_unused(
    app: App, settings: Settings
) -> None:
    quiet = run("config", "shop", "PORT=1")
    settings.ROLLBOOK_RUNTIME = True

    said = run("config", "shop", "PORT=99", "DYNO=x", "OTHER=1")

    assert "Note" not in quiet
    assert said.splitlines()[1:] == [
        "  Note    DYNO is not used: Rollbook gives each process its own.",
        "  Note    PORT is not used: Rollbook gives each web process its own.",
    ]
    assert run_json("config", "shop") == {"PORT": "99", "DYNO": "x", "OTHER": "1"}


def test_what_changes_nothing_makes_no_release(app: App) -> None:
    make_config(app, A="1")

    text = run("config", "shop", "A=1", "--unset", "NEVER_SET")

    assert text == "Nothing changes: v2 of shop has it so already.\n"
    assert run_json("config", "shop", "A=1")["version"] == 2
    assert app.releases.count() == 2


def test_values_are_masked_unless_they_are_revealed(app: App) -> None:
    make_config(app, PASSWORD=SECRET, OTHER="x")

    masked = run("config", "shop")

    assert [row.split()[:2] for row in masked.splitlines()[1:]] == [
        ["OTHER", "********"],
        ["PASSWORD", "********"],
    ]
    assert revealed(app) == 0


@pytest.mark.parametrize("option", ["--reveal", "--json", "--shell"])
def test_revealing_is_recorded_for_the_keys_shown(app: App, option: str) -> None:
    make_config(app, PASSWORD=SECRET, OTHER="x")

    text = run("config", "shop", "PASSWORD", option)

    activity = app.activities.get(kind=Activity.Kind.VALUES_REVEALED)
    assert SECRET in text
    assert "OTHER" not in text
    assert activity.detail == {"keys": ["PASSWORD"]}


def test_who_may_not_see_values_sees_names(app: App) -> None:
    make_config(app, PASSWORD=SECRET)
    viewer = make_member(app).user

    assert "PASSWORD  ********" in run("config", "shop", by=viewer)
    for option in ("--reveal", "--json", "--shell"):
        assert "permission" in refusal("config", "shop", option, by=viewer)
    assert revealed(app) == 0


def test_a_revealed_value_is_shown_as_it_is_on_one_line(app: App) -> None:
    make_config(app, KEY="two  spaces\n\x1b[2J")

    assert "KEY   two  spaces\\n\\x1b[2J  " in run("config", "shop", "--reveal")


def test_an_older_release_shows_its_own_values(app: App) -> None:
    make_config(app, A="old")
    make_config(app, A="new")

    assert run_json("config", "shop", "--release", "v2") == {"A": "old"}
    assert (
        run("config", "shop", "--release", "v1") == "v1 of shop has no config vars.\n"
    )


def test_an_app_without_config_says_so(app: App) -> None:
    assert run("config", "shop") == "v1 of shop has no config vars.\n"
    assert run("config", "shop", "--shell") == ""
    assert run_json("config", "shop") == {}


def test_notes_say_which_values_a_rollback_leaves(app: App) -> None:
    make_config(app, A="1")
    run("addon", "shop", "--attach", "redis:mini", "--name", "cache", "REDIS_URL=r")
    run("keep_key", "shop", "A")

    rows = run("config", "shop").splitlines()[1:]

    assert rows[0].endswith("kept across rollbacks")
    assert rows[1].endswith("from cache")


def test_a_value_is_read_from_standard_input(app: App, piped: io.BytesIO) -> None:
    piped.write(b"line one\nline two\n")
    piped.seek(0)

    run("config", "shop", "KEY=-")

    assert run_json("config", "shop") == {"KEY": "line one\nline two"}


def test_standard_input_is_read_once_only(app: App, piped: io.BytesIO) -> None:
    assert "once only" in refusal("config", "shop", "A=-", "B=-")
    assert "once only" in refusal("config", "shop", "A=-", "--file", "-")


def test_values_are_read_from_a_file_and_written_back(app: App, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfexport A=\"x\\ny\"\r\nB='$HOME' # not expanded\r\n")
    run("config", "shop", "--file", file, "C=dash", "--unset", "OLD")

    file.write_text(run("config", "shop", "--shell"))
    make_app("copy")
    run("config", "copy", "--file", file)

    assert run_json("config", "shop") == {"A": "x\ny", "B": "$HOME", "C": "dash"}
    assert run_json("config", "copy") == run_json("config", "shop")


def test_a_file_comes_from_standard_input_too(app: App, piped: io.BytesIO) -> None:
    piped.write(b"A=1\nDASH=-\n")
    piped.seek(0)

    run("config", "shop", "--file", "-")

    assert run_json("config", "shop") == {"A": "1", "DASH": "-"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["A=1", SECRET], "no NAME=VALUE"),
        ([f"={SECRET}", "A=1"], "no NAME=VALUE"),
        (["A=1", f"A={SECRET}"], "A is given twice"),
        (["A", SECRET], "no config var of that name"),
        ([f"1A={SECRET}"], "'1A' is no name for a config var"),
        ([f"A={SECRET}\0"], "The value of A is not text"),
        ([f"A={SECRET}", "--unset", "A"], "both set and unset"),
        ([f"A={SECRET}", "--reveal"], "one at a time"),
        (["--file", "/nowhere/.env", f"A={SECRET}"], "cannot be read: No such file"),
    ],
)
def test_no_refusal_repeats_a_value(app: App, arguments: list[str], says: str) -> None:
    make_config(app, A="0")

    sentence = refusal("config", "shop", *arguments)

    assert says in sentence
    assert SECRET not in sentence
    assert app.releases.count() == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f"A='{SECRET}".encode(), "Line 1 is no NAME=VALUE"),
        (f"A=\xff{SECRET}".encode("latin-1"), "not UTF-8"),
        (f"B=1\nA={SECRET}\n".encode(), "B is given twice, here and in the file"),
    ],
)
def test_no_refusal_quotes_the_file(
    app: App, tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)

    sentence = refusal("config", "shop", "B=2", "--file", file)

    assert says in sentence
    assert SECRET not in sentence


def test_an_endless_file_is_refused(app: App) -> None:
    assert refusal("config", "shop", "--file", "/dev/zero").startswith("More than")


def test_a_kept_key_is_kept_until_that_is_undone(app: App) -> None:
    make_config(app, TOKEN="old")
    make_config(app, TOKEN="rotated")

    kept = run("keep_key", "shop", "TOKEN")

    assert kept == "shop keeps across rollbacks: TOKEN.\n"
    assert "= TOKEN keeps its current value: it is a kept key" in run(
        "plan", "shop", "v2"
    )
    assert run("keep_key", "shop", "TOKEN", "--undo") == (
        "shop keeps across rollbacks: no key.\n"
    )
    assert run("keep_key", "shop") == "shop keeps across rollbacks: no key.\n"


def test_an_erased_value_is_gone_from_history(app: App) -> None:
    make_config(app, TOKEN=SECRET)
    make_config(app, TOKEN="other")

    text = run("erase_value", "shop", "v2", "TOKEN", "--confirm", "TOKEN")

    assert text == "Erased the value that TOKEN had in v2 of shop (1 stored copy).\n"
    assert ConfigVar.objects.filter(ciphertext=None).count() == 1
    assert "was erased" in refusal("config", "shop", "--release", "v2", "--reveal")
    assert run("config", "shop", "--release", "v2").splitlines()[1].endswith("erased")


def test_erasing_asks_for_the_name(app: App) -> None:
    make_config(app, TOKEN=SECRET)

    sentence = refusal("erase_value", "shop", "v2", "TOKEN")

    assert sentence == "To erase the value, confirm with --confirm TOKEN."
