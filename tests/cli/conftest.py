import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.heroku import Heroku, program
from tests.cli.server import ADA, GRACE, Server
from tests.machine.processes import up
from tests.throwaway import make_home

READ = "read"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A bin/up with Ada, Grace, and a token of Ada's that may only read."""
    home = make_home()
    with up(home) as running:
        empty = Server(running, {})
        with ThreadPoolExecutor(4) as pool:
            made = pool.map(
                lambda email: empty.manage("create_user", email, "--generate"),
                [ADA, GRACE],
            )
            assert all(made)
            secrets = pool.map(
                lambda arguments: empty.manage("create_token", *arguments),
                [[ADA, "--name", "laptop"], [GRACE], [ADA, "--scope", "read"]],
            )
            tokens = dict(zip([ADA, GRACE, READ], secrets, strict=True))
        yield Server(running, tokens)
    shutil.rmtree(home.parent)


def heroku_at(url: str, token: str, folder: Path) -> Heroku:
    if not os.access(program(), os.X_OK):
        pytest.skip("the Heroku CLI is not installed: bin/heroku-cli installs it")
    # Or the first command tells of new terms of service.
    terms = folder / "cache" / "heroku" / "terms-of-service"
    terms.parent.mkdir(parents=True)
    terms.touch()
    return Heroku(url, token, folder)


@pytest.fixture(scope="session")
def heroku(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Heroku:
    """The CLI in Ada's hands."""
    return heroku_at(server.url, server.tokens[ADA], tmp_path_factory.mktemp("heroku"))


@pytest.fixture
def app(server: Server) -> str:
    """An app of Ada's: v2 sets COLOR=red, v3 COLOR=blue, v4 SIZE=9."""
    name = server.new_app()
    server.config(name, COLOR="red")
    server.config(name, COLOR="blue")
    server.config(name, SIZE="9")
    return name


@pytest.fixture
def slug(tmp_path: Path) -> Path:
    """A slug as the Dev Center's recipe packs it."""
    code = tmp_path / "app"
    code.mkdir()
    (code / "Procfile").write_text("web: python app.py\n", encoding="utf-8")
    (code / "app.py").write_text("print('hello')\n", encoding="utf-8")
    return Path(shutil.make_archive(str(tmp_path / "slug"), "gztar", tmp_path, "app"))
