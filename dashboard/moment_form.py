"""The moment that a page tells about: as it is typed, as addresses say it, as it is shown."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils import timezone

from dashboard.forms import FIRST, LAST, MomentField
from dashboard.times import Moment, moment, twin

# What a plus that was not escaped in an address arrives as.
LOST_PLUS = re.compile(r"(?<=T)(\S+) (?=\d\d:?\d\d$)")
TYPED_SHOWN = 60


@dataclass(frozen=True)
class Asked:
    """The moment that is told about: the one that was asked for, or else now.

    Times are shown to the second, so what went live before the `end` of it ran at it.
    """

    second: datetime
    end: datetime
    shown: Moment
    # What was typed, or the moment as a browser's field for it takes and shows it.
    field: str
    is_ahead: bool
    nonsense: str
    # Whether it is none since clocks were put forward past it.
    is_skipped: bool
    # What clocks show the same at, as they are put back, and whether it comes first.
    twin: Moment | None
    twin_is_first: bool


class MomentForm(forms.Form):
    """A moment, in the time zone of whoever asks unless it says another.

    Over all apps also which of them: by what their names hold, after one of them.
    """

    time = MomentField(required=False)
    q = forms.CharField(required=False, max_length=100)
    after = forms.SlugField(required=False, max_length=30)

    def __init__(self, typed: QueryDict) -> None:
        time = LOST_PLUS.sub(r"\1+", typed.get("time", "").strip())
        super().__init__({**typed.dict(), "time": time})
        self.is_valid()

    @property
    def moment(self) -> datetime | None:
        found: datetime | None = self.cleaned_data.get("time")
        return found if found and FIRST <= found.date() <= LAST else None

    @property
    def search(self) -> str:
        return str(self.cleaned_data.get("q", ""))

    @property
    def after_name(self) -> str:
        return str(self.cleaned_data.get("after", ""))

    def better_address(self, now: datetime) -> str:
        """Return the query that means the same to everyone, "" for one that does.

        A time without a zone is another one for who is sent it elsewhere.
        """
        if self.moment is None or self.data["time"] == moment(self.moment, now).iso:
            return ""
        return self.address(self.moment, now)

    def address(self, when: datetime, now: datetime, *, after: str = "") -> str:
        asked = {"time": moment(when, now).iso, "q": self.search, "after": after}
        return urlencode({name: text for name, text in asked.items() if text}, safe=":")

    def asked(self, now: datetime) -> Asked:
        typed, wanted = self.data["time"], self.moment
        nonsense = typed if wanted is None else ""
        second = min(wanted or now, now).replace(microsecond=0)
        other = twin(second)
        return Asked(
            second=second,
            end=second.replace(microsecond=999_999),
            shown=moment(second, now),
            field=nonsense
            or timezone.localtime(wanted or now).strftime("%Y-%m-%dT%H:%M:%S"),
            is_ahead=bool(wanted and wanted > now),
            nonsense=nonsense[:TYPED_SHOWN],
            is_skipped=self.has_error("time", "skipped"),
            twin=moment(other, now) if other else None,
            twin_is_first=bool(other and other < second),
        )
