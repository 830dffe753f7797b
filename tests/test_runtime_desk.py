"""`make run` as a person uses it: a real desk of real processes on a data folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from connectors.sandbox.harness import free_port

ROOT = Path(__file__).resolve().parents[1]
ALL = {"postgres", "valkey", "web", "worker", "beat", "sandbox", "story"}
# What the tests' own environment says would reach the desk and is none of its business.
FOREIGN = ("DATABASE", "REDIS", "SECRET", "FIELD_", "SOCIALDESK", "ALLOWED", "PORT", "SANDBOX", "DJANGO")


def free_ports() -> tuple[int, int]:
    one = two = free_port()
    while two == one:
        two = free_port()
    return one, two


class Desk:
    def __init__(self, folder: Path) -> None:
        self.data = folder / "a data folder"
        self.port, self.sandbox_port = free_ports()
        self.output = folder / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        ports = {"PORT": str(self.port), "SANDBOX_PORT": str(self.sandbox_port)}
        return {**kept, **ports, "SOCIALDESK_DATA": str(self.data), **more}

    def run(self, **more: str) -> subprocess.Popen[bytes]:
        self.output.write_text("")
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "socialdesk.embedded.run"],
                cwd=ROOT, env=self.environment(**more), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def start(self) -> float:
        begin = time.monotonic()
        self.process = self.run()
        wait_for(lambda: "is ready" in self.output.read_text() or self.process.poll() is not None, 90)  # type: ignore[union-attr]
        assert "is ready" in self.output.read_text(), self.output.read_text()
        return time.monotonic() - begin

    def fails_with(self, **more: str) -> str:
        process = self.run(**more)
        assert process.wait(30) == 1
        return self.output.read_text().strip()

    def children(self) -> dict[str, psutil.Process]:
        found = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            for row in json.loads((self.data / "children.json").read_text()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    found[row["name"]] = psutil.Process(row["pid"])
        return {name: child for name, child in found.items() if child.status() != psutil.STATUS_ZOMBIE}

    def health(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))
        except OSError:
            return {"ok": False}

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)


def wait_for(happened: Callable[[], bool], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if happened():
            return True
        time.sleep(0.1)
    return happened()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.start()
    yield desk
    desk.kill()
    # Root's services live outside of a folder that is closed to their account.
    shutil.rmtree((desk.data / "services").resolve())


def test_the_desk_prints_its_address_and_its_people_and_becomes_healthy(desk: Desk) -> None:
    output = desk.output.read_text()
    assert f"http://127.0.0.1:{desk.port}/" in output
    for name, password in json.loads((desk.data / "demo-passwords.json").read_text()).items():
        assert name in output
        assert password in output
    assert wait_for(lambda: desk.health()["ok"], 30), desk.health()
    assert set(desk.children()) == ALL


def test_a_second_desk_and_a_taken_port_are_one_sentence(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path)
    other.data = desk.data
    assert "Another `make run` (process" in (sentence := other.fails_with())
    assert "\n" not in sentence
    third = Desk(tmp_path)
    sentence = third.fails_with(PORT=str(desk.port))
    assert sentence.startswith(f"socialdesk: Port {desk.port} is taken by another program")
    assert "\n" not in sentence
    assert "The disk is full" in third.fails_with(SOCIALDESK_MIN_FREE_MB="999999999")
    assert "is no port" in third.fails_with(PORT="http")


def test_whatever_is_killed_comes_back_and_the_desk_is_healthy_again(desk: Desk) -> None:
    before = {name: child.pid for name, child in desk.children().items()}
    for child in desk.children().values():
        child.kill()

    def all_are_new() -> bool:
        now = desk.children()
        return all(name in now and now[name].pid != pid for name, pid in before.items())

    assert wait_for(all_are_new, 30)
    # Older signs of life no longer count as fresh after this.
    time.sleep(5)
    assert wait_for(lambda: _all_fresh(desk), 40), desk.health()


def _all_fresh(desk: Desk) -> bool:
    """Seen again after the kill, which happened longer ago than this."""
    health = desk.health()
    ages = [health.get(part, {}).get("detail", "never").split() for part in ("worker", "beat", "poller")]
    return bool(health["ok"]) and all(len(words) == 5 and int(words[2]) <= 4 for words in ages)


def test_a_frozen_and_flushed_broker_stops_nobody_for_good(desk: Desk) -> None:
    assert wait_for(lambda: set(desk.children()) == ALL, 30)
    valkey = desk.children()["valkey"]
    valkey.suspend()
    time.sleep(3)
    assert desk.health()["database"]["ok"]
    assert not desk.health()["broker"]["ok"]
    valkey.resume()
    with redis.Redis(unix_socket_path="".join(valkey.cmdline()).partition("unixsocket:")[2].strip()) as client:
        client.flushall()
    time.sleep(5)
    assert wait_for(lambda: _all_fresh(desk), 20), desk.health()


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_is_warm(desk: Desk) -> None:
    children = desk.children()
    assert desk.process is not None
    desk.process.kill()
    desk.process.wait()
    assert wait_for(lambda: not any(_alive(child) for child in children.values()), 10)
    # The promise is 8 s on a quiet machine; the tests share theirs.
    assert desk.start() < 40


def test_a_signal_stops_all_of_it(desk: Desk) -> None:
    children = desk.children()
    assert set(children) == ALL
    assert desk.process is not None
    desk.process.send_signal(signal.SIGINT)
    assert desk.process.wait(30) == 0
    assert not any(_alive(child) for child in children.values())
    assert not (desk.data / "children.json").exists()


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
