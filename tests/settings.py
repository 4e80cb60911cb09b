"""The real settings in a home of their own, which the end of the run removes."""

import atexit
import os
import shutil

from tests.throwaway import make_home

for _name in [name for name in os.environ if name.startswith(("ROLLBOOK_", "PORT"))]:
    del os.environ[_name]
_home = make_home()
os.environ["ROLLBOOK_HOME"] = str(_home)
# Apps run in the tests of the runtime alone (tests/runtime).
os.environ["ROLLBOOK_RUNTIME"] = "false"
atexit.register(shutil.rmtree, _home.parent, ignore_errors=True)

from dashboard.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
# Looks files up when asked for, so needs no collected ones.
WHITENOISE_AUTOREFRESH = True
