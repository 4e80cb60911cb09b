"""Backups: the database, the stored slugs and the master keys in one file.

A plain tar of plain files, so that standard tools can open it when nothing else can:

    slugs/SHA256.tar.gz     the bytes of each stored slug
    tables/TABLE.copy       the rows of each table, as PostgreSQL's COPY writes text
    keys/master.key         the master keys, unless they were left out
    manifest.json           which tables and columns, and of which migrations
    SHA256SUMS              of all that comes before it, as `sha256sum` writes it

COPY rather than pg_dump: what one version of PostgreSQL wrote, any other can read (the
embedded one is newer than most servers), it needs no programs and no password outside
this process, all of it is loaded in one transaction, and a file from a stranger holds
rows and never commands.
"""
