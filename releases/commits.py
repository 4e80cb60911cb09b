"""Which commits lie between two slugs, as far as their deploys told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from releases.models import Release, Slug


@dataclass(frozen=True)
class CommitChanges:
    """Commits that go away and that come back, newest first: `{"sha", "title", "author"}`.

    `known` is False where the git history between the two was not at hand.
    """

    undone: Sequence[Mapping[str, str]] = ()
    redone: Sequence[Mapping[str, str]] = ()
    known: bool = True


def commit_changes(
    before: Slug | None, after: Slug | None, between: Sequence[Release]
) -> CommitChanges:
    """Follow each slug to the commit of the one before it, from `before` to `after`.

    `between` are the releases whose slugs may lie on the way.
    """
    if before is None or after is None or not (before.commit and after.commit):
        return CommitChanges(known=before == after)
    slugs = [release.slug for release in between if release.slug]
    by_commit = {slug.commit: slug for slug in [*slugs, before, after]}
    undone = _walk(before, after.commit, by_commit)
    if undone is not None:
        return CommitChanges(undone=undone)
    redone = _walk(after, before.commit, by_commit)
    if redone is not None:
        return CommitChanges(redone=redone)
    return CommitChanges(known=False)


def _walk(
    start: Slug, goal: str, by_commit: Mapping[str, Slug]
) -> list[Mapping[str, str]] | None:
    commits: list[Mapping[str, str]] = []
    slug, seen = start, set[str]()
    while slug.commit != goal:
        if not slug.base_commit or slug.commit in seen:
            return None
        seen.add(slug.commit)
        commits.extend(slug.commits)
        if slug.base_commit == goal:
            return commits
        if slug.base_commit not in by_commit:
            return None
        slug = by_commit[slug.base_commit]
    return commits
