"""Open data and the networks' own documents: a folder beside the checkout that a user of the project does not have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("SOCIALDESK_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def shared(path: str) -> Path:
    """The file at ``path`` in the shared folder; where it is absent, the test is skipped and says so loudly."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"SHARED ABSENT: {path} (SOCIALDESK_SHARED names the folder)")
    return found
