"""Verifying for those who wait at a terminal, and what was found in words."""

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

from django.db.models import Sum

from releases.api.objects import Object
from releases.checkpoints import Head
from releases.findings import Findings
from releases.management.console.progress import Progress, Terminal
from releases.management.console.tables import printable
from releases.management.console.words import counted, size
from releases.models import App
from releases.stored_bytes import blobs_to_be_there


def look_at_chains(
    findings: Findings,
    terminal: Terminal,
    *,
    app: App | None = None,
    checkpoint: Mapping[UUID, Head] | None = None,
) -> None:
    total = 1 if app else App.objects.count()
    with Progress("Verified", terminal, total=total, say=_apps) as progress:
        findings.look_at_chains(
            app=app, checkpoint=checkpoint, advance=progress.advance
        )


def look_at_slugs(
    findings: Findings, terminal: Terminal, *, app: App | None = None
) -> None:
    total = blobs_to_be_there(app).aggregate(Sum("size", default=0))["size__sum"]
    with Progress("Read slugs,", terminal, total=total) as progress:
        findings.look_at_slugs(app=app, advance=progress.advance)


def findings_object(findings: Findings) -> Object:
    return {
        "verified": not findings.faults,
        "apps": len(findings.heads),
        "activities": findings.activities,
        "releases": findings.releases,
        "slugs": findings.slugs,
        "slug_bytes": findings.slug_bytes,
        "faults_total": findings.faults_total,
        "faults": [asdict(fault) for fault in findings.faults],
    }


def findings_text(findings: Findings) -> str:
    """Say what was looked at, and the faults line by line."""
    looked_at = (
        f"{counted(len(findings.heads), 'app')},"
        f" {counted(findings.activities, 'activity', 'activities')},"
        f" {counted(findings.releases, 'release')} and"
        f" {counted(findings.slugs, 'stored slug')} ({size(findings.slug_bytes)})"
    )
    if not findings.faults:
        return f"Verified {looked_at}: all is as it was written."
    more = findings.faults_total - len(findings.faults)
    lines = [f"Looked at {looked_at}.", *map(str, findings.faults)]
    return "\n".join(map(printable, [*lines, *([f"and {more:,} more"] * (more > 0))]))


def faults_sentence(findings: Findings) -> str:
    return (
        f"{counted(findings.faults_total, 'fault')}; the first:"
        f" {printable(str(findings.faults[0]))}."
    )


def _apps(number: int) -> str:
    return counted(number, "app")
