import re
from functools import partial

import pytest

from tests.cli.conftest import READ
from tests.cli.heroku import Heroku, at_once
from tests.cli.server import ADA, GRACE, Server

pytestmark = pytest.mark.machine


def test_who_one_is(heroku: Heroku) -> None:
    done = heroku("auth:whoami")

    assert (done.code, done.out) == (0, f"{ADA}\n")


def test_access_is_given_listed_and_taken(
    heroku: Heroku, server: Server, app: str
) -> None:
    grace = heroku.of(server.tokens[GRACE])

    added = heroku(f"access:add {GRACE} --app {app}")
    listed = heroku(f"access --app {app}")
    let_in = grace(f"releases --app {app}")
    removed = heroku(f"access:remove {GRACE} --app {app}")
    shut_out = grace(f"releases --app {app}")

    assert added.said == f"Adding {GRACE} access to the app {app}... done"
    assert sorted(set(re.findall(r"\S+@\S+", listed.out))) == [ADA, GRACE]
    assert let_in.code == 0
    assert removed.said == f"Removing {GRACE} access from the app {app}... done"
    assert "Couldn't find that app." in shut_out.said


def test_who_may_only_look_is_told_so(heroku: Heroku, server: Server, app: str) -> None:
    server.manage("access", app, GRACE, "view")
    grace = heroku.of(server.tokens[GRACE])

    seen, back, config = grace.together(
        f"releases --app {app}", f"rollback v2 --app {app}", f"config --app {app}"
    )

    assert seen.code == 0
    assert (back.code, config.code) == (2, 2)
    assert f"{GRACE} may not roll back, mark or hold {app}" in back.said
    assert "Error ID: forbidden" in config.said
    assert server.newest(app) == 4


def test_who_gets_nowhere_is_told_why(heroku: Heroku, server: Server, app: str) -> None:
    line = f"releases --app {app}"
    wrong, narrow, stranger, unknown = at_once(
        partial(heroku.of("rbk_wrong"), line),
        partial(heroku.of(server.tokens[READ]), line),
        partial(heroku.of(server.tokens[GRACE]), line),
        partial(heroku, "releases --app nowhere"),
    )

    assert wrong.code == 1
    assert "The token provided to HEROKU_API_KEY is invalid" in wrong.said
    assert "The token Command line may not do this" in narrow.said
    for done in (unknown, stranger):
        assert done.code == 2
        assert "Couldn't find that app." in done.said


def test_authorizations_are_made_changed_rotated_and_revoked(
    heroku: Heroku, server: Server
) -> None:
    created = heroku(
        "authorizations:create --description backup --scope read --expires-in 3600"
    )
    [made] = [
        each
        for each in server.call("GET", "/oauth/authorizations")
        if each["description"] == "backup"
    ]
    first = re.search(r"Token:\s+(\S+)", created.out)
    info, listed = heroku.together(
        f"authorizations:info {made['id']}", "authorizations"
    )
    updated = heroku(f"authorizations:update {made['id']} --description nightly")
    rotated = heroku(f"authorizations:rotate {made['id']}")
    second = re.search(r"Token:\s+(\S+)", rotated.out)
    revoked = heroku(f"authorizations:revoke {made['id']}")

    assert first
    assert second
    assert first[1].startswith("rbk_")
    assert first[1] != second[1]
    assert first[1] not in info.out + listed.out
    assert "backup" in info.out
    assert "backup" in listed.out
    assert "nightly" in updated.out
    assert "nightly" in revoked.said
    assert "nightly" not in str(server.call("GET", "/oauth/authorizations"))
    assert not server.lets_in(second[1])


def test_logging_out_revokes_the_token(heroku: Heroku, server: Server) -> None:
    secret = server.manage("create_token", ADA, "--name", "borrowed")

    done = heroku.of(secret)("logout")

    assert done.code == 0
    assert not server.lets_in(secret)
    assert server.lets_in(heroku.token)
