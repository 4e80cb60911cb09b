"""The driver of this machine: supervisord runs the processes, Caddy has their traffic."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from runtime.driver import Route, Seen, Spec, Traffic
from runtime.local.attached import remove_leftovers
from runtime.local.processes import Processes
from runtime.local.router import Router


class LocalDriver:
    """Joins the two; see `runtime.driver.Driver` for what each method promises."""

    def __init__(self) -> None:
        remove_leftovers()
        self._processes = Processes()
        self._router = Router()

    def seen(self) -> Mapping[UUID, Seen]:
        return self._processes.seen()

    def is_prepared(self, spec: Spec) -> bool:
        return self._processes.is_prepared(spec)

    def start(self, spec: Spec) -> None:
        self._processes.start(spec)

    def stop(self, process_id: UUID) -> None:
        self._processes.stop(process_id)

    def forget(self, process_id: UUID) -> None:
        self._processes.forget(process_id)

    def keep_ready(self, blobs: Mapping[str, int]) -> None:
        self._processes.keep_ready(blobs)

    def last_lines(self, app_id: UUID, name: str, version: int, most: int) -> list[str]:
        return self._processes.last_lines(app_id, name, version, most)

    def route(self, routes: Sequence[Route]) -> None:
        self._router.route(routes)

    def requests_to(self, port: int) -> int:
        return self._router.requests_to(port)

    def traffic(self, app_id: UUID, version: int) -> Traffic:
        return self._router.traffic(app_id, version)
