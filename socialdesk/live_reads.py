"""The live hub's blocking half: everything that asks the database. Runs in the hub's own thread."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from django.contrib.auth import HASH_SESSION_KEY, get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.db import close_old_connections, connections
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from inbox.downstream import policy
from inbox.models import Event, OutboxItem
from inbox.services import counts, events
from routing.selectors import count_keys
from routing.services.hands import display_name
from routing.services.notices import TOLD

EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Told:
    """One event with who may hear of it. ``former`` may only hear that their queues changed."""

    position: int
    kind: str
    conversation_id: int | None
    scopes: frozenset[str]
    former: frozenset[str]


@dataclass(frozen=True, slots=True)
class Batch:
    """What happened behind a position, and the counts it may have moved. ``behind``: more follows soon."""

    position: int
    told: Sequence[Told] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    behind: bool = False


def start() -> int:
    """The position from which a new hub tells."""
    close_old_connections()
    return events.position()


def listen() -> Any:
    """A connection of its own that hears every commit with events."""
    params = connections["default"].get_connection_params()
    connection = psycopg2.connect(**params)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {events.CHANNEL}")
    return connection


def batch(after: int, scopes: Collection[str], limit: int = 500) -> Batch:
    """The next events behind ``after`` in a fixed number of statements, whatever the number of clients."""
    close_old_connections()
    rows = events.read(after=after, limit=limit)
    position = rows[-1].pk if rows else after
    # An older transaction may still hide events; they become readable without another NOTIFY.
    behind = Event.objects.filter(pk__gt=position).exists()
    if not rows:
        return Batch(position, behind=behind)
    ids = {row.conversation_id for row in rows if row.conversation_id is not None}
    current = policy().scopes_for(ids) if ids else {}
    told = [_told(row, current) for row in rows]
    return Batch(position, told, counts.read(_keys(scopes)), behind)


def _told(row: Event, current: Mapping[int, frozenset[str]]) -> Told:
    if row.kind == TOLD:
        return Told(row.pk, row.kind, None, frozenset({_own(row.subject_id or 0)}), frozenset())
    if row.conversation_id is None:
        scopes = {f"user:{row.subject_id}"} if row.subject == "agent" else {EVERYBODY}
        return Told(row.pk, row.kind, None, frozenset(scopes), frozenset())
    former = {
        f"{scope}:{row.data[name]}"
        for scope, name in (("team", "previous_team"), ("user", "previous_agent"))
        if row.data.get(name)
    }
    if row.kind.partition(".")[2] in OutboxItem.TROUBLE and row.actor_id is not None:
        # Its author hears of it wherever the conversation went since.
        former.add(f"user:{row.actor_id}")
    return Told(row.pk, row.kind, row.conversation_id, current.get(row.conversation_id, frozenset()), frozenset(former))


Viewer = dict[str, Any]  # id, name, types


def looking(news: Mapping[int, Mapping[int, bool]]) -> dict[int, tuple[frozenset[str], list[Viewer]]]:
    """For each conversation, the scopes that may hear of it, and who looks at it, by name. Two statements."""
    close_old_connections()
    scopes_of = policy().scopes_for(list(news))
    people = get_user_model().objects.in_bulk({pk for who in news.values() for pk in who})
    return {
        pk: (scopes_of[pk], [_viewer(people[one], types) for one, types in who.items() if one in people])
        for pk, who in news.items()
    }


def _viewer(user: AbstractBaseUser, types: bool) -> Viewer:
    return {"id": user.pk, "name": display_name(user), "typing": types}


def _own(user_id: int) -> str:
    """The scope of what concerns somebody whatever their role: that their notifications changed."""
    return f"own:{user_id}"


def keys_of(scopes: Collection[str]) -> list[str]:
    """The count keys that belong to somebody's scopes."""
    teams = [int(scope.partition(":")[2]) for scope in scopes if scope.startswith("team:")]
    agents = [int(scope.partition(":")[2]) for scope in scopes if scope.startswith("user:")]
    keys = count_keys(team_ids=teams, agent_id=None, unrouted="unrouted" in scopes)
    for agent in agents:
        keys += count_keys(team_ids=(), agent_id=agent, unrouted=False)
    return keys


def _keys(scopes: Collection[str]) -> list[str]:
    return sorted(set(keys_of(scopes)))


def scopes(sessions: Mapping[str, int]) -> dict[str, frozenset[str]]:
    """The scopes of each live session (key → user id) by session key; what is missing must be closed."""
    close_old_connections()
    rows = Session.objects.filter(session_key__in=list(sessions), expire_date__gt=timezone.now())
    # A session is bound to the password that it began with; pages ask the same of it (django.contrib.auth.get_user).
    begun = {row.session_key: row.get_decoded().get(HASH_SESSION_KEY, "") for row in rows}
    people = get_user_model().objects.in_bulk({sessions[key] for key in begun})
    bound = {pk: user.get_session_auth_hash() for pk, user in people.items() if user.is_active}
    alive = [key for key, held in begun.items() if constant_time_compare(held, bound.get(sessions[key], ""))]
    of_person = {pk: policy().scopes_of(people[pk]) | {_own(pk)} for pk in {sessions[key] for key in alive}}
    return {key: of_person[sessions[key]] for key in alive}
