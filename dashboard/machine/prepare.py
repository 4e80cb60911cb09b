"""What a start does before it serves: the database, static files, keys, first account.

With --demo, its story too. Every step may be interrupted, and is done again or goes on at
the next start.
"""

import os
import secrets
import sys
import time

import django
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection

from dashboard.machine.notes import leave

# Replicas that start together on one database take turns.
ADVISORY_LOCK = 0x526F6C6C626F6F6B
DAY = 24 * 3600


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    from releases.errors import OperationRefused  # noqa: PLC0415  # after the setup
    from releases.vault import master_keys  # noqa: PLC0415

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        master_keys()
        _make_first_account()
        _tell_the_story(wanted="--demo" in sys.argv[1:])
    except OperationalError as error:
        sys.exit(f"The database does not answer: {error}")
    except OperationRefused as refusal:
        sys.exit(str(refusal))
    # Anew each time: that is quick, and an interruption leaves nothing to find out.
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    _forget_old_uploads()


def _make_first_account() -> None:
    """Make a superuser where there is nobody, and leave a note of it for who prints it."""
    from releases.actors import Actor  # noqa: PLC0415  # after the setup
    from releases.models import User  # noqa: PLC0415
    from releases.operations.create_user import create_user  # noqa: PLC0415

    if User.objects.exclude(pk=Actor.system().user.pk).exists():
        return
    email = settings.ROLLBOOK_ADMIN_EMAIL
    password = settings.ROLLBOOK_ADMIN_PASSWORD
    made_up = "" if password else secrets.token_urlsafe(12)
    # First the note: were it second, a crash between the two would lose the password.
    leave(settings.FIRST_ACCOUNT_NOTE, f"{email}\n{made_up}\n")
    create_user(
        email=email,
        password=password or made_up,
        actor=Actor.system(),
        superuser=True,
    )


def _tell_the_story(*, wanted: bool) -> None:
    from releases.models import App  # noqa: PLC0415  # after the setup

    if wanted:
        from dashboard.demo.fill import fill_in  # noqa: PLC0415

        fill_in()
    elif not App.objects.exists():
        # That of a story which was cut off as it ended: it never happened.
        settings.DEMO_NOTE.unlink(missing_ok=True)


def _forget_old_uploads() -> None:
    """Remove what uploads left behind whose process was killed."""
    for upload in settings.FILE_UPLOAD_TEMP_DIR.iterdir():
        if upload.is_file() and upload.stat().st_mtime < time.time() - DAY:
            upload.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
