"""How the code of two slugs differs: commits, files, process types, migrations."""

from collections.abc import Sequence
from dataclasses import dataclass

from releases.commits import CommitChanges, commit_changes
from releases.models import Manifest, Slug
from releases.restoring import same_code
from releases.slugs.compare import FileChanges, compare_manifests
from releases.slugs.schema_changes import MigrationsFound, find_migrations


@dataclass(frozen=True)
class ProcessTypeChanges:
    added: Sequence[str] = ()
    changed: Sequence[str] = ()
    removed: Sequence[str] = ()


@dataclass(frozen=True)
class CodeChange:
    """How the code differs; `changed` is False where the same bytes run the same way."""

    before: Slug | None
    after: Slug | None
    changed: bool
    commits: CommitChanges
    files: FileChanges
    process_types: ProcessTypeChanges
    migrations: MigrationsFound


def code_change(before: Slug | None, after: Slug | None) -> CodeChange:
    """Return how the code of two slugs of one app differs."""
    changed = not same_code(before, after)
    # All paths, for migrations are few among many; what is shown is bounded.
    files = _file_changes(before, after) if changed else FileChanges()
    return CodeChange(
        before=before,
        after=after,
        changed=changed,
        commits=commit_changes(before, after),
        files=files.shortened(),
        process_types=_process_type_changes(before, after),
        migrations=find_migrations(
            [*files.added.paths, *(new for _, new in files.renamed.pairs)],
            [*files.removed.paths, *(old for old, _ in files.renamed.pairs)],
            files.changed.paths,
        ),
    )


def _file_changes(before: Slug | None, after: Slug | None) -> FileChanges:
    blobs = [slug.blob_id for slug in (before, after) if slug and slug.blob_id]
    manifests = {
        manifest.blob_id: bytes(manifest.entries)
        for manifest in Manifest.objects.filter(blob__in=blobs)
    }
    return compare_manifests(
        manifests.get(before.blob_id or "") if before else None,
        manifests.get(after.blob_id or "") if after else None,
    )


def _process_type_changes(
    before: Slug | None, after: Slug | None
) -> ProcessTypeChanges:
    old: dict[str, str] = before.process_types if before else {}
    new: dict[str, str] = after.process_types if after else {}
    return ProcessTypeChanges(
        added=sorted(new.keys() - old.keys()),
        changed=sorted(name for name in new.keys() & old if new[name] != old[name]),
        removed=sorted(old.keys() - new.keys()),
    )
