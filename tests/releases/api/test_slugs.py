import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from time_machine import travel

from releases.actors import Actor
from releases.models import App, Slug, User
from releases.operations.deactivate_user import deactivate_user
from releases.operations.give_access import take_access
from releases.verification import verify_app
from tests.factories import FILES, archive, make_app, make_member
from tests.machine.processes import manage, up
from tests.releases.api.clients import Api, api_for, follows_schema, is_error
from tests.throwaway import make_home

pytestmark = pytest.mark.django_db
SLUGS = "/apps/shop/slugs"
BYTES = archive({**FILES, "new.txt": "new\n"})
SUM = hashlib.sha256(BYTES).hexdigest()
TYPES = {"process_types": {"web": "python app.py"}}


def put(url: str, content: bytes = BYTES, content_type: str = "") -> int:
    parts = urlsplit(url)
    response = Client().put(parts.path, content, content_type=content_type)
    return response.status_code


def fetched(url: str) -> bytes:
    response = Client().get(urlsplit(url).path)
    assert response.headers["Content-Length"] == str(len(BYTES))
    return b"".join(getattr(response, "streaming_content"))  # noqa: B009


def test_a_slug_is_announced_filled_deployed_and_fetched(api: Api, app: App) -> None:
    made = api.post(
        SLUGS,
        {
            **TYPES,
            "commit": "a" * 40,
            "commit_description": "Fix it",
            "checksum": f"SHA256:{SUM}",
            "stack": "cedar",
        },
    )
    assert made.status == 201
    assert follows_schema("slug", made.json)
    assert (made.json["blob"]["method"], made.json["size"]) == ("put", None)

    assert put(made.json["blob"]["url"]) == 200
    filled = api.get(f"{SLUGS}/{made.json['id']}").json
    assert filled["blob"]["method"] == "get"
    assert filled["checksum"] == f"SHA256:{SUM}"
    assert filled["size"] == len(BYTES)
    assert filled["process_types"] == {"web": "python app.py"}
    assert fetched(filled["blob"]["url"]) == BYTES
    released = api.post("/apps/shop/releases", {"slug": made.json["id"]})
    assert released.json["description"] == "Deploy aaaaaaa"
    assert not list(verify_app(app.pk))


@pytest.mark.parametrize(
    "content_type", ["", "application/x-www-form-urlencoded", "application/gzip"]
)
def test_bytes_are_taken_whatever_their_type_says(api: Api, content_type: str) -> None:
    url = api.post(SLUGS, TYPES).json["blob"]["url"]

    assert put(url, content_type=content_type) == 200


def test_the_same_bytes_again_are_harmless_and_others_are_refused(
    api: Api, app: App
) -> None:
    url = api.post(SLUGS, TYPES).json["blob"]["url"]

    assert [put(url), put(url)] == [200, 200]
    assert put(url, archive(FILES)) == 422
    received = app.activities.filter(kind="slug.received", detail__sha256=SUM)
    assert received.count() == 1


def test_without_process_types_those_of_the_procfile_are_taken(api: Api) -> None:
    made = api.post(SLUGS, {"process_types": {}}).json
    put(made["blob"]["url"])

    slug = api.get(f"{SLUGS}/{made['id']}").json
    assert slug["process_types"] == {"web": "python app.py"}


def test_other_bytes_than_promised_leave_it_to_be_filled(api: Api) -> None:
    made = api.post(SLUGS, {**TYPES, "checksum": SUM}).json

    assert put(made["blob"]["url"], archive(FILES)) == 422
    assert put(made["blob"]["url"], b"no archive") == 422
    assert Slug.objects.get(pk=made["id"]).sealed_at is None
    assert put(made["blob"]["url"]) == 200


