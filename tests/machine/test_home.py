import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.machine.home import kept_secret, open_home


def test_a_home_is_made_for_its_user_alone(tmp_path: Path) -> None:
    home = open_home(tmp_path / "some" / "where")

    assert home.stat().st_mode & 0o777 == 0o700


def test_a_home_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o770)

    with pytest.raises(ImproperlyConfigured, match="run `chmod 700`"):
        open_home(home)


def test_a_home_of_someone_else_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
        home = tmp_path
    else:
        home = Path("/")

    with pytest.raises(
        ImproperlyConfigured, match=r"belongs to .* run this as that user"
    ):
        open_home(home)


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ImproperlyConfigured, match=r"cannot be .*/file"):
        open_home(tmp_path / "file")


def test_many_processes_at_once_make_one_secret(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "secret.key"
    together = Barrier(8)

    def read() -> str:
        together.wait()
        return kept_secret(file)

    with ThreadPoolExecutor(8) as threads:
        secrets = {
            future.result() for future in [threads.submit(read) for _ in range(8)]
        }

    assert len(secrets) == 1
    assert len(secrets.pop()) >= 50
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
