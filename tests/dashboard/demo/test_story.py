"""The story as the demo tells it, and the sample app that it deploys."""

import io
import re
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from dashboard.demo.fill import fill_in
from releases.actors import Actor
from releases.models import Activity, App, Blob, Mark, Release, Source, User
from releases.plans import Plan, plan
from releases.queries import find_app, find_release
from releases.slugs.storage import open_blob
from releases.verification import verify_apps
from releases.way_back import default_target
from tests.machine.processes import wait_until
from tests.ports import free_port

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@dataclass
class Told:
    """What the demo said, and the note it left: gone with the module, as all of it."""

    output: str
    note: str
    mode: int


@pytest.fixture(scope="module", autouse=True)
def told(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Told]:
    said = io.StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        with redirect_stdout(said):
            fill_in()
        note = settings.DEMO_NOTE
        yield Told(said.getvalue(), note.read_text(), note.stat().st_mode & 0o777)
        note.unlink()
        transaction.set_rollback(True)


@pytest.fixture
def app() -> App:
    return find_app("load-tester", actor=SYSTEM)


def good_and_bad(app: App) -> tuple[Release, Release]:
    good = default_target(app)
    assert good
    return find_release(app, good.version), find_release(app)


def test_it_verifies() -> None:
    faults = [fault for verified in verify_apps() for fault in verified.faults]

    assert faults == []
    assert App.objects.count() == 7


def test_it_ends_with_a_bad_deploy_and_a_good_release_before_it(app: App) -> None:
    good, bad = good_and_bad(app)

    assert bad.kind == Release.Kind.DEPLOY
    assert bad.actor_email == "priya@example.com"
    passed = timezone.now() - bad.created_at
    assert timedelta(minutes=12) <= passed < timedelta(minutes=14)
    assert good.version == bad.version - 1
    assert app.last_version == 35


def test_the_plan_back_names_migrations_commits_and_nothing_in_the_way(
    app: App,
) -> None:
    good, _ = good_and_bad(app)

    back: Plan = plan(app=app, to=good.version, actor=SYSTEM)

    assert not back.blockers
    assert [each.name for each in back.code.migrations.removed.listed] == [
        "load_tester/0004_plan",
        "load_tester/0005_result_plan",
        "load_tester/0006_result_by_plan",
    ]
    assert back.code.commits.undone.total == 6


def test_it_has_something_of_everything(app: App) -> None:
    releases = app.releases.all()
    kinds = set(Activity.objects.values_list("kind", flat=True))

    assert {release.kind for release in releases} == {
        *("initial", "deploy", "config", "add-on", "rollback")
    }
    assert {release.source for release in releases} == set(Source.values)
    assert {release.scope for release in releases} == {"", "everything", "config"}
    assert releases.filter(status=Release.Status.FAILED).count() == 1
    assert releases.exclude(incident_url="").count() == 3
    assert Mark.objects.filter(app=app).values_list("kind").distinct().count() == 2
    assert kinds >= {
        *("access.given", "access.taken", "app.renamed", "deploys.held"),
        *("deploys.resumed", "key.kept", "release.canceled", "value.erased"),
        *("release.marked", "release.settled", "values.revealed"),
    }
    assert max(len(each.name) for each in App.objects.all()) == 30


def test_a_rollback_was_taken_back_by_going_forward(app: App) -> None:
    back, forward = find_release(app, 28), find_release(app, 29)

    assert (back.actor_email, forward.actor_email) == (
        "oncall@example.com",
        "dana@example.com",
    )
    assert back.restores
    assert forward.restores
    assert back.restores.version < forward.restores.version < back.version


def test_time_goes_on_over_all_apps_and_ends_before_now() -> None:
    lines = Activity.objects.exclude(app=None).order_by("id")
    times = list(lines.values_list("created_at", flat=True))

    assert times == sorted(times)
    assert times[-1] < timezone.now()
    assert timedelta(days=19) < times[-1] - times[0] < timedelta(days=24)
    assert len(set(times)) > 100


