"""Backup and restore, rehearsed as docs/production.md says: dumped while it works, restored into an empty database,
and nothing is sent twice, not even when the admin forgets the step."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.world import until
from tests.production.stack import Browser, Stack, running_stack

pytestmark = pytest.mark.chaos

# A reply that is held up takes 5 of 6 s, so that the dump finds some of each kind.
PATIENT = {"HTTP_DEADLINE": "6", "SEND_LEASE": "8"}
STATES = "SELECT payload->>'text', state FROM inbox_outboxitem"
OPEN = """SELECT count(*) FROM inbox_outboxitem
    WHERE state IN ('queued', 'sending') OR (state = 'unknown' AND check_at IS NOT NULL)"""


@pytest.fixture
def stack(tmp_path: Path, static_root: Path) -> Iterator[Stack]:
    with running_stack(tmp_path, static_root) as stack:
        stack.environment |= PATIENT
        stack.release()
        stack.run("python", "-m", "tests.production.prepare")
        yield stack


class Agent:
    """Alice, who answers: at once, or with a long time to undo."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.web = stack.start("web", f"web-{stack.database}")
        self.patient = stack.start("web", f"web-patient-{stack.database}", UNDO_SECONDS="900")
        stack.start("worker", f"worker-{stack.database}")
        stack.start("beat", f"beat-{stack.database}")
        stack.up(self.web, self.patient)
        self.browser = Browser(self.web.url)
        self.browser.sign_in("alice")

    def arrive(self, prefix: str, number: int) -> None:
        people = [f"{prefix}{n}" for n in range(number)]
        self.stack.sandbox.posts([{"handle": who, "text": f"@norrline {who} has a question"} for who in people])
        self.known(prefix, number)

    def known(self, prefix: str, number: int) -> None:
        until(lambda: len(self.stack.stories(prefix + "%")) == number, f"{prefix} to come in", 40, every=0.1)

    def answer(self, who: str, *, held: bool = False, audience: str = "public") -> None:
        [(conversation, seen)] = self.stack.stories(who)
        browser = self.browser.at(self.patient if held else self.web)
        form = {"text": text_to(who), "client_key": f"key-{who}", "seen": seen, "seen_outbox": ""}
        assert browser.post(f"/conversations/{conversation}/compose/", audience=audience, **form).status == 303

    def act(self, who: str, action: str) -> None:
        [(pk,)] = self.stack.sql("SELECT id FROM inbox_outboxitem WHERE payload->>'text' = %s", text_to(who))
        self.browser.post(f"/outbox/{pk}/{action}/")

    def states(self) -> dict[str, str]:
        return dict(self.stack.sql(STATES))

    def count(self, state: str) -> int:
        return Counter(self.states().values())[state]


def text_to(who: str) -> str:
    return f"An answer to {who}."


def ledger(stack: Stack) -> Counter[str]:
    return Counter(line["text"] for line in stack.ledger())


def program(stack: Stack, name: str, *arguments: str) -> None:
    command = [str(stack.services.postgres.binaries / name), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr


def test_a_restored_desk_sends_nothing_twice(stack: Stack, tmp_path: Path) -> None:
    old = Agent(stack)
    for prefix, number in (("early", 5), ("doubt", 2), ("busy", 12), ("held", 4), ("late", 3)):
        old.arrive(prefix, number)
    for n in range(5):
        old.answer(f"early{n}")
    until(lambda: old.count("sent") == 5, "the early ones to be sent", 40, every=0.1)
    stack.sandbox.fault("timeout_after_write", method="POST", times=2, seconds=8)
    for n in range(2):
        old.answer(f"doubt{n}")
    for n in range(4):
        old.answer(f"held{n}", held=True)
    until(lambda: old.count("unknown") == 2, "nobody to know", 40, every=0.05)
    stack.sandbox.fault("slow", method="POST", times=50, seconds=5)
    for n in range(12):
        old.answer(f"busy{n}")
    until(lambda: old.count("sending"), "some to be on their way", 20, every=0.05)

    program(stack, "pg_dump", "-Fc", "-f", str(tmp_path / "desk.dump"), stack.url)

    stack.sandbox.clear_faults()
    for n in range(2):
        old.answer(f"late{n}")
    old.answer("late2", audience="direct")
    old.act("held0", "send-now")
    old.act("held1", "send-now")
    old.act("held2", "undo")
    stack.sandbox.posts([{"handle": f"after{n}", "text": f"@norrline after{n} asks too"} for n in range(4)])
    old.known("after", 4)
    until(lambda: not stack.number(OPEN), "the old desk to have sent it all", 60, every=0.2)
    left = ledger(stack)
    assert set(left.values()) == {1}
    assert len(left) == 5 + 2 + 12 + 2 + 3
    stack.down()

    stack.use("restored")
    program(stack, "pg_restore", "--no-owner", "--exit-on-error", "-d", stack.url, str(tmp_path / "desk.dump"))
    dumped = Counter(state for _, state in stack.sql(STATES))
    assert dumped["sent"] >= 5
    assert dumped["held"] >= 4  # and whom no sweep had released yet
    assert dumped["queued"] >= 1
    assert dumped["sending"] >= 1
    assert dumped["unknown"] + dumped["sent"] >= 7

    new = Agent(stack)  # and nobody has said that this is a restored one
    new.known("after", 4)  # it reads: what came after the backup comes again
    queued = new.count("queued")
    time.sleep(3)  # six sweeps
    health = new.browser.health()
    assert not health["sending"]["ok"]
    assert "manage.py restored" in str(health["sending"]["detail"])
    assert new.count("queued") >= queued >= 1
    assert ledger(stack) == left

    assert "The desk sends again" in stack.run("python", "manage.py", "restored")
    until(lambda: not stack.number(OPEN), "every doubt to be settled", 90, every=0.2)
    assert ledger(stack) == left
    states = new.states()
    gone = [
        text_to(f"{prefix}{n}") for prefix, number in (("early", 5), ("doubt", 2), ("busy", 12)) for n in range(number)
    ]
    outcome = Counter(states[text] for text in gone)
    # Who was being sent when the dump was made, and is not shown, is for a person: here all are shown.
    assert outcome == Counter(sent=19)
    assert {states[text_to(f"held{n}")] for n in range(4)} == {"held"}

    new.act("held0", "send-now")  # it had left after the backup
    new.act("held3", "send-now")  # it never had
    new.answer("after0")
    until(lambda: not stack.number(OPEN) and new.count("held") == 2, "these to be settled", 60, every=0.2)
    expected = left + Counter([text_to("held3"), text_to("after0")])
    assert ledger(stack) == expected
    assert [new.states()[text_to(who)] for who in ("held0", "held3", "after0")] == ["sent"] * 3
    claimed = stack.sql("SELECT external_id FROM inbox_outboxitem WHERE state = 'sent'")
    assert {pk for (pk,) in claimed} <= {line["id"] for line in stack.ledger()}
    own = "SELECT count(*) FROM inbox_message WHERE direction = 'out' AND text = %s"
    until(lambda: stack.number(own, text_to("late2")) == 1, "our own message to come back", 20, every=0.2)
    assert new.browser.health()["sending"]["ok"]
    twice = "SELECT external_id FROM inbox_message GROUP BY external_id HAVING count(*) > 1"
    assert stack.sql(twice) == []
