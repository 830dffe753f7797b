"""The verdict, from the network's ledger on disk and from the rows: exactly once, or honestly unknown."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from tests.chaos.kills import BETWEEN, Killer, key_in_ledger, key_of
from tests.chaos.world import World

OPEN = """
SELECT count(*) FROM inbox_outboxitem
WHERE state NOT IN ('sent', 'unknown', 'cancelled') OR (state = 'unknown' AND check_at IS NOT NULL)
"""
RESENT = """
SELECT subject_id FROM inbox_event WHERE kind = 'outbox.queued' AND data->>'found' = 'absent'
"""
# Its own sender put it back: the network could not be reached in time, and no byte had left.
UNSENT = """
SELECT q.item_id FROM witness q JOIN witness s ON s.item_id = q.item_id AND s.name = q.name AND s.id = (
    SELECT max(id) FROM witness b WHERE b.item_id = q.item_id AND b.id < q.id)
WHERE q.state = 'queued' AND s.state = 'sending'
"""
FOUND = """
SELECT DISTINCT s.item_id FROM witness s JOIN witness u ON u.item_id = s.item_id AND u.id = (
    SELECT max(id) FROM witness b WHERE b.item_id = s.item_id AND b.id < s.id)
WHERE s.state = 'sent' AND u.state = 'unknown'
"""


@dataclass(frozen=True)
class Verdict:
    """The figures of a run."""

    replies: int
    sent: int
    found: int
    resent: int
    unknown: int
    written: int


def outbox(world: World) -> Verdict:
    """Raises AssertionError where a reply is lost, doubled or guessed."""
    rows = world.sql("SELECT id, state, external_id, payload, attempt FROM inbox_outboxitem ORDER BY id")
    ledger = {line["id"]: line for line in world.ledger()}
    sent = {pk: (external, key_of(payload)) for pk, state, external, payload, _ in rows if state == "sent"}
    unknown = [(pk, key_of(payload)) for pk, state, _, payload, _ in rows if state == "unknown"]
    assert len(sent) + len(unknown) == len(rows), Counter(state for _, state, _, _, _ in rows)

    for pk, (external, key) in sent.items():
        assert external in ledger, f"item {pk} is sent, and the network does not hold it"
        assert key_in_ledger(ledger[external]) == key, f"item {pk} claims another reply's id"
    claims = Counter(external for external, _ in sent.values())
    assert max(claims.values()) == 1, "two items claim one id"

    unclaimed: dict[tuple[str, str, str], int] = defaultdict(int)
    for external, line in ledger.items():
        if external not in claims:
            unclaimed[key_in_ledger(line)] += 1
    doubts = Counter(key for _, key in unknown)
    for key, number in unclaimed.items():
        assert number <= doubts[key], f"sent {number} times more than any row says: {key}"

    resent = [pk for (pk,) in world.sql(RESENT)]
    unsent = [pk for (pk,) in world.sql(UNSENT)]
    for pk, state, _, _, attempt in rows:
        # A further attempt needs a proof that the one before did not arrive.
        proofs = resent.count(pk) + unsent.count(pk)
        assert attempt <= 1 + proofs, f"item {pk} ({state}) was sent {attempt} times on a guess"
    found = {pk for (pk,) in world.sql(FOUND)}
    return Verdict(len(rows), len(sent), len(found), len(resent), len(unknown), len(ledger))


def accepted_ones_were_found(world: World, killer: Killer) -> None:
    """What the network had accepted when its sender died was never sent again."""
    rows = {pk: (state, attempt) for pk, state, attempt in world.sql("SELECT id, state, attempt FROM inbox_outboxitem")}
    keys = {pk: key_of(payload) for pk, payload in world.sql("SELECT id, payload FROM inbox_outboxitem")}
    for (pk, attempt), kind in killer.hit.items():
        twins = [other for other, key in keys.items() if key == keys[pk] and other != pk]
        if kind == BETWEEN and not twins:  # twins may take each other's proof; in sum they are right
            assert rows[pk] == ("sent", attempt)


def posts(world: World, ids: list[str]) -> None:
    """Each post is one message, in one conversation that is routed with reasons."""
    stored = Counter(pk for (pk,) in world.sql("SELECT external_id FROM inbox_message WHERE direction = 'in'"))
    assert stored == Counter(ids)
    assert world.number("SELECT count(*) FROM connectors_streamgap") == 0
    assert world.number("SELECT count(*) FROM inbox_message WHERE direction = 'in' AND conversation_id IS NULL") == 0


def interactions(world: World) -> int:
    """As many as replies that ended a turn; and every answered conversation has one."""
    ended = world.number(
        "SELECT count(*) FROM inbox_event WHERE kind = 'outbox.sent' AND jsonb_typeof(data->'turn') = 'object'"
    )
    counted = world.number("SELECT count(*) FROM metrics_interaction")
    assert counted == ended, (counted, ended)
    assert world.number("SELECT count(*) FROM inbox_event WHERE kind = 'outbox.sent'") == world.number(
        "SELECT count(*) FROM inbox_outboxitem WHERE state = 'sent'"
    )
    answered = "SELECT count(DISTINCT conversation_id) FROM inbox_outboxitem WHERE state = 'sent'"
    assert world.number(answered) == world.number("SELECT count(DISTINCT conversation_id) FROM metrics_interaction")
    return counted
