"""Log sessions: the address of an app's history as lines of a log."""

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


class NewLogSession(RequestBody):
    """What is asked of one process or source is asked of all: there is one source."""

    lines: Annotated[int, Bounded(ge=0)] | None = None
    tail: bool | None = None


def log_session_create(call: Call, app: str) -> Answer:
    asked = call.body(NewLogSession)
    found = call.app(app)
    url = signed_address(
        call,
        Purpose.LOG,
        found.pk,
        lines=min(100 if asked.lines is None else asked.lines, LINES_LIMIT),
        tail=bool(asked.tail),
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
