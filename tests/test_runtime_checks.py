"""A production desk that would be unsafe does not start, and says every reason with its number."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from socialdesk.checks import UnsafeConfiguration, front_end_is_installed, refuse_unsafe_start

ROOT = Path(__file__).resolve().parents[1]
GOOD_KEY = base64.b64encode(bytes(range(32))).decode()
PRODUCTION: dict[str, Any] = {
    "SOCIALDESK_MODE": "production",
    "PRODUCTION": True,
    "DEBUG": False,
    "SECRET_KEY": "w8Zk3vQ9pL2xN7cB5mT4rY6uJ1hG0dFsAqEeWiOoPzXy",
    "FIELD_ENCRYPTION_KEYS": [GOOD_KEY],
    "ALLOWED_HOSTS": ["desk.example.com"],
    "SANDBOX_URL": "",
    "MEDIA_ON_LOOPBACK": [],
}
WITHOUT_LIMITS = {"default": {**settings.DATABASES["default"], "OPTIONS": {}}}
LONG_LIMITS = {
    "default": {
        **settings.DATABASES["default"],
        "OPTIONS": {"options": "-c statement_timeout=90000 -c idle_in_transaction_session_timeout=1"},
    }
}


def test_a_proper_production_desk_starts() -> None:
    with override_settings(**PRODUCTION):
        refuse_unsafe_start()


@pytest.mark.parametrize(
    ("changed", "number", "words"),
    [
        ({"SECRET_KEY": ""}, "E001", "is not set"),
        ({"SECRET_KEY": "demo-" + "x7" * 30}, "E001", "demo or example"),
        ({"SECRET_KEY": "a" * 60}, "E001", "too simple"),
        ({"DEBUG": True}, "E002", "DEBUG"),
        ({"FIELD_ENCRYPTION_KEYS": []}, "E003", "is not set"),
        ({"FIELD_ENCRYPTION_KEYS": [GOOD_KEY, "c2hvcnQ="]}, "E003", "number 2 is not base64 of 32 bytes"),
        ({"ALLOWED_HOSTS": ["*"]}, "E004", "without"),
        ({"ALLOWED_HOSTS": []}, "E004", "ALLOWED_HOSTS"),
        ({"HTTP_DEADLINE": 30.0, "SEND_LEASE": 30.0}, "E006", "must stay below"),
        ({"DATABASES": WITHOUT_LIMITS}, "E007", "sets no statement_timeout"),
        ({"DATABASES": LONG_LIMITS}, "E008", "longer than the lease"),
        ({"SOCIALDESK_MODE": "staging"}, "E009", "must be one of"),
        ({"SOCIALDESK_MODE": "demo", "PRODUCTION": False}, "E010", "this machine alone"),
        ({"SANDBOX_URL": "http://127.0.0.1:8001"}, "E011", "sandbox"),
        ({"MEDIA_ON_LOOPBACK": ["127.0.0.1:8001"]}, "E013", "this machine"),
    ],
)
# Django warns of every override of DATABASES; here nothing connects by it.
@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_an_unsafe_desk_refuses_with_a_number(changed: dict[str, Any], number: str, words: str) -> None:
    with override_settings(**{**PRODUCTION, **changed}), pytest.raises(UnsafeConfiguration) as caught:
        refuse_unsafe_start()
    assert f"socialdesk.{number}" in str(caught.value)
    assert words in str(caught.value)


def test_missing_front_end_packages_warn_and_break_nothing() -> None:
    with override_settings(FRONT_END_PACKAGES={"inter": Path("/nowhere")}):
        [warning] = front_end_is_installed()
    assert warning.id == "socialdesk.W001"


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "import socialdesk.asgi"],
        ["-m", "celery", "-A", "socialdesk", "worker", "-P", "solo"],
        ["-m", "celery", "-A", "socialdesk", "beat", "--pidfile="],
    ],
    ids=["web", "worker", "beat"],
)
def test_web_worker_and_beat_each_refuse_an_unsafe_environment(command: list[str]) -> None:
    environment = {**os.environ, "SOCIALDESK_MODE": "production", "SECRET_KEY": "demo-" + "x7" * 30, "DEBUG": "true"}
    result = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30
    )
    assert result.returncode != 0
    assert "socialdesk.E001" in result.stderr
    assert "socialdesk.E002" in result.stderr
    assert environment["SECRET_KEY"] not in result.stderr
