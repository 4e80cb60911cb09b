"""Paths as each framework's own generator makes them, and what lies beside them."""

# Below each framework its migrations: the path, and the name it is shown by.
_MIGRATIONS = """
Django
    shop/migrations/0001_initial.py = shop/0001_initial
    backend/shop/migrations/0007_add_index.py = shop/0007_add_index
    shop/migrations/0001_squashed_0007_add_index.py = shop/0001_squashed_0007_add_index
    shop/migrations/0008_auto_20240102_0304.py = shop/0008_auto_20240102_0304
    shop/migrations/0009_latest_test.py = shop/0009_latest_test
    shop/migrations/fill_prices.py = shop/fill_prices
    migrations/0002_root.py = 0002_root
    tests/migrations/0001_initial.py = tests/0001_initial
    vendor/migrations/0001_initial.py = vendor/0001_initial
Rails
    db/migrate/20240102030405_create_orders.rb = 20240102030405_create_orders
    db/migrate/001_create_people.rb = 001_create_people
    db/migrate/20150113001832_tags.acts_as_taggable_on_engine.rb = 20150113001832_tags.acts_as_taggable_on_engine
    db/post_migrate/20240102030405_drop_x.rb = 20240102030405_drop_x
    db/animals_migrate/20240102030405_create_dogs.rb = 20240102030405_create_dogs
    db/click_house/migrate/main/20230705124511_create_events.rb = 20230705124511_create_events
    engines/billing/db/migrate/20240102030405_add_tax.rb = billing/20240102030405_add_tax
    db/data/20240102030405_backfill.rb = 20240102030405_backfill
Alembic
    alembic/versions/ae1027a6acf_add_column.py = ae1027a6acf_add_column
    migrations/versions/1e2841a4128_.py = 1e2841a4128_
    superset/migrations/versions/2015-10-05_22-11_1e2841a4128_.py = 2015-10-05_22-11_1e2841a4128_
    src/airflow/migrations/versions/0001_2_7_0_add_index.py = 0001_2_7_0_add_index
    store/db_migrations/versions/451aebb31d03_add_step.py = 451aebb31d03_add_step
    app/alembic/versions/2024/hand_named.py = hand_named
    app/db/versions/3f2a9c1d4b5e_add_users.py = 3f2a9c1d4b5e_add_users
    app/db/versions/2024_01_02_0304-3f2a9c1d4b5e_add_users.py = 2024_01_02_0304-3f2a9c1d4b5e_add_users
Laravel
    database/migrations/2014_10_12_000000_create_users_table.php = 2014_10_12_000000_create_users_table
    database/migrations/0001_01_01_000000_create_users_table.php = 0001_01_01_000000_create_users_table
    database/migrations/tenant/2024_01_02_030405_add_x.php = 2024_01_02_030405_add_x
    Modules/Blog/Database/Migrations/2024_01_02_030405_add_posts.php = 2024_01_02_030405_add_posts
Drizzle
    drizzle/0001_daily_tarot.sql = 0001_daily_tarot
    drizzle/20240102030405_mister_fear/migration.sql = 20240102030405_mister_fear
Prisma
    prisma/migrations/20210605225044_init/migration.sql = 20210605225044_init
    packages/prisma/migrations/20220308100145_/migration.sql = 20220308100145_
    prisma/migrations/0_init/migration.sql = 0_init
    prisma/migrations/by_hand/migration.sql = by_hand
    src/schema/changes/20240102030405_x/migration.sql = 20240102030405_x
Flyway
    src/main/resources/db/migration/V1__init.sql = V1__init
    orders/src/main/resources/db/migration/V2.1__Add_orders.sql = orders/V2.1__Add_orders
    sql/V2013.01.15.11.35.56__x y.sql = V2013.01.15.11.35.56__x y
    db/migration/U1_2__init.sql = U1_2__init
    db/migration/R__views.sql = R__views
    db/migration/B10__baseline.sql = B10__baseline
    src/main/java/db/migration/V3__Fill.java = V3__Fill
    src/main/kotlin/db/migration/R__Views.kt = R__Views
Ecto
    priv/repo/migrations/20240102030405_create_users.exs = 20240102030405_create_users
    priv/ingest_repo/migrations/20240102030405_add_x.exs = 20240102030405_add_x
    priv/repo/tenant_migrations/20240102030405_add_x.exs = 20240102030405_add_x
    apps/shop/priv/repo/migrations/20240102030405_add_x.exs = shop/20240102030405_add_x
golang-migrate
    db/migrations/000001_create_teams.up.sql = 000001_create_teams
    db/migrations/000001_create_teams.down.sql = 000001_create_teams
    migrations/postgres/000056_upgrade_v6.0.up.sql = 000056_upgrade_v6.0
    internal/store/schema/1500360784_init.up.sql = 1500360784_init
Knex
    migrations/20240102030405_create_users.js = 20240102030405_create_users
    migrations/20240102030405_create_users.ts = 20240102030405_create_users
    migrations/20240102030405_create_users.cjs = 20240102030405_create_users
    migrations/20240102030405_create_users.mjs = 20240102030405_create_users
    db/migrations/20240102030405_create_users.js = 20240102030405_create_users
    db/migrations/20240102030405_create_users.ts = 20240102030405_create_users
    db/migrations/20240102030405_create_users.cjs = 20240102030405_create_users
    db/migrations/20240102030405_create_users.mjs = 20240102030405_create_users
    src/database/migrations/20240102030405_create_users.js = 20240102030405_create_users
    src/database/migrations/20240102030405_create_users.ts = 20240102030405_create_users
    src/database/migrations/20240102030405_create_users.cjs = 20240102030405_create_users
    src/database/migrations/20240102030405_create_users.mjs = 20240102030405_create_users
Sequelize
    migrations/20240102030405-create-user.js = 20240102030405-create-user
    server/migrations/20160619080644-initial.ts = 20160619080644-initial
TypeORM
    src/migration/1700000000000-PostRefactoring.ts = 1700000000000-PostRefactoring
    src/databases/migrations/postgresdb/1587669153312-InitialMigration.ts = 1587669153312-InitialMigration
Doctrine
    migrations/Version20240102030405.php = Version20240102030405
    src/Migrations/Version20240102030405.php = Version20240102030405
    migrations/2024/01/Version20240102030405.php = Version20240102030405
Liquibase
    src/main/resources/db/changelog/db.changelog-master.yaml = db.changelog-master
    src/main/resources/db/changelog/changes/001-users.xml = 001-users
    db/changelog/002-orders.sql = 002-orders
    src/main/resources/META-INF/jpa-changelog-1.0.0.xml = jpa-changelog-1.0.0
Entity Framework
    Shop/Migrations/20240102030405_AddOrders.cs = 20240102030405_AddOrders
    Shop/Migrations/20240102030405_AddOrders.Designer.cs = 20240102030405_AddOrders
numbered SQL
    migrations/00001_create_users.sql = 00001_create_users
    db/migrations/20240102030405_create_users.sql = 20240102030405_create_users
    supabase/migrations/20230126220613_embeddings.sql = 20230126220613_embeddings
    migrations/sqls/20240102030405-add-up.sql = 20240102030405-add
    migrations/2024-01-02-030405_create_posts/up.sql = 2024-01-02-030405_create_posts
    migrations/default/1602848060273_init/down.sql = 1602848060273_init
numbered Go
    db/migrations/00002_rename_root.go = 00002_rename_root
numbered Ruby
    db/migrations/001_create_artists.rb = 001_create_artists
numbered JavaScript
    database/migrations/1587988332388_users.ts = 1587988332388_users
    src/migrations/Migration20240102030405.ts = Migration20240102030405
    src/migrations/20240102_030405_posts.ts = 20240102_030405_posts
    data/migrations/versions/5.0/2022-03-21-17-17-add.js = 2022-03-21-17-17-add
    src/database/migrations/20201028A-remove-keys.ts = 20201028A-remove-keys
numbered PHP
    config/Migrations/20240102030405_CreateUsers.php = 20240102030405_CreateUsers
    app/Database/Migrations/2024-01-02-030405_AddBlog.php = 2024-01-02-030405_AddBlog
    migrations/m240102_030405_create_news.php = m240102_030405_create_news
"""

