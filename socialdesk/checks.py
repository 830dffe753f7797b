"""Misconfigurations, numbered. Those of a production desk also keep web, worker and beat from starting."""

from __future__ import annotations

import base64
import binascii
import re
import zoneinfo
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

MODES = ("production", "demo", "test")
# What `make run`, the tests, examples and Django's own template put in front of a key.
NOT_SECRET = ("demo-", "test-", "django-insecure-", "change-me", "changeme", "secret")
LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1", "testserver"}
SHORTEST_KEY = 40


class UnsafeConfiguration(ImproperlyConfigured):
    """The process refuses to start; the message lists every reason."""


@register(Tags.security)
def production_is_safe(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if settings.SOCIALDESK_MODE not in MODES:
        return [Error(f"SOCIALDESK_MODE must be one of {', '.join(MODES)}.", id="socialdesk.E009")]
    return list(_production() if settings.PRODUCTION else _beside_production())


def _production() -> Iterable[CheckMessage]:
    if problem := _secret_key_problem():
        yield Error(f"SECRET_KEY {problem}.", hint="Set it to 50 random characters.", id="socialdesk.E001")
    if settings.DEBUG:
        yield Error("DEBUG is on in production.", hint="Remove DEBUG from the environment.", id="socialdesk.E002")
    if problem := _encryption_problem():
        yield Error(
            f"FIELD_ENCRYPTION_KEYS {problem}.",
            hint="Set it to base64 of 32 random bytes: `openssl rand -base64 32`.",
            id="socialdesk.E003",
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS must name this desk's hosts, without '*'.", id="socialdesk.E004")
    if settings.SANDBOX_URL:
        yield Error("SANDBOX_URL is set in production: the sandbox is no real network.", id="socialdesk.E011")
    if settings.MEDIA_ON_LOOPBACK:
        yield Error(
            "MEDIA_ON_LOOPBACK is set in production: a stranger's address could lead to this machine.",
            id="socialdesk.E013",
        )


def _beside_production() -> Iterable[CheckMessage]:
    beyond = sorted(set(settings.ALLOWED_HOSTS) - LOOPBACK)
    if settings.SOCIALDESK_MODE == "demo" and beyond:
        yield Error(
            f"The demo desk answers this machine alone, and ALLOWED_HOSTS names {', '.join(beyond)}.",
            hint="Use SOCIALDESK_MODE=production for others.",
            id="socialdesk.E010",
        )


@register(Tags.database)
def limits_fit_one_another(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return list(_limits())


def _limits() -> Iterable[CheckMessage]:
    if (driver := _driver()) != "psycopg2":
        yield Error(f"The database driver is {driver}; psycopg2 alone is supported.", id="socialdesk.E005")
    if settings.HTTP_DEADLINE >= settings.SEND_LEASE:
        yield Error(
            f"HTTP_DEADLINE ({settings.HTTP_DEADLINE:g} s) must stay below SEND_LEASE ({settings.SEND_LEASE:g} s): "
            "a reply would be looked for while it is still being sent.",
            id="socialdesk.E006",
        )
    if settings.REPORTING_TIME_ZONE not in zoneinfo.available_timezones():
        yield Error(
            f"REPORTING_TIME_ZONE ({settings.REPORTING_TIME_ZONE}) is no time zone.",
            hint='Use a name of the time zone database, like "Europe/Oslo".',
            id="socialdesk.E012",
        )
    limits = _database_limits()
    for name, lease in (
        ("statement_timeout", settings.SEND_LEASE),
        ("idle_in_transaction_session_timeout", settings.POLL_LEASE),
    ):
        if not limits.get(name):
            yield Error(f"The database connection sets no {name}.", id="socialdesk.E007")
        elif limits[name] > lease * 1000:
            yield Error(
                f"{name} ({limits[name]} ms) is longer than the lease it must fit ({lease:g} s).", id="socialdesk.E008"
            )


@register(Tags.staticfiles)
def front_end_is_installed(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    missing = [name for name, folder in settings.FRONT_END_PACKAGES.items() if not folder.is_dir()]
    if not missing:
        return []
    return [
        Warning(
            f"The front-end packages are not installed ({', '.join(missing)}): pages lack their icons and their face.",
            hint="Run `npm ci`, or `make run`, which brings npm along.",
            id="socialdesk.W001",
        )
    ]


def refuse_unsafe_start() -> None:
    """For web, worker and beat, which do not run the system checks themselves."""
    errors = [*production_is_safe(), *limits_fit_one_another()]
    if errors:
        reasons = "\n".join(f"  {error.id}: {error.msg} {error.hint or ''}".rstrip() for error in errors)
        raise UnsafeConfiguration(f"socialdesk does not start with this configuration:\n{reasons}")


def _secret_key_problem() -> str | None:
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        return "is not set"
    if key.lower().startswith(NOT_SECRET):
        return "is a demo or example key"
    if len(key) < SHORTEST_KEY or len(set(key)) < 8:
        return "is too short or too simple"
    return None


def _encryption_problem() -> str | None:
    if not settings.FIELD_ENCRYPTION_KEYS:
        return "is not set"
    for position, key in enumerate(settings.FIELD_ENCRYPTION_KEYS, start=1):
        try:
            size = len(base64.b64decode(key, validate=True))
        except binascii.Error:
            size = 0
        if size != 32:
            return f"number {position} is not base64 of 32 bytes"
    return None


def _driver() -> str:
    from django.db import connection

    if connection.vendor != "postgresql":
        return connection.vendor
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    return "psycopg 3" if is_psycopg3 else "psycopg2"


def _database_limits() -> dict[str, int]:
    """The limits in milliseconds that the connection's options set."""
    options = str(settings.DATABASES["default"].get("OPTIONS", {}).get("options", ""))
    return {name: int(value) for name, value in re.findall(r"-c\s*(\w+)=(\d+)\b", options)}
