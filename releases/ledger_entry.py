"""One release's place in its app's chain, checked against what was written."""

from collections.abc import Sequence
from dataclasses import dataclass

from releases.chain import activity_digest, config_set_digest, release_digest
from releases.config import Vars
from releases.models import Activity, Release


@dataclass(frozen=True)
class LedgerEntry:
    """The activity that made a release, the digest before it, and what is wrong, if anything.

    This looks at one entry and its link, in the same few queries whatever the history;
    verify_ledger walks all of it, and the bytes of the code.
    """

    activity: Activity
    before: str
    faults: Sequence[str]


def ledger_entry(release: Release, config_vars: Vars) -> LedgerEntry:
    """Check `release` and its entry. `config_vars` are the rows of its config set."""
    activity = release.activities.get(kind=Activity.Kind.RELEASE_CREATED)
    before = (
        Activity.objects.filter(
            app=release.app_id, sequence=(activity.sequence or 0) - 1
        )
        .values_list("digest", flat=True)
        .first()
        or ""
    )
    return LedgerEntry(
        activity, before, _faults(release, config_vars, activity, before)
    )


def _faults(
    release: Release, config_vars: Vars, activity: Activity, before: str
) -> list[str]:
    faults = []
    if config_set_digest(config_vars.values()) != release.config_set.digest:
        faults.append("its config vars are not those that were written")
    if release_digest(release) != release.digest:
        faults.append("its facts are not those that were written")
    if activity_digest(before, activity, release.digest) != activity.digest:
        faults.append("its entry does not follow from the one before")
    return faults