def test_code_was_written_by_several_people(app: App) -> None:
    commits = [commit for slug in app.slugs.all() for commit in slug.commits]

    assert {"Dana Wolff <dana@example.com>", "CI <ci@example.com>"} <= {
        commit["author"] for commit in commits
    }
    assert len(commits) > 25


def test_the_note_names_the_people_and_their_password_for_this_user_alone(
    told: Told,
) -> None:
    password = re.search(r"shown this once, is (\S+)\n", told.note)

    assert password
    assert told.mode == 0o600
    assert password[1] not in told.output
    for name in ("dana", "priya", "oncall", "viewer"):
        assert f"{name}@example.com " in told.note
    for user in User.objects.filter(email__endswith="@example.com"):
        assert user.check_password(password[1])
        assert not user.is_superuser


def test_telling_it_again_changes_nothing(
    told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Activity.objects.count()

    fill_in()

    assert "There are apps already" in capsys.readouterr().out
    assert Activity.objects.count() == before
    assert settings.DEMO_NOTE.read_text() == told.note


def test_nothing_is_left_of_making_it() -> None:
    assert not (settings.FILE_UPLOAD_TEMP_DIR / "demo").exists()
    assert Blob.objects.filter(stored_at=None).count() == 0


def test_the_release_before_the_last_answers_and_the_last_one_breaks(
    app: App, tmp_path: Path
) -> None:
    good, bad = good_and_bad(app)

    with served(good, tmp_path / "good") as port:
        assert get(port, "/") == (200, "No results yet.\n")
        assert get(port, "/healthz") == (200, "ok\n")
    with served(bad, tmp_path / "bad") as port:
        assert get(port, "/")[0] == 500
        assert get(port, "/healthz") == (200, "ok\n")


def test_the_worker_stays_up_in_files_of_its_own(app: App, tmp_path: Path) -> None:
    for release in good_and_bad(app):
        folder = unpacked(release, tmp_path / str(release))
        [command] = commands_of(release, "worker")
        # Nothing listens there: what it finds is told all the same.
        env = {"PROBE_TARGETS": "http://127.0.0.1:1/", "PROBE_EVERY": "60"}
        with subprocess.Popen(
            command, cwd=folder, env=env, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout
            said = next((line for line in process.stdout if b"BAD" in line), b"")
            still_runs = process.poll() is None
            process.kill()
        assert (still_runs, b"http://127.0.0.1:1/" in said) == (True, True)


def test_what_ran_migrates_and_the_release_that_failed_does_not(
    app: App, tmp_path: Path
) -> None:
    deployed = app.releases.filter(kind=Release.Kind.DEPLOY, version__gte=26)
    refused = []

    for release in deployed.select_related("slug"):
        folder = unpacked(release, tmp_path / str(release))
        if any(run(command, folder) for command in commands_of(release, "release")):
            refused.append(release.status)

    assert refused == [Release.Status.FAILED]


def unpacked(release: Release, folder: Path) -> Path:
    assert release.slug
    assert release.slug.blob_id
    with open_blob(release.slug.blob_id) as blob, tarfile.open(fileobj=blob) as tar:
        tar.extractall(folder, filter="data")
    return folder / "app"


def commands_of(release: Release, process_type: str) -> list[list[str]]:
    assert release.slug
    line = release.slug.process_types[process_type]
    return [[sys.executable, *shlex.split(command)[1:]] for command in line.split("&&")]


def run(command: list[str], folder: Path) -> int:
    redis = {"REDIS_URL": "redis://localhost/"}
    return subprocess.run(
        command, cwd=folder, env=redis, capture_output=True, check=False
    ).returncode


@contextmanager
def served(release: Release, folder: Path) -> Iterator[int]:
    port = free_port()
    [command] = commands_of(release, "web")
    with subprocess.Popen(
        command,
        cwd=unpacked(release, folder),
        env={"PORT": str(port)},
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_until(lambda: answers(port))
            yield port
        finally:
            process.kill()


def answers(port: int) -> bool:
    try:
        return get(port, "/healthz")[0] == 200
    except ConnectionRefusedError:
        return False


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()
