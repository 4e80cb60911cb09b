"""What the chain of an app tells that its rows should say now."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from releases.chain import ActivityFacts
from releases.models import Activity, Release

Kind = Activity.Kind
Status = Release.Status
Detail = Mapping[str, object]
Each = TypeVar("Each")


@dataclass(frozen=True)
class Outcome:
    """How a release went; `at` is None for one that settled as it was made."""

    status: str
    at: datetime | None = None


# Most releases succeed as they are made: these are counted, and only others remembered.
SUCCEEDED = Outcome(Status.SUCCEEDED)


@dataclass
class Replay:
    """Where an app stands after the activities that were taken so far.

    `standing` are the marks, add-ons and permissions it has: what each says, by its
    sort and its name. `slugs` have a checksum and a commit, `erased` counts config vars.
    """

    releases: int = 0
    current: int = 0
    name: str = ""
    owner: str = ""
    hold_reason: str = ""
    is_destroyed: bool = False
    kept_keys: set[str] = field(default_factory=set)
    standing: dict[tuple[str, str], str] = field(default_factory=dict)
    slugs: dict[str, tuple[str, str]] = field(default_factory=dict)
    erased: Counter[str] = field(default_factory=Counter)
    _outcomes: dict[int, Outcome] = field(default_factory=dict)

    def outcome(self, version: int) -> Outcome | None:
        """Return how release `version` went, None if the chain does not know it."""
        if version > self.releases:
            return None
        return self._outcomes.get(version, SUCCEEDED)

    def take(self, activity: ActivityFacts, version: int) -> None:
        """Follow one activity; `version` is that of the release it is about, or 0.

        Raises KeyError or TypeError for what no operation wrote.
        """
        self._take_release(activity, version)
        self._take_app(activity)
        self._take_standing(activity, version)
        self._take_parts(activity)

    def _take_release(self, activity: ActivityFacts, version: int) -> None:
        detail = activity.detail
        match activity.kind:
            case Kind.RELEASE_CREATED:
                self.releases += 1
                self._settle(version, Outcome(_text(detail, "status")))
            case Kind.RELEASE_SETTLED | Kind.RELEASE_CANCELED:
                outcome = Outcome(_text(detail, "status"), activity.created_at)
                self._settle(version, outcome)
            case Kind.SLUGS_PRUNED:
                for pruned in _list(detail, "versions", int):
                    before = self._outcomes.get(pruned, SUCCEEDED)
                    self._outcomes[pruned] = Outcome(Status.EXPIRED, before.at)

    def _settle(self, version: int, outcome: Outcome) -> None:
        if outcome != SUCCEEDED:
            self._outcomes[version] = outcome
        if outcome.status == Status.SUCCEEDED:
            self.current = version

    def _take_app(self, activity: ActivityFacts) -> None:
        detail = activity.detail
        match activity.kind:
            case Kind.RELEASE_CREATED if detail["kind"] == Release.Kind.INITIAL:
                self.name, self.owner = _text(detail, "name"), _text(detail, "owner")
            case Kind.APP_RENAMED:
                self.name = _text(detail, "to")
            case Kind.APP_TRANSFERRED:
                self.owner = _text(detail, "to")
            case Kind.APP_DESTROYED:
                self.is_destroyed, self.hold_reason = True, ""
            case Kind.DEPLOYS_HELD:
                self.hold_reason = _text(detail, "reason")
            case Kind.DEPLOYS_RESUMED:
                self.hold_reason = ""

    def _take_standing(self, activity: ActivityFacts, version: int) -> None:
        detail = activity.detail
        match activity.kind:
            case Kind.RELEASE_MARKED:
                mark = f"v{version} {_text(detail, 'mark')}"
                self.standing["mark", mark] = _text(detail, "reason")
            case Kind.RELEASE_UNMARKED:
                self.standing.pop(("mark", f"v{version} {_text(detail, 'mark')}"), None)
            case Kind.ACCESS_GIVEN:
                permissions = ", ".join(_list(detail, "permissions", str))
                self.standing["access", _text(detail, "user")] = permissions
            case Kind.ACCESS_TAKEN:
                self.standing.pop(("access", _text(detail, "user")), None)
            case Kind.RELEASE_CREATED if "addon" in detail and "added" in detail:
                self.standing["add-on", _text(detail, "addon")] = _text(detail, "plan")
            case Kind.RELEASE_CREATED if "addon" in detail:
                self.standing.pop(("add-on", _text(detail, "addon")), None)

    def _take_parts(self, activity: ActivityFacts) -> None:
        detail = activity.detail
        match activity.kind:
            case Kind.KEY_KEPT:
                self.kept_keys.add(_text(detail, "key"))
            case Kind.KEY_UNKEPT:
                self.kept_keys.discard(_text(detail, "key"))
            case Kind.VALUE_ERASED:
                self.erased[_text(detail, "key")] += _only(detail["rows"], int)
            case Kind.VALUES_LOST:
                rows = _only(detail["rows"], dict)
                self.erased.update({key: _only(rows[key], int) for key in rows})
            case Kind.SLUG_RECEIVED:
                received = (_text(detail, "sha256"), _text(detail, "commit"))
                self.slugs[_text(detail, "slug")] = received


def _text(detail: Detail, name: str) -> str:
    return _only(detail[name], str)


def _list(detail: Detail, name: str, kind: type[Each]) -> list[Each]:
    return [_only(value, kind) for value in _only(detail[name], list)]


def _only(value: object, kind: type[Each]) -> Each:
    if not isinstance(value, kind):
        raise TypeError(kind.__name__)
    return value
