"""Lines of an app's log, out of what processes, the router and the ledger write down."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from releases.actors import who
from releases.models import Activity, Process

APP, HEROKU = "app", "heroku"
ROUTER, API = "router", "api"
# Those of Heroku's names: the platform has that of Heroku, for programs look for it.
SOURCES = (APP, HEROKU)
STAMPED = re.compile(
    rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) v(\d{1,9}) (?:(-- )| (?= *-- ))?(.*)",
    re.DOTALL,
)
WORD = re.compile(r"[\w.:/@%+-]+")
SERVER_ERROR = 500
# What terminals and readers of lines obey, and halves of characters, are shown harmless.
HARMLESS = dict.fromkeys(
    [
        *(code for code in (*range(32), *range(0x7F, 0xA0)) if chr(code) != "\t"),
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    ],
    "\ufffd",
)


@dataclass(frozen=True)
class LogLine:
    """One line of an app's log, in Heroku's terms.

    `source` is what the app says, or what runs it does; `process` is one of the app's,
    the router, or the API for the timeline.
    """

    time: datetime
    source: str
    process: str
    version: int | None
    text: str

    def __str__(self) -> str:
        time = self.time.astimezone(UTC).isoformat(timespec="microseconds")
        return f"{time} {self.source}[{self.process}]: {self.text}"


def process_line(written: bytes, name: str) -> LogLine | None:
    """Read a line from the log of a process: `2026-11-25T19:05:54.560Z v12 TEXT`.

    What begins with two dashes is said about the process by what runs it. Where the
    process itself printed such a line, a space was put before it.
    """
    found = STAMPED.fullmatch(written)
    if found is None:
        return None
    stamp, version, about, text = found.groups()
    try:
        time = datetime.fromisoformat(stamp.decode("ascii"))
    except ValueError:
        return None
    said = harmless(text.decode("utf-8", "replace"))
    return LogLine(time, HEROKU if about else APP, name, int(version), said)


def activity_line(activity: Activity) -> LogLine:
    """Expects `release` joined."""
    release = activity.release
    return LogLine(
        time=activity.created_at,
        source=APP,
        process=API,
        version=release.version if release else None,
        text=harmless(
            f"{' '.join(activity.summary.split())} by {who(activity.actor_email)}"
        ),
    )


def router_line(written: bytes, by_port: Mapping[int, Process]) -> LogLine | None:
    """Read what Caddy writes of a request, and say it as Heroku's router does.

    Whatever is missing, or is not what it should be, is left out.
    """
    try:
        said = json.loads(written)
        time = datetime.fromtimestamp(float(said["ts"]), UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None
    request = said.get("request")
    if not isinstance(request, dict):
        request = {}
    status, release = _number(said.get("status")), str(said.get("release", ""))
    version = re.fullmatch(r"v?(\d{1,9})", release.strip())
    took = said.get("duration")
    port = re.search(r":(\d{1,5})$", str(said.get("upstream", "")))
    facts = {
        "at": "error" if status >= SERVER_ERROR and not port else "info",
        "method": _word(request.get("method")),
        "path": _quoted(request.get("uri")),
        "host": _word(request.get("host")),
        "request_id": _word(said.get("request_id")),
        "fwd": _quoted(request.get("client_ip") or request.get("remote_ip")),
        "dyno": _process_at(by_port, int(port[1]), time) if port else "",
        "service": f"{took * 1000:.0f}ms" if isinstance(took, int | float) else "",
        "status": str(status) if status else "",
        "bytes": str(_number(said.get("size"))),
        "release": f"v{version[1]}" if version else "",
    }
    return LogLine(
        time=time,
        source=HEROKU,
        process=ROUTER,
        version=int(version[1]) if version else None,
        text=" ".join(f"{name}={value}" for name, value in facts.items() if value),
    )


def harmless(text: str) -> str:
    return text.translate(HARMLESS)


def _process_at(by_port: Mapping[int, Process], port: int, time: datetime) -> str:
    """Name what listens at a port, unless somebody else did at that time."""
    process = by_port.get(port)
    return str(process) if process and process.created_at <= time else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _word(value: object) -> str:
    text = str(value or "")
    return text if WORD.fullmatch(text) else _quoted(text)


def _quoted(value: object) -> str:
    """Put text in quotes that it cannot leave; nothing if there is none."""
    if not isinstance(value, str) or not value:
        return ""
    escaped = harmless(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
