import pytest
from django.test import Client

from releases.models import App, User
from tests.factories import make_app, make_config, make_deploy, make_user
from tests.signing_in import sign_in


@pytest.fixture
def user() -> User:
    return make_user("ada@example.com")


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    sign_in(client, user)
    return client


@pytest.fixture
def app(user: User) -> App:
    """v2 deploys, v3 sets COLOR=s3cret-red, v4 deploys other code, v5 sets COLOR=blue."""
    app = make_app("shop", owner=user)
    make_deploy(app)
    make_config(app, COLOR="s3cret-red")
    make_deploy(app)
    make_config(app, COLOR="s3cret-blue", SIZE="9")
    return app
