"""The tables that several pages have: releases, activities, marks, access."""

from django.db.models import QuerySet

from releases.admin.base import Table
from releases.admin.cells import (
    Cell,
    joined,
    link,
    moment,
    person,
    release_tags,
    shortened,
)
from releases.admin.generic import Row
from releases.models import Access, Activity, App, Mark, Release

SHOWN = 20


def bounded(rows: QuerySet[Row], shown: int = SHOWN) -> tuple[list[Row], bool]:
    """Return the first rows, and whether there are more; one query."""
    found = list(rows[: shown + 1])
    return found[:shown], len(found) > shown


def note_of(*, more: bool, everything: Cell = "", shown: int = SHOWN) -> Cell:
    """Say that a table is not all there is, and where that is."""
    if not more:
        return everything
    return joined(filter(None, [f"The first {shown}.", everything]), " ")


def releases_table(
    title: str, releases: QuerySet[Release], app: App, *, everything: Cell = ""
) -> Table:
    """Return a table of releases of `app`, in the order of the query."""
    shown, more = bounded(releases)
    return Table(
        title=title,
        heads=["Release", "State", "What", "By", "When"],
        rows=[
            [
                link(release),
                joined(release_tags(release, app), " ") or release.get_status_display(),
                shortened(release.description),
                person(release.actor, release.actor_email),
                moment(release.created_at),
            ]
            for release in shown
        ],
        note=note_of(more=more, everything=everything),
    )


def activities_table(activities: QuerySet[Activity], *, everything: Cell) -> Table:
    shown, more = bounded(activities)
    return Table(
        title="Activity",
        heads=["When", "Kind", "What", "By", "Through"],
        rows=[
            [
                link(activity, moment(activity.created_at)),
                activity.get_kind_display(),
                shortened(activity.summary),
                person(activity.actor, activity.actor_email),
                activity.get_source_display(),
            ]
            for activity in shown
        ],
        note=note_of(more=more, everything=everything),
    )


def marks_table(marks: QuerySet[Mark], *, everything: Cell = "") -> Table:
    shown, more = bounded(marks)
    return Table(
        title="Marks",
        heads=["Release", "Mark", "Reason", "By", "When", "Cleared"],
        rows=[
            [
                link(mark.release),
                link(mark, mark.get_kind_display()),
                mark.reason,
                person(mark.created_by),
                moment(mark.created_at),
                cleared(mark),
            ]
            for mark in shown
        ],
        note=note_of(more=more, everything=everything),
    )


def cleared(mark: Mark) -> Cell:
    if mark.cleared_at is None:
        return "Stands"
    return joined([moment(mark.cleared_at), person(mark.cleared_by)], ", by ")


def access_table(accesses: QuerySet[Access], *, everything: Cell) -> Table:
    """Return who may do what; of one person, or of one app."""
    shown, more = bounded(accesses)
    return Table(
        title="Access",
        heads=["App", "Person", "May", "Since", ""],
        rows=[
            [
                link(access.app),
                link(access.user),
                ", ".join(access.permissions),
                moment(access.updated_at),
                link(access, "Change"),
            ]
            for access in shown
        ],
        note=note_of(more=more, everything=everything),
    )
