"""Where frameworks keep their migrations: the table by which a path is known as one.

To know another framework, add a row to LAYOUTS, and its tree to the tests.
"""

import re
from collections import defaultdict
from typing import NamedTuple


class Layout(NamedTuple):
    """One way of keeping migrations. The first of LAYOUTS that matches a path wins.

    `endings` and `part` are cheap tests for what every match has. The pattern's group
    `name` ends where files of one migration begin to differ (`.up.sql`, `.down.sql`);
    its group `home`, if any, is the app or package the name is shown with.
    """

    framework: str
    endings: str
    part: str
    pattern: re.Pattern[str]


class Match(NamedTuple):
    """A path that is a migration's; all files of one migration have one `identity`."""

    framework: str
    name: str
    path: str
    identity: str
    packaged: bool


def _layout(framework: str, endings: str, part: str, pattern: str) -> Layout:
    compiled = re.compile(rf"(?:^|/){pattern}$", re.ASCII)
    return Layout(framework, endings, part, compiled)


_HOME = r"(?:(?P<home>[^/]+)/)?"
# Four deep, so that no path of a hostile tarball takes long.
_FOLDERS = r"(?:[^/]+/){0,4}"
_MIGRATIONS = rf"migrations?/{_FOLDERS}"
_SCRIPT = r"(?<!\.d)(?<!\.test)(?<!\.spec)\.(?:js|ts|cjs|mjs)"
# Python beside migrations that is none. The first are those Django's loader passes over.
_NO_HELPER = (
    r"(?![_~.]|(?:env|conftest|constants|common|base|tests?|tests?_[^/]*"
    r"|[^/]*_tests?|[^/]*utils?|[^/]*helpers?)\.py$)"
)

