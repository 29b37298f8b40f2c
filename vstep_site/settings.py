"""Wiring: everything the project is told from outside, and how its parts are put together."""

import os
import secrets
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from vstep_site import logging as vstep_logging
from vstep_site.databases import cache_setting, database_setting
from vstep_site.environment import BASE_DIR, read_environment

ENV = read_environment()

VAR_DIR: Path = (BASE_DIR / ENV.var_dir).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)

# A price list would be fetched at import otherwise; litellm reads this when first imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")


def local_secret_key() -> str:
    """A key of this checkout's own, made once, so that sessions survive a restart."""
    path = VAR_DIR / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = ENV.secret_key or local_secret_key()
DEBUG = ENV.debug
ALLOWED_HOSTS = list(ENV.allowed_hosts)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "django_htmx",
    "csp",
    "grading",
    "review",
]

MIDDLEWARE = [
    "vstep_site.middleware.RequestIdMiddleware",
    "vstep_site.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "vstep_site.middleware.PrivatePagesMiddleware",
]

ROOT_URLCONF = "vstep_site.urls"
WSGI_APPLICATION = "vstep_site.wsgi.application"
GUNICORN_SETTINGS = "python:vstep_site.gunicorn_settings"

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
                "django.template.context_processors.i18n",
            ],
        },
    }
]

DATABASES = {"default": database_setting(ENV.database_url, VAR_DIR)}
WAIT_FOR_EMBEDDED_STOP = (
    []
    if ENV.database_url
    else ["-m", "vstep_site.embedded_postgres", "stop-if-unused", str(VAR_DIR / "postgres")]
)
CACHES = {
    "default": cache_setting(ENV.redis_url),
    # django-q2 writes its status twice a second; nobody reads it, supervision has its own evidence.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("vi", _("Vietnamese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = ENV.time_zone
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "vstep_site.static_files.CheckoutStaticFilesStorage"},
}
# Without collectstatic the files are found where they lie.
WHITENOISE_USE_FINDERS = True

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/review/"
LOGOUT_REDIRECT_URL = "login"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 12
# Raters share machines: the session ends with the browser as well as after a working day.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_SSL_REDIRECT = ENV.https
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$", r"^metrics$"]
SESSION_COOKIE_SECURE = ENV.https
CSRF_COOKIE_SECURE = ENV.https
SECURE_HSTS_SECONDS = 31_536_000 if ENV.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENV.https
SECURE_HSTS_PRELOAD = ENV.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.https else None

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# The largest legal submission is 20,000 characters of up to 12 escaped bytes, with metadata.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["grading.api.auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["grading.api.auth.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["grading.api.throttles.ClientThrottle"],
    "DEFAULT_THROTTLE_RATES": {"client": ENV.rate_limit},
    "DEFAULT_PARSER_CLASSES": ["grading.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["grading.api.renderers.VerbatimJSONRenderer"],
    "EXCEPTION_HANDLER": "grading.api.errors.problem_response",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": None,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "VSTEP grading service",
    "DESCRIPTION": "Takes writing responses, grades them, and asks human raters where it may not "
    "trust itself.",
    "VERSION": "1",
    # Pydantic writes "may be null" in the way of JSON Schema, which 3.0 does not know.
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
}

# Drains hold a worker for up to DRAIN_SECONDS; one worker stays free for sweeps and canaries,
# so that a busy cluster still proves that it lives.
DRAINS_PER_CLUSTER = 2
DRAIN_SECONDS = 45
# Every model asked in turn, each with its repairs, each call to its own limit: beyond that
# something hangs that no timeout of a call has caught.
GRADING_DEADLINE_SECONDS = ENV.llm_timeout * (1 + ENV.llm_retries) * 2 + 15
TASK_TIMEOUT = int(DRAIN_SECONDS + GRADING_DEADLINE_SECONDS + 30)
Q_CLUSTER = {
    # Part of the signature of every task: clusters of one site share it.
    "name": "vstep",
    # The wake-up commits or rolls back with the row it speaks of.
    "orm": "default",
    # Also reads a queue of the cluster's own, for the canaries that its supervisor sends.
    "broker_class": "grading.services.supervision.broker.ClusterBroker",
    "workers": DRAINS_PER_CLUSTER + 1,
    # What is prefetched is locked for `retry` seconds and drained at a stop: take little.
    "queue_limit": DRAINS_PER_CLUSTER + 1,
    "bulk": 1,
    # A drain ends itself after DRAIN_SECONDS plus its longest grading; this is the net below it.
    "timeout": TASK_TIMEOUT,
    # More than timeout x (1 + (queue_limit + 1 + bulk) / workers), or waiting tasks run twice.
    "retry": TASK_TIMEOUT * 3 + 60,
    # A wake-up that failed is not run again: the sweep finds the row that is still due.
    "max_attempts": 1,
    "ack_failures": True,
    # Missed runs of a schedule say nothing that the next run does not say.
    "catch_up": False,
    # Results live in our own tables; a kept success row costs a lock on all others per task.
    "save_limit": -1,
    # Latency of a wake-up against idle queries: 0.2 s is five queries a second per cluster.
    "poll": 0.2,
    # Frees what a leaking library may have taken; drains are long, so few tasks reach it.
    "recycle": 2000,
    "cache": "process",
}

# A worker renews its lease every third of it; a dead worker's responses come back after it.
LEASE_SECONDS = 30
# A response that took its process down this often is not tried again.
MAX_CRASHES = 3
SWEEP_SECONDS = 15

LLM_MODEL = ENV.llm_model
LLM_FALLBACK_MODEL = ENV.llm_fallback_model
LLM_API_BASE = ENV.llm_api_base
LLM_API_KEY = ENV.llm_api_key
LLM_TIMEOUT = ENV.llm_timeout
LLM_RETRIES = ENV.llm_retries
LLM_TRIES = ENV.llm_tries
LLM_OUTAGE_FALLBACK_MINUTES = ENV.llm_outage_fallback_minutes
GRADING_CONCURRENCY = ENV.grading_concurrency
AUTO_RELEASE_POLICY = ENV.auto_release_policy
DISCREPANCY_THRESHOLD = ENV.discrepancy_threshold
UNDO_SECONDS = ENV.undo_seconds
METRICS_TOKEN = ENV.metrics_token
CLAIM_MINUTES = 30

LOGGING = vstep_logging.configure(ENV.log_level)
