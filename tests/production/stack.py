"""A production desk as the Procfile starts it: any number of every process, with nothing shared but PostgreSQL and
Valkey."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import secrets
import shlex
import signal
import string
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg2

from connectors.sandbox.harness import ROOT, Sandbox, free_port
from socialdesk.embedded.processes import spawn, stop
from socialdesk.embedded.testing import Services
from tests import factories
from tests.chaos.world import running_services, until

HOST = "desk.example.com"
FOREIGN = ("DATABASE_", "REDIS_", "PYTEST_", "DJANGO_", "SOCIALDESK_", "SECRET_", "FIELD_", "ALLOWED_", "SANDBOX_")
# Shorter than in production, so that what a killed process held is free soon; long enough for a busy machine.
LIMITS = {
    "HTTP_DEADLINE": "4",
    "SEND_LEASE": "6",
    "POLL_LEASE": "12",
    "STATEMENT_TIMEOUT_MS": "6000",
    "IDLE_IN_TRANSACTION_TIMEOUT_MS": "12000",
    "SWEEP_SECONDS": "0.5",
    "LOG_LEVEL": "WARNING",
}
THREADS = {"WORKER_THREADS": "3", "READERS": "3", "SENDERS": "3", "WEB_THREADS": "4"}


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


def arguments(command: str, **values: str) -> list[str]:
    """A Procfile's command as the shell splits it."""
    plain = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: values.get(found[1], found[2]), command)
    return shlex.split(string.Template(plain).substitute(values))


@dataclass
class Program:
    """One running process of the desk."""

    name: str
    process: subprocess.Popen[bytes]
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def alive(self) -> bool:
        return self.process.poll() is None


