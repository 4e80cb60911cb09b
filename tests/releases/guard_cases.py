"""What the database must refuse: statements, by the rule that refuses them.

A rule is a constraint by its name, or a trigger as table.name; `%(...)s` are the rows
that test_guards makes.
"""

from django.apps import apps

NEXT_VERSION = "(SELECT last_version + 1 FROM releases_app WHERE id = %(app)s)"
NEXT_LINE = "(SELECT chain_length + 1 FROM releases_app WHERE id = %(app)s)"
KEPT = [
    "activity",
    "addon",
    "app",
    "blob",
    "configset",
    "configvar",
    "manifest",
    "mark",
    "release",
    "releaseoutput",
    "slug",
    "token",
]


def change(row: str, *columns: str, table: str = "", key: str = "id") -> list[str]:
    """Return an UPDATE of `row` for each of `columns`."""
    update = f"UPDATE releases_{table or row} SET {{}} WHERE {key} = %({row})s"  # noqa: S608
    return [update.format(change) for change in columns]


def copy(row: str, table: str = "", times: int = 1, /, **changes: str) -> str:
    """Return an INSERT of `row` once more, with SQL for what differs."""
    new = {"id": "gen_random_uuid()", **changes}
    pairs = ", ".join(f"'{column}', {sql}" for column, sql in new.items())
    model = apps.get_model("releases", table or row)
    columns = ", ".join(
        f'"{field.column}"'
        for field in model._meta.concrete_fields
        if not field.generated
    )
    return f"""INSERT INTO releases_{table or row} ({columns})
        SELECT {columns} FROM (
            SELECT (jsonb_populate_record(r, jsonb_build_object({pairs}))).*
            FROM releases_{table or row} r, generate_series(1, {times})
            WHERE r.id = %({row})s) AS copied"""  # noqa: S608


def release(row: str = "deploy", *, times: int = 1, **changes: str) -> str:
    fresh = {"version": NEXT_VERSION, **changes}
    return copy(row, "release", times, **fresh)


def activity(*, times: int = 1, **changes: str) -> str:
    fresh = {"id": "nextval('releases_activity_id_seq')", "sequence": NEXT_LINE}
    return copy("activity", "", times, **(fresh | changes))


def config_set(*rows: str) -> str:
    ids = ", ".join(f"%({row})s" for row in rows)
    return copy("configset", var_ids=f"ARRAY[{ids}]::uuid[]")


def mark(**changes: str) -> str:
    return copy("mark", id="nextval('releases_mark_id_seq')", **changes)


def output(**changes: str) -> str:
    return copy(
        "releaseoutput", id="nextval('releases_releaseoutput_id_seq')", **changes
    )


