from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from releases.actors import Actor
from releases.errors import Conflict, OperationRefused
from releases.models import Activity, User
from releases.operations.inputs import clean_text
from releases.operations.ledger import record_outside_apps
from releases.permissions import require_superuser


@transaction.atomic
def create_user(
    *,
    email: str,
    password: str,
    actor: Actor,
    superuser: bool = False,
    full_name: str = "",
) -> User:
    """Make an account that signs in with `email`, kept in lower case.

    Refuses a known or malformed e-mail, and a password the validators refuse.
    """
    require_superuser(actor, "create users")
    email = clean_text(email, "e-mail", limit=254).lower()
    user = User(
        email=email,
        full_name=clean_text(full_name, "name", limit=150),
        is_superuser=superuser,
        is_staff=superuser,
    )
    try:
        validate_email(email)
        validate_password(password, user)
    except ValidationError as error:
        raise OperationRefused(" ".join(error.messages), code="invalid") from None
    user.set_password(password)
    # Two at once: the e-mail's own constraint decides, without an error in between.
    made = User.objects.bulk_create([user], ignore_conflicts=True)
    if not User.objects.filter(pk=made[0].pk).exists():
        raise Conflict(f"There is a user {email} already.", code="email_taken")
    record_outside_apps(
        actor=actor,
        kind=Activity.Kind.USER_CREATED,
        summary=f"Created user {email}",
        detail={"user": email, "superuser": superuser},
    )
    return user