# What many tools name alike is called by what it is (numbered SQL), not by a guess.
LAYOUTS = (
    # makemigrations writes four digits. A name by hand is taken in an app's folder only.
    _layout(
        "Django", "py", "migrations/", rf"{_HOME}migrations/(?P<name>\d{{3,}}[^/]*)\.py"
    ),
    _layout(
        "Django",
        "py",
        "/migrations/",
        rf"(?P<home>[^/]+)/migrations/{_NO_HELPER}(?P<name>[^/]+)\.py",
    ),
    # Rails reads **/[0-9]*_*.rb of each database's path: db/migrate, db/queue_migrate
    # (Solid Queue), db/post_migrate and db/click_house/migrate (GitLab), engines' too.
    _layout(
        "Rails",
        "rb",
        "db/",
        rf"{_HOME}db/(?:[^/]+/)?(?:\w+_)?migrate/{_FOLDERS}(?P<name>\d+_[^/]*)\.rb",
    ),
    # The data_migrate gem's.
    _layout("Rails", "rb", "db/data/", rf"{_HOME}db/data/(?P<name>\d{{14}}_[^/]+)\.rb"),
    # alembic/versions by its tutorial, migrations/versions by Flask-Migrate, Airflow and
    # Superset, db_migrations/versions in MLflow.
    _layout(
        "Alembic",
        "py",
        "versions/",
        r"[^/]*?(?:alembic|migrat)[^/]*/(?:[^/]+/)?versions/(?:[^/]+/)?"
        rf"{_NO_HELPER}(?P<name>[^/]+)\.py",
    ),
    # In a folder of any name (env.py rarely differs, so it cannot tell) by its revision
    # id: the file_template is %(rev)s_%(slug)s unless set, often with a date before it.
    _layout(
        "Alembic",
        "py",
        "versions/",
        r"versions/(?:[^/]+/)?(?P<name>(?:\d[\d_-]*[_-])?[0-9a-f]{12}(?:_[^/]*)?)\.py",
    ),
    # Its migrator reads *_*.php. Modules/Blog/Database/Migrations is laravel-modules'.
    _layout(
        "Laravel",
        "php",
        "igrations/",
        rf"[Dd]atabase/[Mm]igrations/{_FOLDERS}(?P<name>(?:\d{{4}}|[a-z]\w*)_[^/]*)\.php",
    ),
    # drizzle/0001_name.sql; since 1.0 drizzle/20240102030405_name/migration.sql.
    _layout(
        "Drizzle",
        "sql",
        "drizzle/",
        rf"drizzle/{_FOLDERS}(?P<name>\d{{4,}}_[^/]+?)(?:/migration)?\.sql",
    ),
    # In any folder: beside the schema, and that may be anywhere, or as its config says.
    _layout(
        "Prisma",
        "sql",
        "/migration.sql",
        r"(?P<name>\d+_[^/]*|(?<=migrations/)[^/]+)/migration\.sql",
    ),
    # Versioned, undo, baseline and repeatable, in any folder (flyway.locations).
    _layout(
        "Flyway",
        "sql",
        "__",
        rf"(?:(?P<home>[^/]+)/src/main/{_FOLDERS})?"
        r"(?P<name>(?:[VUB]\d[\d._]*|R)__[^/]+)\.sql",
    ),
    _layout(
        "Flyway",
        "java kt class",
        "db/migration/",
        rf"db/migration/{_FOLDERS}(?P<name>(?:[VUB]\d[\d_]*|R)__[^/$.]+)\.\w+",
    ),
    # It reads **/*.exs with a number and an underscore in priv/repo/migrations, or what
    # another repo is called (Plausible's ingest_repo); in an umbrella, of each app.
    _layout(
        "Ecto",
        "exs",
        "priv/",
        rf"{_HOME}priv/(?:[^/]+/){{1,2}}(?:\w+_)?migrations/{_FOLDERS}(?P<name>\d+_[^/]*)\.exs",
    ),
    # {version}_{title}.up.{extension} in any folder, as its source/parse.go has it.
    _layout("golang-migrate", "sql", ".up.sql", r"(?P<name>\d+_[^/]*)\.up\.sql"),
    _layout("golang-migrate", "sql", ".down.sql", r"(?P<name>\d+_[^/]*)\.down\.sql"),
    _layout(
        "Knex",
        "js ts cjs mjs",
        "migration",
        rf"{_MIGRATIONS}(?P<name>\d{{14}}_[^/]*){_SCRIPT}",
    ),
    # The hyphen is sequelize-cli's; db-migrate and migrate-mongo write it too.
    _layout(
        "Sequelize",
        "js ts cjs mjs",
        "migration",
        rf"{_MIGRATIONS}(?P<name>\d{{14}}-[^/]*){_SCRIPT}",
    ),
    # {TIMESTAMP}-name with milliseconds, in src/migration or where the command says.
    _layout(
        "TypeORM",
        "js ts cjs mjs",
        "migration",
        rf"{_MIGRATIONS}(?P<name>\d{{13}}-[^/]*){_SCRIPT}",
    ),
    _layout(
        "Doctrine",
        "php",
        "igrations/",
        rf"[Mm]igrations/{_FOLDERS}(?P<name>Version\d{{14}})\.php",
    ),
    # Spring Boot's default is db/changelog/db.changelog-master.yaml, with files of any
    # name beside it. Keycloak has META-INF/jpa-changelog-1.0.0.xml.
    _layout(
        "Liquibase",
        "xml yaml yml json sql",
        "changelog",
        rf"db/changelogs?/{_FOLDERS}(?P<name>[^/]+)\.\w+",
    ),
    _layout(
        "Liquibase",
        "xml yaml yml",
        "changelog-",
        r"(?P<name>[^/]+[.-]changelog-[^/]+)\.\w+",
    ),
    _layout(
        "Entity Framework",
        "cs",
        "Migrations/",
        rf"Migrations/{_FOLDERS}(?P<name>\d{{14}}_\w+)(?:\.Designer)?\.cs",
    ),
    # goose, dbmate, sqlx, Supabase, Atlas: 2_add.sql; db-migrate: sqls/2-add-up.sql;
    # Diesel, Hasura: 2_add/up.sql.
    _layout(
        "numbered SQL",
        "sql",
        "migration",
        rf"{_MIGRATIONS}(?P<name>\d+[_.-][^/]*?)(?:[-./](?:up|down|do|undo))?\.sql",
    ),
    # goose.
    _layout(
        "numbered Go",
        "go",
        "migration",
        rf"{_MIGRATIONS}(?P<name>\d+_[^/]*)(?<!_test)\.go",
    ),
    # Sequel, Hanami.
    _layout(
        "numbered Ruby", "rb", "migration", rf"{_MIGRATIONS}(?P<name>\d+_[^/]*)\.rb"
    ),
    # node-pg-migrate, Adonis, Payload, MikroORM, Ghost, Directus.
    _layout(
        "numbered JavaScript",
        "js ts cjs mjs",
        "migration",
        rf"{_MIGRATIONS}(?P<name>(?:Migration)?\d+[A-Z]?(?:[_-][^/]*)?){_SCRIPT}",
    ),
    # Phinx, CakePHP, CodeIgniter (2024-01-02-030405_), Yii (m240102_030405_).
    _layout(
        "numbered PHP",
        "php",
        "igrations/",
        rf"[Mm]igrations/{_FOLDERS}(?P<name>m?\d[\d-]{{5,}}_[^/]*)\.php",
    ),
)

