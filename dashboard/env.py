"""The only reader of the environment."""

import os
import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PORTS = range(1, 65536)
NUMBER = re.compile(r"[0-9]{1,9}")


def env(name: str, default: str = "") -> str:
    return os.environ.get(name, "") or default


def env_bool(name: str, *, default: bool = False) -> bool:
    """Read "1", "true", "yes" or "0", "false", "no"; refuse anything else."""
    value = env(name, "true" if default else "false").lower()
    if value in {"1", "true", "yes"}:
        return True
    if value in {"0", "false", "no"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false.")


def env_port(name: str, default: int) -> int:
    """Read a port. A default of 0 stands for none."""
    if not env(name):
        return default
    value = env(name)
    if not (value.isascii() and value.isdigit() and int(value) in PORTS):
        raise ImproperlyConfigured(f"{name} must be a port number, 1 to 65535.")
    return int(value)


def env_number(name: str, default: int) -> int:
    """Read a whole number, 0 or more."""
    value = env(name, str(default))
    if not NUMBER.fullmatch(value):
        raise ImproperlyConfigured(f"{name} must be a whole number, 0 or more.")
    return int(value)


def env_list(name: str) -> list[str]:
    """Read a list separated by commas."""
    return [part.strip() for part in env(name).split(",") if part.strip()]


def env_path(name: str, default: str, *, base: Path) -> Path:
    """Read a path. A relative one starts at `base`, wherever the command was typed."""
    return (base / env(name, default)).resolve()


def env_secret(name: str, *, base: Path) -> str:
    """Read a secret from `name`, or from the file that `name`_FILE names."""
    if not env(f"{name}_FILE"):
        return env(name)
    if env(name):
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    file = env_path(f"{name}_FILE", "", base=base)
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names {file}, which cannot be read."
        ) from error
    if not secret:
        raise ImproperlyConfigured(f"{name}_FILE names {file}, which is empty.")
    return secret
