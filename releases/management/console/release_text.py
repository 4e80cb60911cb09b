"""One release as people read it in a terminal."""

from collections.abc import Sequence

from releases.actors import who
from releases.management.console.plan_text import SCOPES, commit_line
from releases.management.console.tables import facts, printable
from releases.management.console.words import counted, listed, size, when
from releases.models import App, Mark, Release, Slug, Source
from releases.queries import config_of, standing_marks

NAMES_SHOWN = 20


def status_words(release: Release, app: App, marks: Sequence[Mark]) -> str:
    """Say in a few words how a release stands, nothing of the many that just succeeded."""
    words = ["current"] if release.pk == app.current_release_id else []
    if release.status != Release.Status.SUCCEEDED:
        words.append(release.status)
    return ", ".join(words + [mark.get_kind_display().lower() for mark in marks])


def release_text(release: Release, app: App) -> str:
    marks = [mark for mark in standing_marks(app) if mark.release_id == release.pk]
    paragraphs = [
        f"{release} of {app}: {release.description}",
        facts(
            [
                ("Status", status_words(release, app, marks) or release.status),
                *((mark.get_kind_display(), _mark_words(mark)) for mark in marks),
                ("By", _who_and_how(release)),
                ("When (UTC)", when(release.created_at)),
                ("Reason", release.reason),
                ("Incident", release.incident_url),
                ("Restores", _restored(release)),
                *(slug_facts(release.slug) if release.slug else [("Code", "none yet")]),
                ("Config", _config_names(release)),
                ("Add-ons", listed(release.addon_plan_names)),
                ("Digest", release.digest),
            ]
        ),
        "\n".join(printable(line.text) for line in release.output.all()),
    ]
    return "\n\n".join(filter(None, paragraphs))


def slug_facts(slug: Slug) -> list[tuple[str, str]]:
    blob = slug.blob
    found = [
        ("Code", _code(slug)),
        *((f"Runs {name}", what) for name, what in sorted(slug.process_types.items())),
    ]
    if blob:
        gone = "" if blob.is_stored else "pruned; it was "
        files = counted(blob.file_count, "file")
        found.append(("Slug", f"{gone}{size(blob.size)}, {files}"))
        found.append(("SHA-256", blob.pk))
    return found


def _code(slug: Slug) -> str:
    if not slug.commit:
        return f"{slug}, without a commit"
    return commit_line(slug.commit, slug.commit_title, slug.commit_author)


def _mark_words(mark: Mark) -> str:
    by = f"{who(mark.created_by.email)}, {when(mark.created_at)}"
    return f"{mark.reason} ({by})" if mark.reason else by


def _who_and_how(release: Release) -> str:
    if release.source == Source.SYSTEM:
        return who(release.actor_email)
    token = f", token {release.token_name}" if release.token_name else ""
    return f"{who(release.actor_email)}, {release.get_source_display()}{token}"


def _restored(release: Release) -> str:
    if not release.restores:
        return ""
    return f"{release.restores}, {SCOPES[Release.Scope(release.scope)]}"


def _config_names(release: Release) -> str:
    return (
        listed([var.name for var in config_of(release)], at_most=NAMES_SHOWN) or "none"
    )
