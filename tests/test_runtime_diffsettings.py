"""`manage.py diffsettings` names every setting and shows no secret."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("output", ["hash", "unified"])
@pytest.mark.parametrize("everything", [False, True])
def test_secrets_are_starred_and_the_rest_is_shown(output: str, everything: bool) -> None:
    out = io.StringIO()
    call_command("diffsettings", output=output, all=everything, stdout=out, no_color=True)
    said = out.getvalue()
    secrets = [settings.SECRET_KEY, *settings.FIELD_ENCRYPTION_KEYS]
    secrets += [password for url in (settings.DATABASE_URL, settings.REDIS_URL) if (password := urlsplit(url).password)]
    assert [number for number, secret in enumerate(secrets) if secret in said] == []
    lines = {line.lstrip("+-# ").split(" = ")[0]: line for line in said.splitlines()}
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL"):
        assert "********************" in lines[name]
    assert "HTTP_DEADLINE = 20.0" in lines["HTTP_DEADLINE"]
    assert "routing.downstream" in lines["INBOX_DOWNSTREAM"]


def test_manage_py_finds_ours_before_django_s() -> None:
    said = subprocess.run(
        [sys.executable, "manage.py", "diffsettings"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "SECRET_KEY = '********************'" in said
    assert settings.SECRET_KEY not in said
