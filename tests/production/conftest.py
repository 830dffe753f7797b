"""The static files of all production desks of a run, gathered once by the Dockerfile's own step."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.sandbox.harness import ROOT


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("static"))
    step = r"^RUN (SOCIALDESK_MODE=\S+ SECRET_KEY=\S+) python (manage\.py collectstatic [^&\\\n]*)"
    [(names, command)] = re.findall(step, (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder), "STATIC_ROOT": str(folder / "files")}
    environment = kept | dict(pair.split("=", 1) for pair in names.split())
    subprocess.run([sys.executable, *shlex.split(command)], cwd=ROOT, env=environment, check=True, capture_output=True)
    return folder / "files"