FRAMEWORKS = tuple(dict.fromkeys(layout.framework for layout in LAYOUTS))

# No tool makes longer paths; some patterns take the square of a folder's length.
_PATH_LENGTH = 1024

_BY_ENDING = defaultdict[str, list[Layout]](list)
for _row in LAYOUTS:
    for _ending in _row.endings.split():
        _BY_ENDING[_ending].append(_row)

# Places whose migrations the app's own command does not run. Gems and Hex packages have
# theirs copied into the app; Python's and Composer's run where they are. An app may be
# called `tests`: the migrations right in it are taken.
_NOT_RUN = re.compile(
    r"(?:^|/)(?:node_modules|vendor/bundle|gems/[^/]+-\d[^/]*|deps/[^/]+/priv|testdata"
    r"|__tests__|(?:[Tt]ests?|specs?|fixtures|docs?)(?!/migrations/\d{4}_[^/]*\.py$))/"
    r"|(?:site|dist)-packages/(?:.*/)?migrations/[^\d/][^/]*$"
)
_PACKAGED = re.compile(r"(?:^|/)(?:(?:site|dist)-packages|vendor/[^/]+/[^/]+)/")
# A source and its build are one migration, as is a package's under another Python.
_ROOTS = re.compile(
    r"^.*/(?=(?:site|dist)-packages/)"
    r"|(?<![^/])(?:src|lib|dist|build|out|target|bin|classes|resources|java|kotlin|main)/"
)

# Dumps of the whole schema, and Sqitch's plan, whose changes are SQL of any name.
_SCHEMA = re.compile(
    r"(?:^|/)(?:db/(?:\w+/)?(?:\w+_)?(?:schema\.rb|structure\.sql)|db/schema\.sql"
    r"|priv/\w+/structure\.sql|database/schema/[^/]+\.(?:sql|dump)"
    r"|[^/]+\.prisma|sqitch\.plan)$"
)
_SCHEMA_ENDINGS = ("schema.rb", ".sql", ".dump", ".prisma", "sqitch.plan")


def match(path: str) -> Match | None:
    """Say whose migration `path` (forward slashes, from the tree's root) is, if any's."""
    for layout in _BY_ENDING.get(path[path.rfind(".") + 1 :], ()):
        if layout.part in path and len(path) <= _PATH_LENGTH:
            found = layout.pattern.search(path)
            if found:
                return None if _NOT_RUN.search(path) else _matched(layout, path, found)
    return None


def _matched(layout: Layout, path: str, found: re.Match[str]) -> Match:
    home = found.groupdict().get("home")
    return Match(
        framework=layout.framework,
        name=f"{home}/{found['name']}" if home else found["name"],
        path=path,
        identity=_ROOTS.sub("", path[: found.end("name")]),
        packaged=_PACKAGED.search(path) is not None,
    )


def describes_schema(path: str) -> bool:
    """Say whether `path` holds a whole database's shape, which migrations lead to."""
    return (
        path.endswith(_SCHEMA_ENDINGS)
        and len(path) <= _PATH_LENGTH
        and _SCHEMA.search(path) is not None
        and not _NOT_RUN.search(path)
    )
