"""The real settings, with a view beside the real ones that costs next to nothing."""

from dashboard.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
