"""What people type into pages: its shape and wording, no rules of the domain."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypedDict

from django import forms
from django.utils import timezone

from dashboard.days_form import DaysForm
from dashboard.timeline import ICONS
from dashboard.times import in_full
from releases.log_formats import APP, ROUTER
from releases.models import Activity, Release, RunSettings, Token
from releases.models.release import version_in
from releases.operations.change_run_settings import RunChange
from releases.timeline import Filter

# What is further off has no day before, or none after it.
FIRST, LAST = date.min + timedelta(days=2), date.max - timedelta(days=2)
# How much of what happened before and after belongs to what happened at a time.
AROUND = timedelta(minutes=15)
# How a field for a code looks and helps: phones offer what they see, and digits.
CODE = {"class": "input", "autocomplete": "one-time-code", "inputmode": "numeric"}


class WantedLines(TypedDict):
    """What `releases.logs.last_lines` is asked for."""

    process: str
    source: str
    version: int | None
    search: str


@dataclass(frozen=True)
class Kind:
    """A kind of entry, as the filters offer it."""

    value: str
    label: str
    icon: str
    ticked: bool


class MomentField(forms.DateTimeField):
    """A time, in the zone of whoever asks unless it says another.

    What clocks there show twice, as they are put back, is the first of both. What they
    skip, as they are put forward, is no time: the error's code says so.
    """

    def to_python(self, value: Any) -> datetime | None:
        try:
            found: datetime | None = super().to_python(value)
        except forms.ValidationError as refused:
            # Django says so of both, and of times at the ends of the calendar.
            there = (refused.params or {}).get("datetime")
            if there is None or not FIRST <= there.date() <= LAST:
                raise
            found = timezone.make_aware(there)
            if timezone.make_naive(found.astimezone(UTC)) != there:
                raise forms.ValidationError("Clocks skipped it.", "skipped") from None
        return found


class FilterForm(DaysForm):
    """Filters of a timeline, which are its address.

    What cannot be read lets nothing be shown: all of it would look as if it were
    filtered.
    """

    kind = forms.MultipleChoiceField(
        label="Kind", choices=Activity.Topic.choices, required=False
    )
    search = forms.CharField(label="Text", max_length=200, required=False)
    who = forms.CharField(label="Who", max_length=254, required=False)
    # Before and after it, instead of whole days.
    around = MomentField(required=False)

    def filter(self) -> Filter:
        self.is_valid()
        given = self.cleaned_data
        since, until = self.period or (
            _midnight(given.get("since")),
            _midnight(given.get("until"), days=1),
        )
        return Filter(
            topics=frozenset(map(Activity.Topic, given.get("kind") or ())),
            person=given.get("who") or "",
            since=since,
            until=until,
            words=given.get("search") or "",
        )

    @property
    def period(self) -> tuple[datetime, datetime] | None:
        """Return the time that is looked at around a moment, if one was given."""
        return (self.moment - AROUND, self.moment + AROUND) if self.moment else None

    @property
    def moment(self) -> datetime | None:
        self.is_valid()
        moment = self.cleaned_data.get("around")
        return moment if moment and FIRST <= moment.date() <= LAST else None

    @property
    def is_readable(self) -> bool:
        # An unreadable moment is none, which the page says at its head.
        return not {*self.errors} - {"around"}

    @property
    def narrows(self) -> bool:
        return not self.is_readable or bool(self.filter())

    @property
    def words(self) -> str:
        """Say what is shown, for paper, on which there are no fields."""
        if not self.is_readable:
            return "Nothing"
        only = self.filter()
        said = [
            " and ".join(
                topic.label.lower() for topic in Activity.Topic if topic in only.topics
            ),
            f"by {only.person}" if only.person else "",
            f"with “{only.words}”" if only.words else "",
            f"from {in_full(only.since)}" if only.since else "",
            f"until {in_full(only.until)}" if only.until else "",
        ]
        return f"Only {', '.join(filter(None, said))}" if only else "Everything"

    @property
    def kinds(self) -> Iterator[Kind]:
        ticked = self.data.getlist("kind") if hasattr(self.data, "getlist") else []
        for topic in Activity.Topic:
            yield Kind(topic.value, topic.label, ICONS[topic], topic.value in ticked)


class RollbackForm(forms.Form):
    """The rollback dialog: what to go back in, and why.

    `plan` is the signed digest of the plan that the person read, `key` what makes
    pressing twice one rollback.
    """

    scope = forms.ChoiceField(choices=Release.Scope.choices)
    plan = forms.CharField(required=False)
    key = forms.UUIDField(required=False)
    reason = forms.CharField(required=False, max_length=2_000)
    incident_url = forms.CharField(required=False, max_length=2_000)
    migrations_ok = forms.BooleanField(required=False)
    override = forms.BooleanField(required=False)
    mark_bad = forms.BooleanField(required=False)

    @classmethod
    def fresh(cls, asked: Mapping[str, Any]) -> "RollbackForm":
        """Return a form for the plan that an address asks for, with nothing typed yet."""
        scope = asked.get("scope")
        known = scope if scope in Release.Scope.values else Release.Scope.EVERYTHING
        return cls({"scope": known, "key": str(uuid.uuid4())})


class NewAppForm(forms.Form):
    name = forms.CharField(label="Name", max_length=100)


class NewTokenForm(forms.Form):
    """A token for oneself: what it is for, what it may do, and for how long."""

    DAYS = {"30": "30 days", "90": "90 days", "365": "A year", "": "It does not expire"}

    name = forms.CharField(label="Name", max_length=200)
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=Token.Scope.choices,
        initial=[Token.Scope.GLOBAL],
        error_messages={"required": "Choose what it may do."},
    )
    days = forms.ChoiceField(
        label="Expires", choices=[*DAYS.items()], initial="90", required=False
    )

    @property
    def expires_in(self) -> timedelta | None:
        days = self.cleaned_data["days"]
        return timedelta(days=int(days)) if days else None


class FirstCodeForm(forms.Form):
    """A code of the authenticator app that has just got its key."""

    code = forms.CharField(
        label="Code", max_length=40, widget=forms.TextInput(attrs=CODE)
    )


class LogForm(forms.Form):
    """Filters of a log, which are its address. What is malformed narrows nothing."""

    SOURCES = {"": "Everything", APP: "App", ROUTER: "Router"}

    process = forms.CharField(required=False, max_length=120)
    source = forms.ChoiceField(choices=[*SOURCES.items()], required=False)
    release = forms.CharField(required=False, max_length=20)
    search = forms.CharField(required=False, max_length=200)
    tail = forms.BooleanField(required=False)

    @property
    def wanted(self) -> WantedLines:
        self.is_valid()
        given = self.cleaned_data
        source, process = given.get("source", ""), given.get("process", "")
        return {
            "process": ROUTER if source == ROUTER else process,
            "source": "" if source == ROUTER else source,
            "version": version_in(given.get("release", "")),
            "search": given.get("search", ""),
        }

    @property
    def follows(self) -> bool:
        self.is_valid()
        return bool(self.cleaned_data.get("tail"))

    @property
    def narrows(self) -> bool:
        return any(self.wanted.values())


@dataclass(frozen=True)
class Quantity:
    """How many processes of a type there should be: as it is, and as it was typed."""

    process_type: str
    is_now: int
    typed: str

    @property
    def field(self) -> str:
        return f"quantity-{self.process_type}"


class ScaleForm:
    """How many processes of each type to run; the operation says what can be."""

    def __init__(self, typed: Mapping[str, str], formation: Mapping[str, int]) -> None:
        self.quantities = [
            Quantity(name, number, typed.get(f"quantity-{name}", str(number)))
            for name, number in formation.items()
        ]
        # What somebody else scaled since the page was made is not scaled back.
        self.changed = {
            each.process_type: each.typed
            for each in self.quantities
            if each.typed != typed.get(f"was-{each.process_type}", str(each.is_now))
        }

    @classmethod
    def of(cls, formation: Mapping[str, int]) -> "ScaleForm":
        return cls({}, formation)


class RunSettingsForm(forms.Form):
    """How an app is run; the operation says what can be."""

    ready_path = forms.CharField(required=False)
    release_phase_on_rollback = forms.BooleanField(required=False)
    automatic_rollback = forms.BooleanField(required=False)

    @classmethod
    def of(cls, settings: RunSettings) -> "RunSettingsForm":
        return cls({name: getattr(settings, name) for name in cls.base_fields})

    @property
    def change(self) -> RunChange:
        self.is_valid()
        return RunChange(**self.cleaned_data)


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    if day is None:
        return None
    possible = min(max(day, FIRST), LAST) + timedelta(days=days)
    return datetime.combine(possible, time(), tzinfo=timezone.get_current_timezone())