CASES: dict[str, list[str]] = {
    **{
        f"releases_{table}.no_delete": [f"DELETE FROM releases_{table}"]  # noqa: S608
        for table in KEPT
    },
    **{
        f"releases_{table}.no_truncate": [f"TRUNCATE releases_{table} CASCADE"]
        for table in KEPT
    },
    # Users and access
    "user_email_in_lower_case": change("user", "email = 'Ada@example.com'"),
    "user_system_never_signs_in": change(
        "system", "is_active = true", "email = 'ada@example.com'", table="user"
    ),
    "access_once_per_app_and_user": [copy("access")],
    "access_permissions_are_known": change(
        "access",
        "permissions = '{view,own}'",
        "permissions = '{rollback}'",
        "permissions = '{}'",
    ),
    "token_scopes_are_known": [
        copy("token", secret_sha256="repeat('a', 64)", scopes=scopes)
        for scopes in ("'[\"all\"]'::jsonb", "'[]'::jsonb")
    ],
    "token_secret_is_hashed": change("token", "secret_sha256 = 'rbk_secret'"),
    "releases_token.only_moves": [
        *change("token", "user_id = %(system)s", "scopes = '{read}'"),
        *change("revoked", "revoked_at = NULL", "name = 'other'", table="token"),
    ],
    # Apps
    "app_name_once_among_live_apps": change("app", "name = 'other'"),
    "app_name_is_well_formed": change(
        "app",
        "name = 'new'",
        "name = 'ab'",
        "name = 'Shop'",
        "name = 'shop-'",
        "name = '1shop'",
        "name = 'sho_p'",
        r"name = E'shop\n'",
    ),
    "app_hold_has_reason_person_and_time": change(
        "app",
        "held_at = now()",
        "held_by_id = owner_id",
        "hold_reason = 'an incident'",
        "held_at = now(), held_by_id = owner_id",
    ),
    "app_destroyed_has_no_data_key": change(
        "app", "deleted_at = now()", "data_key = NULL"
    ),
    "releases_app.never_backwards": [
        *change(
            "app",
            "last_version = last_version - 1",
            "chain_length = chain_length - 1",
            "id = gen_random_uuid()",
            "created_at = now()",
        ),
        *change("destroyed", "deleted_at = NULL, data_key = ''", table="app"),
    ],
    "releases_app.current_release_is_its_own": [
        *change(
            "app",
            "current_release_id = %(foreign_release)s",
            "current_release_id = %(failed)s",
            "current_release_id = %(pending)s",
        ),
        copy("app", name="'elsewhere'"),
    ],
    # Releases
    "release_version_once_per_app": [release(times=2)],
    "release_pending_once_per_app": [release("pending")],
    "release_once_per_idempotency_key": [
        release(
            idempotency_key="'once'", request_hash="'abc'", actor_id="%(system)s::uuid"
        )
    ],
    "release_initial_is_version_1": [release(kind="'initial'")],
    "release_settled_has_a_time": [
        release(settled_at="NULL"),
        release(status="'failed'", settled_at="NULL"),
        *change("pending", "status = 'succeeded'", table="release"),
    ],
    "release_restores_only_on_rollback": [
        release(kind="'rollback'"),
        release(kind="'rollback'", restores_id="%(deploy)s::uuid"),
        release(kind="'rollback'", scope="'code'"),
        release(restores_id="%(deploy)s::uuid", scope="'code'"),
        release(scope="'everything'"),
    ],
    "release_deploy_has_a_slug": [
        release(slug_id="NULL"),
        release(kind="'promotion'", slug_id="NULL"),
    ],
    "release_idempotency_key_with_request_hash": [
        release(idempotency_key="'another'"),
        release(request_hash="'abc'"),
    ],
    "releases_release.only_moves": [
        *change(
            "deploy",
            "description = 'Deploy something else'",
            "slug_id = NULL",
            "config_set_id = %(foreign_set)s",
            "actor_email = 'someone@example.com'",
            "created_at = now()",
            "digest = ''",
            "settled_at = now()",
            "status = 'failed'",
            "status = 'pending', settled_at = NULL",
            "status = 'expired', settled_at = now()",
            table="release",
        ),
        *change("failed", "status = 'succeeded'", table="release"),
        *change("expired", "status = 'succeeded'", table="release"),
        *change("pending", "version = version + 1", table="release"),
    ],
    "releases_release.is_the_next": [
        release(version="%(version)s + 2"),
        release(version="%(version)s"),
        release(version="1", kind="'initial'"),
        release(app_id="gen_random_uuid()"),
    ],
    "releases_release.parts_are_its_own": [
        release(config_set_id="%(foreign_set)s::uuid"),
        release(slug_id="%(foreign_slug)s::uuid"),
        release(slug_id="%(unsealed)s::uuid"),
        *(
            release(kind="'rollback'", scope="'code'", restores_id=restored)
            for restored in ("%(foreign_release)s::uuid", "gen_random_uuid()")
        ),
    ],
    "release_output_line_once": [output()],
    "releases_releaseoutput.no_edit": change("releaseoutput", "text = 'fine'"),
    # Slugs
    "slug_sealed_with_its_bytes": change(
        "unsealed", "sealed_at = now()", "blob_id = %(blob)s", table="slug"
    ),
    "releases_slug.only_moves": [
        *change(
            "slug",
            "commit = 'abc'",
            "commits = '[]'",
            "process_types = '{}'",
            "blob_id = NULL, sealed_at = NULL",
            "app_id = %(foreign_app)s",
        ),
        *change("unsealed", "commit = 'abc'", table="slug"),
    ],
    "releases_slug.sealed_with_stored_bytes": [
        *change("unsealed", "blob_id = %(pruned)s, sealed_at = now()", table="slug"),
        *change("unsealed", "blob_id = %(awaited)s, sealed_at = now()", table="slug"),
        copy("slug", blob_id="%(pruned)s::text"),
    ],
    "blob_sha256_is_lower_case_hex": [
        f"INSERT INTO releases_blob VALUES ({sha256}, 1, 1, 1)"  # noqa: S608
        for sha256 in ("repeat('A', 64)", "repeat('a', 63)", "repeat('g', 64)")
    ],
    "blob_deleted_only_after_stored": change(
        "awaited", "deleted_at = now()", table="blob", key="sha256"
    ),
    "releases_blob.only_moves": change(
        "blob", "size = 0", "sha256 = repeat('0', 64)", key="sha256"
    ),
    "releases_manifest.no_edit": change("manifest", "entries = ''", key="blob_id"),
    # Config
    "config_var_name_well_formed": [
        copy("configvar", name=name)
        for name in ("'1KEY'", "'A-B'", "''", r"E'KEY\n'", "'KÉY'")
    ],
    "config_var_erased_has_no_ciphertext": [
        copy("configvar", ciphertext="NULL"),
        *change("configvar", "erased_at = now()"),
    ],
    "releases_configvar.only_moves": [
        *change(
            "configvar",
            "name = 'OTHER'",
            "fingerprint = ''",
            "ciphertext_sha256 = ''",
            "addon_id = %(addon)s",
            "ciphertext = 'another'",
            "ciphertext = NULL",
        ),
        *change("erased", "ciphertext = 'x', erased_at = NULL", table="configvar"),
        *change("erased", "erased_at = now()", table="configvar"),
    ],
    "releases_configset.no_edit": change("configset", "var_ids = '{}'"),
    "releases_configset.vars_are_its_own": [
        config_set("configvar", "same_key"),
        config_set("configvar", "configvar"),
        config_set("foreign_var"),
        config_set("app"),
        copy("configset", var_ids="ARRAY[NULL]::uuid[]"),
        copy("configset", app_id="%(foreign_app)s::uuid"),
    ],
    # Activities, marks, add-ons
    "activity_sequence_once_per_app": [activity(times=2)],
    "activity_of_an_app_is_chained": [
        activity(digest="''"),
        activity(app_id="NULL", sequence="NULL", release_id="NULL"),
        activity(app_id="NULL", release_id="NULL", digest="''"),
    ],
    "releases_activity.no_edit": change(
        "activity", "summary = 'nothing'", "sequence = sequence + 1", "digest = ''"
    ),
    "releases_activity.is_the_next": [
        activity(sequence=f"{NEXT_LINE} + 1"),
        activity(sequence="1"),
        activity(sequence="NULL"),
    ],
    "releases_activity.release_is_of_the_app": [
        activity(release_id="%(foreign_release)s::uuid"),
        activity(app_id="NULL", sequence="NULL", digest="''"),
    ],
    "mark_stands_once_per_release": [mark()],
    "mark_cleared_by_someone": change("mark", "cleared_at = now()"),
    "releases_mark.only_moves": [
        *change("mark", "reason = ''", "kind = 'pin'"),
        *change("cleared", "cleared_at = NULL, cleared_by_id = NULL", table="mark"),
    ],
    "releases_mark.release_is_of_the_app": [
        mark(release_id="%(foreign_release)s::uuid"),
        mark(app_id="%(foreign_app)s::uuid"),
    ],
    "addon_name_once_among_attached": [copy("addon")],
    "addon_name_is_well_formed": [
        copy("addon", name="'1st'"),
        copy("addon", name="'a'"),
    ],
    "addon_detached_by_someone": change("addon", "detached_at = now()"),
    "releases_addon.only_moves": [
        *change("addon", "plan = 'postgresql:premium'", "config_var_names = '{A}'"),
        *change("detached", "detached_at = NULL, detached_by_id = NULL", table="addon"),
    ],
    # What runs
    "formation_once_per_process_type": [
        copy("formation", id="nextval('releases_formation_id_seq')")
    ],
    "process_idle_until_some_time": change("process", "state = 'idle'"),
    "run_settings_ready_path_is_absolute": change(
        "run_settings", "ready_path = 'up'", table="runsettings"
    ),
}
