import re
import secrets
import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from releases.actors import Actor
from releases.config import make_config_set
from releases.errors import Conflict, NotAllowed, OperationRefused
from releases.models import App, Release, User
from releases.models.app import DEFAULT_STACK, NAME_PATTERN, RESERVED_NAMES
from releases.operations.ledger import append_release
from releases.vault import give_data_key


@transaction.atomic
def create_app(
    *, name: str, actor: Actor, owner: User | None = None, stack: str = ""
) -> App:
    """Make an app with its initial release, v1; "" as name lets one be chosen.

    It belongs to the actor, or to `owner` where the system acts.
    """
    _require_active(actor)
    name = name or f"app-{secrets.token_hex(5)}"
    refuse_name(name)
    now = timezone.now()
    app = App(
        name=name,
        owner=owner or actor.user,
        stack=stack or DEFAULT_STACK,
        current_release_id=uuid.uuid4(),
        created_at=now,
        updated_at=now,
        released_at=now,
    )
    give_data_key(app)
    _insert(app)
    config_set = make_config_set(app, [])
    config_set.save(force_insert=True)
    append_release(
        app,
        actor=actor,
        kind=Release.Kind.INITIAL,
        description="Initial release",
        slug=None,
        config_set=config_set,
        addon_plan_names=[],
        detail={"name": name, "owner": app.owner.email},
    )
    return app


def refuse_name(name: str) -> None:
    """Refuse what is no app name."""
    # fullmatch: `$` alone would let a line feed through at the end.
    if not re.fullmatch(NAME_PATTERN, name) or name in RESERVED_NAMES:
        raise OperationRefused(
            "An app's name has 3 to 30 characters, a-z, 0-9 and dashes, begins with a"
            ' letter, does not end with a dash, and is not "new".',
            code="invalid",
        )


def name_taken(name: str) -> Conflict:
    return Conflict(f"The name {name} is taken.", code="name_taken")


def _insert(app: App) -> None:
    try:
        # A savepoint: two at once wait for each other here, and one finds it taken.
        with transaction.atomic():
            app.save(force_insert=True)
    except IntegrityError:
        raise name_taken(app.name) from None


def _require_active(actor: Actor) -> None:
    if actor.user.is_system:
        return
    if not User.objects.filter(pk=actor.user.pk, is_active=True).exists():
        raise NotAllowed(f"{actor} may not create apps: the account is deactivated.")
