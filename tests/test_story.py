"""The story of the README, on real code: what went live comes back as it was.

Over this repository's own history through real processes, and over two small apps that
are made here.
"""

import os
import re
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from releases.models import Blob
from tests.factories import PASSWORD, make_user
from tests.machine.processes import environment
from tests.releases.commands.running import run, run_json
from tests.repositories import Repository, make_repository
from tests.runtime.stage import staged

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.django_db(transaction=True)


def on_this_database() -> Mapping[str, str]:
    """Return the environment of a process that works on the database of this test."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}"
    return {
        "PATH": os.environ["PATH"],
        "PYTHONWARNINGS": "error",
        "DATABASE_URL": f"{url}?host={database['HOST']}&port={database['PORT']}",
        "ROLLBOOK_HOME": str(settings.ROLLBOOK_HOME),
        "ROLLBOOK_RUNTIME": "false",
    }


def manage(
    *arguments: str,
    typed: str = "",
    folder: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run manage.py as a process of its own."""
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env=env or on_this_database(),
        cwd=folder,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def unpacked(tarball: Path, folder: Path) -> dict[str, bytes]:
    """Return the files of a slug, which stand under ./app, by their paths."""
    with tarfile.open(tarball) as tar:
        tar.extractall(folder, filter="data")
    top = folder / "app"
    return {
        str(file.relative_to(top)): file.read_bytes()
        for file in top.rglob("*")
        if file.is_file()
    }


@pytest.fixture
def own_history(tmp_path: Path) -> Repository:
    """A clone of this repository's own history."""
    if not (ROOT / ".git").exists():
        pytest.skip("not in a git checkout: the story needs this repository's history")
    clone = Repository(tmp_path / "clone")
    clone.path.mkdir()
    Repository(ROOT).git("clone", "--quiet", "--no-hardlinks", ".", str(clone.path))
    if clone.git("rev-list", "--count", "HEAD").strip() == b"1":
        pytest.skip("a shallow checkout of one commit: the story needs two")
    return clone


def told_in_the_readme() -> list[list[str]]:
    """Return the story's commands, word by word, without `./manage.py`."""
    return [shlex.split(line)[1:] for line in blocks_of_the_readme()[0].splitlines()]


def blocks_of_the_readme() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"test_story.py runs.*?```sh\n(.*?)```", readme, re.DOTALL)


def is_told_as_in_the_readme(told: list[str]) -> None:
    assert len(told) == 10
    assert told[3].startswith("Deploy ")
    assert ": v4 is current.\n" in told[3]
    assert "  - GREETING\n  - LOG_LEVEL\n" in told[5]
    assert told[6].startswith("Rollback to v2: v5 is current.\n")
    assert "  Config  removed GREETING, LOG_LEVEL\n" in told[6]
    assert told[6].endswith("To undo: manage.py rollback book v4\n")
    assert "  Config  added GREETING, LOG_LEVEL\n" in told[7]


def test_the_story_of_the_readme_goes_back_and_forward(
    own_history: Repository, tmp_path: Path
) -> None:
    manage("create_user", "admin@localhost", "--superuser", typed=f"{PASSWORD}\n")
    commands = told_in_the_readme()

    told = [manage(*words, folder=own_history.path) for words in commands]

    is_told_as_in_the_readme(told)
    assert run_json("config", "book") == {"GREETING": "hello", "LOG_LEVEL": "debug"}
    run("slug", "book", "v5", "--output", tmp_path / "v5.tar.gz")
    assert unpacked(tmp_path / "v5.tar.gz", tmp_path / "v5") == own_history.files(
        "HEAD~1"
    )
    assert unpacked(
        own_history.path / "book-v4.tar.gz", tmp_path / "v4"
    ) == own_history.files("HEAD")


def test_the_story_goes_the_same_way_where_apps_run(own_history: Repository) -> None:
    with staged() as stage:
        env = environment(stage.up.home, stage.settings)
        told = [
            manage(*words, folder=own_history.path, env=env)
            for words in told_in_the_readme()
        ]

    is_told_as_in_the_readme(told)


