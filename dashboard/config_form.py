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

SET, UNSET = "set-", "unset-"
# How many empty lines for new keys there are, at least.
NEW_ROWS = 3


@dataclass
class ConfigForm:
    """What a person typed; nothing of it is checked before `values` and `unset` are read."""

    data: Mapping[str, str]
    new: Sequence[tuple[str, str]] = ()
    pasted: str = ""
    reason: str = ""
    key: str = ""
    seen: int | None = None
    _set: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._set = {
            name.removeprefix(SET): _lines(value)
            for name, value in self.data.items()
            if name.startswith(SET) and value
        }

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
        """Return the values to set. Refuses what was given twice, and a bad paste."""
        found = dict(self._set)
        for name, value in (*self.new, *read_env(self.pasted).items()):
            if not name:
                raise OperationRefused("A new value has no key.", code="invalid")
            if name in found:
                raise OperationRefused(f"{name[:60]} is given twice.", code="invalid")
            found[name] = _lines(value)
        return found

    @property
    def unset(self) -> list[str]:
        # Whoever gives it a value after ticking that wants the value.
        ticked = [name for name in self.data if name.startswith(UNSET)]
        names = [name.removeprefix(UNSET) for name in ticked]
        return [name for name in names if name not in self._set]

    @property
    def new_rows(self) -> Iterator[tuple[str, str]]:
        """Return the lines for new keys: as they were typed, and some that are empty."""
        yield from self.new
        for _ in range(max(1, NEW_ROWS - len(self.new))):
            yield "", ""

    def typed(self, name: str) -> str:
        return self.data.get(f"{SET}{name}", "")

    def removes(self, name: str) -> bool:
        return f"{UNSET}{name}" in self.data


def _lines(value: str) -> str:
    """Return a value with line ends as they are in files: forms send others."""
    return value.replace("\r\n", "\n")
