import os
import stat
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from releases.errors import OperationRefused
from releases.slugs.storage import delete_blob
from runtime.local.copies import Copies
from tests.machine.processes import wait_until
from tests.runtime.supervised import stored

ROOT = os.geteuid() == 0
OWN = os.geteuid()
USER, OTHER = (200_007, 200_008) if ROOT else (OWN, OWN)

only_root = pytest.mark.skipif(not ROOT, reason="Users of their own take root.")
Store = Callable[..., str]


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    return Copies(tmp_path)


@pytest.fixture
def code(tmp_path_factory: pytest.TempPathFactory) -> Store:
    def store_code(text: str = "hello") -> str:
        files = {"Procfile": "web: true\n", "text": text, "deep/er/file": text}
        return stored(files, tmp_path_factory.mktemp("scratch"))

    return store_code


def keep(copies: Copies, wanted: dict[str, int], **more: object) -> None:
    given: dict[str, object] = {"in_use": (), "processes": ()}
    copies.keep_ready(wanted, **{**given, **more})  # type: ignore[arg-type]  # as there


def prepared(copies: Copies, blob: str, user: int = USER) -> Path:
    process_id = uuid4()
    wait_until(lambda: copies.is_prepared(process_id, blob, user))
    return copies.home(process_id)


def spares(tmp_path: Path, blob: str) -> list[Path]:
    return list((tmp_path / "spares").glob(f"{blob}.*"))


def unpacked(tmp_path: Path) -> set[str]:
    return {each.name for each in (tmp_path / "unpacked").iterdir()}


def is_clean(tmp_path: Path) -> bool:
    return not any(
        any((tmp_path / each).iterdir()) for each in ("drafts", "rubbish", "homes")
    )


def test_each_process_has_a_copy_of_its_own(copies: Copies, code: Store) -> None:
    blob = code()
    one, two = prepared(copies, blob), prepared(copies, blob)

    (one / "text").write_text("changed")
    (one / "new").write_text("new")

    assert (two / "text").read_text() == "hello"
    assert not (two / "new").exists()
    assert (prepared(copies, blob) / "deep/er/file").read_text() == "hello"


def test_a_copy_is_its_users_alone(copies: Copies, code: Store) -> None:
    home = prepared(copies, code())

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {each.lstat().st_uid for each in (home, *home.rglob("*"))} == {USER}


@only_root
def test_apps_that_share_code_share_no_copy(copies: Copies, code: Store) -> None:
    blob = code()
    homes = [prepared(copies, blob, user) for user in (USER, OTHER, USER)]

    owners = [{each.stat().st_uid for each in home.rglob("*")} for home in homes]
    assert owners == [{USER}, {OTHER}, {USER}]


@only_root
def test_nobody_but_root_gets_at_what_copies_are_made_of(
    copies: Copies, code: Store, tmp_path: Path
) -> None:
    keep(copies, {code(): 1})

    modes = {
        each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()
    }
    assert modes.pop("homes") == 0o711
    assert set(modes.values()) == {0o700}


def test_a_spare_copy_is_there_at_once(
    copies: Copies, code: Store, tmp_path: Path
) -> None:
    blob = code()
    prepared(copies, blob)
    keep(copies, {blob: 2})
    wait_until(lambda: len(spares(tmp_path, blob)) == 2)

    assert copies.is_prepared(uuid4(), blob, USER)
    assert copies.is_prepared(uuid4(), blob, USER)
    assert not copies.is_prepared(uuid4(), blob, USER)


def test_a_spare_copy_made_before_anyone_ran_it_is_handed_over(
    copies: Copies, code: Store, tmp_path: Path
) -> None:
    blob = code()
    keep(copies, {blob: 1})
    wait_until(lambda: spares(tmp_path, blob))

    home = prepared(copies, blob)

    assert spares(tmp_path, blob) == []
    assert {each.stat().st_uid for each in home.rglob("*")} == {USER}


def test_code_that_nobody_wants_or_runs_is_removed(
    copies: Copies, code: Store, tmp_path: Path
) -> None:
    wanted, running, other = code("a"), code("b"), code("c")
    for blob in (wanted, running, other):
        prepared(copies, blob)
    keep(copies, dict.fromkeys((wanted, running, other), 1))
    wait_until(lambda: all(spares(tmp_path, each) for each in (running, other)))

    keep(copies, {wanted: 1}, in_use={running})

    assert unpacked(tmp_path) == {wanted, running}
    assert spares(tmp_path, running)
    assert spares(tmp_path, other) == []


def test_code_in_preparation_is_kept(copies: Copies, code: Store) -> None:
    process_id: UUID = uuid4()
    blob = code()
    assert not copies.is_prepared(process_id, blob, USER)

    keep(copies, {})

    wait_until(lambda: copies.is_prepared(process_id, blob, USER))


def test_homes_of_processes_that_nobody_knows_are_removed(
    copies: Copies, code: Store, tmp_path: Path
) -> None:
    known, unknown = prepared(copies, code()), prepared(copies, code())

    keep(copies, {}, processes=[UUID(known.name)])

    assert known.exists()
    assert not unknown.exists()


def test_what_a_process_leaves_behind_is_removed_whatever_its_modes(
    copies: Copies, code: Store, tmp_path: Path
) -> None:
    home = prepared(copies, code())
    (home / "sealed" / "file").mkdir(parents=True)
    (home / "sealed").chmod(0)
    (home / "text").chmod(0)

    copies.remove(UUID(home.name))
    copies.remove(UUID(home.name))

    wait_until(lambda: is_clean(tmp_path))


def test_what_was_cut_off_is_cleaned_up_at_the_next_start(tmp_path: Path) -> None:
    Copies(tmp_path)
    for folder in ("drafts", "rubbish"):
        (tmp_path / folder / "left" / "over").mkdir(parents=True)

    Copies(tmp_path)

    wait_until(lambda: is_clean(tmp_path))


def test_code_that_cannot_be_had_is_refused_and_tried_again(
    copies: Copies, code: Store, tmp_path: Path
) -> None:
    blob = code("lost")
    delete_blob(blob)

    with pytest.raises(OperationRefused, match="are missing from the store"):
        prepared(copies, blob)

    code("lost")
    assert prepared(copies, blob).exists()


def test_a_full_or_broken_disk_is_told_in_a_sentence(
    copies: Copies, code: Store, tmp_path: Path
) -> None:
    (tmp_path / "drafts").rmdir()
    (tmp_path / "drafts").write_text("no folder")

    with pytest.raises(OperationRefused, match="could not be put in place"):
        prepared(copies, code("anew"))


def test_a_spare_copy_that_cannot_be_made_is_no_failure(
    copies: Copies, code: Store, caplog: pytest.LogCaptureFixture
) -> None:
    blob = code("lost")
    delete_blob(blob)

    keep(copies, {blob: 1})

    wait_until(lambda: "Cannot keep a copy" in caplog.text)


def test_code_that_cannot_be_unpacked_leaves_nothing_on_the_disk(
    copies: Copies, code: Store, tmp_path: Path
) -> None:
    blob = code("lost")
    delete_blob(blob)
    keep(copies, {blob: 1})

    with pytest.raises(OperationRefused):
        prepared(copies, blob)

    wait_until(lambda: is_clean(tmp_path))
