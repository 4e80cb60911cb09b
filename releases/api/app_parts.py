"""Heroku's objects of what belongs to an app: people, add-ons, process types."""

from releases.api.objects import (
    Object,
    constant_id,
    iso,
    person,
    release_reference,
)
from releases.models import Access, AddOn, App, Process

# There is one: that of the machine.
SIZE = {"id": constant_id("size/host"), "name": "host"}


def collaborator_object(access: Access, app: App) -> Object:
    """Expects `user` joined."""
    return {
        "app": {"id": str(app.pk), "name": app.name},
        "created_at": iso(access.created_at),
        "id": str(access.pk),
        "permissions": [
            {"name": name, "description": Access.Permission(name).label}
            for name in access.permissions
        ],
        "role": "collaborator",
        "updated_at": iso(access.updated_at),
        "user": {**person(access.user), "federated": False},
    }


def owner_object(app: App) -> Object:
    """The owner as a collaborator: they have no row, and may do all. Expects `owner`."""
    return {
        "app": {"id": str(app.pk), "name": app.name},
        "created_at": iso(app.created_at),
        "id": constant_id(f"{app.pk}/{app.owner_id}"),
        "permissions": [
            {"name": each.value, "description": each.label}
            for each in Access.Permission
        ],
        "role": "owner",
        "updated_at": iso(app.updated_at),
        "user": {**person(app.owner), "federated": False},
    }


def addon_object(addon: AddOn, app: App) -> Object:
    return {
        "actions": [],
        "addon_service": {"id": constant_id(addon.service), "name": addon.service},
        "billing_entity": {"id": str(app.pk), "name": app.name, "type": "app"},
        "app": {"id": str(app.pk), "name": app.name},
        "billed_price": None,
        "config_vars": addon.config_var_names,
        "created_at": iso(addon.attached_at),
        "id": str(addon.pk),
        "name": addon.name,
        "plan": {"id": constant_id(addon.plan), "name": addon.plan},
        "provider_id": str(addon.pk),
        "state": "deprovisioned" if addon.detached_at else "provisioned",
        "updated_at": iso(addon.detached_at or addon.attached_at),
        "web_url": None,
    }


def attachment_object(addon: AddOn, app: App) -> Object:
    """An add-on here has one attachment, under its own name, to its own app."""
    of_app = {"id": str(app.pk), "name": app.name}
    return {
        "addon": {
            "id": str(addon.pk),
            "name": addon.name,
            "app": of_app,
            "plan": {"id": constant_id(addon.plan), "name": addon.plan},
        },
        "app": of_app,
        "created_at": iso(addon.attached_at),
        "id": constant_id(f"attachment/{addon.pk}"),
        "name": addon.name.upper().replace("-", "_"),
        "namespace": None,
        "updated_at": iso(addon.attached_at),
        "web_url": None,
        "log_input_url": None,
    }


def process_type_id(app: App, process_type: str) -> str:
    return constant_id(f"{app.pk}/{process_type}")


def formation_object(
    app: App, process_type: str, command: str, *, quantity: int
) -> Object:
    """A process type of the current code, and how many processes of it should run."""
    return {
        "app": {"id": str(app.pk), "name": app.name},
        "command": command,
        "created_at": iso(app.released_at),
        "dyno_size": SIZE,
        "id": process_type_id(app, process_type),
        "quantity": quantity,
        "size": SIZE["name"],
        "type": process_type,
        "updated_at": iso(app.released_at),
    }


def dyno_object(process: Process, app: App) -> Object:
    """A process, with its state in Heroku's words. Expects `release` joined."""
    is_stopping = process.state == Process.State.STOPPING
    return {
        "app": {"id": str(app.pk), "name": app.name},
        "attach_url": None,
        "command": process.command,
        "created_at": iso(process.created_at),
        "id": str(process.pk),
        "name": str(process),
        "release": release_reference(process.release),
        "size": SIZE["name"],
        "state": "down" if is_stopping else process.state,
        "type": process.process_type,
        "updated_at": iso(process.state_at),
    }
