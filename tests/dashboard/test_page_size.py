import gzip

import pytest
from django.test import Client
from time_machine import travel

from releases.timeline import PAGE
from tests.wordy import HTML_LIMIT, SENT_LIMIT, make_wordy_app

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/apps/payments-checkout/activity/", "/activity/"])
def test_a_page_of_long_entries_is_soon_there_on_a_slow_line(
    client: Client, path: str
) -> None:
    with travel("2025-11-03T08:00:00Z", tick=False) as clock:
        app = make_wordy_app(wait=lambda: clock.shift(3 * 3600))
        client.force_login(app.owner)
        page = client.get(path, headers={"Accept-Encoding": "gzip"})

    html = gzip.decompress(page.content)
    assert html.count(b'<li class="entry"') == PAGE
    assert html.count(b"Undone by") > PAGE / 3
    assert len(html) < HTML_LIMIT
    assert len(page.content) < SENT_LIMIT
