"""Answers that are files: made line by line, and saved rather than shown."""

from collections.abc import Iterable

from django.http import StreamingHttpResponse

TYPES = {"csv": "text/csv", "jsonl": "application/jsonl"}


def download(lines: Iterable[str], name: str, kind: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(
        lines, content_type=f"{TYPES[kind]}; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
