import re
import secrets
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from releases.actors import Actor
from releases.config import Vars, make_config_set, vars_of
from releases.errors import Conflict, NotFound, OperationRefused
from releases.models import AddOn, App, ConfigVar, Release
from releases.operations.change_config import new_vars, refuse_invalid
from releases.operations.ledger import (
    Request,
    append_release,
    current_release,
    lock_app,
    refuse_while_pending,
    release_made_by,
)
from releases.permissions import Action
from releases.vault import open_vault

PLAN_PATTERN = r"([a-z0-9][a-z0-9_-]{0,98}):([a-z0-9][A-Za-z0-9_.-]{0,98})"
NAME_PATTERN = r"[a-zA-Z][A-Za-z0-9_-]{1,98}"


@transaction.atomic
def attach_addon(
    *,
    app: App,
    plan: str,
    config_vars: Mapping[str, str],
    actor: Actor,
    name: str = "",
    idempotency_key: str = "",
) -> Release:
    """Attach a resource of `plan`, "service:plan", with the config vars it owns.

    Its values change with the resource and never with a rollback. Refuses keys that
    are set already: to take them over would lose what they hold.
    """
    service = _service(plan)
    refuse_invalid(config_vars, [])
    app = lock_app(app, actor=actor, to_do=Action.CONFIGURE)
    vault = open_vault(app)
    request = Request.of(
        idempotency_key,
        do="attach",
        plan=plan,
        name=name,
        config=vault.fingerprints(config_vars),
    )
    name = _name(name or f"{service}-{secrets.token_hex(4)}")
    if earlier := release_made_by(app, actor, request):
        return earlier
    refuse_while_pending(app)
    current = current_release(app)
    [old] = vars_of(current.config_set)
    _refuse_taken(app, old, config_vars)
    addon = _insert(
        AddOn(
            app=app,
            name=name,
            service=service,
            plan=plan,
            config_var_names=sorted(config_vars),
            attached_by=actor.user,
            attached_at=timezone.now(),
        )
    )
    made = new_vars(app, vault, old, config_vars, actor, addon=addon)
    ConfigVar.objects.bulk_create(made)
    config_set = make_config_set(app, [*old.values(), *made])
    config_set.save(force_insert=True)
    return append_release(
        app,
        actor=actor,
        kind=Release.Kind.ADDON,
        description=f"Attach {name} ({plan})",
        slug=current.slug,
        config_set=config_set,
        addon_plan_names=_attached_plan_names(app),
        request=request,
        detail={"addon": name, "plan": plan, "added": sorted(config_vars)},
    )


@transaction.atomic
def detach_addon(
    *, app: App, name: str, actor: Actor, idempotency_key: str = ""
) -> Release:
    """Detach the add-on `name`; its config vars go with it. The resource is not touched."""
    request = Request.of(idempotency_key, do="detach", name=name)
    app = lock_app(app, actor=actor, to_do=Action.CONFIGURE)
    if earlier := release_made_by(app, actor, request):
        return earlier
    refuse_while_pending(app)
    addon = app.addons.filter(name=name, detached_at=None).first()
    if addon is None:
        raise NotFound(f"{app} has no add-on {name[:60]!r}.")
    current = current_release(app)
    [old] = vars_of(current.config_set)
    left = [var for var in old.values() if var.addon_id != addon.pk]
    addon.detached_by, addon.detached_at = actor.user, timezone.now()
    addon.save(update_fields=["detached_by", "detached_at"])
    config_set = make_config_set(app, left)
    config_set.save(force_insert=True)
    return append_release(
        app,
        actor=actor,
        kind=Release.Kind.ADDON,
        description=f"Detach {name} ({addon.plan})",
        slug=current.slug,
        config_set=config_set,
        addon_plan_names=_attached_plan_names(app),
        request=request,
        detail={
            "addon": name,
            "plan": addon.plan,
            "removed": sorted(old.keys() - {var.name for var in left}),
        },
    )


def _refuse_taken(app: App, old: Vars, config_vars: Mapping[str, str]) -> None:
    taken = sorted(config_vars.keys() & old.keys())
    if taken:
        raise Conflict(
            f"{', '.join(taken)} of {app} is set already; unset it first.",
            code="config_var_taken",
        )


def _attached_plan_names(app: App) -> list[str]:
    attached = app.addons.filter(detached_at=None).order_by("name")
    return list(attached.values_list("plan", flat=True))


def _service(plan: str) -> str:
    match = re.fullmatch(PLAN_PATTERN, plan)
    if match is None:
        raise OperationRefused(
            "An add-on's plan is written service:plan, as in postgresql:standard-0.",
            code="invalid",
        )
    return match[1]


def _name(name: str) -> str:
    if not re.fullmatch(NAME_PATTERN, name):
        raise OperationRefused(
            "An add-on's name begins with a letter, followed by letters, digits,"
            " dashes or underscores.",
            code="invalid",
        )
    return name


def _insert(addon: AddOn) -> AddOn:
    try:
        with transaction.atomic():
            addon.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            f"The add-on name {addon.name} is taken.", code="name_taken"
        ) from None
    return addon
