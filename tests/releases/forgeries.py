"""Changes to the story of test_verify_ledger, with the row that shows each, and how."""

CHANGED = "it is not as it was released"
NOT_TOLD = "is not what the chain says"
NOT_WRITTEN = "is not as it was written, or does not follow the one before it"
SET_CHANGED = "it, or one of its config vars, was changed"


def release(version: int, change: str) -> str:
    return f"UPDATE releases_release SET {change} {_where('version', version)}"  # noqa: S608


def activity(sequence: int, change: str) -> str:
    return f"UPDATE releases_activity SET {change} {_where('sequence', sequence)}"  # noqa: S608


def app(change: str) -> str:
    return f"UPDATE releases_app SET {change} WHERE id = %(app)s"  # noqa: S608


def slug(change: str) -> str:
    return f"UPDATE releases_slug SET {change} WHERE id = %(slug)s"  # noqa: S608


def swap(table: str, columns: str, one: str, two: str) -> str:
    """Return SQL that swaps `columns` of two rows."""
    theirs = ", ".join(f"b.{column}" for column in columns.split(", "))
    return f"""UPDATE {table} a SET ({columns}) = ROW({theirs}) FROM {table} b
        WHERE a.id IN (%({one})s, %({two})s) AND b.id IN (%({one})s, %({two})s)
          AND a.id <> b.id"""  # noqa: S608


def _where(column: str, value: int) -> str:
    return f"WHERE app_id = %(app)s AND {column} = {value}"


