"""Many config keys in a heading: a few of them, while the ledger says what it always did."""

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from dashboard.app_page import few_keys
from releases.models import App, Release, User
from tests.factories import make_app, make_config

pytestmark = pytest.mark.django_db
SHORT = "Set K00, K01, K02 and 58 more config vars"


@pytest.fixture
def app(user: User) -> App:
    app = make_app("many", owner=user)
    make_config(app, **{f"K{number:02}": "1" for number in range(61)})
    make_config(app, "K00", NEW="1")
    app.refresh_from_db()
    return app


@pytest.mark.parametrize(
    "page",
    [
        "releases/v2/",
        "activity/",
        "compare/v2...v3/",
        "releases/v2/rollback/",
    ],
)
def test_headings_have_the_first_keys(signed_in: Client, app: App, page: str) -> None:
    shown = signed_in.get(f"/apps/many/{page}")

    assertContains(shown, SHORT)
    assertNotContains(shown, "K18, K19")
    assert "K18, K19 and 41 more" in app.releases.get(version=2).description


@pytest.mark.parametrize(
    ("kind", "description", "said"),
    [
        ("config", "Set A, B, C, D config vars", "Set A, B, C, D config vars"),
        (
            "config",
            "Set A, B, C, D, E and remove F, G, H, I, J, K config vars",
            "Set A, B, C and 2 more and remove F, G, H and 3 more config vars",
        ),
        ("deploy", "Fix a, b, c, d, e, f", "Fix a, b, c, d, e, f"),
    ],
)
def test_only_long_lists_of_keys_are_shortened(
    kind: str, description: str, said: str
) -> None:
    assert few_keys(Release(kind=kind, description=description)) == said
