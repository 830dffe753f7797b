"""Every log line of every process passes here last: what looks like a secret, or is one, leaves as [removed]."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

REMOVED = "[removed]"
# Shorter values would take ordinary words out of every line.
SHORTEST_SECRET = 8

_NAMES = (
    r"access[_-]?token(?:[_-]?secret)?|refresh[_-]?token|bearer[_-]?token|oauth_token(?:_secret)?|oauth_signature"
    r"|oauth_consumer_key|oauth_verifier|id_token|api[_-]?key|api[_-]?secret|app[_-]?secret|consumer[_-]?(?:key|secret)"
    r"|client[_-]?secret|secret[_-]?key|field_encryption_keys?|appsecret_proof|csrfmiddlewaretoken|csrftoken"
    r"|sessionid|passw(?:or)?d|passphrase|token"
)
_PATTERNS = (
    # Authorization: Bearer …, OAuth oauth_token="…", …
    (re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?)[^\r\n]+"), rf"\1{REMOVED}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/%=-]{8,}"), rf"\1 {REMOVED}"),
    # access_token=…, "access_token": "…", oauth_token="…"
    (
        re.compile(rf"(?i)((?<![A-Za-z])(?:{_NAMES})[\"']?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s&,;\"')}}\]]+)"),
        rf"\1{REMOVED}",
    ),
    # an API token of ours, wherever it stands
    (re.compile(r"\bsd_[A-Za-z0-9_-]{20,}"), REMOVED),
    # a sign-in link, right or mistyped
    (re.compile(r"(/accounts/welcome/)[^\s/?\"']+"), rf"\1{REMOVED}"),
    # scheme://user:password@host
    (re.compile(r"(?i)([a-z][a-z0-9+.-]*://[^/\s:@]*:)[^@\s/]+@"), rf"\1{REMOVED}@"),
)


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    for secret in secrets:
        text = text.replace(secret, REMOVED)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class ScrubbingFormatter(logging.Formatter):
    """A formatter and not a filter: it sees the line as it leaves, arguments and traceback included."""

    def __init__(self, *args: Any, secrets: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {form for secret in secrets for form in (secret, quote(secret, safe=""), unquote(secret))}
        self._secrets = sorted((form for form in known if len(form) >= SHORTEST_SECRET), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record), self._secrets)


def logging_config(*, level: str, secrets: Iterable[str]) -> dict[str, Any]:
    """For dictConfig. Servers bring handlers of their own; emptied here, they all speak through ours."""
    ours: dict[str, Any] = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "socialdesk.logging.ScrubbingFormatter",
                "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s",
                "secrets": list(secrets),
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            **{name: dict(ours) for name in ("django", "uvicorn", "uvicorn.error", "celery", "axes")},
            "django.server": dict(ours),
            # One line per request is the proxy's to write; one per hint and sweep is nobody's.
            "uvicorn.access": {"handlers": [], "propagate": False},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # It would print the address of every request, with what a customer's network put into the query.
            "urllib3": {"level": "WARNING", **ours},
        },
    }