_NEIGHBOURS = """
manage.py
shop/migrations/__init__.py
shop/migrations/__pycache__/0001_initial.cpython-312.pyc
shop/migrations/_helpers.py
shop/migrations/utils.py
shop/migrations/migration_utils.py
shop/migrations/test_0007.py
shop/migrations/max_migration.txt
shop/migrations/shared/catalogs.py
shop/tests/test_migrations.py
shop/tests/migrations/test_0002.py
tests/testapp/migrations/0001_initial.py
shop/management/commands/migrations.py
docs/migrations/0001-move-to-postgres.md
docs/examples/migrations/0001_example.py
migrations/env.py
migrations/script.py.mako
migrations/alembic.ini
alembic/env.py
alembic/README
alembic/versions/__init__.py
alembic/versions/.gitkeep
api/versions/v1.py
api/versions/v2/orders.py
api/versions/2024_01_02.py
app/versions/changelog.py
versions/1.0/notes.sql
db/seeds.rb
db/seeds/001_people.rb
db/schema_migrations/20240102030405
lib/tasks/db/migrate.rb
lib/generators/shop/templates/migration.rb
spec/dummy/db/migrate/20240102030405_create_x.rb
spec/migrations/20240102030405_create_x_spec.rb
vendor/bundle/ruby/3.2.0/gems/devise-4.9.3/db/migrate/20240102030405_add.rb
usr/local/bundle/gems/activestorage-7.1.0/db/migrate/20170806125915_create.rb
database/factories/UserFactory.php
database/seeders/DatabaseSeeder.php
database/migrations/.gitignore
database/migrations/2024_01_02_030405_add_x.php.stub
database/migrations/index.php
tests/database/migrations/2024_01_02_030405_add_x.php
prisma/seed.ts
prisma/migrations/migration_lock.toml
prisma/migrations/20240102030405_init/README.md
node_modules/lib/prisma/migrations/20240102030405_init/migration.sql
drizzle/meta/_journal.json
drizzle/meta/0001_snapshot.json
src/test/resources/db/migration/V1__test.sql
src/main/resources/db/migration/README.md
src/main/resources/db/V1_init.sql
src/main/java/db/migration/V3__Fill$1.class
queries/V_users.sql
priv/repo/seeds.exs
priv/repo/migrations/.formatter.exs
test/support/migrations/20240102030405_create.exs
deps/oban/priv/repo/migrations/20240102030405_add_oban.exs
internal/testdata/migrations/000001_x.up.sql
migrations/README.md
migrations/embed.go
migrations/00002_rename_test.go
queries/users.sql
knexfile.js
seeds/01_users.js
migrations/index.js
migrations/20240102030405_create_users.test.js
migrations/20240102030405_create_users.spec.ts
dist/migrations/1700000000000-Post.d.ts
dist/migrations/1700000000000-Post.js.map
node_modules/umzug/migrations/20240102030405-x.js
src/__tests__/migrations/1700000000000-Post.ts
migrations/.gitignore
src/Entity/Version20240102030405.php
CHANGELOG.xml
changelogs/unreleased/1234-fix.yml
docs/db/changelog/001.xml
Shop/Migrations/ShopContextModelSnapshot.cs
Shop/Data/20240102030405_AddOrders.cs
lib/python3.12/site-packages/django/db/migrations/autodetector.py
lib/python3.12/site-packages/django/db/migrations/operations/models.py
lib/python3.12/site-packages/taggit/tests/migrations/test_x.py
"""


def migrations() -> list[tuple[str, str, str]]:
    """Return a framework, a path and a name for each migration above."""
    examples = []
    framework = ""
    for line in _MIGRATIONS.strip().splitlines():
        if line.startswith(" "):
            path, name = line.strip().split(" = ")
            examples.append((framework, path, name))
        else:
            framework = line
    return examples


def neighbours() -> list[str]:
    return _NEIGHBOURS.strip().splitlines()