def test_what_has_no_bytes_yet_cannot_be_deployed(api: Api) -> None:
    made = api.post(SLUGS, TYPES).json

    answered = api.post("/apps/shop/releases", {"slug": made["id"]})
    assert is_error(answered, 422, "invalid_params")
    assert answered.json["code"] == "slug_not_sealed"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"process_types": None},
        {"process_types": {"web ": "x"}},
        {"process_types": {"web": 3}},
        {"process_types": {f"p{n}": "x" for n in range(101)}},
        {**TYPES, "checksum": "md5:abc"},
        {**TYPES, "commit": "x" * 65},
    ],
)
def test_a_slug_that_cannot_be_is_refused(api: Api, body: object) -> None:
    before = Slug.objects.count()

    assert is_error(api.post(SLUGS, body), 422, "invalid_params")
    assert Slug.objects.count() == before


def test_a_slug_of_another_app_is_not_there(api: Api, app: App) -> None:
    make_app("other", owner=User.objects.get(pk=app.owner_id))
    made = api.post(SLUGS, TYPES).json

    assert is_error(api.get(f"/apps/other/slugs/{made['id']}"), 404, "not_found")
    assert is_error(api.get(f"{SLUGS}/nonsense"), 404, "not_found")


def test_deploying_is_a_permission(app: App) -> None:
    member = api_for(make_member(app, "rollback").user)

    assert is_error(member.post(SLUGS, TYPES), 403, "forbidden")


def test_an_address_lasts_an_hour_and_cannot_be_made_up(api: Api) -> None:
    url = api.post(SLUGS, TYPES).json["blob"]["url"]

    assert put(f"{url}x") == 404
    assert put(re.sub("signed/.*", "signed/nonsense", url)) == 404
    with travel("2099-01-01"):
        assert put(url) == 404


def test_an_address_is_worth_nothing_once_its_person_may_no_more(app: App) -> None:
    member = make_member(app, "deploy")
    first = api_for(member.user).post(SLUGS, TYPES).json["blob"]["url"]
    other = make_member(app, "deploy")
    second = api_for(other.user).post(SLUGS, TYPES).json["blob"]["url"]

    take_access(app=app, user=member.user, actor=Actor.system())
    deactivate_user(user=other.user, actor=Actor.system())

    assert [put(first), put(second)] == [404, 404]


CURL = shutil.which("curl") or "curl"


@pytest.mark.machine
def test_an_address_ends_with_the_token_that_asked_for_it(api: Api) -> None:
    made = api.post(SLUGS, TYPES).json

    assert api.delete("/oauth/sessions/~").status == 200

    assert put(made["blob"]["url"]) == 404
    assert Slug.objects.get(pk=made["id"]).sealed_at is None


def test_curl_puts_and_fetches_bytes_as_the_dev_center_says(tmp_path: Path) -> None:
    """Whole and in chunks, through the real web server."""
    home = make_home()
    file = tmp_path / "slug.tgz"
    file.write_bytes(BYTES)

    def curl(*arguments: str) -> bytes:
        done = subprocess.run(
            [CURL, "--silent", "--show-error", "--fail-with-body", *arguments],
            capture_output=True,
            check=True,
            timeout=30,
        )
        return done.stdout

    with up(home) as running:
        token = manage(home, "create_token", "admin@localhost").stdout.strip()
        api = f"http://localhost:{running.port}/apps"
        headers = ("-H", f"Authorization: Bearer {token}")
        posts = ("-X", "POST", "-H", "Content-Type: application/json", *headers)
        curl(*posts, "-d", '{"name":"shop"}', api)
        for chunked in ((), ("-H", "Transfer-Encoding: chunked")):
            types = '{"process_types":{"web":"python app.py"}}'
            made = curl(*posts, "-d", types, f"{api}/shop/slugs").decode()
            url = re.search(r'"url": "([^"]+)"', made)
            slug = re.search(r'"id": "([0-9a-f-]{36})"', made)
            assert url
            assert slug
            curl(
                "-X",
                "PUT",
                "-H",
                "Content-Type:",
                *chunked,
                "--data-binary",
                f"@{file}",
                url[1],
            )
            filled = curl(*headers, f"{api}/shop/slugs/{slug[1]}").decode()
            found = re.search(r'"url": "([^"]+)"', filled)
            assert found
            assert curl(found[1]) == BYTES
    shutil.rmtree(home.parent)
