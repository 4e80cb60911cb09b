import pytest
from django.test import Client

from releases.actors import Actor
from releases.models import App, Mark
from releases.operations.attach_addon import attach_addon
from releases.operations.mark_release import mark_release
from tests.factories import make_app, make_config, make_deploy, make_member, make_user
from tests.signing_in import sign_in


@pytest.fixture
def app() -> App:
    """An app with one of everything: v2 is a pinned deploy, v3 a config, v4 an add-on."""
    app = make_app("shop")
    make_member(app, "view")
    make_deploy(app)
    make_config(app, SECRET="s3cret-value")
    attach_addon(
        app=app, plan="redis:mini", config_vars={"REDIS_URL": "r"}, actor=Actor.system()
    )
    mark_release(
        release=app.releases.get(version=2), kind=Mark.Kind.PIN, actor=Actor.system()
    )
    return App.objects.get(pk=app.pk)


@pytest.fixture
def root(client: Client) -> Client:
    sign_in(client, make_user("root@example.com", superuser=True))
    return client
