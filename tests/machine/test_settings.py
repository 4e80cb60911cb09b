"""Settings fail closed. Whole ones are read by a process of their own."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.machine.addresses import own_url
from dashboard.postgres.connection import database_settings
from tests.machine.processes import ROOT, environment, manage


@pytest.mark.parametrize(
    "url",
    [
        "https://rollbook.example.com",
        "https://rollbook.example.com:8443/",
        "HTTPS://Rollbook.example.com",
        "http://localhost:8000",
        "http://127.0.0.1",
        "http://[::1]:8000",
    ],
)
def test_a_url_that_keeps_passwords_secret_is_accepted(url: str) -> None:
    assert own_url(url).geturl() == url.rstrip("/").lower()


@pytest.mark.parametrize(
    "url",
    [
        "http://rollbook.example.com",
        "http://localhost.example.com",
        "http://0.0.0.0:8000",
        "rollbook.example.com",
        "ftp://localhost",
        "https://",
        "https://rollbook.example.com/path",
        "https://user@rollbook.example.com",
        "https://rollbook.example.com:port",
        "https://[::1",
    ],
)
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ROLLBOOK_URL must be"):
        own_url(url)


def test_a_database_url_is_read_as_libpq_reads_it() -> None:
    url = "postgresql://us%40er:p%2Fw@db.example:6432/book?sslmode=verify-full"

    settings = database_settings(url, Path("/unused"))

    assert settings == {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "NAME": "book",
        "USER": "us@er",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"connect_timeout": 5, "sslmode": "verify-full"},
    }


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hunter2@h/d",
        "postgresql://u:hunter2%zz@h/d",
        "postgresql://u:hunter2@h",
    ],
)
def test_another_database_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must be") as refusal:
        database_settings(url, Path("/unused"))

    assert "hunter2" not in f"{refusal.value}{refusal.value.__cause__}"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"ROLLBOOK_URL": "http://example.com"}, "ROLLBOOK_URL must be https"),
        ({"ROLLBOOK_DEBUG": "maybe"}, "ROLLBOOK_DEBUG must be true or false"),
        ({"PORT": "0"}, "PORT must be a port number"),
        ({"ROLLBOOK_TRUSTED_PROXIES": "proxy"}, "ROLLBOOK_TRUSTED_PROXIES must be"),
        ({"ROLLBOOK_SECRET_KEY_FILE": "/nowhere"}, "which cannot be read"),
        ({"ROLLBOOK_MASTER_KEY_FILE": "/dev/null"}, "which is empty"),
        (
            {"ROLLBOOK_MASTER_KEY": "x", "ROLLBOOK_MASTER_KEY_FILE": "y"},
            "Set ROLLBOOK_MASTER_KEY or ROLLBOOK_MASTER_KEY_FILE, not both.",
        ),
    ],
)
def test_a_setting_nobody_can_mean_is_refused_in_one_sentence(
    home: Path, settings: dict[str, str], sentence: str
) -> None:
    done = manage(home, "migrate", settings=settings)

    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(bool(find_spec("boto3")), reason="the S3 client is installed")
def test_a_bucket_without_the_s3_client_is_refused_with_what_installs_it(
    home: Path,
) -> None:
    done = manage(home, "migrate", settings={"ROLLBOOK_SLUGS_S3_BUCKET": "slugs"})

    assert done.returncode == 1
    assert "-r requirements-s3.txt" in done.stderr
    assert done.stderr.count("\n") == 1


def test_https_brings_all_that_belongs_to_it(home: Path) -> None:
    read = settings_with(home, ROLLBOOK_URL="https://rollbook.example.com")

    assert read["SECURE_SSL_REDIRECT"] is True
    assert read["SESSION_COOKIE_SECURE"] is True
    assert read["CSRF_COOKIE_SECURE"] is True
    assert read["SECURE_HSTS_SECONDS"] == 365 * 24 * 3600
    assert "rollbook.example.com" in str(read["ALLOWED_HOSTS"])
    assert "127.0.0.0/8" in str(read["ROLLBOOK_TRUSTED_PROXIES"])


def test_nothing_is_open_by_default(home: Path) -> None:
    read = settings_with(home)

    assert read["DEBUG"] is False
    assert read["ROLLBOOK_URL"] == "http://localhost:8000"
    assert read["ALLOWED_HOSTS"] == ["127.0.0.1", "[::1]", "localhost"]
    assert read["ROLLBOOK_TRUSTED_PROXIES"] == []
    assert "unsafe" not in str(read["CONTENT_SECURITY_POLICY"])


def test_a_relative_home_starts_at_the_checkout(home: Path) -> None:
    up = "/".join([".."] * len(ROOT.parts))
    relative = Path(up) / home.relative_to("/")

    read = settings_with(relative)

    assert read["ROLLBOOK_HOME"] == str(home)


def settings_with(home: Path, **settings: str) -> dict[str, object]:
    script = (
        "import json; from dashboard import settings;"
        "print(json.dumps({k: v for k, v in vars(settings).items() if k.isupper()},"
        " default=str))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(home, settings),
        capture_output=True,
        text=True,
        check=True,
    )
    read: dict[str, object] = json.loads(done.stdout)
    return read
