"""The marker of a desk's own database on a real server: what is a restore, and what is none."""

from __future__ import annotations

import contextlib
import importlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from socialdesk.embedded.testing import Services, make_services

MIGRATION = importlib.import_module("inbox.migrations.0004_a_restored_desk_asks_first")
AT_HOME = "SELECT inbox_at_home()"


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    services = make_services()
    services.postgres.prepare()
    services.postgres.start()
    yield services
    services.stop()


@pytest.fixture(scope="module")
def home(services: Services) -> str:
    """A database that the desk has written."""
    assert services.postgres.at_home(), "a database from before the desk could tell is none that was restored"
    sql(services, "socialdesk", MIGRATION.FORWARD)
    return "socialdesk"


def sql(services: Services, database: str, statement: str) -> list[tuple[object, ...]]:
    with contextlib.closing(psycopg2.connect(services.postgres.url_of(database))) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def dumped(services: Services, home: str, folder: Path, *options: str) -> str:
    path = str(folder / "desk.dump")
    program(services, "pg_dump", "-Fc", *options, "-f", path, services.postgres.url_of(home))
    return path


def program(services: Services, name: str, *arguments: str) -> None:
    subprocess.run([str(services.postgres.binaries / name), *arguments], check=True, capture_output=True, timeout=60)


def test_restarts_and_crashes_are_no_restore(services: Services, home: str) -> None:
    assert services.postgres.at_home()
    services.postgres.stop()
    services.postgres.start()
    assert services.postgres.at_home()
    assert services.postgres.process is not None
    services.postgres.process.kill()
    services.postgres.process.wait()
    services.postgres.start()
    assert services.postgres.at_home()


def test_a_dump_is_known_wherever_it_is_restored(services: Services, home: str, tmp_path: Path) -> None:
    path = dumped(services, home, tmp_path)
    sql(services, "postgres", "CREATE DATABASE elsewhere")
    program(services, "pg_restore", "-d", services.postgres.url_of("elsewhere"), path)
    assert sql(services, "elsewhere", AT_HOME) == [(False,)]
    sql(services, "postgres", "CREATE DATABASE migrated")
    sql(services, "migrated", MIGRATION.FORWARD)
    assert sql(services, "migrated", AT_HOME) == [(True,)]
    program(services, "pg_restore", "--data-only", "-d", services.postgres.url_of("migrated"), path)
    assert sql(services, "migrated", AT_HOME) == [(False,)]
    sql(services, "postgres", f"CREATE DATABASE copied TEMPLATE {home}")
    assert sql(services, "copied", AT_HOME) == [(False,)]
    assert services.postgres.at_home(), "the original is what it was"
    program(services, "pg_restore", "--clean", "--if-exists", "-d", services.postgres.url_of(home), path)
    assert not services.postgres.at_home()
    sql(services, home, MIGRATION.BACKWARD + MIGRATION.FORWARD)
    assert services.postgres.at_home()


def test_a_standby_that_was_promoted_is_another_timeline(services: Services, home: str) -> None:
    """As after a recovery to a point in time, too. Last, because this server stays on it."""
    assert services.postgres.at_home()
    services.postgres.stop()
    signal = services.postgres.data / "standby.signal"
    signal.touch()
    if services.postgres.account:
        os.chown(signal, services.postgres.account.uid, services.postgres.account.gid)
    services.postgres.start()
    assert sql(services, home, "SELECT pg_is_in_recovery()") == [(True,)]
    assert sql(services, home, "SELECT pg_promote()") == [(True,)]
    assert not services.postgres.at_home()
