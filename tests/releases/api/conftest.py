import pytest
from pytest_django import Settings

from releases.models import App
from tests.factories import make_app, make_config, make_deploy, make_user
from tests.releases.api.clients import Api, api_for


@pytest.fixture
def app() -> App:
    """v2 deploys, v3 sets COLOR=red, v4 deploys other code, v5 sets COLOR=blue."""
    app = make_app("shop", owner=make_user("ada@example.com"))
    make_deploy(app)
    make_config(app, COLOR="red")
    make_deploy(app)
    make_config(app, COLOR="blue")
    return app


@pytest.fixture
def apps_run_here(settings: Settings) -> None:
    settings.ROLLBOOK_RUNTIME = True


@pytest.fixture
def api(app: App) -> Api:
    """A client of the app's owner, with a global token."""
    return api_for(app.owner)
