"""Slugs: announced with what they run, filled at a signed address, fetched at one."""

from typing import Annotated

from pydantic import Field as Bounded

from releases.api.bodies import RequestBody
from releases.api.call import Answer, Call, as_uuid, created
from releases.api.errors import not_found
from releases.api.objects import Object, slug_object
from releases.api.routes import Need, Route
from releases.api.signed import Purpose, signed_address
from releases.models import Slug
from releases.operations.fill_slug import announce_slug

Text = Annotated[str, Bounded(max_length=10_000)]


class NewSlug(RequestBody):
    process_types: dict[Text, Text]
    checksum: Text | None = None
    commit: Text | None = None
    commit_description: Text | None = None


def slug_create(call: Call, app: str) -> Answer:
    asked = call.body(NewSlug)
    slug = announce_slug(
        app=call.app(app),
        process_types=asked.process_types,
        commit=asked.commit or "",
        commit_title=asked.commit_description or "",
        checksum=asked.checksum or "",
        actor=call.actor,
    )
    return created(_object(call, slug))


def slug_info(call: Call, app: str, slug: str) -> Answer:
    slug_id = as_uuid(slug)
    slugs = call.app(app).slugs.select_related("blob")
    found = slugs.filter(pk=slug_id).first() if slug_id else None
    if found is None:
        raise not_found("slug")
    return Answer(_object(call, found))


def _object(call: Call, slug: Slug) -> Object:
    """Add where the bytes are put, or fetched from once they are there."""
    url = signed_address(call, Purpose.SLUG, slug.pk)
    method = "get" if slug.sealed_at else "put"
    return {**slug_object(slug), "blob": {"method": method, "url": url}}


ROUTES = [
    Route("POST", "apps/<app>/slugs", slug_create, Need.WRITE),
    Route("GET", "apps/<app>/slugs/<slug>", slug_info, Need.READ),
]
