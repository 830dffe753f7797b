"""Settings, all from the environment; `make run` provides them for the embedded desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from csp.constants import NONE, SELF

from socialdesk.logging import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# `forms.ModelForm[Team]` in a class statement: what the type checker reads, Django has to bear.
django_stubs_ext.monkeypatch()

# production (refuses what is unsafe), demo (`make run`, loopback only) or test.
SOCIALDESK_MODE = env.str("SOCIALDESK_MODE", default="production")
PRODUCTION = SOCIALDESK_MODE not in ("demo", "test")
if SOCIALDESK_MODE == "test":  # dozens of invented people sign in; the slow hash is Django's, not ours to test
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
# Comma separated, base64 of 32 bytes each: the first encrypts, all of them decrypt.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "axes",
    "csp",
    "connectors",
    "inbox",
    "routing",
    "metrics",
    "socialdesk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "routing.middleware.OwnTimeZone",
    "routing.middleware.OwnLanguage",
    "routing.middleware.Here",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "socialdesk.urls"
WSGI_APPLICATION = "socialdesk.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
# English is written in the sources; the others are catalogues (docs/languages.md). What is stored and what programs
# read is English.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
APPEND_SLASH = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
# A file of an agent; what leaves is smaller. Counted as it arrives: Django itself sets no limit.
UPLOAD_MEGABYTES = 15
FILE_UPLOAD_HANDLERS = [
    "inbox.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- database -------------------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default="postgresql:///socialdesk")
# Around a pooler, for what needs a session of its own: advisory locks and LISTEN. See connectors/direct.py.
DATABASE_DIRECT_URL = env.str("DATABASE_DIRECT_URL", default="")
STATEMENT_TIMEOUT_MS = env.int("STATEMENT_TIMEOUT_MS", default=30_000)
IDLE_IN_TRANSACTION_TIMEOUT_MS = env.int("IDLE_IN_TRANSACTION_TIMEOUT_MS", default=60_000)


def database(url: str) -> dict[str, Any]:
    config: dict[str, Any] = environ.Env.db_url_config(url)
    config["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
    config["CONN_HEALTH_CHECKS"] = True
    options = config.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 5)
    options.setdefault(
        "options",
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS}"
        f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}",
    )
    return config


DATABASES = {"default": database(DATABASE_URL)}

# --- broker: it only wakes workers ------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

# --- pages ------------------------------------------------------------------------------------------------------
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
            ]
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
NODE_MODULES = BASE_DIR / "node_modules"
# Only what pages use, and only where npm has brought it: socialdesk.W001 says so otherwise.
FRONT_END_PACKAGES = {
    "inter": NODE_MODULES / "@fontsource-variable" / "inter" / "files",
    "tabler": NODE_MODULES / "@tabler" / "icons" / "icons" / "outline",
}
# The icons are drawn into the pages (inbox/templatetags/desk.py); a browser fetches only the face.
STATICFILES_DIRS: list[Any] = [
    BASE_DIR / "static",
    *((name, folder) for name, folder in FRONT_END_PACKAGES.items() if name == "inter" and folder.is_dir()),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# The embedded desk serves the files where they lie, so that no collectstatic stands before the first page.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION

# --- who gets in ------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "routing.backend.PeopleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=10)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# It writes down the form of an attempt that failed, and knows by itself only the field of the sign-in page.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "old_password", "new_password1", "new_password2"]

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "socialdesk.api.authentication.BearerToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "socialdesk.api.scopes.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["socialdesk.api.throttle.PerMinute"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["socialdesk.api.parsing.StrictJSON"],
    "DEFAULT_SCHEMA_CLASS": "socialdesk.api.schema.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "socialdesk.api.errors.answer",
}
# Of one token; pages are not counted.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
SPECTACULAR_SETTINGS = {
    "TITLE": "socialdesk",
    "DESCRIPTION": "What agents do by hand, for programs: the same access, the same checks, the same outbox.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PREPROCESSING_HOOKS": ["socialdesk.api.schema.only_calls"],
    "ENUM_NAME_OVERRIDES": {"FieldKindEnum": "inbox.models.CustomField.Kind"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
}

# --- what the browser may do ------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=PRODUCTION)
# A load balancer asks for the state over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
# Only behind a proxy that sets the header itself and removes it from what clients send.
SECURE_PROXY = env.bool("SECURE_PROXY", default=False)
if SECURE_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- mail: digests of notifications, for people who want them ---------------------------------------------------
# smtp+tls://user:password@mail.example.com:587; without it no mail leaves, and the settings page says so.
EMAIL_URL = env.str("EMAIL_URL", default="")
vars().update(environ.Env.email_url_config(EMAIL_URL or "dummymail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="socialdesk@localhost")

# --- how the desk works -----------------------------------------------------------------------------------------
# What the inbox asks of the stage below it; see inbox/downstream.py.
INBOX_DOWNSTREAM = "routing.downstream.RoutingDownstream"
# The local network of `make run`; empty in production.
SANDBOX_URL = env.str("SANDBOX_URL", default="")
# "host:port" of servers of this machine whose pictures may be fetched: the sandbox's. Everything else in private
# networks is never asked (inbox/services/strangers.py); socialdesk.E013 keeps this empty in production.
MEDIA_ON_LOOPBACK = env.list("MEDIA_ON_LOOPBACK", default=[urlsplit(SANDBOX_URL).netloc] if SANDBOX_URL else [])
# Copies of customers' pictures take at most so much of the database; the oldest go first.
MEDIA_MEGABYTES = env.int("MEDIA_MEGABYTES", default=1024)
# Whose midnights bound the days of all figures; a change rolls every day anew, see docs/figures.md.
REPORTING_TIME_ZONE = env.str("REPORTING_TIME_ZONE", default="UTC")
# A direct message joins the identity's latest conversation resolved less than this many days ago.
DIRECT_JOIN_DAYS = env.int("DIRECT_JOIN_DAYS", default=7)
# What comes back while the hands of who had it are full waits for them so long before anybody else is given it.
KEPT_MINUTES = env.float("KEPT_MINUTES", default=10)
# Seconds; socialdesk.E006 and E008 compare them with one another and with the database's own limits.
HTTP_DEADLINE = env.float("HTTP_DEADLINE", default=20.0)
SEND_LEASE = env.float("SEND_LEASE", default=30.0)
POLL_LEASE = env.float("POLL_LEASE", default=60.0)
UNDO_SECONDS = env.float("UNDO_SECONDS", default=8.0)
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=2.0)
WORKER_THREADS = env.int("WORKER_THREADS", default=8)
# Each worker's own threads for what waits for networks, see inbox/services/crew.py; each has a database connection.
READERS = env.int("READERS", default=12)
SENDERS = env.int("SENDERS", default=6)
FETCHERS = env.int("FETCHERS", default=2)
# Seconds after which a read of a stream that used to be quick is cut off; the slow lanes then take it up.
POLL_PATIENCE = env.float("POLL_PATIENCE", default=3.0)

DEFAULT_EXCEPTION_REPORTER_FILTER = "socialdesk.reporting.AddressesHidden"
LOGGING = logging_config(
    level=env.str("LOG_LEVEL", default="INFO"),
    secrets=[
        SECRET_KEY,
        *FIELD_ENCRYPTION_KEYS,
        *(urlsplit(url).password or "" for url in (DATABASE_URL, REDIS_URL, EMAIL_URL)),
    ],
)
