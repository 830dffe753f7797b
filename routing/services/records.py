"""Writing down who has a conversation and why: the assignment row and its event."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from inbox.models import Event
from inbox.services import events
from routing.models import Assignment

VERSION = 1  # of what ``inputs`` holds; raise it when the meaning changes


def kept(name: str, until: datetime, why: str) -> list[str]:
    """The reasons of what came back and waits for who had it: the first of them stands in the queue."""
    return [f"It came back; kept for {name} until {timezone.localtime(until):%H:%M}", why]


Current = tuple[int, int | None]  # team, agent


@dataclass(frozen=True, slots=True)
class Decision:
    """Who takes a conversation, with sentences for people and a snapshot of what was looked at."""

    conversation_id: int
    team_id: int
    agent_id: int | None
    reasons: Sequence[str]
    inputs: dict[str, Any] = field(default_factory=dict)
    by_id: int | None = None
    line: str = ""  # why it is handed on, in the words of who does; "": what was said stays while the team does


@dataclass(frozen=True, slots=True)
class Former:
    """The assignment that a new one ends."""

    team_id: int | None
    agent_id: int | None
    line: str


def current(conversation_ids: Sequence[int]) -> dict[int, Current]:
    """Team and agent of each conversation that has a current assignment. Ask with its entry locked."""
    rows = Assignment.objects.filter(conversation_id__in=conversation_ids, ended_at=None)
    return {row[0]: (row[1], row[2]) for row in rows.values_list("conversation_id", "team_id", "agent_id")}


def record(decisions: Sequence[Decision], *, now: datetime) -> None:
    """End the former assignments, write the new ones and tell. The callers hold the entries' locks."""
    if not decisions:
        return
    former = _end([decision.conversation_id for decision in decisions], now=now)
    nobody = Former(None, None, "")
    Assignment.objects.bulk_create(
        _row(decision, former.get(decision.conversation_id, nobody), now=now) for decision in decisions
    )
    events.emit(_event(decision, former.get(decision.conversation_id, nobody)) for decision in decisions)


def explain(more: Mapping[int, Sequence[str]]) -> None:
    """Add to the reasons of current assignments, by conversation, what is not said there yet."""
    said = {pk: json.dumps(list(reasons)) for pk, reasons in more.items() if reasons}
    if not said:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE routing_assignment a SET reasons = a.reasons || n.more"
            " FROM (SELECT id, more::jsonb FROM unnest(%s::bigint[], %s::text[]) AS given(id, more)) n"
            " WHERE a.conversation_id = n.id AND a.ended_at IS NULL AND NOT a.reasons @> n.more",
            [list(said), list(said.values())],
        )


def _row(decision: Decision, former: Former, *, now: datetime) -> Assignment:
    line = decision.line or (former.line if decision.team_id == former.team_id else "")
    return Assignment(
        conversation_id=decision.conversation_id,
        team_id=decision.team_id,
        agent_id=decision.agent_id,
        by_id=decision.by_id,
        reasons=[*([line] if line else []), *decision.reasons],
        inputs={"version": VERSION, **decision.inputs},
        rule_id=decision.inputs.get("rule"),
        rule_version=decision.inputs.get("rule_version"),
        line=line,
        at=now,
    )


def _end(conversation_ids: list[int], *, now: datetime) -> dict[int, Former]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE routing_assignment SET ended_at = greatest(%s, at)"
            " WHERE conversation_id = ANY(%s::bigint[]) AND ended_at IS NULL"
            " RETURNING conversation_id, team_id, agent_id, line",
            [now, conversation_ids],
        )
        return {row[0]: Former(*row[1:]) for row in cursor.fetchall()}


def _event(decision: Decision, former: Former) -> Event:
    return Event(
        kind="conversation.assigned",
        actor_id=decision.by_id,
        conversation_id=decision.conversation_id,
        data={
            "team": decision.team_id,
            "agent": decision.agent_id,
            "previous_team": former.team_id,
            "previous_agent": former.agent_id,
            "reasons": len(decision.reasons),
        },
    )
