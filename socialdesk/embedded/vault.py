"""The embedded desk's secrets: made on the first run, kept in the data folder, readable by its owner alone."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from socialdesk.embedded.errors import DeskError

# Who works at the demo desk; routing's setup_demo creates them with the passwords of the file.
PEOPLE = {"alice": "agent", "bob": "lead", "erin": "expert", "dana": "admin"}


def keys(data: Path) -> dict[str, str]:
    """SECRET_KEY and FIELD_ENCRYPTION_KEYS of this data folder. Production refuses the former by its prefix."""
    return _kept(
        data / "secrets.json",
        lambda: {
            "SECRET_KEY": "demo-" + secrets.token_urlsafe(48),
            "FIELD_ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        },
    )


def passwords_file(data: Path) -> Path:
    return data / "demo-passwords.json"


def passwords(data: Path) -> dict[str, str]:
    return _kept(passwords_file(data), lambda: {name: secrets.token_urlsafe(9) for name in PEOPLE})


def _kept(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    try:
        text = path.read_text()
    except FileNotFoundError:
        values = make()
        # Complete or not there: a kill in between must not leave half a key.
        draft = path.with_suffix(".new")
        with open(draft, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            json.dump(values, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return values
    try:
        found: dict[str, str] = json.loads(text)
    except ValueError:
        raise DeskError(f"{path} is damaged: restore it from a backup, or move the data folder away.") from None
    return found
