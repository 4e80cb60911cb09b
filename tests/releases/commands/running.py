"""Running commands as their callers see them: text, JSON or a refusal."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from releases.models import User

Json = dict[str, object]


def run(command: str, *arguments: str | Path, by: User | None = None) -> str:
    out = io.StringIO()
    typed = [*map(str, arguments), *(["--as", by.email] if by else [])]
    call_command(command, *typed, stdout=out)
    return out.getvalue()


def run_json(command: str, *arguments: str | Path, by: User | None = None) -> Json:
    answer = json.loads(run(command, *arguments, "--json", by=by))
    assert isinstance(answer, dict)
    return answer


def run_json_list(
    command: str, *arguments: str | Path, by: User | None = None
) -> list[Json]:
    answer = json.loads(run(command, *arguments, "--json", by=by))
    assert isinstance(answer, list)
    return answer


def refusal(command: str, *arguments: str | Path, by: User | None = None) -> str:
    """Return the sentence with which the command refuses."""
    with pytest.raises(CommandError) as refused:
        run(command, *arguments, by=by)
    return str(refused.value)
