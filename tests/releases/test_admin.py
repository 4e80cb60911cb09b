from http import HTTPStatus

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from releases.actors import Actor
from releases.models import App, ConfigVar, Mark, User
from releases.operations.attach_addon import attach_addon
from releases.operations.mark_release import mark_release
from tests.factories import (
    PASSWORD,
    make_app,
    make_config,
    make_deploy,
    make_member,
    make_user,
)

pytestmark = pytest.mark.django_db
MODELS = [
    model
    for model in apps.get_app_config("releases").get_models()
    if admin.site.is_registered(model)
]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


@pytest.fixture
def app() -> App:
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
    return app


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(make_user("root@example.com", superuser=True))
    return client


def url(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:releases_{model._meta.model_name}_{page}", args=args)


def test_one_signs_in_by_e_mail_in_any_case(client: Client) -> None:
    make_user("root@example.com", superuser=True)

    response = client.post(
        reverse("admin:login"), {"username": "Root@Example.com", "password": PASSWORD}
    )

    assert response.status_code == HTTPStatus.FOUND


@every_model
def test_every_list_and_every_row_can_be_read(
    model: type[Model], app: App, root: Client
) -> None:
    row = model._default_manager.order_by("pk").last()
    assert row is not None

    listing = root.get(url(model, "changelist"))
    page = root.get(url(model, "change", row.pk))

    assert (listing.status_code, page.status_code) == (HTTPStatus.OK, HTTPStatus.OK)


@every_model
def test_nothing_can_be_added_changed_or_deleted(
    model: type[Model], app: App, root: Client
) -> None:
    row = model._default_manager.order_by("pk").last()
    assert row is not None

    for page in (
        url(model, "add"),
        url(model, "change", row.pk),
        url(model, "delete", row.pk),
    ):
        assert root.post(page, {}).status_code == HTTPStatus.FORBIDDEN


@every_model
def test_lists_take_the_same_queries_for_two_rows_and_for_many(
    model: type[Model],
    app: App,
    root: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(5):
        make_config(make_app(), COLOR="red")

    # Session, user, count of the results, the page.
    with django_assert_max_num_queries(4):
        root.get(url(model, "changelist"))


def test_no_page_shows_what_a_value_is_or_could_be_guessed_from(
    app: App, root: Client
) -> None:
    var = ConfigVar.objects.get(name="SECRET")

    page = root.get(url(ConfigVar, "change", var.pk)).content.decode()

    assert "SECRET" in page
    for secret in ("s3cret-value", var.fingerprint, var.ciphertext_sha256):
        assert secret not in page


def test_people_who_are_not_superusers_see_nothing(app: App, client: Client) -> None:
    client.force_login(User.objects.get(pk=app.owner_id))

    for model in MODELS:
        response = client.get(url(model, "changelist"))
        assert response.status_code == HTTPStatus.FOUND
        assert response.headers["Location"].startswith(reverse("admin:login"))
