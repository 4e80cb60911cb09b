"""An app of which much was said: its pages are as long as pages get in earnest."""

import io
from collections.abc import Callable, Sequence
from itertools import cycle, islice

from releases.actors import Actor
from releases.models import Access, App, User
from releases.operations.change_config import change_config
from releases.operations.deploy import deploy
from releases.operations.give_access import give_access
from releases.operations.receive_slug import receive_slug
from releases.operations.roll_back import roll_back
from tests.factories import FILES, acting, archive, make_app, make_user

# What a page of such an app may weigh in bytes: its HTML, and that compressed.
HTML_LIMIT, SENT_LIMIT = 100_000, 12_000
ROUNDS = 9
PEOPLE = (
    "bartholomew.featherstonehaugh@engineering.example.com",
    "maria-fernanda.rodriguez-villanueva@example.com",
    "anne-sophie.vandenbroucke@payments.example.com",
    "release-automation@continuous-integration.example.com",
    "chukwuemeka.okonkwo-williams@operations.example.com",
)
TITLES = (
    "Retry the payment provider webhooks when the signature is stale",
    "Bump django from 5.2.7 to 5.2.8 and psycopg from 3.2.10 to 3.2.11 (#4821)",
    "Revert “Read order totals from the replica” until its lag is understood",
    "Merge pull request #4807 from payments/idempotent-capture-requests",
)
KEYS = (
    "DATABASE_CONNECTION_POOL_SIZE",
    "PAYMENT_PROVIDER_WEBHOOK_SECRET",
    "FEATURE_FLAG_NEW_CHECKOUT_ENABLED",
    "WEB_CONCURRENCY",
    "SENTRY_TRACES_SAMPLE_RATE",
    "OUTGOING_MAIL_SMTP_PASSWORD",
    "CACHE_INVALIDATION_TOPIC_NAME",
)
REASON = (
    "Checkout answers 500 for one in ten orders since 14:05, and p95 doubled; the replica"
    " lags behind by minutes, so totals are read too early. Looking into it meanwhile."
)
INCIDENT = "https://incidents.example.com/2025/payments/checkout-errors-4821"
Act = Callable[[App, User, int], object]


def make_wordy_app(
    name: str = "payments-checkout", *, wait: Callable[[], object] = int
) -> App:
    """Make an app with more than a page of history, `wait`ing before each act."""
    people = [_person(email) for email in PEOPLE]
    app = make_app(name, owner=people[0])
    for person in people[1:]:
        give_access(
            app=app,
            user=person,
            permissions=list(Access.Permission),
            actor=acting(people[0]),
        )
    acts = islice(cycle(ACTS), ROUNDS * len(ACTS))
    for number, (act, person) in enumerate(zip(acts, cycle(people), strict=False)):
        wait()
        act(App.objects.get(pk=app.pk), person, number)
    app.refresh_from_db()
    return app


def _person(email: str) -> User:
    return User.objects.filter(email=email).first() or make_user(email)


def _deploy(app: App, person: User, number: int) -> None:
    files = {**FILES, "version.txt": f"{number}\n"}
    slug = receive_slug(
        app=app,
        archive=io.BytesIO(archive(files)),
        commit=f"{number:040x}"[::-1],
        commit_title=TITLES[number % len(TITLES)],
        commit_author=person.email,
        actor=acting(person),
    )
    deploy(app=app, slug=slug, actor=_through_token(person))


def _set(app: App, person: User, number: int) -> None:
    values = dict.fromkeys(KEYS, f"value {number}")
    change_config(app=app, set_vars=values, actor=_through_token(person))


def _go_back(app: App, person: User, _number: int) -> None:
    roll_back(
        app=app,
        to=app.last_version - 4,
        reason=REASON,
        incident_url=INCIDENT,
        mark_bad=True,
        actor=acting(person),
    )


def _through_token(person: User) -> Actor:
    return acting(person, token_name="deploy pipeline")


ACTS: Sequence[Act] = (_deploy, _set, _deploy, _deploy, _set, _deploy, _go_back)
