"""The addresses of the admin, and what is read out of its pages."""

import re
from html import unescape

from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from releases.models import Access, User

MODELS = [
    model
    for model in apps.get_app_config("releases").get_models()
    if admin.site.is_registered(model)
]
PEOPLE: list[type[Model]] = [Access, User]
LEDGER = [model for model in MODELS if model not in PEOPLE]


def url(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:releases_{model._meta.model_name}_{page}", args=args)


def page_of(row: Model, page: str = "change") -> str:
    return url(type(row), page, row.pk)


def newest(model: type[Model]) -> Model:
    row = model._default_manager.order_by("pk").last()
    assert row is not None
    return row


def words(html: str) -> str:
    """Return what a page says, in one line."""
    text = unescape(re.sub("<[^>]*>", " ", html))
    return re.sub(r" (?=[.,])", "", " ".join(text.split()))


def listed(client: Client, model: type[Model], **query: str) -> list[str]:
    """Return the rows of a list as they read."""
    response = client.get(url(model, "changelist"), query)
    assert response.status_code == 200
    html = response.content.decode()
    body = re.search(
        r'<table id="result_list">.*?<tbody>(.*?)</tbody>', html, re.DOTALL
    )
    return [words(row) for row in re.split("</tr>", body[1])[:-1]] if body else []


def section(client: Client, address: str, name: str) -> str:
    """Return what the section of a page with the id `name` says."""
    html = client.get(address).content.decode()
    found = re.search(rf'<section[^>]* id="{name}".*?</section>', html, re.DOTALL)
    assert found
    return words(found[0])
