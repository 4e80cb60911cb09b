"""How large a slug may be, in every direction a hostile one can grow."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

KIB, MIB, GIB = 2**10, 2**20, 2**30


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of what one archive may cost. All but `members` and `ratio` are bytes.

    `members` counts files, links and folders, those that are only implied by a path
    too. `ratio` is unpacked over compressed, judged from `ratio_from` unpacked bytes
    on. `paths` is for all paths and link targets together: it bounds the memory.
    """

    compressed: int = 1 * GIB
    unpacked: int = 4 * GIB
    members: int = 250_000
    ratio: int = 200
    ratio_from: int = 64 * MIB
    header: int = 64 * KIB
    path: int = 1024
    name: int = 255
    paths: int = 32 * MIB
    procfile: int = 64 * KIB


def configured_limits() -> Limits:
    """Return the defaults, with what the setting SLUG_LIMITS says instead."""
    changed: Mapping[str, int] = getattr(settings, "SLUG_LIMITS", {})
    return Limits(**changed)
