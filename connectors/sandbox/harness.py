"""A running sandbox for tests and benches: a process of its own, which can be killed and started again.

with running_sandbox(tmp_path) as sandbox:
    account = sandbox.create_account("norrline")
    post_id = sandbox.post("carol", "@norrline where is my router?")
    sandbox.fault("timeout_after_write", times=1, seconds=5)
    sandbox.ledger()
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0


class ControlError(Exception):
    """The sandbox refused a control call; the message is its own sentence."""


class Control:
    """The control API of a sandbox that runs at ``url``, wherever it came from."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.x_url = f"{self.url}/x"
        self.facebook_url = f"{self.url}/graph"

    def call(self, method: str, path: str, document: Any = None, *, timeout: float = 60.0) -> Any:
        """One call under /_control; raises ControlError for anything but 200."""
        parts = urlsplit(self.url)
        line = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout)
        body = None if document is None else json.dumps(document).encode()
        try:
            line.request(method, f"/_control{path}", body, {"content-type": "application/json"})
            answer = line.getresponse()
            raw = answer.read()
        finally:
            line.close()
        if answer.status != 200:
            raise ControlError(f"{method} {path}: {answer.status} {raw.decode('utf-8', 'replace')[:300]}")
        return json.loads(raw)

    def create_account(self, handle: str, name: str = "", **options: Any) -> dict[str, Any]:
        """A company account; ``access_token``, ``consumer_key``, … as in the control API."""
        return dict(self.call("POST", "/accounts", {"handle": handle, "name": name or handle, **options}))

    def accounts(self) -> list[dict[str, Any]]:
        return list(self.call("GET", "/accounts")["accounts"])

    def post(self, handle: str, text: str, **options: Any) -> str:
        """One post of a customer (options: in_reply_to, created_at, followers, name, account, …); its id.

        ``media``: pictures, each with ``data`` (base64) and ``alt``. A company's own handle writes as the company,
        on the network itself (with ``mention=False``, so that it is nobody's mention).
        Everything that customers and Pages write takes a ``key``: asked again under it, nothing is written twice.
        """
        return self.posts([{"handle": handle, "text": text, **options}])[0]

    def posts(self, items: Sequence[Mapping[str, Any]]) -> list[str]:
        return list(self.call("POST", "/posts", list(items))["ids"])

    def dm(self, handle: str, text: str, **options: Any) -> str:
        """One direct message of a customer to the company; its id."""
        return self.dms([{"handle": handle, "text": text, **options}])[0]

    def dms(self, items: Sequence[Mapping[str, Any]]) -> list[str]:
        return list(self.call("POST", "/dms", list(items))["ids"])

    def user(self, handle: str, **changes: Any) -> str:
        """Makes or changes a customer (name, followers, accepts_dm); their id."""
        return str(self.call("PUT", f"/users/{handle}", changes)["id"])

    def delete(self, post_id: str) -> None:
        self.call("DELETE", f"/posts/{post_id}")

    def create_page(self, handle: str, name: str = "", **options: Any) -> dict[str, Any]:
        """A Facebook Page: ``page_id``, ``access_token``, ``app_id``, ``app_secret``, ``permissions``.

        Options: ``require_proof`` (False), ``human_agent`` (True: Meta approved the Human Agent feature).
        """
        return dict(self.call("POST", "/pages", {"handle": handle, "name": name or handle, **options}))

    def pages(self) -> list[dict[str, Any]]:
        return list(self.call("GET", "/pages")["pages"])

    def page_posts(self, items: Sequence[Mapping[str, Any]]) -> list[str]:
        """Posts by a Page (page, text, created_at); a Page is named by its id or handle, by default the first."""
        return list(self.call("POST", "/page-posts", list(items))["ids"])

    def visitor_posts(self, items: Sequence[Mapping[str, Any]]) -> list[str]:
        """Posts of customers on a Page (page, handle, name, text, created_at, tagged)."""
        return list(self.call("POST", "/visitor-posts", list(items))["ids"])

    def comments(self, items: Sequence[Mapping[str, Any]]) -> list[str]:
        """Comments of customers (post, handle, name, text, parent, created_at, followers)."""
        return list(self.call("POST", "/comments", list(items))["ids"])

    def page_messages(self, items: Sequence[Mapping[str, Any]]) -> list[str]:
        """Messages of customers to a Page (page, handle, name, text, created_at)."""
        return list(self.call("POST", "/page-messages", list(items))["ids"])

    def used_private_reply(self, name: str) -> str:
        """The Page's staff has given a comment or visitor's post its one private reply, on Facebook itself."""
        return str(self.call("POST", f"/items/{name}/private-reply")["id"])

    def facebook_user(self, handle: str, **changes: Any) -> str:
        """Makes or changes a customer on Facebook (name, followers, accepts_dm)."""
        return str(self.call("PUT", f"/facebook-users/{handle}", changes)["handle"])

    def remove_item(self, name: str) -> None:
        """Deletes a post or a comment on Facebook, as its author would."""
        self.call("DELETE", f"/items/{name}")

    def expire_page_token(self, page: str, subcode: int = 463) -> None:
        """All tokens of the Page are dead; ``subcode`` says of what (463 expired, 460 password changed, …)."""
        self.call("POST", f"/pages/{page}/expire", {"subcode": subcode})

    def renew_page_token(self, page: str) -> str:
        return str(self.call("POST", f"/pages/{page}/renew")["access_token"])

    def revoke_permission(self, page: str, name: str) -> None:
        self.call("POST", f"/pages/{page}/permissions", {"name": name, "granted": False})

    def grant_permission(self, page: str, name: str) -> None:
        self.call("POST", f"/pages/{page}/permissions", {"name": name, "granted": True})

    def fault(self, name: str, **options: Any) -> None:
        """Adds a fault: its name and the fields of ``connectors.sandbox.faults.Fault``."""
        self.call("POST", "/faults", {"name": name, **options})

    def clear_faults(self, name: str = "") -> None:
        self.call("DELETE", f"/faults?name={name}" if name else "/faults")

    def faults(self) -> list[dict[str, Any]]:
        return list(self.call("GET", "/faults")["faults"])

    def rates_off(self) -> None:
        self.call("PUT", "/rates", {"on": False})

    def rates_on(self, **limits: int) -> None:
        """Counting on; ``limits`` by key: X's endpoints (``create_tweet=5``), Facebook's ``pages``, ``messenger``."""
        self.call("PUT", "/rates", {"on": True, "limits": limits})

    def ledger(self) -> list[dict[str, Any]]:
        """Every accepted write, oldest first."""
        return list(self.call("GET", "/ledger")["ledger"])

    def answers(self) -> list[dict[str, Any]]:
        """What the company wrote and whom it reached (network, handle, below, text, at), oldest first."""
        return list(self.call("GET", "/answers")["answers"])

    def keys(self, prefix: str) -> dict[str, dict[str, Any]]:
        """What was written under keys that begin so: ``{key: {"id": …, "at": milliseconds}}``."""
        return dict(self.call("GET", f"/keys?prefix={quote(prefix)}")["keys"])

    def done_to(self, network: str, name: str) -> dict[str, bool]:
        """What the company did to a post or comment: ``hidden``, ``liked``, ``deleted``."""
        return dict(self.call("GET", f"/done-to/{network}/{quote(name)}"))

    def picture(self, network: str, picture_id: str) -> tuple[str, bytes, str]:
        """An uploaded picture: its kind, its bytes and its alternative text."""
        found = self.call("GET", f"/pictures/{network}/{picture_id}")
        return str(found["mime"]), b64decode(found["data"]), str(found["alt"])

    def story(self, *, told: int, of: int) -> dict[str, Any]:
        """Says how far a story is; hears whether it is ``paused``, and ``until`` where it goes on at once."""
        return dict(self.call("PUT", "/story", {"told": told, "of": of}))

    def log(self) -> list[dict[str, Any]]:
        return list(self.call("GET", "/log")["log"])

    def state(self) -> dict[str, Any]:
        return dict(self.call("GET", "/state"))

    def reset(self, *, keep_accounts: bool = True) -> None:
        self.call("POST", "/reset", {"keep_accounts": keep_accounts})


