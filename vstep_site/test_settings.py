"""Settings of the test suite: nobody's .env, database or collected files have a part in it."""

import os

from vstep_site.environment import BASE_DIR

# A model in a developer's .env would be asked, and paid, by every test that grades.
os.environ.update(
    VAR_DIR=str(BASE_DIR / "var" / "tests"),
    LLM_MODEL="",
    LLM_FALLBACK_MODEL="",
    LLM_API_BASE="",
    LLM_API_KEY="",
    AUTO_RELEASE_POLICY="calibrated",
    REDIS_URL="",
    DEBUG="false",
    HTTPS="false",
    METRICS_TOKEN="",
)

from vstep_site.settings import *  # noqa: F403

# Files as they lie in the tree, not as some earlier start has collected them.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Made-up passwords need no slow hash.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
