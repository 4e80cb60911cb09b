import re
from http import HTTPStatus

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from releases.models import (
    Access,
    Activity,
    AddOn,
    App,
    Blob,
    ConfigSet,
    ConfigVar,
    Mark,
    Slug,
    User,
)
from tests.factories import make_config, make_member, make_user
from tests.releases.admin.pages import LEDGER, MODELS, newest, page_of, url, words

pytestmark = pytest.mark.django_db
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
every_ledger_model = pytest.mark.parametrize(
    "model", LEDGER, ids=lambda model: model.__name__
)
EVERY_PAGE = [
    "admin:index",
    "admin:releases_user_add",
    "admin:releases_access_add",
    *(f"admin:releases_{model._meta.model_name}_changelist" for model in MODELS),
]


@every_model
def test_every_list_and_every_row_can_be_read(
    model: type[Model], app: App, root: Client
) -> None:
    listing = root.get(url(model, "changelist"), {"q": "shop"})
    page = root.get(page_of(newest(model)))

    assert (listing.status_code, page.status_code) == (HTTPStatus.OK, HTTPStatus.OK)


@every_ledger_model
def test_nothing_of_the_ledger_can_be_added_changed_or_deleted(
    model: type[Model], app: App, root: Client
) -> None:
    row = newest(model)

    for page in (url(model, "add"), page_of(row), page_of(row, "delete")):
        assert root.post(page, {"post": "yes"}).status_code == HTTPStatus.FORBIDDEN


@every_model
def test_people_who_are_not_superusers_see_nothing(
    model: type[Model], app: App, client: Client
) -> None:
    client.force_login(User.objects.get(pk=app.owner_id))

    for page in (url(model, "changelist"), page_of(newest(model))):
        assert client.get(page).status_code == HTTPStatus.FOUND


@every_model
def test_not_even_staff_see_anything_unless_they_are_superusers(
    model: type[Model], app: App, client: Client
) -> None:
    User.objects.filter(pk=app.owner_id).update(is_staff=True)
    client.force_login(User.objects.get(pk=app.owner_id))

    for page in (url(model, "changelist"), page_of(newest(model)), url(model, "add")):
        assert client.get(page).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("key", ["no-id", "0", "99999999999999999999", "%00", "a" * 64])
@every_model
def test_what_is_not_there_is_not_found(
    model: type[Model], key: str, root: Client
) -> None:
    page = url(model, "change", "KEY").replace("KEY", key)

    assert root.get(page).status_code == HTTPStatus.NOT_FOUND


@every_model
def test_the_history_of_a_row_is_its_activity_alone(
    model: type[Model], app: App, root: Client
) -> None:
    page = page_of(newest(model), "history")

    assert root.get(page).status_code == HTTPStatus.NOT_FOUND
    assert not LogEntry.objects.exists()


@every_model
def test_no_page_shows_what_a_value_is_or_could_be_told_from(
    model: type[Model], app: App, root: Client
) -> None:
    secrets = {"s3cret-value"}
    for var in ConfigVar.objects.all():
        secrets |= {var.fingerprint, var.ciphertext_sha256}
    for config_set in ConfigSet.objects.all():
        secrets |= {config_set.fingerprint, config_set.digest}

    pages = [url(model, "changelist") + "?q=shop"]
    pages += [page_of(row) for row in model._default_manager.all()]
    shown = "".join(root.get(page).content.decode() for page in pages)

    assert not [secret for secret in secrets if secret in shown]


# Session, user, the row with what it belongs to; then what the page lists.
PAGE_QUERIES: dict[type[Model], int] = {
    App: 3 + 6,  # Releases, marks, releases of these, add-ons, access, activity.
    Activity: 3 + 1,  # The lines beside it.
    Slug: 3 + 1,  # Releases.
    Blob: 3 + 1,  # Slugs.
    ConfigSet: 3 + 2,  # Releases, config vars.
    ConfigVar: 3,
    Mark: 3,
    AddOn: 3,
    User: 3 + 4,  # Apps, access; two-factor, and who may see it.
    Access: 3,
}


