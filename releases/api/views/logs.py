"""Log sessions: the address of an app's log."""

import uuid
from typing import Annotated

from django.utils import timezone
from pydantic import Field as Bounded

from releases.api.bodies import RequestBody
from releases.api.call import Answer, Call, created
from releases.api.log_lines import LINES_LIMIT
from releases.api.objects import iso
from releases.api.routes import Need, Route
from releases.api.signed import Purpose, signed_address

Text = Annotated[str, Bounded(max_length=200)]


class NewLogSession(RequestBody):
    """Clients call the process, or the type of some, `dyno`; the schema has two names."""

    lines: Annotated[int, Bounded(ge=0)] | None = None
    tail: bool | None = None
    source: Text | None = None
    dyno: Text | None = None
    dyno_name: Text | None = None
    type: Text | None = None


def log_session_create(call: Call, app: str) -> Answer:
    asked = call.body(NewLogSession)
    found = call.app(app)
    url = signed_address(
        call,
        Purpose.LOG,
        found.pk,
        lines=min(100 if asked.lines is None else asked.lines, LINES_LIMIT),
        tail=bool(asked.tail),
        process=asked.dyno or asked.dyno_name or asked.type or "",
        source=asked.source or "",
    )
    now = iso(timezone.now())
    return created(
        {
            "created_at": now,
            "id": str(uuid.uuid4()),
            "logplex_url": url,
            "updated_at": now,
        }
    )


ROUTES = [
    Route("POST", "apps/<app>/log-sessions", log_session_create, Need.READ_PROTECTED)
]
