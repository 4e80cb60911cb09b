"""Input of the pages that tell of a period."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone

from dashboard.days_form import DaysForm
from dashboard.forms import FIRST, LAST
from releases.exports import FORMATS


class InsightsForm(forms.Form):
    """Which weeks the insights are of. What is malformed is the default."""

    WEEKS = {4: "4 weeks", 12: "12 weeks", 26: "26 weeks", 52: "52 weeks"}
    DEFAULT = 12

    weeks = forms.TypedChoiceField(choices=[*WEEKS.items()], coerce=int)

    @property
    def chosen(self) -> int:
        self.is_valid()
        weeks: int = self.cleaned_data.get("weeks", self.DEFAULT)
        return weeks


class ExportForm(DaysForm):
    """Which days of a history are exported, and how."""

    format = forms.ChoiceField(
        choices=[(name, name) for name in FORMATS],
        error_messages={"required": "Choose a format."},
    )

    def clean_since(self) -> date | None:
        return self._possible("since")

    def clean_until(self) -> date | None:
        return self._possible("until")

    @property
    def days(self) -> list[forms.BoundField]:
        return [self["since"], self["until"]]

    @property
    def period(self) -> dict[str, datetime | None]:
        """Return the period in the viewer's time zone, with the whole of the last day."""
        until = self.cleaned_data["until"]
        return {
            "since": _midnight(self.cleaned_data["since"]),
            "until": _midnight(until and until + timedelta(days=1)),
        }

    def _possible(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day and not FIRST <= day <= LAST:
            raise forms.ValidationError("Enter a valid date.")
        return day


def _midnight(day: date | None) -> datetime | None:
    zone = timezone.get_current_timezone()
    return datetime.combine(day, time(), tzinfo=zone) if day else None