@pytest.mark.parametrize(("model", "queries"), PAGE_QUERIES.items())
def test_a_page_takes_the_same_queries_whatever_it_lists(
    model: type[Model],
    queries: int,
    app: App,
    root: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for color in ("red", "green", "blue"):
        make_config(app, COLOR=color)
    make_member(app, "deploy")
    rows = model._default_manager.all()
    of_the_app: dict[type[Model], dict[str, object]] = {
        App: {"pk": app.pk},
        User: {"pk": app.owner_id},
        Blob: {"slugs__app": app},
        ConfigSet: {"releases": app.current_release},
    }
    row = rows.filter(**of_the_app.get(model, {"app": app})).last()
    assert row

    with django_assert_num_queries(queries):
        root.get(page_of(row))


@pytest.mark.parametrize(
    "question",
    ["fingerprint__startswith", "ciphertext_sha256", "ciphertext__isnull", "app__name"],
)
def test_a_list_answers_no_questions_about_what_it_does_not_show(
    question: str, app: App, root: Client
) -> None:
    response = root.get(url(ConfigVar, "changelist"), {question: "a"})

    assert response.status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("name", ["kind__exact", "app__id__exact", "state"])
def test_a_filter_that_no_column_could_hold_is_refused(
    name: str, app: App, root: Client
) -> None:
    response = root.get(url(Mark, "changelist"), {name: "\0"})

    assert response.status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_no_list_or_form_needs_what_the_policy_forbids(
    page: str, app: App, root: Client
) -> None:
    html = root.get(reverse(page), {"q": "shop"}).content.decode()

    assert_no_inline_code(html)


@every_model
def test_no_page_needs_what_the_policy_forbids(
    model: type[Model], app: App, root: Client
) -> None:
    assert_no_inline_code(root.get(page_of(newest(model))).content.decode())


def assert_no_inline_code(html: str) -> None:
    assert "Rollbook" in html
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|src=.?data:", html)
    assert not re.search(r"<script(?![^>]* src=)(?![^>]*application/json)", html)


def test_the_index_shows_the_ledger_people_and_the_newest_activity(
    app: App, root: Client
) -> None:
    shown = words(root.get(reverse("admin:index")).content.decode())

    for group in (
        "Ledger Model name Add link Change or view list link Apps View Releases View",
        "People Model name Add link Change or view list link Users Add View Access Add",
        "Newest activity Created user root@example.com",
        "Pinned v2 shop,",
    ):
        assert group in shown


def test_every_model_of_ours_is_in_a_group(root: Client) -> None:
    html = root.get(reverse("admin:index")).content.decode()

    for model in MODELS:
        assert url(model, "changelist") in html


def test_a_slug_leads_to_its_bytes_and_to_the_releases_that_run_it(
    app: App, root: Client
) -> None:
    slug = Slug.objects.get()
    assert slug.blob

    html = root.get(page_of(slug)).content.decode()

    for row in (slug.blob, *slug.releases.all()):
        assert page_of(row) in html


def test_an_app_leads_to_all_that_belongs_to_it(app: App, root: Client) -> None:
    html = root.get(page_of(app)).content.decode()

    rows = [*app.releases.all(), *app.marks.all(), *app.addons.all()]
    for row in (*rows, *app.accesses.all(), *app.activities.all(), app.owner):
        assert page_of(row) in html


def test_the_system_has_a_page_without_anything_to_do(root: Client) -> None:
    system = User.objects.get(email="system@rollbook.invalid")

    html = root.get(page_of(system)).content.decode()

    assert "The system, which never signs in" in html
    assert page_of(system, "deactivate") not in html


def test_a_deactivated_superuser_is_out_at_once(root: Client) -> None:
    make_user("other@example.com", superuser=True)
    User.objects.filter(email="root@example.com").update(is_active=False)

    assert root.get(url(App, "changelist")).status_code == HTTPStatus.FOUND
