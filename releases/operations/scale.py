import re
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from releases.actors import Actor
from releases.errors import NotFound, OperationRefused
from releases.formation import formation_of
from releases.models import Activity, App, Formation
from releases.operations.ledger import lock_app, record_activity
from releases.permissions import Action

QUANTITY_LIMIT = 100
QUANTITY = re.compile(r"(?P<sign>[+-]?)(?P<number>[0-9]{1,6})")


@transaction.atomic
def scale(*, app: App, quantities: Mapping[str, str], actor: Actor) -> dict[str, int]:
    """Run so many processes of each type from now on; this is no release.

    A quantity is a number, or "+2" or "-1" beside what there is. Returns the whole
    formation; what is so already changes nothing. Refuses types that the current code
    has not, and more than a hundred of one.
    """
    app = lock_app(app, actor=actor, to_do=Action.OPERATE)
    before = formation_of(app, app.current_release.slug)
    wanted = {name: _quantity(name, text, before) for name, text in quantities.items()}
    changed = {name: n for name, n in wanted.items() if n != before[name]}
    if not changed:
        return before
    now = timezone.now()
    for name, number in changed.items():
        Formation.objects.update_or_create(
            app=app,
            process_type=name,
            defaults={"quantity": number, "updated_at": now},
        )
    record_activity(
        app,
        actor=actor,
        kind=Activity.Kind.FORMATION_SCALED,
        summary=f"Scaled {', '.join(f'{name} to {n}' for name, n in changed.items())}",
        detail={"from": {name: before[name] for name in changed}, "to": changed},
        at=now,
    )
    return before | changed


def _quantity(name: str, text: str, before: Mapping[str, int]) -> int:
    if name not in before:
        types = ", ".join(before) or "none"
        raise NotFound(
            f"The current code has no process type {name[:100]!r} to scale;"
            f" there are: {types}."
        )
    match = QUANTITY.fullmatch(text.strip())
    if match is None:
        raise OperationRefused(
            f"A quantity is a number, with + or - before it to add or to take away;"
            f" {text[:40]!r} is none.",
            code="invalid",
        )
    number = int(match["number"])
    if match["sign"]:
        number = before[name] + int(f"{match['sign']}{number}")
    if not 0 <= number <= QUANTITY_LIMIT:
        raise OperationRefused(
            f"From 0 to {QUANTITY_LIMIT} processes of a type can run, not {number:,}.",
            code="invalid",
        )
    return number
