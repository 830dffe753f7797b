"""The embedded PostgreSQL and Valkey: closed to others, whole after a kill, clear about another version."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from socialdesk.embedded.errors import DeskError
from socialdesk.embedded.folders import require_space, socket_folder, wheel_folder
from socialdesk.embedded.postgres import Postgres
from socialdesk.embedded.processes import Register, spawn
from socialdesk.embedded.testing import Services, make_services
from socialdesk.embedded.vault import keys, passwords


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    # With fsync, as `make run` has it.
    services = make_services(settings=())
    services.start()
    yield services
    services.stop()


def rows(services: Services, statement: str) -> list[tuple[object, ...]]:
    with contextlib.closing(psycopg2.connect(services.postgres.url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []


def test_committed_rows_survive_kills_of_the_postmaster(services: Services) -> None:
    rows(services, "create table if not exists kept (n int)")
    for n in range(3):
        rows(services, f"insert into kept values ({n})")
        process = services.postgres.process
        assert process is not None
        process.kill()
        process.wait()
        services.postgres.start()
    assert rows(services, "select count(*) from kept") == [(3,)]


def test_the_extensions_that_the_product_uses_are_there(services: Services) -> None:
    found = rows(services, "select name from pg_available_extensions where name in ('pg_trgm','unaccent','btree_gist')")
    assert len(found) == 3


def test_nobody_else_gets_in(services: Services) -> None:
    for folder in (services.postgres.data, services.postgres.sockets, services.valkey.data):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert rows(services, "show listen_addresses") == [("",)]
    assert rows(services, "select bool_and(auth_method = 'scram-sha-256') from pg_hba_file_rules") == [(True,)]
    process = services.postgres.process
    assert process is not None
    assert psutil.Process(process.pid).uids().effective != 0


def test_a_left_over_postmaster_is_stopped_before_the_next_one_starts() -> None:
    first = make_services()
    first.postgres.prepare()
    first.postgres.start()
    left_over = first.postgres.process
    assert left_over is not None
    second = Postgres(first.postgres.services, first.postgres.sockets, first.postgres.account)
    second.prepare()
    assert left_over.wait(5) is not None
    second.start()
    second.ping()
    second.stop()
    first.stop()


def test_a_cluster_of_another_version_is_one_sentence_with_the_commands() -> None:
    services = make_services()
    postgres = services.postgres
    postgres.data.mkdir()
    (postgres.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(
        DeskError, match=r"made by PostgreSQL 14 .* brings PostgreSQL 18: .*pg_dump .*pg_restore"
    ) as caught:
        postgres.prepare()
    assert "\n" not in str(caught.value)
    services.stop()


def test_a_folder_with_a_space_or_a_long_name_gets_a_short_plain_socket(tmp_path: Path) -> None:
    for name in ("with a space", "long" * 30):
        services = tmp_path / name
        services.mkdir()
        sockets = socket_folder(services, None)
        assert " " not in str(sockets)
        assert len(str(sockets)) <= 80
        sockets.rmdir()


def test_a_missing_wheel_and_a_full_disk_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="There is no no_such_wheel wheel for this platform"):
        wheel_folder("no_such_wheel")
    with pytest.raises(DeskError, match=r"The disk is full: .* MB left and socialdesk needs 999999999 MB"):
        require_space(tmp_path, 999_999_999)


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    made = keys(tmp_path)
    assert keys(tmp_path) == made
    assert passwords(tmp_path) == passwords(tmp_path)
    assert len(set(passwords(tmp_path).values())) == 4
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(DeskError, match="is damaged"):
        keys(tmp_path)


def test_leftovers_are_found_by_pid_and_start_time_and_strangers_are_left_alone(tmp_path: Path) -> None:
    ours = spawn(["sleep", "60"], log=tmp_path / "log")
    stranger = subprocess.Popen(["sleep", "60"])
    register = Register(tmp_path / "children.json")
    register.write({"worker": ours})
    register.path.write_text(
        register.path.read_text()[:-1] + f', {{"name": "web", "pid": {stranger.pid}, "started": 1}}]'
    )
    os.kill(ours.pid, signal.SIGSTOP)
    assert register.stop_leftovers() == ["worker"]
    assert ours.wait(5) == -signal.SIGKILL
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
