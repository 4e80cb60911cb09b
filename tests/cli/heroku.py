"""The official Heroku CLI, run as people run it, in a home of its own."""

import os
import re
import select
import shlex
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Self

from tests.machine.processes import ROOT

PATIENCE = 60
AT_ONCE = 4
# Colours, and what moves the cursor while someone types.
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# Warnings and errors stand behind a gutter, wrapped at 80 columns.
GUTTER = re.compile("^ \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}", re.MULTILINE)


@cache
def program() -> Path:
    """Return where bin/heroku-cli installs the CLI, whether it did or not."""
    where = subprocess.run(
        [ROOT / "bin" / "heroku-cli", "--where"],
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(where.stdout.strip())


@dataclass(frozen=True)
class Done:
    """What a command printed; `said` is standard error on one line, unwrapped."""

    code: int
    out: str
    said: str

    @property
    def rows(self) -> list[list[str]]:
        """The lines of a table, each split where two spaces or more are."""
        return [
            re.split(r"\s{2,}", line.strip())
            for line in self.out.splitlines()
            if line.strip()
        ]


def at_once(*commands: Callable[[], Done]) -> list[Done]:
    """Run commands that do not depend on each other at the same time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each.result() for each in [pool.submit(run) for run in commands]]


@dataclass(frozen=True)
class Heroku:
    """Runs commands against a server at `url`, with a token, in `folder`."""

    url: str
    token: str
    folder: Path

    def __call__(self, line: str, **environment: str) -> Done:
        """Run `heroku` with what follows it on a line of a shell."""
        return self.run([str(program()), *shlex.split(line)], **environment)

    def run(self, command: list[str], **environment: str) -> Done:
        done = subprocess.run(
            command,
            env={**self._environment(), **environment},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        said = " ".join(GUTTER.sub("", done.stderr).split())
        return Done(done.returncode, done.stdout, said)

    def at_terminal(self, line: str, answers: Mapping[str, str]) -> Done:
        """Run `heroku` where it may ask, and answer each question when it comes up.

        What is typed there is part of `out`, where the terminal shows it; `said` is empty.
        """
        unset = {"HEROKU_API_KEY", "CI"}
        ours, terminal = os.openpty()
        process = subprocess.Popen(
            [str(program()), *shlex.split(line)],
            env={k: v for k, v in self._environment().items() if k not in unset},
            cwd=self.folder,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        try:
            out = _converse(ours, answers)
            return Done(process.wait(PATIENCE), out, "")
        finally:
            process.kill()
            os.close(ours)

    @contextmanager
    def following(self, line: str) -> Iterator[Callable[[str], str]]:
        """Run `heroku` where it goes on; what is given waits until it has printed a text."""
        process = subprocess.Popen(
            [str(program()), *shlex.split(line)],
            env=self._environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert process.stdout
        output = process.stdout.fileno()
        seen = ""

        def until(text: str) -> str:
            nonlocal seen
            while text not in seen:
                shown = _shown(output)
                assert shown, seen
                seen += shown
            return seen

        with process:
            try:
                yield until
            finally:
                process.kill()

    def together(self, *lines: str) -> list[Done]:
        return at_once(*(partial(self, line) for line in lines))

    def of(self, token: str) -> Self:
        """Return the same with another's token."""
        return replace(self, token=token)

    def _environment(self) -> Mapping[str, str]:
        """Everything a command gets to know: nothing of the shell that runs the tests.

        The last lines are what keeps the CLI from calling home.
        """
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            # Each command writes to it, and they run at the same time.
            "GIT_CONFIG_GLOBAL": str(self.folder / f"gitconfig-{uuid.uuid4()}"),
            "NO_COLOR": "1",
            "CI": "true",
            "HEROKU_HOST": self.url,
            "HEROKU_API_KEY": self.token,
            "HEROKU_PARTICLEBOARD_URL": self.url,
            "HEROKU_LOGIN_HOST": self.url,
            "DISABLE_TELEMETRY": "true",
            "HEROKU_SKIP_ANALYTICS": "1",
            "HEROKU_DISABLE_AUTOUPDATE": "true",
            "HEROKU_SKIP_NEW_VERSION_CHECK": "true",
            "HEROKU_NETRC_WRITE": "true",
        }


def _converse(terminal: int, answers: Mapping[str, str]) -> str:
    """Type each answer after its question, and return all that was to be seen."""
    seen, questions = "", list(answers)
    while chunk := _shown(terminal):
        seen += chunk
        if questions and questions[0] in ANSI.sub("", seen):
            os.write(terminal, f"{answers[questions.pop(0)]}\r".encode())
    assert not questions, seen
    return ANSI.sub("", seen)


def _shown(output: int) -> str:
    ready, _, _ = select.select([output], [], [], PATIENCE)
    assert ready, "It says nothing more."
    try:
        return os.read(output, 65_536).decode(errors="replace")
    except OSError:
        # So a terminal says that nobody is at its other end any more.
        return ""
