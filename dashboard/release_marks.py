"""The marks of a release on its page: which stand, and the forms that put and take them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from releases.models import Mark, Release

MEANS = {
    Mark.Kind.BAD: "Not offered to go back to, and deploying the same code asks first.",
    Mark.Kind.PIN: "Its code stays, whatever is pruned.",
}
PUT = {Mark.Kind.BAD: "Mark as bad", Mark.Kind.PIN: "Pin"}
DONE = {Mark.Kind.BAD: "marked bad", Mark.Kind.PIN: "pinned"}
ASKS = {Mark.Kind.BAD: "it is bad", Mark.Kind.PIN: "it is pinned"}
TAKE = {Mark.Kind.BAD: "Not bad any more", Mark.Kind.PIN: "Unpin"}


@dataclass(frozen=True)
class Typed:
    """A mark that was not put or taken off: what was typed, and why not."""

    kind: str
    reason: str
    error: str


@dataclass(frozen=True)
class MarkForm:
    """A kind of mark, which stands or can be put. Bad takes a reason, pin may have one."""

    kind: Mark.Kind
    stands: bool
    typed: Typed | None

    @property
    def means(self) -> str:
        return MEANS[self.kind]

    @property
    def asks(self) -> str:
        return ASKS[self.kind]

    @property
    def press(self) -> str:
        return (TAKE if self.stands else PUT)[self.kind]

    @property
    def needs_reason(self) -> bool:
        return self.kind == Mark.Kind.BAD


def summary(release: Release, forms: Iterable[MarkForm]) -> str:
    """Say which marks stand on a release; nothing where none does."""
    standing = [DONE[form.kind] for form in forms if form.stands]
    return f"{release} is {' and '.join(standing)}" if standing else ""


def mark_forms(marks: Iterable[Mark], typed: Typed | None) -> Iterator[MarkForm]:
    """Give a form for each kind of mark, `marks` being those of the release."""
    standing = {mark.kind for mark in marks if mark.cleared_at is None}
    for kind in Mark.Kind:
        its_own = typed if typed and typed.kind == kind else None
        yield MarkForm(kind, kind.value in standing, its_own)
