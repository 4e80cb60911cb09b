"""Words looked for in a timeline: where, in whatever case, and how far back."""

import pytest

from releases import timeline, timeline_search
from releases.operations.deploy import deploy
from releases.operations.roll_back import roll_back
from releases.timeline import Filter, timeline_of, timeline_over_apps
from tests.factories import (
    acting,
    make_app,
    make_config,
    make_deploy,
    make_slug,
    make_user,
)

pytestmark = pytest.mark.django_db


def test_words_are_looked_for_in_what_was_done_to_what_and_why() -> None:
    app = make_app()
    ada = acting(app.owner)
    make_config(app, SMTP_HOST="mail.example.com")
    make_deploy(app)
    code = make_slug(app, commit="4f0c9ab1", commit_title="Send 100% of invoices")
    v4 = deploy(app=app, slug=code, actor=ada)
    v5 = roll_back(app=app, to=3, reason="Mails are slow", actor=ada)

    def found(words: str) -> list[object]:
        page = timeline_of(app, only=Filter(words=words))
        return [line.release for line in page.activities]

    assert found("INVOICES send") == [v4]
    assert found("4f0c9") == [v4]
    assert found("100%") == [v4]
    assert found("v4") == [v4]
    assert found("slow mails") == [v5]
    assert found("smtp_host") == [app.releases.get(version=2)]
    assert found("smtp%host") == found("invoices slow") == []
    # No value is ever looked through.
    assert found("mail.example.com") == []


def test_over_all_apps_the_name_of_an_app_is_among_its_words() -> None:
    owner = make_user()
    shop, blog = (make_app(name, owner=owner) for name in ("shop", "blog"))
    for app in (shop, blog):
        make_deploy(app)
    only = Filter(words="BLOG deploy")

    found = timeline_over_apps(acting(owner), only=only).activities

    assert [line.app for line in found] == [blog]
    assert timeline_of(blog, only=only).activities == []


def test_a_search_looks_at_so_many_lines_and_says_how_far_it_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (timeline, timeline_search):
        monkeypatch.setattr(module, "SEARCHED", 3)
    app = make_app()
    first = make_deploy(app)
    for _ in range(3):
        make_config(app, **{f"KEY_{app.releases.count()}": "value"})
    only = Filter(words=f"v{first.version}")

    newest = timeline_of(app, only=only)
    rest = timeline_of(app, only=only, before=newest.older)

    lowest = app.activities.order_by("-id")[2]
    assert (newest.activities, newest.older) == ([], lowest.pk)
    assert newest.searched == lowest.created_at
    assert [line.release for line in rest.activities] == [first]
    assert (rest.older, rest.searched) == (None, None)
