"""What the tests of the demo desk share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PASSWORDS = {"alice": "a-password", "bob": "b-password", "erin": "e-password", "dana": "d-password"}


@pytest.fixture
def passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes its time
    path = tmp_path / "passwords.json"
    path.write_text(json.dumps(PASSWORDS))
    monkeypatch.setenv("DEMO_PASSWORDS_FILE", str(path))
    return path
