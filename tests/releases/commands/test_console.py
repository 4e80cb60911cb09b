"""The command line itself: how mistakes and refusals come out of a process."""

import pytest
from django.core.management import get_commands, load_command_class

from releases.management.console.command import ConsoleCommand

# These stand in front of Django's own, to say which command to use.
FOR_DJANGOS = {"changepassword", "createsuperuser"}
OURS = sorted(
    name
    for name, app in get_commands().items()
    if app == "releases" and name not in FOR_DJANGOS
)


def leave(
    capsys: pytest.CaptureFixture[str], command: str, *arguments: str
) -> tuple[object, str]:
    """Return the exit status and the standard error of a command typed like this."""
    with pytest.raises(SystemExit) as left:
        load_command_class("releases", command).run_from_argv(
            ["./manage.py", command, *arguments]
        )
    captured = capsys.readouterr()
    assert captured.out == ""
    return left.value.code, captured.err


@pytest.mark.parametrize("name", OURS)
def test_every_command_explains_itself(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    command = load_command_class("releases", name)
    assert isinstance(command, ConsoleCommand)

    with pytest.raises(SystemExit) as left:
        command.run_from_argv(["./manage.py", name, "--help"])

    text = capsys.readouterr().out
    assert left.value.code == 0
    assert text.startswith(f"usage: manage.py {name} ")
    assert command.help.endswith(".")
    assert f"manage.py {name}" in text.partition("Example:\n")[2]
    assert "--settings" not in text


@pytest.mark.parametrize("name", OURS)
def test_every_option_is_explained_in_a_sentence(name: str) -> None:
    parser = load_command_class("releases", name).create_parser("manage.py", name)

    unexplained = [
        action.dest
        for action in parser._actions  # noqa: SLF001  # argparse has no other way
        if not action.help or action.dest == "help"
    ]

    assert unexplained == ["help"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["releases"], "The following arguments are required: APP"),
        (["releases", "shop", "-n", "0"], "a number from 1 to 999999 is needed"),
        (["release", "shop", "latest"], "a version is written like v12"),
        (
            ["release", "shop", "--at", "noon"],
            "a time is written like 2026-11-23T14:20",
        ),
        (["releases", "shop", "--lim", "3"], "There is no option --lim"),
        (["plan", "shop", "v1", "--scope", "data"], "invalid choice: 'data'"),
        (["release", "shop", "--cancel"], "Name the pending release"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_status_1(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    code, error = leave(capsys, *arguments)

    assert code == 1
    assert sentence in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["shop", "--sett=s3cret"],
        ["shop", "--unset", "A", "B=1", "--sett", "s3cret"],
        ["shop", "A=1", "--sett", "A=s3cret"],
    ],
)
def test_a_mistake_never_repeats_what_may_be_a_secret(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    code, error = leave(capsys, "config", *arguments)

    assert (code, error) == (
        1,
        "There is no option --sett; `manage.py config --help` says more.\n",
    )


def test_too_many_arguments_are_counted_not_repeated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, error = leave(capsys, "releases", "shop", "s3cret")

    assert error == (
        "Too many arguments, by 1; `manage.py releases --help` says more.\n"
    )
