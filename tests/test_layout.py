"""Holds the rules of the layout that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path
    for package in ("dashboard", "releases", "runtime")
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
)
# Operations take and pass on many keywords, a line each.
LONGEST_FUNCTION = 60

every_module = pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(ROOT))
)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def in_package(path: Path, *parts: str) -> bool:
    return path.is_relative_to(ROOT.joinpath(*parts))


@every_module
def test_the_domain_does_not_know_the_web_nor_what_runs_apps(path: Path) -> None:
    if in_package(path, "releases"):
        above = ("dashboard", "runtime")
        assert not [name for name in imports(path) if name.startswith(above)]


@every_module
def test_models_know_only_models_and_errors(path: Path) -> None:
    if in_package(path, "releases", "models"):
        ours = {name for name in imports(path) if name.startswith("releases")}
        assert all(
            name.startswith(("releases.models", "releases.errors")) for name in ours
        )


@every_module
def test_operations_know_nothing_of_who_calls_them(path: Path) -> None:
    callers = (
        "releases.admin",
        "releases.api",
        "releases.management",
        "django.http",
        "django.forms",
        "django.contrib.messages",
    )
    if in_package(path, "releases", "operations") or path.name == "queries.py":
        assert not [name for name in imports(path) if name.startswith(callers)]


@every_module
def test_only_settings_read_the_environment(path: Path) -> None:
    settings = {"settings.py", "sign_in_settings.py"}
    text = path.read_text(encoding="utf-8")
    # Naming the settings is no reading.
    text = re.sub(
        r'os\.environ(\[|\.setdefault\()"DJANGO_SETTINGS_MODULE"(\] =|,)', "", text
    )

    assert "os.environ" not in text or path.name == "env.py"
    assert "dashboard.env" not in set(imports(path)) or path.name in settings


@every_module
def test_modules_stay_below_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 300


@every_module
def test_functions_fit_on_a_screen(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.end_lineno
    ]

    too_long = {
        node.name: lines
        for node in functions
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }

    assert too_long == {}


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "templates" / "dashboard").glob("_*.html")),
    ids=lambda path: path.name,
)
def test_a_partial_says_what_it_needs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.search(r"(\{#|\{% comment %\})\s*(Context:|No context)", text)
