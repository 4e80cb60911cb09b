"""Addresses that carry their permission in themselves: for bytes, outputs and logs.

Clients fetch these without their token. The signature says what may be done to what, and
by which token; whether that still stands, and its person still may, is asked again.
"""

import itertools
import logging
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from threading import BoundedSemaphore

from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature, TimestampSigner
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from releases.actors import Actor
from releases.api.call import Call
from releases.api.errors import ApiError, not_found, of_refusal
from releases.api.log_lines import as_events, as_text
from releases.api.tokens import usable_token
from releases.errors import OperationRefused
from releases.logs import LogReader, Wanted
from releases.models import App, Release, ReleaseOutput, Slug, Source, Token
from releases.operations.fill_slug import fill_slug
from releases.permissions import Action, granted, require
from releases.slugs.storage import open_blob

logger = logging.getLogger(__name__)

signer = TimestampSigner(salt="signed address of the API")
LASTS = 3_600
# Each holds a thread of its worker; more would leave none for anybody else.
STREAMS = BoundedSemaphore(4)
POLL, STREAM_LASTS = 1.0, 1_800


class Purpose:
    """What an address is for."""

    SLUG, OUTPUT, LOG = "slug", "output", "log"


@dataclass(frozen=True)
class Reader:
    """Who reads a stream, and by which token: what they may can end while it runs."""

    token: Token
    actor: Actor

    def still_sees(self, app: App) -> bool:
        return usable_token(pk=self.token.pk) is not None and bool(
            granted(self.actor, app)
        )


def signed_address(call: Call, purpose: str, subject: uuid.UUID, **more: object) -> str:
    """Return an address on the host that the client came by, for an hour."""
    said = {
        "for": purpose,
        "of": str(subject),
        "token": str(call.token.pk),
        **more,
    }
    return call.request.build_absolute_uri(f"/signed/{signer.sign_object(said)}")


@csrf_exempt
@login_not_required
def signed(request: HttpRequest, signature: str) -> HttpResponseBase:
    try:
        return _answer(request, signature)
    except ApiError as error:
        failure = error
    except OperationRefused as refusal:
        failure = of_refusal(refusal)
    return JsonResponse(failure.body, status=failure.status)


def _answer(request: HttpRequest, signature: str) -> HttpResponseBase:
    try:
        said = signer.unsign_object(signature, max_age=LASTS)
    except (BadSignature, ValueError):
        raise not_found("address") from None
    token = usable_token(pk=said["token"])
    if token is None:
        raise not_found("address")
    actor = Actor(
        user=token.user,
        source=Source.API,
        token_name=token.name,
        ip=request.META.get("REMOTE_ADDR") or None,
        request_id=request.META.get("ROLLBOOK_REQUEST_ID", ""),
    )
    subject = uuid.UUID(said["of"])
    if said["for"] == Purpose.SLUG:
        return _slug(request, subject, actor)
    if said["for"] == Purpose.OUTPUT:
        return _output(subject, Reader(token, actor))
    wanted = Wanted(said.get("process", ""), said.get("source", ""))
    reader = Reader(token, actor)
    app = App.objects.get(pk=subject)
    require(actor, app, Action.SEE)
    return _log(
        request,
        _log_lines(app, wanted, said["lines"], reader if said["tail"] else None),
        is_followed=said["tail"],
    )


def _slug(request: HttpRequest, slug_id: uuid.UUID, actor: Actor) -> HttpResponseBase:
    slug = Slug.objects.select_related("app", "blob").get(pk=slug_id)
    if request.method == "PUT":
        # Read past Django, which takes a body without a length for an empty one.
        source = request.META["wsgi.input"] if _is_chunked(request) else request
        fill_slug(slug=slug, archive=source, actor=actor)
        return HttpResponse(status=HTTPStatus.OK)
    require(actor, slug.app, Action.SEE)
    if slug.blob is None or not slug.blob.is_stored:
        raise not_found("slug")
    response = FileResponse(
        open_blob(slug.blob.pk),
        as_attachment=True,
        filename=f"{slug.app.name}-{slug}.tar.gz",
        content_type="application/gzip",
    )
    response.headers["Content-Length"] = str(slug.blob.size)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _is_chunked(request: HttpRequest) -> bool:
    return "chunked" in request.headers.get("Transfer-Encoding", "").lower()


def _output(release_id: uuid.UUID, reader: Reader) -> HttpResponseBase:
    release = Release.objects.select_related("app").get(pk=release_id)
    require(reader.actor, release.app, Action.SEE)
    lines = _output_lines(release, reader)
    if release.status == Release.Status.PENDING:
        lines = Followed(lines)
    return _streamed(lines, "text/plain; charset=utf-8")


def _output_lines(release: Release, reader: Reader) -> Iterator[str]:
    """Give what a release printed until it has settled."""
    seen = 0
    for _ in _looks(release.app, reader):
        release.refresh_from_db(fields=["status"])
        lines = ReleaseOutput.objects.filter(release=release, position__gt=seen)
        for line in lines.order_by("position"):
            seen = line.position
            yield f"{line.text}\n"
        if release.status != Release.Status.PENDING:
            return


def _log(
    request: HttpRequest, lines: Iterator[str], *, is_followed: bool
) -> HttpResponseBase:
    events = "text/event-stream" in request.headers.get("Accept", "")
    pieces = as_events(lines) if events else as_text(lines)
    if is_followed:
        pieces = Followed(pieces)
    return _streamed(
        pieces, "text/event-stream" if events else "text/plain; charset=utf-8"
    )


def _log_lines(
    app: App, wanted: Wanted, number: int, follower: Reader | None
) -> Iterator[str]:
    """Give the last lines, oldest first; then new ones, with "" where there are none."""
    log = LogReader(app, wanted)
    yield from map(str, log.last(number))
    if follower is None:
        return
    for _ in itertools.islice(_looks(app, follower), 1, None):
        yield from [str(line) for line in log.more()] or [""]


def _looks(app: App, reader: Reader) -> Iterator[None]:
    """Give a turn at a time to look for more, while it lasts and the reader may."""
    deadline = time.monotonic() + STREAM_LASTS
    while time.monotonic() < deadline and reader.still_sees(app):
        yield
        time.sleep(POLL)


def _streamed(pieces: Iterator[str], content_type: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=content_type)
    response.headers["Cache-Control"] = "private, no-store"
    # Proxies, and compression, would keep lines back until there are enough of them.
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Content-Encoding"] = "identity"
    return response


class Followed:
    """A stream that goes on for long, and so one of few in each process.

    What ends it is `close`: a generator that was never started would not notice.
    """

    def __init__(self, pieces: Iterator[str]) -> None:
        if not STREAMS.acquire(blocking=False):
            raise ApiError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "unavailable",
                "Too many streams are being followed; try again in a moment.",
            )
        self._pieces = pieces
        self._is_open = True

    def __iter__(self) -> Iterator[str]:
        return self._pieces

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            STREAMS.release()


urlpatterns = [path("signed/<str:signature>", signed, name="signed")]
