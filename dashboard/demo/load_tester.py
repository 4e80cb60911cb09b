"""The app the demo is about: three weeks of work on it, and a deploy that went wrong."""

import secrets
from datetime import timedelta

from dashboard.demo.story import AppStory, Story, settling
from releases.actors import Actor
from releases.models import Access, Mark
from releases.operations.hold_deploys import hold_deploys, resume_deploys
from releases.operations.keep_key import keep_key
from releases.operations.reveal_config import reveal_config
from releases.operations.settle_release import settle_release
from releases.restoring import Scope

VIEW, ROLLBACK, DEPLOY, OPERATE = (
    Access.Permission.VIEW,
    Access.Permission.ROLLBACK,
    Access.Permission.DEPLOY,
    Access.Permission.OPERATE,
)
TARGETS = "https://www.example.com/ https://status.example.com/"
INCIDENTS = "https://status.example.com/incidents"


class LoadTester(AppStory):
    name = "load-tester"

    def told(self) -> Story:
        yield from self.it_begins()
        yield from self.it_keeps_results()
        yield from self.percentiles_are_wrong()
        yield from self.probes_go_in_parallel()
        yield from self.the_database_moves()
        yield from self.connections_are_shared()
        yield from self.retries_wake_someone()
        yield from self.yesterday()
        yield from self.today()

    def it_begins(self) -> Story:
        dana, priya, ago = self.people.dana, self.people.priya, self.days.ago
        yield ago(15, "09:12")
        self.create(dana.web)
        yield ago(15, "09:20")
        self.give(priya, DEPLOY, by=dana.web)
        yield ago(15, "09:21")
        self.give(self.people.marek, DEPLOY, OPERATE, by=dana.web)
        yield ago(15, "09:24")
        self.give(self.people.ci, DEPLOY, by=dana.web)
        yield ago(15, "09:41")
        self.attach(
            "postgresql:standard-0",
            "postgres-main",
            dana.cli,
            DATABASE_URL=_address("postgres", "postgres-main"),
        )
        yield ago(15, "09:55")
        self.config(
            dana.web,
            LOG_LEVEL="info",
            PAGER_TOKEN=secrets.token_urlsafe(16),
            PROBE_TIMEOUT="10",
            SECRET_KEY=secrets.token_urlsafe(32),
            WEB_CONCURRENCY="2",
        )
        yield ago(15, "11:30")
        self.deploy("Serve the latest results", priya.git)
        yield ago(14, "10:05")
        self.deploy("Probe targets from a worker", priya.git)
        yield ago(14, "14:40")
        self.config(self.people.marek.web, PROBE_TARGETS=TARGETS, PROBE_EVERY="60")

    def it_keeps_results(self) -> Story:
        marek, ci, ago = self.people.marek, self.people.ci, self.days.ago
        yield ago(13, "09:50")
        self.deploy("Keep results in a database", ci.api)
        yield ago(13, "15:30")
        self.attach(
            "redis:mini",
            "redis-queue",
            marek.cli,
            REDIS_URL=_address("redis", "redis-queue"),
        )
        yield ago(12, "10:20")
        self.give(self.people.jonas, VIEW, by=self.people.dana.web)
        yield ago(12, "11:10")
        self.config(marek.web, SLOW_START="30")
        yield ago(12, "16:05")
        self.started_slowly = self.deploy("Start slowly after a deploy", ci.api)

    def percentiles_are_wrong(self) -> Story:
        dana, priya, ago = self.people.dana, self.people.priya, self.days.ago
        yield ago(11, "11:45")
        wrong = self.deploy("Show percentiles", priya.git)
        yield ago(11, "13:05")
        self.go_to(self.started_slowly, priya.web, "Failed probes are counted twice")
        yield ago(11, "13:07")
        self.mark(wrong, Mark.Kind.BAD, priya.web, "Counts failed probes twice")
        yield ago(10, "09:35")
        right = self.deploy("Count failed probes once", priya.git)
        yield ago(10, "10:00")
        keep_key(app=self.app, name="PAGER_TOKEN", actor=dana.web)
        yield ago(10, "10:02")
        self.config(
            dana.web,
            reason="The old one was in a screenshot",
            PAGER_TOKEN=secrets.token_urlsafe(16),
        )
        yield ago(10, "15:15")
        self.mark(
            right,
            Mark.Kind.PIN,
            dana.web,
            "The figures of the quarterly report come from it",
        )

    def probes_go_in_parallel(self) -> Story:
        marek, priya, ago = self.people.marek, self.people.priya, self.days.ago
        yield ago(9, "10:30")
        self.config(marek.web, DB_POOL_SIZE="5", PROBE_TIMEOUT="8")
        yield ago(9, "14:20")
        parallel = self.deploy("Probe in parallel", self.people.ci.api)
        yield ago(8, "09:40")
        self.config(priya.cli, WEB_CONCURRENCY="4")
        yield ago(8, "10:25")
        self.go_to(
            parallel,
            marek.web,
            "Four workers need more memory than there is",
            scope=Scope.CONFIG,
            incident=f"{INCIDENTS}/41",
        )
        yield ago(8, "11:15")
        self.give(self.people.jonas, DEPLOY, by=self.people.dana.web)

    def the_database_moves(self) -> Story:
        dana, marek, ago = self.people.dana, self.people.marek, self.days.ago
        yield ago(7, "10:10")
        hold_deploys(
            app=self.app,
            reason="The database moves to a larger machine until noon",
            actor=marek.web,
        )
        yield ago(7, "12:05")
        resume_deploys(app=self.app, actor=marek.web)
        yield ago(7, "12:30")
        self.deploy("Log one line per probe", self.people.ci.api)
        yield ago(6, "06:00")
        self.config(Actor.system(), TLS_RENEWED_ON=f"{ago(6, '06:00'):%Y-%m-%d}")
        yield ago(6, "14:50")
        self.give(self.people.oncall, ROLLBACK, by=dana.web)
        yield ago(6, "14:52")
        self.give(self.people.viewer, VIEW, by=dana.web)

    def connections_are_shared(self) -> Story:
        marek, priya, ago = self.people.marek, self.people.priya, self.days.ago
        yield ago(5, "10:57")
        self.config(marek.web, PROBE_REGIONS="eu-west,us-east")
        yield ago(5, "11:20")
        pinned = self.deploy("Pin the probe client to HTTP/1.1", priya.git)
        yield ago(5, "15:45")
        shared = self.deploy(
            "Share one connection pool between workers", self.people.ci.api
        )
        yield ago(4, "14:31")
        self.config(marek.web, DB_POOL_SIZE="20")
        yield ago(4, "15:02")
        self.restored = self.go_to(
            pinned,
            marek.cli,
            "p95 doubled after the pool change",
            incident=f"{INCIDENTS}/43",
        )
        yield ago(4, "15:10")
        self.mark(
            shared,
            Mark.Kind.BAD,
            marek.web,
            "Workers wait for each other's connections",
        )
        yield ago(4, "16:52")
        yield from self.a_check_fails()

    def a_check_fails(self) -> Story:
        with settling(at_once=False):
            failing = self.deploy("Check settings before a release", self.people.ci.api)
        yield failing.created_at + timedelta(seconds=22)
        settle_release(
            release=failing,
            succeeded=False,
            actor=Actor.system(),
            message="Release phase: python3 -m load_tester.check exited 1: REDIS_URL does"
            f" not ask for TLS (rediss://). {self.restored} stayed live.",
        )

    def retries_wake_someone(self) -> Story:
        dana, oncall, ago = self.people.dana, self.people.oncall, self.days.ago
        yield ago(3, "09:31")
        retrying = self.deploy("Retry failed probes with jitter", dana.git)
        yield ago(3, "10:12")
        self.give(self.people.jonas, DEPLOY, OPERATE, by=dana.web)
        yield ago(3, "22:47")
        self.go_to(
            self.restored,
            oncall.web,
            "Probes of status.example.com never end",
            incident=f"{INCIDENTS}/44",
        )
        yield ago(2, "09:20")
        self.go_to(retrying, dana.web, "The target is up again, and retries are needed")
        yield ago(2, "11:30")
        self.deploy("Give up after three tries", self.people.ci.api)
        yield ago(2, "16:10")
        self.config(self.people.jonas.cli, "SLOW_START", PROBE_TIMEOUT="5")

    def yesterday(self) -> Story:
        marek, priya, ago = self.people.marek, self.people.priya, self.days.ago
        yield ago(1, "10:15")
        self.attach(
            "metrics:basic",
            "metrics-eu",
            priya.cli,
            METRICS_URL=_address("https", "metrics-eu"),
        )
        yield ago(1, "14:25")
        reveal_config(app=self.app, names=["DATABASE_URL"], actor=marek.web)
        yield ago(1, "15:20")
        self.deploy("Draw a chart of the last hour", priya.git)

    def today(self) -> Story:
        yield self.days.minutes_ago(207)
        self.config(self.people.marek.web, WEB_CONCURRENCY="3")
        yield self.days.minutes_ago(12)
        self.deploy("Cache plan results per worker", self.people.priya.git)


def _address(scheme: str, name: str) -> str:
    """Make up what an add-on sets: an address with a password in it."""
    return f"{scheme}://u:{secrets.token_urlsafe(18)}@{name}.example.com/{name}"
