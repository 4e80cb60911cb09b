"""Settings for every environment; what differs comes from the environment (env.py)."""

from importlib.util import find_spec
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from dashboard.env import (
    env,
    env_bool,
    env_list,
    env_number,
    env_path,
    env_port,
    env_secret,
)
from dashboard.machine.addresses import (
    domains,
    host_name,
    is_loopback,
    networks,
    own_url,
    port_range,
)
from dashboard.machine.home import kept_secret, open_home, private_folder
from dashboard.postgres.connection import database_settings
from dashboard.postgres.room import installed_programs
from dashboard.sign_in_settings import *  # noqa: F403  # settings, all of them

BASE_DIR = Path(__file__).resolve().parent.parent

# Where it keeps things.
ROLLBOOK_HOME = open_home(env_path("ROLLBOOK_HOME", "var", base=BASE_DIR))
DATABASE_URL = env("DATABASE_URL")
DATABASES = {"default": database_settings(DATABASE_URL, ROLLBOOK_HOME)}
POSTGRES_BIN = installed_programs()
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "rollbook_cache",
        # Sign-ins are counted here: culled early, some attempts would be forgotten.
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
FILE_UPLOAD_TEMP_DIR = private_folder(ROLLBOOK_HOME / "uploads")
STATIC_ROOT = ROLLBOOK_HOME / "static"

# Secrets: given, or made at first use under ROLLBOOK_HOME.
SECRET_KEY = env_secret("ROLLBOOK_SECRET_KEY", base=BASE_DIR) or kept_secret(
    ROLLBOOK_HOME / "keys" / "secret.key"
)
ROLLBOOK_MASTER_KEY = env_secret("ROLLBOOK_MASTER_KEY", base=BASE_DIR)
ROLLBOOK_MASTER_KEY_FILE = ROLLBOOK_HOME / "keys" / "master.key"

# The account of the first start; without a password it gets one, and bin/up prints it.
ROLLBOOK_ADMIN_EMAIL = env("ROLLBOOK_ADMIN_EMAIL", "admin@localhost")
ROLLBOOK_ADMIN_PASSWORD = env_secret("ROLLBOOK_ADMIN_PASSWORD", base=BASE_DIR)
FIRST_ACCOUNT_NOTE = ROLLBOOK_HOME / "keys" / "first-account"
DEMO_NOTE = ROLLBOOK_HOME / "keys" / "demo"

# Where the world finds it. Plain http is for this machine alone.
HOST = env("HOST", "127.0.0.1")
PORT = env_port("PORT", 8000)
_OWN_URL = own_url(env("ROLLBOOK_URL", f"http://localhost:{PORT}"))
_HTTPS = _OWN_URL.scheme == "https"
ROLLBOOK_URL = _OWN_URL.geturl()
ALLOWED_HOSTS = sorted({host_name(_OWN_URL), "localhost", "127.0.0.1", "[::1]"})
CSRF_TRUSTED_ORIGINS = [ROLLBOOK_URL]
CSRF_FAILURE_VIEW = "dashboard.refusals.csrf_failure"
ROLLBOOK_TRUSTED_PROXIES = networks(
    # Bound to loopback and known as https: the proxy is on this machine.
    env_list("ROLLBOOK_TRUSTED_PROXIES")
    or (["127.0.0.0/8", "::1"] if _HTTPS and is_loopback(HOST) else []),
    setting="ROLLBOOK_TRUSTED_PROXIES",
)
# dashboard.middleware drops the header unless a trusted proxy sent it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_SSL_REDIRECT = _HTTPS
SECURE_SSL_HOST = _OWN_URL.netloc if _HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
    }
}

DEBUG = env_bool("ROLLBOOK_DEBUG")
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains: those of our host's name are not ours.
    "security.W021",  # HSTS preload: a promise only the domain's owner can make.
]
if not _HTTPS:
    SILENCED_SYSTEM_CHECKS += [
        "security.W004",  # HSTS: plain http is served on loopback only.
        "security.W008",  # Redirect to https: as above.
        "security.W012",  # Secure session cookie: as above.
        "security.W016",  # Secure CSRF cookie: as above.
    ]

INSTALLED_APPS = [
    "releases",
    "dashboard.apps.AdminOfSuperusers",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "dashboard.apps.SeenSessions",
    "csp",
    "django_htmx",
    "pgtrigger",
    "runtime",
    # Last: it takes what others registered with the admin away again.
    "dashboard",
]
MIDDLEWARE = [
    "dashboard.middleware.trusted_proxies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "dashboard.middleware.request_ids",
    "dashboard.middleware.platform_api",
    "csp.middleware.CSPMiddleware",
    "dashboard.middleware.sign_in_as_a_page",
    "dashboard.middleware.wrong_methods_as_a_page",
    "dashboard.display.in_the_viewers_zone",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "dashboard.sessions.note_sessions",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.refusals.answer_refusals",
]
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

