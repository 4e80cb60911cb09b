"""What the list of apps is asked for, as its addresses say it."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from django import forms

from releases.app_list import BEGINNING, NOTHING, Cursor

# "shop" stands for the apps that need nobody, after that one; "3:shop" for others.
WRITTEN_CURSOR = re.compile(r"(?:([1-4]):)?([a-z][a-z0-9-]{1,29})")


class AppSearchForm(forms.Form):
    """A search by name, and where in the list a page begins. What is malformed is all."""

    q = forms.CharField(required=False, max_length=100)
    after = forms.RegexField(WRITTEN_CURSOR, required=False, max_length=40)

    @property
    def search(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("q", ""))

    @property
    def cursor(self) -> Cursor:
        self.is_valid()
        found = WRITTEN_CURSOR.fullmatch(self.cleaned_data.get("after", ""))
        return Cursor(int(found[1] or NOTHING), found[2]) if found else BEGINNING

    @property
    def asked(self) -> dict[str, str]:
        """Return all that was asked for, as addresses say it."""
        self.is_valid()
        return {name: text for name, text in self.cleaned_data.items() if text}


def address_of(cursor: Cursor, asked: Mapping[str, str]) -> str:
    """Return the address of the page after a cursor."""
    place = "" if cursor.need == NOTHING else f"{cursor.need}:"
    return f"?{urlencode({**asked, 'after': f'{place}{cursor.name}'}, safe=':')}"
