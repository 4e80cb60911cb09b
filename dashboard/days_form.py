"""A period as people give it: from a day on, to a day."""

from typing import Any

from django import forms


class DaysForm(forms.Form):
    """Two days, of which one that is left out is no bound; the last is part of it."""

    since = forms.DateField(label="From", required=False)
    until = forms.DateField(label="To", required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            self.add_error("until", "The period ends before it begins.")
        return given
