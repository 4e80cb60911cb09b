"""The other apps of the team, each with a handful of releases."""

import secrets
from datetime import timedelta

from dashboard.demo.story import AppStory, Story, settling
from releases.models import Access, Mark
from releases.operations.erase_value import erase_value
from releases.operations.give_access import take_access
from releases.operations.hold_deploys import hold_deploys
from releases.operations.rename_app import rename_app
from releases.operations.settle_release import cancel_release
from releases.restoring import Scope

DEPLOY, OPERATE = Access.Permission.DEPLOY, Access.Permission.OPERATE
LIMITS = ("MAXIMUM_ROWS", "MAXIMUM_SECONDS", "RETENTION_DAYS")
CONTRACTS = (
    "CONTRACTS_WITHOUT_DATA_RESIDENCY",
    "CONTRACTS_WITH_DATA_RESIDENCY_IN_EUROPE",
    "CONTRACTS_WITH_DATA_RESIDENCY_IN_SWITZERLAND",
    "TRIAL_CONTRACTS_THAT_WERE_EXTENDED_MORE_THAN_ONCE",
)


class Storefront(AppStory):
    name = "storefront"

    def told(self) -> Story:
        jonas, priya, ago = self.people.jonas, self.people.priya, self.days.ago
        yield ago(15, "13:10")
        self.create(jonas.web)
        yield ago(15, "13:15")
        self.give(priya, DEPLOY, by=jonas.web)
        yield ago(15, "13:40")
        self.attach(
            "postgresql:standard-0",
            "postgres-shop",
            jonas.cli,
            DATABASE_URL=f"postgres://shop:{secrets.token_urlsafe(16)}@db.example.com/",
        )
        yield ago(13, "10:35")
        self.config(jonas.web, CURRENCY="EUR", RAILS_ENV="production", TAX_PERCENT="19")
        yield ago(13, "11:05")
        self.deploy("Put products into a cart", jonas.git)
        yield ago(13, "11:06")
        self.rest(jonas.web)
        yield ago(9, "09:25")
        taking = self.deploy("Take coupons", priya.git, reason="Sale begins on Monday")
        yield ago(9, "11:50")
        self.mark(taking, Mark.Kind.BAD, priya.web, "A coupon may take all of a price")
        yield ago(9, "12:10")
        self.deploy("Refuse coupons of more than half the price", priya.git)
        yield ago(4, "11:20")
        self.config(jonas.cli, MAX_THREADS="10")
        yield ago(1, "16:05")
        self.deploy("Let MAX_THREADS say how many threads there are", jonas.git)


class BillingApi(AppStory):
    name = "billing-api"

    def told(self) -> Story:
        marek, jonas, ago = self.people.marek, self.people.jonas, self.days.ago
        yield ago(14, "09:05")
        self.create(marek.cli)
        yield ago(14, "09:06")
        self.give(self.people.ci, DEPLOY, by=marek.cli)
        yield ago(14, "09:08")
        self.give(jonas, DEPLOY, OPERATE, by=marek.cli)
        yield ago(14, "09:30")
        first = self.config(marek.cli, PAYMENT_KEY=secrets.token_urlsafe(24))
        yield ago(14, "10:00")
        self.deploy("Keep invoices", self.people.ci.api)
        yield ago(14, "10:02")
        self.rest(jonas.web)
        yield ago(10, "16:20")
        self.config(
            jonas.web,
            reason="The old key was pasted into a chat",
            PAYMENT_KEY=secrets.token_urlsafe(24),
        )
        yield ago(10, "16:31")
        erase_value(release=first, name="PAYMENT_KEY", actor=marek.web)
        yield ago(8, "15:45")
        take_access(app=self.app, user=jonas.user, actor=marek.web)
        yield ago(6, "10:15")
        self.deploy("Give invoices a due date", self.people.ci.api)
        yield ago(2, "13:30")
        with settling(at_once=False):
            wrong = self.deploy("Round half a cent to the even one", self.people.ci.api)
        yield wrong.created_at + timedelta(seconds=95)
        cancel_release(release=wrong, actor=marek.web, reason="It lacks an import.")
        yield ago(2, "14:05")
        self.deploy("Import what rounding needs", self.people.ci.api)
        yield self.days.minutes_ago(185)
        hold_deploys(
            app=self.app,
            reason="Invoices of the month are being sent; resumed when the last is out",
            actor=marek.web,
        )


