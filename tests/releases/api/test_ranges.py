"""Range in every spelling that clients were seen to send, and pages to the end."""

import pytest

from releases.api.errors import ApiError
from releases.api.ranges import Range, parse
from releases.models import App
from tests.factories import make_config
from tests.releases.api.clients import Api, is_error

RELEASES = "/apps/shop/releases"


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        (None, Range("id")),
        ("", Range("id")),
        ("version ..; order=desc,max=1", Range("version", most=1, descending=True)),
        ("version ..; max=10, order=desc", Range("version", most=10, descending=True)),
        ("version ..; order=desc", Range("version", descending=True)),
        ("version ..; max=1,order=desc", Range("version", most=1, descending=True)),
        ("version ..; order=desc,max=2;", Range("version", most=2, descending=True)),
        ("id ..; max=1000;", Range("id", most=1000)),
        ("id ..; max=1000", Range("id", most=1000)),
        ("id ..; ;", Range("id")),
        ("version ..; ;", Range("version")),
        ("version ..", Range("version")),
        ("version 3..7", Range("version", "3", "7")),
        (
            "version ]7..; max=2,order=desc",
            Range("version", "7", after=True, most=2, descending=True),
        ),
    ],
)
def test_every_spelling_is_read(header: str | None, asked: Range) -> None:
    assert parse(header, default="id") == asked


@pytest.mark.parametrize(
    "header",
    [
        "version",
        "..",
        "version ..; max=0",
        "version ..; max=1001",
        "version ..; max=x",
        "version ..; order=up",
        "version ..; limit=3",
        "bytes=0-10",
        "version ..; max=" + "9" * 5_000,
    ],
)
def test_what_is_no_range_is_refused(header: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse(header, default="id")

    assert refused.value.status == 416


@pytest.mark.django_db
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_follow_each_other_to_the_end(api: Api, app: App, order: str) -> None:
    for number in range(8):
        make_config(app, COLOR=str(number))
    header = f"version ..; max=4, order={order}"
    versions: list[int] = []

    while header:
        page = api.get(RELEASES, range=header)
        assert page.status == (206 if "Next-Range" in page.headers else 200)
        assert page.headers["Accept-Ranges"] == "id, version"
        versions += [release["version"] for release in page.json]
        header = page.headers.get("Next-Range", "")

    assert versions == sorted(range(1, 14), reverse=order == "desc")


@pytest.mark.django_db
def test_a_page_that_is_just_full_is_the_last(api: Api) -> None:
    page = api.get(RELEASES, range="version ..; max=5")

    assert page.status == 200
    assert "Next-Range" not in page.headers
    assert page.headers["Content-Range"] == "version 1..5"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["name ..", "version x..", "id not-an-id..", "version ..y"]
)
def test_a_range_that_the_list_does_not_have_is_refused(api: Api, header: str) -> None:
    answered = api.get(RELEASES, range=header)

    assert is_error(answered, 416, "requested_range_not_satisfiable")


@pytest.mark.django_db
def test_elsewhere_a_range_means_nothing(api: Api) -> None:
    assert api.get("/apps/shop", range="nonsense").status == 200
    assert api.post("/apps", {}, range="id ..; max=1000").status == 201