class Stack:
    """The desk; its database is owned by a role that may do nothing else."""

    def __init__(self, folder: Path, static: Path, services: Services, sandbox: Sandbox) -> None:
        self.folder, self.services, self.sandbox = folder, services, sandbox
        self.programs: dict[str, Program] = {}
        self.password = secrets.token_hex(16)
        self.admin("CREATE ROLE desk LOGIN PASSWORD %s", self.password)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.environment = {
            **kept, **LIMITS, **THREADS,
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "SOCIALDESK_MODE": "production",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
            "ALLOWED_HOSTS": HOST,
            "CSRF_TRUSTED_ORIGINS": f"https://{HOST}",
            "SECURE_PROXY": "true",
            "REDIS_URL": services.valkey.url,
            "STATIC_ROOT": str(static),
            "UNDO_SECONDS": "0",
            "PREPARE_SANDBOX": sandbox.url,
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        self.use("desk")

    # --- databases -------------------------------------------------------------------------------------------------
    def use(self, database: str) -> None:
        """Processes that start from now on work on this database; it is made where there is none."""
        if not self.admin("SELECT 1 FROM pg_database WHERE datname = %s", database):
            self.admin(f"CREATE DATABASE {database} OWNER desk")
        self.database = database
        parts = urlsplit(self.services.postgres.url_of(database))
        self.url = parts._replace(netloc=f"desk:{self.password}@").geturl()
        self.environment["DATABASE_URL"] = self.url

    def admin(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with contextlib.closing(psycopg2.connect(self.services.postgres.url_of("postgres"))) as session:
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with contextlib.closing(psycopg2.connect(self.url)) as session:
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []

    def number(self, statement: str, *values: Any) -> int:
        return int(self.sql(statement, *values)[0][0])

    def stories(self, like: str) -> list[tuple[int, int]]:
        """Routed conversations, with their newest message, of the customers with such a handle."""
        return self.sql(
            """SELECT c.id, c.last_incoming_id FROM inbox_conversation c JOIN inbox_identity i ON i.id = c.identity_id
            JOIN routing_queueentry q ON q.conversation_id = c.id WHERE i.handle LIKE %s AND q.team_id IS NOT NULL
            ORDER BY c.id""",
            like,
        )

    # --- processes -------------------------------------------------------------------------------------------------
    def run(self, *command: str, **environment: str) -> str:
        """One command to its end."""
        result = subprocess.run(
            command, cwd=ROOT, env={**self.environment, **environment}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert result.returncode == 0, f"{command}: {result.stdout[-1000:]} {result.stderr[-2000:]}"
        return result.stdout

    def release(self) -> None:
        self.run(*arguments(procfile()["release"]))

    def start(self, kind: str, name: str, **environment: str) -> Program:
        port = free_port() if kind == "web" else 0
        process = spawn(
            arguments(procfile()[kind], PORT=str(port)), log=self.folder / f"{name}.log", cwd=ROOT,
            env={**self.environment, **environment, "PGAPPNAME": name},
        )  # fmt: skip
        self.programs[name] = Program(name, process, port)
        return self.programs[name]

    def up(self, *webs: Program) -> None:
        for web in webs:
            until(lambda web=web: self._answers(web), f"{web.name} to answer: {self.log(web.name)}", 60, every=0.1)

    def _answers(self, web: Program) -> bool:
        assert web.alive(), self.log(web.name)
        with contextlib.suppress(OSError, http.client.HTTPException):
            return bool(Browser(web.url).health())
        return False

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def kill(self, name: str) -> None:
        """kill -9."""
        program = self.programs.pop(name)
        program.process.kill()
        program.process.wait(10)

    def terminate(self, name: str, patience: float = 40) -> None:
        """SIGTERM; fails where it does not end by itself."""
        program = self.programs.pop(name)
        program.process.terminate()
        program.process.wait(patience)

    def down(self) -> None:
        for program in self.programs.values():
            program.process.send_signal(signal.SIGTERM)
        for program in self.programs.values():
            stop(program.process, with_signal=signal.SIGTERM, patience=15)
        self.programs.clear()

    def ledger(self) -> list[dict[str, Any]]:
        return self.sandbox.ledger_file()


@contextlib.contextmanager
def running_stack(folder: Path, static: Path) -> Iterator[Stack]:
    with running_services(folder) as (services, sandbox):
        stack = Stack(folder, static, services, sandbox)
        try:
            yield stack
        finally:
            stack.down()


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Browser:
    """Speaks to one web process as the proxy does; its cookies can be taken along to another."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)

    def at(self, web: Program) -> Browser:
        return Browser(web.url, self.cookies)

    def request(self, method: str, path: str, form: Mapping[str, Any] | None = None) -> Answer:
        line = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        headers = self.headers()
        body = None
        if form is not None:
            body = urlencode({**form, "csrfmiddlewaretoken": self.cookies["csrftoken"]})
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}"}
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            line.close()

    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Host": HOST, "X-Forwarded-Proto": "https", "Cookie": cookies}

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def post(self, path: str, **form: Any) -> Answer:
        return self.request("POST", path, form)

    def health(self) -> dict[str, Any]:
        return dict(json.loads(self.get("/healthz").body))

    def sign_in(self, name: str) -> None:
        self.get("/accounts/login/")
        answer = self.post("/accounts/login/", username=name, password=factories.PASSWORD)
        assert answer.status == 302, answer.text[:500]
        assert self.get("/inbox/mine/").status == 200

    def reply(self, conversation: int, seen: int, text: str, key: str) -> Answer:
        return self.post(
            f"/conversations/{conversation}/compose/",
            audience="public", text=text, client_key=key, seen=seen, seen_outbox="",
        )  # fmt: skip


class Stream(threading.Thread):
    """An open /events: what it heard, and up to which position."""

    def __init__(self, browser: Browser, *, last: str = "") -> None:
        super().__init__(daemon=True)
        self.browser, self.last = browser, last
        self.heard: set[int] = set()
        self.kinds: set[str] = set()
        self.opened = threading.Event()
        self.start()

    def run(self) -> None:
        line = http.client.HTTPConnection(urlsplit(self.browser.url).netloc, timeout=60)
        headers = self.browser.headers() | ({"Last-Event-ID": self.last} if self.last else {})
        line.request("GET", "/events", headers=headers)
        answer = line.getresponse()
        assert answer.status == 200, answer.status
        with contextlib.suppress(http.client.HTTPException, OSError):  # as a browser: whatever ends it
            for raw in answer:
                self._take(raw.decode().rstrip("\n"))
        line.close()

    def _take(self, text: str) -> None:
        name, _, value = text.partition(": ")
        if name == "retry":
            self.opened.set()
        elif name == "id":
            self.last = value
        elif name == "data" and value != "{}":
            data = json.loads(value)
            self.heard |= set(data["conversations"])
            self.kinds |= set(data["kinds"])
