"""Times on a page that stays open."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from dashboard.times import ago
from tests.browser.stories import make_story, path_of
from tests.browser.visiting import Visit

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SOME = MINUTE / 3
# One of each wording, and both sides of where it changes.
AGES = [
    *(SOME, MINUTE + SOME, 2 * MINUTE - SOME, 2 * MINUTE + SOME, HOUR - SOME),
    *(HOUR + SOME, 2 * HOUR + SOME, DAY - SOME, DAY + SOME, 36 * HOUR, 2 * DAY + SOME),
    *(3 * DAY, 30 * DAY, 31 * DAY + SOME, 400 * DAY),
]


def test_times_age_in_the_words_of_the_server_whatever_the_device_has(
    visit: Visit, base_url: str
) -> None:
    app = make_story()
    made = timezone.now()
    page = visit(app.owner)
    page.context.add_cookies(
        [{"name": "zone", "value": "Pacific/Auckland", "url": base_url}]
    )
    # A clock that is far behind, in the zone of the machine.
    page.clock.install(time=datetime(2001, 2, 3, tzinfo=ZoneInfo("UTC")))
    page.goto(path_of(app, "activity/"))
    time = page.locator(".entry time").first
    when = datetime.fromisoformat(str(time.get_attribute("datetime")))
    assert time.evaluate("each => each.firstChild.data") == "just now"

    passed = timedelta()
    for age in AGES:
        page.clock.fast_forward(int((age - passed).total_seconds() * 1_000))
        passed = age
        with timezone.override("Pacific/Auckland"):
            said = ago(when, made + age)
        assert time.evaluate("each => each.firstChild.data") == said
    assert said.startswith("on ")
