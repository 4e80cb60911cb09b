"""What the page of one release says beside its diff."""

from releases.admin.base import Table
from releases.admin.cells import (
    Cell,
    anchor,
    code,
    joined,
    link,
    list_of_app_url,
    moment,
    outside,
    person,
    release_tags,
    tag,
)
from releases.admin.slugs import blob_words, process_types_table
from releases.admin.tables import (
    activities_table,
    bounded,
    marks_table,
    note_of,
)
from releases.lineage import marks_of, restored_by
from releases.management.console.words import counted
from releases.models import Activity, Mark, Release, Slug
from releases.undone import undone_by

LINES_SHOWN = 200


def release_facts(release: Release) -> list[tuple[str, Cell]]:
    """Return what a release did and how it went; it was read with its parts."""
    token = f", token {release.token_name}" if release.token_name else ""
    return [
        ("App", link(release.app)),
        ("State", joined(_state(release), " ")),
        ("What", release.description),
        ("Reason", release.reason),
        ("Incident", outside(release.incident_url)),
        ("By", person(release.actor, release.actor_email)),
        ("Through", f"{release.get_source_display()}{token}"),
        ("Made", moment(release.created_at)),
        ("Settled", moment(release.settled_at)),
        ("Restores", _restores(release)),
        ("Restored by", _restored_by(release)),
        ("Undone by", _undone_by(release)),
    ]


def release_parts(release: Release) -> list[tuple[str, Cell]]:
    """Return the slug, the config and the digest that make a release what it is."""
    return [
        ("Kind", release.get_kind_display()),
        *_slug_facts(release.slug),
        ("Config", link(release.config_set, _key_count(release))),
        ("Add-ons", ", ".join(release.addon_plan_names)),
        ("Digest", code(release.digest)),
        ("Id", code(release.pk)),
    ]


def release_tables(release: Release) -> list[Table]:
    marks = marks_of(release).select_related("release")
    activities = release.activities.select_related("actor").order_by("-id")
    everything = list_of_app_url(Activity, release.app)
    return [
        *([process_types_table(release.slug)] if release.slug else []),
        *_output_tables(release),
        marks_table(marks),
        activities_table(
            activities, everything=anchor(everything, f"All activity of {release.app}")
        ),
    ]


def _state(release: Release) -> list[Cell]:
    """Say how it stands: current or not, how it went, and the marks that stand."""
    succeeded = release.status == Release.Status.SUCCEEDED
    kinds = {Mark.Kind.BAD.value: "tag-bad", Mark.Kind.PIN.value: "tag-good"}
    marks = release.marks.filter(cleared_at=None).order_by("kind")
    return [
        *release_tags(release, release.app),
        *([tag("Succeeded")] if succeeded else []),
        *(tag(mark.get_kind_display(), kinds[mark.kind]) for mark in marks),
    ]


def _restores(release: Release) -> Cell:
    if release.restores is None:
        return ""
    return joined([link(release.restores), release.get_scope_display()])


def _restored_by(release: Release) -> Cell:
    shown, more = bounded(restored_by(release))
    return joined([*map(link, shown), *(["and others"] if more else [])])


def _undone_by(release: Release) -> Cell:
    return link(undone_by([Activity(release=release)]).get(release.pk))


def _slug_facts(slug: Slug | None) -> list[tuple[str, Cell]]:
    if slug is None:
        return [("Slug", "none yet")]
    return [
        ("Slug", link(slug)),
        ("Commit", code(slug.commit)),
        ("Title", slug.commit_title),
        ("Author", slug.commit_author),
        ("Bytes", blob_words(slug.blob)),
        ("SHA-256", link(slug.blob, code(slug.blob_id)) if slug.blob else ""),
    ]


def _key_count(release: Release) -> str:
    return counted(len(release.config_set.var_ids), "key")


def _output_tables(release: Release) -> list[Table]:
    shown, more = bounded(release.output.order_by("position"), LINES_SHOWN)
    if not shown:
        return []
    return [
        Table(
            title="Output",
            heads=["Line", "Text"],
            rows=[[f"{line.position:,}", code(line.text)] for line in shown],
            note=note_of(more=more, shown=LINES_SHOWN),
        )
    ]
