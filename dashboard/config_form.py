"""The form in which config vars are changed: what was typed, and what that comes to.

The fields of a key are `set-KEY`, empty where its value stays, and `unset-KEY`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from django.http import QueryDict

from releases.dotenv import read_env
from releases.errors import OperationRefused
from releases.models.release import version_in
from releases.operations.change_config import refuse_invalid

SET, UNSET, NEW, PASTED = "set-", "unset-", "new-", "pasted"
# How many empty lines for new keys there are, at least.
NEW_ROWS = 3


@dataclass(frozen=True)
class NewRow:
    """A line for a new key: as it was typed, and what is wrong with it."""

    name: str = ""
    value: str = ""
    error: str = ""


@dataclass
class ConfigForm:
    """What a person typed; nothing of it is checked before `values` and `unset` are read.

    Then `errors` say what is wrong, by field.
    """

    data: Mapping[str, str]
    new: Sequence[tuple[str, str]] = ()
    pasted: str = ""
    reason: str = ""
    key: str = ""
    seen: int | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, typed: QueryDict) -> "ConfigForm":
        names, values = typed.getlist("new-name"), typed.getlist("new-value")
        pairs = [
            (name.strip(), value)
            for name, value in zip_longest(names, values, fillvalue="")
        ]
        return cls(
            data={name: typed.get(name, "") for name in typed},
            new=[(name, value) for name, value in pairs if name or value],
            pasted=typed.get("pasted", ""),
            reason=typed.get("reason", ""),
            key=typed.get("key", ""),
            seen=version_in(typed.get("seen", "")),
        )

    @property
    def values(self) -> dict[str, str]:
        """Return the values to set. Refuses what cannot be one, noted by its field."""
        found: dict[str, str] = {}
        self.errors = {}
        for at, name, value in self._given():
            try:
                _refuse_unfit(name, value, found)
            except OperationRefused as refusal:
                self.errors.setdefault(at, str(refusal))
            else:
                found[name] = value
        if self.errors:
            raise OperationRefused(self._summary(), code="invalid")
        return found

    @property
    def unset(self) -> list[str]:
        # Whoever gives it a value after ticking that wants the value.
        ticked = [name for name in self.data if name.startswith(UNSET)]
        names = [name.removeprefix(UNSET) for name in ticked]
        return [name for name in names if not self.typed(name)]

    @property
    def new_rows(self) -> Iterator[NewRow]:
        """Return the lines for new keys, and some that are empty."""
        for number, (name, value) in enumerate(self.new):
            yield NewRow(name, value, self.errors.get(f"{NEW}{number}", ""))
        for _ in range(max(1, NEW_ROWS - len(self.new))):
            yield NewRow()

    def typed(self, name: str) -> str:
        return self.data.get(f"{SET}{name}", "")

    def removes(self, name: str) -> bool:
        return f"{UNSET}{name}" in self.data

    def error(self, name: str) -> str:
        return self.errors.get(f"{SET}{name}", "")

    def _given(self) -> Iterator[tuple[str, str, str]]:
        """Return each field in which a value is, with the key and the value."""
        for at, value in self.data.items():
            if at.startswith(SET) and value:
                yield at, at.removeprefix(SET), _lines(value)
        for number, (name, value) in enumerate(self.new):
            yield f"{NEW}{number}", name, _lines(value)
        try:
            pasted = read_env(self.pasted)
        except OperationRefused as refusal:
            self.errors[PASTED] = str(refusal)
            return
        for name, value in pasted.items():
            yield PASTED, name, value

    def _summary(self) -> str:
        [first, *others] = self.errors.values()
        if others:
            return "Mend what is marked below. Nothing was saved."
        return first


def _refuse_unfit(name: str, value: str, found: Mapping[str, str]) -> None:
    if not name:
        raise OperationRefused("A new value has no key.")
    if name in found:
        raise OperationRefused(f"{name[:60]} is given twice.")
    refuse_invalid({name: value}, ())


def _lines(value: str) -> str:
    """Return a value with line ends as they are in files: forms send others."""
    return value.replace("\r\n", "\n")
