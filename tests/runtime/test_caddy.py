"""The Caddy that a machine has where there is no wheel."""

import os
import sysconfig
from pathlib import Path

import pytest

from dashboard.machine.errors import CannotStart
from runtime.local.caddy import caddy_on_path

pytestmark = pytest.mark.machine


def test_one_that_is_new_enough_is_used(tmp_path: Path) -> None:
    here = tmp_path / "caddy"
    here.symlink_to(Path(sysconfig.get_path("scripts")) / "caddy")

    assert caddy_on_path(str(tmp_path)) == here


@pytest.mark.parametrize("said", ["2.6.2", "v1.0.4 (unknown)", "what?", ""])
def test_an_old_one_is_refused_with_the_version_that_is_needed(
    tmp_path: Path, said: str
) -> None:
    old = tmp_path / "caddy"
    old.write_text(f"#!/bin/sh\necho '{said}'\n")
    old.chmod(0o755)

    with pytest.raises(CannotStart, match=r"is Caddy .* through 2\.11 or newer"):
        caddy_on_path(str(tmp_path))


def test_without_any_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="Caddy is not installed"):
        caddy_on_path(os.fspath(tmp_path))