FORGERIES: list[tuple[str, str, str]] = [
    # Releases
    *(
        (release(3, change), "v3", CHANGED)
        for change in (
            "description = 'Deploy something else'",
            "slug_id = %(slug)s",
            "slug_id = NULL, kind = 'config'",
            "config_set_id = %(set)s",
            "actor_email = 'grace@example.com'",
            "actor_id = %(stranger)s",
            "source = 'web'",
            "token_name = 'ci'",
            "reason = 'because'",
            "incident_url = 'https://example.com/'",
            "created_at = created_at - interval '1 day'",
            "addon_plan_names = '{postgresql:free}'",
            "digest = repeat('0', 64)",
        )
    ),
    (release(7, "scope = 'code'"), "v7", CHANGED),
    (release(7, "restores_id = %(v3)s"), "v7", CHANGED),
    (release(3, "status = 'failed'"), "v3", "it is failed; the chain says succeeded"),
    (release(3, "status = 'expired'"), "v3", "it is expired; the chain says succeeded"),
    (
        release(3, "settled_at = settled_at + interval '1 day'"),
        "v3",
        "it did not settle when the chain says it did",
    ),
    (
        """INSERT INTO releases_release SELECT (jsonb_populate_record(r,
            jsonb_build_object('id', gen_random_uuid(), 'version', 8))).*
        FROM releases_release r WHERE app_id = %(app)s AND version = 7""",
        "v8",
        "it is not in the chain",
    ),
    (
        release(3, "version = 33"),
        "v3",
        "it is missing",
    ),
    # Slugs
    *(
        (slug(change), "v2", CHANGED)
        for change in (
            "blob_id = %(blob2)s",
            "commit = repeat('0', 40)",
            "commit_title = 'Nothing'",
            "commit_author = 'Grace'",
            "base_commit = repeat('0', 40)",
            "commits = '[{}]'",
            "commits_total = 9",
            'process_types = \'{"web": "rm -rf /"}\'',
            "created_by_id = %(stranger)s",
            "app_id = %(foreign)s",
        )
    ),
    (
        "UPDATE releases_blob SET deleted_at = now() WHERE sha256 = %(blob)s",
        "v2",
        "its slug is gone, and nobody pruned it",
    ),
    # Config
    (
        swap("releases_configvar", "ciphertext", "one", "two"),
        "config var {one}",
        "the stored value of KEY was changed",
    ),
    (
        swap("releases_configvar", "ciphertext, ciphertext_sha256", "one", "two"),
        "config set {set}",
        SET_CHANGED,
    ),
    (
        swap(
            "releases_configvar",
            "ciphertext, ciphertext_sha256, fingerprint",
            "one",
            "two",
        ),
        "config set {set}",
        SET_CHANGED,
    ),
    *(
        (
            f"UPDATE releases_configset SET {change} WHERE id = %(set)s",  # noqa: S608
            "config set {set}",
            SET_CHANGED,
        )
        for change in (
            "var_ids = array_replace(var_ids, %(two)s, %(one)s)",
            "var_ids = ARRAY[var_ids[2], var_ids[1]]",
            "var_ids = var_ids[1:1]",
            "digest = repeat('0', 64)",
            "fingerprint = repeat('0', 64)",
        )
    ),
    (
        "UPDATE releases_configset SET var_ids = ARRAY[%(app)s::uuid] WHERE id = %(set)s",
        "config set {set}",
        "one of its config vars is gone",
    ),
    (
        "UPDATE releases_configvar SET name = 'OTHER' WHERE id = %(two)s",
        "config set {set}",
        SET_CHANGED,
    ),
    (
        """UPDATE releases_configvar SET ciphertext = NULL, erased_at = now()
            WHERE id = %(one)s""",
        "its row",
        f"the number of erased values {NOT_TOLD}",
    ),
    # Activities
    *(
        (activity(3, change), "activity 3", NOT_WRITTEN)
        for change in (
            "summary = 'Deploy something else'",
            "kind = 'app.renamed', detail = '{\"to\": \"shop\"}'",
            "release_id = %(v3)s",
            "actor_email = 'grace@example.com'",
            "actor_id = %(stranger)s",
            "source = 'web'",
            "token_name = 'ci'",
            "ip = '192.0.2.1'",
            "request_id = 'a'",
            'detail = detail || \'{"overrides": ["marked_bad"]}\'',
            "created_at = created_at - interval '1 day'",
            "digest = repeat('0', 64)",
        )
    ),
    (
        f"DELETE FROM releases_activity {_where('sequence', 4)}",  # noqa: S608
        "activity 4",
        "it is missing",
    ),
    (
        ";".join(
            [
                activity(3, "sequence = 99"),
                activity(4, "sequence = 3"),
                activity(99, "sequence = 4"),
            ]
        ),
        "activity 3",
        NOT_WRITTEN,
    ),
    (
        f"DELETE FROM releases_activity {_where('sequence', 10)}",  # noqa: S608
        "its row",
        "the chain ends at activity 9, and the row says 10",
    ),
    (
        activity(3, "detail = '[]'"),
        "activity 3",
        "it says what no operation ever wrote",
    ),
    # The app's row, and what stands
    (app("current_release_id = %(v3)s"), "its row", f"the current release {NOT_TOLD}"),
    (app("last_version = 8"), "its row", f"the newest release {NOT_TOLD}"),
    (app("name = 'store'"), "its row", f"the name {NOT_TOLD}"),
    (app("owner_id = %(stranger)s"), "its row", f"the owner {NOT_TOLD}"),
    (app("kept_keys = '{KEY}'"), "its row", f"the kept keys {NOT_TOLD}"),
    (
        app("hold_reason = 'x', held_at = now(), held_by_id = owner_id"),
        "its row",
        f"the hold {NOT_TOLD}",
    ),
    (
        app("deleted_at = now(), data_key = NULL"),
        "its row",
        f"the destruction {NOT_TOLD}",
    ),
    (app("chain_head = repeat('0', 64)"), "its row", "the chain ends at activity 10"),
    ("DELETE FROM releases_mark", "mark v2 pin", NOT_TOLD),
    ("UPDATE releases_mark SET kind = 'bad'", "mark v2 bad", NOT_TOLD),
    (
        """INSERT INTO releases_access
            (id, app_id, user_id, permissions, created_at, updated_at) VALUES
            (gen_random_uuid(), %(app)s, %(stranger)s, '{view,manage}', now(), now())""",
        "access grace@example.com",
        NOT_TOLD,
    ),
    ("UPDATE releases_addon SET plan = 'postgresql:large'", "add-on pg", NOT_TOLD),
]
