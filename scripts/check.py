"""`make check`: what a change must pass before its tests do. Every step runs; the summary names those that failed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from socialdesk.embedded.testing import make_services

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
OURS = ("socialdesk", "connectors", "inbox", "routing", "metrics")
# A production desk as its operator sets it up; the values open nothing.
PRODUCTION = {
    "SOCIALDESK_MODE": "production",
    "SECRET_KEY": "".join(chr(97 + i % 26) + str(i % 10) for i in range(40)),
    "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "ALLOWED_HOSTS": "desk.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://desk.example.com",
    "SECURE_PROXY": "true",
}
START = "import socialdesk.asgi, socialdesk.celery; socialdesk.celery.app.loader.import_default_modules()"


def steps(plain_python: str) -> list[tuple[str, list[str]]]:
    manage = [PYTHON, "manage.py"]
    return [
        ("ruff", [PYTHON, "-m", "ruff", "check", "."]),
        ("format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        ("types", [PYTHON, "-m", "mypy"]),
        ("imports", [PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]),
        ("security", [PYTHON, "-m", "bandit", "-q", "-ll", "-c", "pyproject.toml", "-r", *OURS, "scripts"]),
        ("third-party files", [PYTHON, "-m", "scripts.third_party"]),
        ("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        ("deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING", "--database", "default"]),
        ("api schema", [*manage, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull]),
        ("foreign keys", [PYTHON, "-m", "pytest", "-q", "tests/test_architecture.py", "-k", "foreign_key"]),
        ("requirements.txt alone: check", [plain_python, "manage.py", "check"]),
        ("requirements.txt alone: start", [plain_python, "-c", START]),
    ]


def plain_environment() -> str:
    """A Python with what requirements.txt names and nothing of the developers'; kept until that file changes."""
    digest = hashlib.sha256(sys.version.encode() + (ROOT / "requirements.txt").read_bytes()).hexdigest()[:12]
    home = ROOT / "build" / f"plain-{digest}"
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        for old in (ROOT / "build").glob("plain-*"):
            shutil.rmtree(old)
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", str(home)], check=True)
        install = [PYTHON, "-m", "pip", "--python", str(python), "install", "--quiet", "-r", "requirements.txt"]
        subprocess.run(install, check=True, cwd=ROOT)
        (home / "complete").touch()
    return str(python)


def run(name: str, command: list[str], environment: dict[str, str]) -> bool:
    start = time.monotonic()
    result = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    good = result.returncode == 0
    print(f"{'ok  ' if good else 'FAIL'} {name} ({time.monotonic() - start:.1f} s)", flush=True)
    if not good:
        print(f"{result.stdout}\n{result.stderr}".strip(), flush=True)
    return good


def main() -> int:
    services = make_services()
    try:
        services.start()
        base = {**os.environ, "DATABASE_URL": services.postgres.url, "REDIS_URL": services.valkey.url}
        production = {**base, **PRODUCTION}
        failed = []
        for name, command in steps(plain_environment()):
            environment = base if name == "foreign keys" else production
            if not run(name, command, environment):
                failed.append(name)
    finally:
        services.stop()
    print(f"make check: {'failed at ' + ', '.join(failed) if failed else 'all good'}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
