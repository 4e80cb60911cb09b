"""Backups that are not what they say, though their checksums fit."""

import json
import tarfile
from collections.abc import Callable

Change = Callable[[dict[str, bytes]], dict[str, bytes | None]]


def member(name: str, **facts: object) -> bytes:
    info = tarfile.TarInfo(name)
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def manifest(**changes: object) -> Change:
    def change(members: dict[str, bytes]) -> dict[str, bytes | None]:
        told = json.loads(members["manifest.json"])
        return {"manifest.json": json.dumps({**told, **changes}).encode()}

    return change


def put(name: str, text: bytes | None) -> Change:
    return lambda _: {name: text}


def first(prefix: str, text: bytes | None) -> Change:
    return lambda members: {min(n for n in members if n.startswith(prefix)): text}


def replaced(name: str, old: bytes, new: bytes) -> Change:
    return lambda members: {name: members[name].replace(old, new)}


LAST = {
    ("releases", "0003_topic_of_activities"),
    ("releases", "0004_lists_by_time"),
    ("releases", "0005_tokens"),
    ("releases", "0006_two_factor"),
    ("releases", "0007_running"),
    ("releases", "0008_insights_and_needs"),
    ("releases", "0009_account_activities"),
    ("releases", "0010_unanswered"),
}
NEW_APPS = {"mfa", "socialaccount", "usersessions"}
NEW_TABLES = [
    "mfa_authenticator",
    "releases_formation",
    "releases_process",
    "releases_rollout",
    "releases_runsettings",
    "releases_token",
    "socialaccount_socialaccount",
    "socialaccount_socialapp",
    "socialaccount_socialtoken",
]


def without_last_migrations(members: dict[str, bytes]) -> dict[str, bytes | None]:
    """Make it one of before accounts, insights, apps that run, two-factor and tokens."""
    told = json.loads(members["manifest.json"])
    [*_, last] = [each for each in told["migrations"] if each[0] == "admin"]
    told["migrations"] = [
        [app, name]
        for app, name in told["migrations"]
        if app not in NEW_APPS and [app, name] != last and (app, name) not in LAST
    ]
    for table in NEW_TABLES:
        del told["columns"][table]
    column = told["columns"]["releases_slug"].index("expected_sha256")
    told["columns"]["releases_slug"].remove("expected_sha256")
    return {
        "manifest.json": json.dumps(told).encode(),
        **{f"tables/{table}.copy": None for table in NEW_TABLES},
        "tables/releases_slug.copy": _without(
            column, members["tables/releases_slug.copy"]
        ),
    }


def _without(column: int, rows: bytes) -> bytes:
    fields = [line.split(b"\t") for line in rows.splitlines()]
    return b"".join(
        b"\t".join([*row[:column], *row[column + 1 :]]) + b"\n" for row in fields
    )


REWRITTEN: dict[str, tuple[Change, str]] = {
    "a format of later": (manifest(format="rollbook-backup-2"), "by a newer Rollbook"),
    "no format": (manifest(format=1), "by a newer Rollbook"),
    "a migration of later": (
        manifest(migrations=[["releases", "0099_later"]]),
        "which has the migration releases.0099_later; update this one first",
    ),
    "migrations with gaps": (
        manifest(migrations=[["releases", "0002_system"]]),
        "not those of its migrations",
    ),
    "no migrations": (manifest(migrations=3), "cannot be read"),
    "no tables": (manifest(columns={}), "does not hold what its manifest says"),
    "no columns": (manifest(columns=[]), "cannot be read"),
    "keys that are not told": (
        manifest(with_keys=False),
        "does not hold what its manifest says",
    ),
    "no time": (manifest(made_at="yesterday"), "cannot be read"),
    "a deep manifest": (put("manifest.json", b"[" * 10_000), "cannot be read"),
    "a large manifest": (put("manifest.json", b"x" * 2**21), "far too large"),
    "no manifest": (put("manifest.json", None), "has no manifest"),
    "no key": (put("keys/master.key", b"no key"), "keys of the backup cannot be read"),
    "missing keys": (put("keys/master.key", None), "does not hold what its manifest"),
    "a foreign table": (put("tables/pg_class.copy", b""), "does not hold what its"),
    "a missing table": (put("tables/releases_mark.copy", None), "does not hold what"),
    "no rows": (put("tables/releases_mark.copy", b"x\n"), "do not fit each other"),
    "missing rows": (put("tables/releases_user.copy", b""), "do not fit each other"),
    "no text": (put("tables/releases_app.copy", b"\xff\t"), "do not fit each other"),
    "a missing slug": (first("slugs/", None), "lacks the bytes of slug"),
    "another slug": (first("slugs/", b"other"), "was changed"),
}