def test_the_app_of_the_readme_runs_and_goes_back(tmp_path: Path) -> None:
    _, lines = blocks_of_the_readme()
    with staged() as stage:
        lines = lines.replace(":8080", f":{stage.router_port}")
        env = environment(stage.up.home, stage.settings)
        path = f"{Path(sys.executable).parent}:{env['PATH']}"
        done = subprocess.run(
            ["/bin/sh", "-eu"],
            input=lines.replace("/tmp/hello", str(tmp_path / "hello")),  # noqa: S108  # theirs
            env={**env, "PATH": path},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    said = done.stdout.splitlines()
    # To both requests after the rollback, too: by curl, and by `run`.
    assert [line for line in said if line in {"Hello", "Good evening"}] == 3 * ["Hello"]
    assert "Rollback to v2: v4 is current." in said


def test_a_python_app_goes_back_in_code_in_config_and_in_both(tmp_path: Path) -> None:
    shop = make_repository(tmp_path / "shop")
    one = shop.commit(
        "Begin",
        {
            "Procfile": "web: gunicorn wsgi\n",
            "wsgi.py": "def application(environ, start_response): ...\n",
            "manage.py": "",
            "orders/migrations/__init__.py": "",
            "orders/migrations/0001_initial.py": "",
        },
    )
    two = shop.commit("Add prices", {"orders/migrations/0002_price.py": ""})
    three = shop.commit(
        "Work in the background",
        {"Procfile": "web: gunicorn wsgi\nworker: python -m orders\n", "wsgi.py": None},
    )
    make_user("ada@example.com")
    run("create_app", "shop", "--owner", "ada@example.com")
    run("deploy", "shop", shop.path, "--ref", one)
    run("config", "shop", "LEVEL=1")
    run("deploy", "shop", shop.path, "--ref", two)
    run("config", "shop", "LEVEL=2", "NEW=yes")
    run("deploy", "shop", shop.path)

    plan = run("plan", "shop", "v3")
    code = run("rollback", "shop", "v4", "--scope", "code")
    config = run("rollback", "shop", "v3", "--scope", "config")
    both = run("rollback", "shop", "v6")

    assert "is in the running code and not in v3: orders/0002_price." in plan
    assert "Process types: - worker" in plan
    assert "1 commit undone" in code
    assert "Config  stays as it is" in code
    assert "Code    stays as it is" in config
    assert "Config  changed LEVEL; removed NEW" in config
    assert "Config  added NEW; changed LEVEL" in both
    ran = {
        2: (one, {}),
        3: (one, {"LEVEL": "1"}),
        4: (two, {"LEVEL": "1"}),
        5: (two, {"LEVEL": "2", "NEW": "yes"}),
        6: (three, {"LEVEL": "2", "NEW": "yes"}),
        7: (two, {"LEVEL": "2", "NEW": "yes"}),
        8: (two, {"LEVEL": "1"}),
        9: (three, {"LEVEL": "2", "NEW": "yes"}),
    }
    for version, (commit, values) in ran.items():
        tarball = tmp_path / f"v{version}.tar.gz"
        run("slug", "shop", f"v{version}", "--output", tarball)
        assert unpacked(tarball, tmp_path / tarball.stem) == shop.files(commit)
        assert run_json("config", "shop", "--release", f"v{version}") == values
    assert run("verify_ledger")


def test_a_static_site_comes_back_byte_for_byte(tmp_path: Path) -> None:
    site = make_repository(tmp_path / "site")
    site.commit("Begin", {"index.html": "<h1>Hello</h1>", "css/site.css": "h1 {}"})
    (site.path / "logo.png").write_bytes(bytes(range(256)) * 100)
    (site.path / "current.html").symlink_to("index.html")
    odd = {"with space.html": "", "日本語/ページ.html": "<p>", "css/site.css": None}
    two = site.commit("Add pages", odd)
    make_user("ada@example.com")
    run("create_app", "site", "--owner", "ada@example.com")
    run("deploy", "site", site.path, "--ref", "HEAD~1")
    run("deploy", "site", site.path)
    first, second = tmp_path / "first.tar.gz", tmp_path / "second.tar.gz"
    run("slug", "site", "v3", "--output", first)

    run("rollback", "site")
    run("deploy", "site", first)
    run("slug", "site", "v5", "--output", second)

    assert run("releases", "site").splitlines()[2].startswith("v4  Rollback to v2 ")
    assert second.read_bytes() == first.read_bytes()
    assert unpacked(second, tmp_path / "second") == site.files(two) | {
        "current.html": b"<h1>Hello</h1>"
    }
    assert (tmp_path / "second/app/current.html").is_symlink()
    assert Blob.objects.count() == 2
    assert run("verify_ledger")
