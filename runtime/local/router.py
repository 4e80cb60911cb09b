"""Traffic: which process of which release a request goes to. Caddy sends it there."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from runtime.driver import NotReady, Route, Traffic
from runtime.local import caddy
from runtime.local.access_log import AccessLog, Ran
from runtime.local.caddy_config import configuration
from runtime.local.caddy_routes import Site
from runtime.local.router_files import LOOPBACK, RouterFiles

# How many upstreams an app may have before the configuration has to have more for it.
SLOTS = 8


@dataclass
class Router:
    """The part of the local driver that sends traffic, and knows what becomes of it."""

    files: RouterFiles = field(default_factory=RouterFiles)
    _routed: dict[str, Route] = field(default_factory=dict)
    _loaded: dict[str, Site] | None = None
    _ran: dict[int, Ran] = field(default_factory=dict)
    _logs: dict[str, AccessLog] = field(default_factory=dict)

    def route(self, routes: Sequence[Route]) -> None:
        """Send traffic so from now on; for each app all of it in one change.

        Caddy has to answer only where an app is new, gone or called otherwise.
        """
        try:
            self._route(routes)
        except OSError as error:
            # No space, for one. What was done is seen to be done the next time.
            raise NotReady(f"Traffic cannot be moved: {error}.") from error

    def requests_to(self, port: int) -> int:
        """Return how many requests, streams included, a process is answering."""
        return caddy.requests_to(f"{LOOPBACK}:{port}")

    def traffic(self, app_id: UUID, version: int) -> Traffic:
        """Return what the router answered for a release in the last WATCH_FOR seconds."""
        key = str(app_id)
        if key not in self._logs:
            self._logs[key] = AccessLog(self.files.log_of(key), self._ran)
        return self._logs[key].traffic(version, seconds=settings.WATCH_FOR)

    def _route(self, routes: Sequence[Route]) -> None:
        wanted = {str(route.app_id): route for route in routes}
        known = self.files.sites() if self._loaded is None else self._loaded
        sites = {
            app_id: _site(route, known.get(app_id)) for app_id, route in wanted.items()
        }
        for app_id, route in wanted.items():
            if self._routed.get(app_id) != route:
                self._note_ports(route)
                self.files.publish(route, slots=sites[app_id].slots)
                self._routed[app_id] = route
        if sites != self._loaded:
            self._change_sites(sites)

    def _change_sites(self, sites: Mapping[str, Site]) -> None:
        # First the files, with which Caddy starts if it ends just now.
        ordered = [sites[app_id] for app_id in sorted(sites)]
        config = configuration(ordered)
        self.files.write_sites(ordered)
        self.files.write_configuration(config)
        self._loaded = None
        caddy.load(config)
        self.files.keep_only(sites.keys())
        for app_id in self._routed.keys() - sites.keys():
            del self._routed[app_id]
            self._logs.pop(app_id, None)
        self._loaded = dict(sites)

    def _note_ports(self, route: Route) -> None:
        now = time.time()
        for upstream in route.upstreams:
            ran = self._ran.get(upstream.port)
            if ran is None or ran.version != upstream.version:
                self._ran[upstream.port] = Ran(upstream.version, now)


def _site(route: Route, known: Site | None) -> Site:
    """Return how the configuration has an app. It keeps upstreams that it has once got."""
    needed = -(-len(route.upstreams) // SLOTS) * SLOTS
    slots = max(SLOTS, needed, known.slots if known else 0)
    return Site(str(route.app_id), tuple(route.hosts), slots)