DEFAULT_FROM_EMAIL = env("ROLLBOOK_EMAIL_FROM", f"rollbook@{host_name(_OWN_URL)}")
MFA_TOTP_ISSUER = f"Rollbook at {host_name(_OWN_URL)}"
USE_TZ = True
TIME_ZONE = "UTC"
DATETIME_FORMAT = "Y-m-d H:i:s e"
USE_I18N = False

# Whether the apps run here. Where they do not, a release settles as it is made.
ROLLBOOK_RUNTIME = env_bool("ROLLBOOK_RUNTIME", default=True)
RELEASES_SETTLE_AT_ONCE = not ROLLBOOK_RUNTIME
RUNTIME_FOLDER = private_folder(ROLLBOOK_HOME / "runtime")
# Where apps are reached: at NAME.ROUTER_DOMAIN, and at domains of their own.
ROUTER_HOST = env("ROUTER_HOST", "127.0.0.1")
ROUTER_PORT = env_port("ROUTER_PORT", 8080)
ROUTER_DOMAIN = env("ROUTER_DOMAIN", "localhost")
ROUTER_FOLDER = ROLLBOOK_HOME / "router"
# Domains of their own are served by https at a port of their own, if there is one, with
# certificates by ACME: of Let's Encrypt or of the directory at this URL, or "internal".
ROUTER_HTTPS_PORT = env_port("ROUTER_HTTPS_PORT", 0)
ROUTER_ACME_CA = env("ROUTER_ACME_CA")
ROUTER_ACME_EMAIL = env("ROUTER_ACME_EMAIL")
APP_DOMAINS = domains(env_list("ROLLBOOK_APP_DOMAINS"), setting="ROLLBOOK_APP_DOMAINS")
APP_PORTS = port_range(
    env("ROLLBOOK_APP_PORTS", "20000-29999"), setting="ROLLBOOK_APP_PORTS"
)
# How long, in seconds: web processes may take to listen; those of the release before wait
# for a way back; those that stop may go on answering, then take to end; a release phase runs.
READY_WITHIN = env_number("ROLLBOOK_READY_WITHIN", 60)
WARM_FOR = env_number("ROLLBOOK_WARM_FOR", 1_800)
DRAIN_FOR = env_number("ROLLBOOK_DRAIN_FOR", 30)
STOP_WITHIN = env_number("ROLLBOOK_STOP_WITHIN", 30)
RELEASE_PHASE_LASTS = env_number("ROLLBOOK_RELEASE_PHASE_LASTS", 3_600)
# What a process may have: memory in megabytes, open files; and all of an app together:
# processes and threads.
PROCESS_MEMORY = env_number("ROLLBOOK_PROCESS_MEMORY", 2_048)
PROCESS_TASKS = env_number("ROLLBOOK_PROCESS_TASKS", 512)
PROCESS_FILES = env_number("ROLLBOOK_PROCESS_FILES", 8_192)
# What is kept: of a log, in megabytes; of a release phase, in lines.
LOG_MEGABYTES = env_number("ROLLBOOK_LOG_MEGABYTES", 50)
RELEASE_OUTPUT_LINES = 10_000
# An automatic rollback looks for so many seconds after a release went live for so many
# crashes, or for so many requests of which such a share failed.
WATCH_FOR = env_number("ROLLBOOK_WATCH_FOR", 600)
WATCH_CRASHES = 3
WATCH_REQUESTS = 50
WATCH_ERROR_RATE = 0.2

API_CALLS_AN_HOUR = 4_500  # Of each token.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3_000  # One form has all config vars of an app.


def _slug_storage() -> dict[str, object]:
    bucket = env("ROLLBOOK_SLUGS_S3_BUCKET")
    if not bucket:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": ROLLBOOK_HOME / "slugs",
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
                "allow_overwrite": True,
            },
        }
    if not (find_spec("storages") and find_spec("boto3")):
        raise ImproperlyConfigured(
            "ROLLBOOK_SLUGS_S3_BUCKET needs the S3 client: run `.venv/bin/python -m pip "
            "install --require-hashes -r requirements-s3.txt`."
        )
    options: dict[str, object] = {
        "bucket_name": bucket,
        "location": env("ROLLBOOK_SLUGS_S3_PREFIX"),
        "endpoint_url": env("ROLLBOOK_SLUGS_S3_ENDPOINT_URL") or None,
        "region_name": env("ROLLBOOK_SLUGS_S3_REGION") or None,
        # Without these two, boto3 looks where it always looks.
        "access_key": env("ROLLBOOK_SLUGS_S3_ACCESS_KEY_ID") or None,
        "secret_key": env_secret("ROLLBOOK_SLUGS_S3_SECRET_ACCESS_KEY", base=BASE_DIR)
        or None,
        "default_acl": None,
        "file_overwrite": True,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "slugs": _slug_storage(),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Standard error, since commands answer on standard output.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}
