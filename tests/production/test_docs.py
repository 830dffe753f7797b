"""docs/production.md names every setting, and nothing that is none; its commands exist."""

from __future__ import annotations

import re

from django.core.management import get_commands
from django.test import Client

from connectors.sandbox.harness import ROOT
from tests.production.stack import procfile
from tests.production.test_compose import known_names

TEXT = (ROOT / "docs" / "production.md").read_text()


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_table_of_settings_is_the_settings() -> None:
    rows = [line.split("|")[1] for line in section("Settings").splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == known_names()


def test_the_commands_exist() -> None:
    assert set(re.findall(r"manage\.py (\w+)", TEXT)) <= set(get_commands())
    assert {"restored", "rotate_keys", "migrate", "collectstatic"} <= set(re.findall(r"manage\.py (\w+)", TEXT))
    assert set(procfile()) - {"release"} <= set(re.findall(r"^\| (\w+) \|", TEXT, re.MULTILINE))
    for path in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / "docs" / path).exists(), path


def test_the_parts_of_healthz_are_explained(client: Client, db: None) -> None:
    rows = [line.split("|")[1] for line in section("Monitoring and logs").splitlines() if line.startswith("| `")]
    parts = set(client.get("/healthz").json()) - {"ok"}
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == parts