class Sandbox(Control):
    """A sandbox process that this object started."""

    def __init__(self, data: Path, port: int, *, desk_url: str = "") -> None:
        super().__init__(f"http://127.0.0.1:{port}")
        self.data, self.port, self.desk_url = data, port, desk_url
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, again on the same port and data, and waits until it answers."""
        self.data.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "connectors.sandbox.server", "--port", str(self.port)]
        command += ["--data", str(self.data / "network"), "--desk-url", self.desk_url]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (self.data / "sandbox.log").open("ab") as out:
            self.process = subprocess.Popen(  # nosec B603 - our own program
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.call("GET", "/state", timeout=5)
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = (self.data / "sandbox.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the sandbox did not start: {said}")
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """kill -9 and start again on the same port and data."""
        self.kill()
        self.start()

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def ledger_file(self) -> list[dict[str, Any]]:
        """The ledger as it is on disk, readable while the sandbox is dead. A line that a kill cut off is none yet."""
        path = self.data / "network" / "ledger.jsonl"
        return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def free_port() -> int:
    """A free loopback port below the ephemeral range, so that it stays ours across a restart."""
    for _ in range(200):
        port = random.randint(20_000, 32_000)  # nosec B311 - not a secret
        with contextlib.closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port between 20000 and 32000")


@contextlib.contextmanager
def running_sandbox(folder: Path, *, port: int = 0, desk_url: str = "") -> Iterator[Sandbox]:
    """A sandbox whose memory is in ``folder``/sandbox; it ends with the block."""
    sandbox = Sandbox(folder / "sandbox", port or free_port(), desk_url=desk_url)
    sandbox.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()
