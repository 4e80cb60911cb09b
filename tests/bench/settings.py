"""The real settings, with a view beside the real ones that costs next to nothing."""

from dashboard.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
# One token asks more often here than any would.
API_CALLS_AN_HOUR = 10_000_000
# What is measured is the ledger.
RELEASES_SETTLE_AT_ONCE = True
