"""The contracts that no single file shows. Each check is shown to fail on a planted violation, or it proves nothing."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import isolate_apps

from scripts.third_party import foreign_files, tracked

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("connectors", "inbox", "routing", "metrics", "socialdesk")
LINT = "from importlinter.cli import lint_imports_command as run; run()"


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", LINT, "--no-cache"], cwd=root, capture_output=True, text=True)


@pytest.fixture
def copy_of_the_tree(tmp_path: Path) -> Path:
    for stage in STAGES:
        shutil.copytree(ROOT / stage, tmp_path / stage, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_import_contract_holds() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("inbox/services/planted.py", "import routing.models", "A stage may import only the stages upstream of it"),
        ("connectors/networks/planted.py", "import django.db", "Network code knows no Django and no database"),
        ("routing/services/planted.py", "import connectors.registry", "Only the inbox's services may reach"),
    ],
)
def test_the_import_contract_fails_on_a_planted_violation(
    copy_of_the_tree: Path, file: str, line: str, contract: str
) -> None:
    # Inside a function, where it hides best.
    (copy_of_the_tree / file).write_text(f"def hidden() -> None:\n    {line}\n")
    result = lint_imports(copy_of_the_tree)
    assert result.returncode != 0
    assert re.search(rf"{re.escape(contract)}[^\n]* BROKEN", result.stdout), result.stdout


def downstream_foreign_keys(candidates: Iterable[type[models.Model]]) -> Iterator[str]:
    """Relations that point from an upstream stage to a downstream one."""
    for model in candidates:
        here = model._meta.app_label
        for field in model._meta.get_fields(include_hidden=True):
            if field.auto_created or not field.is_relation or field.related_model in (None, "self"):
                continue
            there = field.related_model._meta.app_label
            if here in STAGES and there in STAGES and STAGES.index(there) > STAGES.index(here):
                yield f"{model._meta.label}.{field.name} points downstream to {there}"


def test_no_foreign_key_points_downstream() -> None:
    assert list(downstream_foreign_keys(apps.get_models(include_auto_created=True))) == []


def test_a_planted_downstream_foreign_key_is_found() -> None:
    with isolate_apps("inbox", "routing"):

        class Team(models.Model):
            class Meta:
                app_label = "routing"

        class Case(models.Model):
            team = models.ForeignKey("routing.Team", on_delete=models.CASCADE)

            class Meta:
                app_label = "inbox"

        assert list(downstream_foreign_keys([Team, Case])) == ["inbox.Case.team points downstream to routing"]


def test_psycopg2_is_the_only_driver() -> None:
    from django.db.backends.postgresql import psycopg_any

    assert connection.vendor == "postgresql"
    assert psycopg_any.is_psycopg3 is False


PATCHERS = {"setattr", "delattr", "setitem", "patch", "object", "multiple", "dict", "spy", "stub"}


def patches_of_ours(source: str) -> Iterator[str]:
    """Places that replace something of ours: by dotted name, or on an object imported from one of our packages."""
    tree = ast.parse(source)
    ours = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if (getattr(node, "module", None) or alias.name).split(".")[0] in STAGES[:4]
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        words = set(re.split(r"\W+", name))
        if (
            not (words & {"monkeypatch", "mock", "mocker", "patch", "MonkeyPatch"})
            or not (words & PATCHERS)
            or not call.args
        ):
            continue
        target = call.args[0]
        dotted = target.value if isinstance(target, ast.Constant) else ast.unparse(target)
        if str(dotted).split(".")[0] in {*STAGES[:4], *ours}:
            yield f"line {call.lineno}: {name}({dotted!r}, …)"


def test_nothing_of_ours_is_patched_in_any_test() -> None:
    found = [
        f"{path.relative_to(ROOT)} {place}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for place in patches_of_ours(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "def test(monkeypatch): monkeypatch.setattr('inbox.services.outbox.send', None)",
        "from inbox import services\ndef test(monkeypatch): monkeypatch.setattr(services, 'send', None)",
        "from unittest import mock\n@mock.patch('routing.services.rules.match')\ndef test(match): ...",
        "from unittest.mock import patch\nimport connectors.http as http\nwith patch.object(http, 'get'): ...",
    ],
)
def test_a_planted_patch_is_found(source: str) -> None:
    assert len(list(patches_of_ours(source))) == 1


def test_there_is_no_file_of_anybody_else_in_the_tree() -> None:
    assert list(foreign_files(ROOT, tracked(ROOT))) == []


def test_a_planted_file_of_somebody_else_is_found(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "copied.js").write_text("/*! @license MIT (c) them */\n")
    found = list(foreign_files(tmp_path, ["static/copied.js", "static/htmx.min.js", "vendor/x.py", "static/i.woff2"]))
    assert len(found) == 4
