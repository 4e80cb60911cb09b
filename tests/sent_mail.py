"""Mail that was sent aside, once it is there."""

from threading import enumerate as enumerate_threads

from django.core import mail
from django.core.mail import EmailMessage

from releases.mail import THREAD


def is_sending() -> bool:
    return any(thread.name == THREAD for thread in enumerate_threads())


def all_sent() -> list[EmailMessage]:
    """Wait for what is on its way, and return all that was sent."""
    for thread in enumerate_threads():
        if thread.name == THREAD:
            thread.join()
    return [*mail.outbox]
