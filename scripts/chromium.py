"""Where a Chromium is: for browser tests and screenshots."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# Its own sandbox does not work for root, nor its shared memory in a container.
ARGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking")


def find() -> str | None:
    """$CHROMIUM, the system's, or the one that Playwright has installed; None where there is none."""
    kept = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright").expanduser()
    candidates = [
        os.environ.get("CHROMIUM"),
        *(shutil.which(name) for name in ("chromium", "google-chrome", "chromium-browser")),
        *map(str, sorted(kept.glob("chromium-*/chrome-*/chrome"), reverse=True)),
    ]
    return next((path for path in candidates if path and os.access(path, os.X_OK)), None)
