"""The log of an app: what its processes print, requests, and what was done to it.

Processes and the router write files, which are read at their ends (releases.log_files);
what was done is the app's timeline. Lines come in the order of their times.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from releases.log_files import LogFile, Mark
from releases.log_formats import (
    API,
    APP,
    HEROKU,
    ROUTER,
    LogLine,
    activity_line,
    process_line,
    router_line,
)
from releases.models import Activity, App

# The newest logs of processes that are read, and lines of the timeline.
LOGS_LIMIT = 100
ACTIVITIES_LIMIT = 1_500


@dataclass(frozen=True)
class Wanted:
    """Which lines of a log: of a process, or a type of them; with a text, in any case."""

    process: str = ""
    source: str = ""
    version: int | None = None
    search: str = ""

    def is_of(self, process: str) -> bool:
        return self.process in {"", process, process.partition(".")[0]}

    def takes(self, line: LogLine) -> bool:
        return (
            self.source in {"", line.source}
            and self.is_of(line.process)
            and self.version in {None, line.version}
            and self.search.casefold() in line.text.casefold()
        )


@dataclass(frozen=True)
class Source:
    """A file that belongs to the log, and how its lines are read."""

    name: str
    file: LogFile
    read: Callable[[bytes], LogLine | None]


class LogReader:
    """Reads the log of an app: what was there when this was made, and then what is new."""

    def __init__(self, app: App, wanted: Wanted | None = None) -> None:
        self._app = app
        self._wanted = wanted or Wanted()
        self._marks: dict[Path, Mark | None] = {
            source.file.path: source.file.mark() for source in self._sources()
        }
        self._sequence = _last_sequence(app)

    def last(self, most: int, *, since: datetime | None = None) -> list[LogLine]:
        """Return the last lines that are wanted, oldest first, none from before `since`.

        What is older than that is not even looked at.
        """
        newest_first = heapq.merge(
            *(self._back(source, since) for source in self._sources()),
            self._taken(_back_to(since, map(activity_line, self._activities(most)))),
            key=lambda line: line.time,
            reverse=True,
        )
        return list(islice(newest_first, most))[::-1]

    def more(self) -> list[LogLine]:
        """Return the lines that are wanted of those that came since the last call."""
        found = [line for source in self._sources() for line in self._on(source)]
        if self._reads_activities():
            since, self._sequence = self._sequence, _last_sequence(self._app)
            newer = _activities(self._app).filter(
                sequence__gt=since, sequence__lte=self._sequence
            )
            lines = map(activity_line, newer[:ACTIVITIES_LIMIT])
            found += self._taken(lines)
        return sorted(found, key=lambda line: line.time)

    def _back(self, source: Source, since: datetime | None) -> Iterator[LogLine]:
        mark = self._marks.get(source.file.path)
        if mark:
            lines = map(source.read, source.file.before(mark))
            yield from self._taken(_back_to(since, lines))

    def _on(self, source: Source) -> Iterator[LogLine]:
        path = source.file.path
        added = source.file.after(self._marks.get(path))
        self._marks[path] = added.mark
        if added.skipped:
            text = f"{added.skipped:,} bytes came too fast to be shown"
            yield LogLine(datetime.now(UTC), HEROKU, source.name, None, text)
        yield from self._taken(map(source.read, added.lines))

    def _taken(self, lines: Iterable[LogLine | None]) -> Iterator[LogLine]:
        return (line for line in lines if line and self._wanted.takes(line))

    def _sources(self) -> list[Source]:
        """Find the files there are by now: processes come and go."""
        found = [
            Source(
                name,
                LogFile(path, f"{path.name}.1"),
                partial(process_line, name=name),
            )
            for name, path in _process_logs(self._app).items()
            if self._wanted.is_of(name)
        ][:LOGS_LIMIT]
        if self._wanted.is_of(ROUTER) and self._wanted.source in {"", HEROKU}:
            path = settings.ROUTER_FOLDER / "log" / f"{self._app.pk}.json"
            listening = self._app.processes.exclude(port=None)
            by_port = {each.port: each for each in listening if each.port}
            found.append(
                Source(
                    ROUTER,
                    LogFile(path, f"{path.stem}-*{path.suffix}"),
                    partial(router_line, by_port=by_port),
                )
            )
        return found

    def _reads_activities(self) -> bool:
        return self._wanted.is_of(API) and self._wanted.source in {"", APP}

    def _activities(self, most: int) -> "QuerySet[Activity]":
        """Return the newest of the timeline, and more of it if not all are wanted."""
        activities = _activities(self._app).filter(sequence__lte=self._sequence)
        if not self._reads_activities():
            return activities.none()
        if self._wanted.version is not None:
            activities = activities.filter(release__version=self._wanted.version)
        return activities[: ACTIVITIES_LIMIT if self._wanted.search else most]


def last_lines(
    app: App,
    *,
    most: int,
    process: str = "",
    source: str = "",
    version: int | None = None,
    search: str = "",
    since: datetime | None = None,
) -> list[LogLine]:
    """Return the newest lines of the log of `app` that are wanted, oldest first."""
    reader = LogReader(app, Wanted(process, source, version, search))
    return reader.last(most, since=since)


def _back_to(
    since: datetime | None, newest_first: Iterable[LogLine | None]
) -> Iterator[LogLine | None]:
    for line in newest_first:
        if line and since and line.time < since:
            return
        yield line


def _process_logs(app: App) -> dict[str, Path]:
    """Return the logs of processes by their names, those written to last first."""
    folder = settings.RUNTIME_FOLDER / "logs" / str(app.pk)
    # For a moment while it is rotated, only the rotated one may be there.
    written = {
        path.with_suffix("") if path.suffix == ".1" else path: path
        for path in [*folder.glob("*.log.1"), *folder.glob("*.log")]
    }
    newest = sorted(written, key=lambda path: _written_at(written[path]), reverse=True)
    return {path.stem: path for path in newest}


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _activities(app: App) -> "QuerySet[Activity]":
    return app.activities.select_related("release").order_by("-sequence")


def _last_sequence(app: App) -> int:
    return App.objects.values_list("chain_length", flat=True).get(pk=app.pk)
