"""Mail, sent beside what it tells of: nobody waits for it, and nothing fails with it."""

import logging
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from threading import Thread

from django.conf import settings
from django.core.mail import send_mail
from django.db import connections, transaction

from releases.actors import who
from releases.models import Activity, User

logger = logging.getLogger(__name__)

THREAD = "mail"


def send_aside(send: Callable[[], object]) -> None:
    """Send in a thread of its own, which a process that stops waits for.

    So an answer takes no longer, and is no other, where there was a mail to send.
    """
    Thread(target=copy_context().run, args=(_send, send), name=THREAD).start()


def tell_of(activity: Activity, *, user: User, subject: str) -> None:
    """Tell a person by mail what happened to their account, once that is certain.

    So that they learn of it if it was somebody else. Nothing where no mail is set up.
    """
    if settings.MAIL_SERVER is None:
        return
    origin = f" from {activity.ip}" if activity.ip else ""
    text = (
        f"{activity.summary}: by {who(activity.actor_email)}{origin}, at"
        f" {activity.created_at:%Y-%m-%d %H:%M} UTC.\n\n"
        f"If you know nothing of it, ask an admin of {settings.ROLLBOOK_URL} at once for"
        " another password, which ends all your sessions, and see there which passkeys"
        " and tokens are yours.\n"
    )
    send = partial(send_mail, subject, text, None, [user.email])
    transaction.on_commit(partial(send_aside, send))


def _send(send: Callable[[], object]) -> None:
    try:
        send()
    except OSError:
        logger.exception("No mail could be sent.")
    finally:
        connections.close_all()
