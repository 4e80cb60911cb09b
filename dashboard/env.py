"""The only reader of the environment."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


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


def env_list(name: str) -> list[str]:
    """Read a list separated by commas."""
    return [part.strip() for part in env(name).split(",") if part.strip()]


def env_secret(name: str) -> str:
    """Read a secret from `name`, or from the file that `name`_FILE names."""
    file = env(f"{name}_FILE")
    return Path(file).read_text(encoding="utf-8").strip() if file else env(name)