class Mailer(AppStory):
    name = "mailer"

    def told(self) -> Story:
        priya, jonas, ago = self.people.priya, self.people.jonas, self.days.ago
        yield ago(12, "14:00")
        self.create(priya.web, name="postman")
        yield ago(12, "14:20")
        self.give(jonas, DEPLOY, by=priya.web)
        yield ago(12, "14:30")
        self.config(priya.web, FROM="hello@example.com", BATCH="1")
        yield ago(12, "15:10")
        self.deploy("Send what the queue holds", priya.git)
        yield ago(11, "09:05")
        self.app = rename_app(app=self.app, name=self.name, actor=priya.web)
        yield ago(7, "14:45")
        in_json = self.deploy("Log in JSON", jonas.git)
        yield ago(3, "11:00")
        self.config(jonas.web, BATCH="50")
        yield ago(3, "11:02")
        self.deploy("Take letters in batches", priya.git)
        yield ago(3, "13:35")
        self.go_to(in_json, jonas.web, "Letters were sent twice")


class ImgProxy(AppStory):
    name = "img-proxy"

    def told(self) -> Story:
        jonas, marek, ago = self.people.jonas, self.people.marek, self.days.ago
        yield ago(11, "10:00")
        self.create(jonas.cli)
        yield ago(11, "10:01")
        self.give(marek, DEPLOY, by=jonas.cli)
        yield ago(11, "10:20")
        self.config(jonas.cli, LONGEST_SIDE="1600", QUALITY="82")
        yield ago(11, "10:25")
        smaller = self.deploy("Make images smaller", jonas.cli)
        yield ago(11, "10:26")
        self.rest(jonas.web)
        yield ago(8, "16:40")
        self.config(marek.web, QUALITY="40", FORMATS="avif,webp,jpeg")
        yield ago(7, "09:15")
        self.go_to(smaller, jonas.web, "Photos look smeared", scope=Scope.CONFIG)
        yield self.days.minutes_ago(262)
        self.deploy("Count the pixels of large images in 64 bits", marek.git)


class ProbeRunner(AppStory):
    """Nothing is deployed to it yet."""

    name = "probe-runner"

    def told(self) -> Story:
        yield self.days.ago(1, "16:50")
        self.create(self.people.dana.web)


class CustomerDataExportScheduler(AppStory):
    """As long a name as there may be, and many config vars with long ones."""

    name = "customer-data-export-scheduler"

    def told(self) -> Story:
        dana, marek, ago = self.people.dana, self.people.marek, self.days.ago
        yield ago(10, "11:00")
        self.create(dana.web)
        yield ago(10, "11:10")
        self.give(marek, DEPLOY, by=dana.web)
        yield ago(10, "11:30")
        self.config(dana.cli, **_limits())
        yield ago(10, "13:20")
        self.deploy("Begin every export at its hour", dana.git)
        yield ago(6, "15:30")
        self.config(marek.web, **dict.fromkeys(CONTRACTS, "30"))
        yield ago(5, "09:45")
        self.deploy(
            "Write down for how long the exports of which customers are kept, and in"
            " which of our regions",
            marek.git,
        )
        yield ago(2, "10:40")
        self.config(
            marek.web,
            "EXPORTS_OF_TRIALS_MAXIMUM_ROWS",
            reason="Trials have no exports any more, as agreed with those who sell them and"
            " those who answer the letters about them; what was exported before is kept"
            " until its own retention period ends, and is deleted then like all others.",
            EXPORTS_OF_TRIALS_RETENTION_DAYS="1",
        )
        yield self.days.minutes_ago(141)
        self.deploy("Say which exports a worker takes", self.people.dana.git)


FURTHER_APPS = (
    Storefront,
    BillingApi,
    Mailer,
    ImgProxy,
    ProbeRunner,
    CustomerDataExportScheduler,
)


def _limits() -> dict[str, str]:
    customers = ("COMPANIES", "NON_PROFITS", "PUBLIC_BODIES", "RESELLERS", "TRIALS")
    kinds = ("", "_WITH_ATTACHMENTS")
    limits = {
        f"EXPORTS_OF_{customer}{kind}_{limit}": "90"
        for customer in customers
        for kind in kinds
        for limit in LIMITS
    }
    return limits | {"BUCKET": "exports.example.com", "TIME_ZONE": "Europe/Zurich"}
