"""Reading the queue, the counts and who is there. Every list is keyset-paged and takes few statements."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection
from django.db.models import Q, QuerySet

from inbox import health, held
from inbox import selectors as selectors_of_inbox
from inbox.describing import MARK_NAMES
from inbox.downstream import policy
from inbox.models import Conversation
from routing.models import AgentProfile, Assignment, Membership, QueueEntry, RoutingJob, Team

PAGE = 50
EXCERPT = 160  # characters of the newest message in a queue's row; a row is one line wide
STATUSES = tuple(Conversation.Status.values)
Position = tuple[datetime, int]  # waiting_since and conversation of the last row seen


@dataclass(frozen=True, slots=True)
class Place:
    """One queue: a team's, a team's unassigned, an agent's, what nobody was given yet, or what is on one post.

    Only a post's is shared by people who see different things: ``viewer`` says who looks.
    """

    team_id: int | None = None
    agent_id: int | None = None
    unassigned: bool = False
    unrouted: bool = False
    status: str = "open"
    visibility: str = ""  # "", "public" or "direct"
    connection_id: int = 0
    post: str = ""
    viewer: AbstractBaseUser | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a queue: what an agent reads of a conversation before opening it."""

    conversation_id: int
    waiting_since: datetime
    visibility: str
    status: str
    network: str
    name: str
    followers: int | None
    text: str  # the beginning of the newest message
    waits_since: datetime | None  # nothing waits for us without it
    snoozed_until: datetime | None
    answered: bool
    assignee_id: int | None
    assignee: str
    why: str
    last_incoming_id: int | None
    connection_id: int
    post: str  # under which it began
    tags: Sequence[tuple[str, str]]  # name and colour; the page sorts the few there are
    vips: Sequence[str]  # the lists that the customer is on, as they come

    @property
    def pick(self) -> str:
        """What choosing this row says: the conversation, and what the row showed of it."""
        return f"{self.conversation_id}.{self.last_incoming_id or 0}.{self.assignee_id or 0}"

    @property
    def status_label(self) -> str:
        return str(_LABELS[self.status])


_MARKS = MARK_NAMES.format("i.contact_id")
_LABELS = dict(Conversation.Status.choices)
# Written out: the ORM takes longer to make 25 rows of six models, and of their SQL, than PostgreSQL to find them.
# What hangs on a row by itself is asked for in a select of its own, so that the planner weighs the order of four
# tables and not of eight (1 ms and not 14).
_ROWS = """
SELECT q.conversation_id, q.waiting_since, q.visibility, c.status, i.network,
    coalesce(nullif(i.name, ''), nullif(i.handle, ''), i.external_id), i.followers,
    CASE WHEN length(m.text) > {excerpt} THEN left(m.text, {excerpt}) || '…' ELSE coalesce(m.text, '') END,
    CASE WHEN c.turn_first_id IS NOT NULL THEN c.turn_arrived_at END, c.snoozed_until, c.answered_at IS NOT NULL,
    q.assignee_id, coalesce((SELECT coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.username)
        FROM auth_user u WHERE u.id = q.assignee_id), ''),
    coalesce(
        (SELECT a.reasons ->> 0 FROM routing_assignment a
            WHERE a.conversation_id = q.conversation_id AND a.ended_at IS NULL),
        (SELECT t.name FROM routing_team t WHERE t.id = q.team_id),
        'Not routed yet'),
    c.last_incoming_id, q.connection_id, q.post,
    coalesce((SELECT json_agg(json_build_array(t.name, t.colour)) FROM inbox_conversationtag u
        JOIN inbox_tag t ON t.id = u.tag_id WHERE u.conversation_id = q.conversation_id), '[]'),
    ({vips})
FROM routing_queueentry q
JOIN inbox_conversation c ON c.id = q.conversation_id
JOIN inbox_identity i ON i.id = c.identity_id
LEFT JOIN inbox_message m ON m.id = c.last_message_id
WHERE {place} ORDER BY q.waiting_since, q.conversation_id LIMIT %s
"""


def queue_rows(*, place: Place, after: Position | None = None, limit: int = PAGE) -> list[Row]:
    """The next rows of one queue, longest waiting first, in one statement. The caller has checked the access."""
    terms = _terms(place)
    if after is not None:
        # A row comparison, which the index answers; many rows of one batch share their time.
        terms["(q.waiting_since, q.conversation_id) > (%s, %s)"] = after
    where = " AND ".join(terms)
    values = [value for some in terms.values() for value in some]
    with connection.cursor() as cursor:
        cursor.execute(_ROWS.format(place=where, excerpt=EXCERPT, vips=_MARKS), [*values, limit])
        return [Row(*row) for row in cursor.fetchall()]


def picks_of(place: Place, *, limit: int) -> list[tuple[int, int | None, int | None]]:
    """Conversation, newest message and agent of the first ``limit`` rows of one queue."""
    terms = _terms(place)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT q.conversation_id, c.last_incoming_id, q.assignee_id
            FROM routing_queueentry q JOIN inbox_conversation c ON c.id = q.conversation_id
            WHERE {" AND ".join(terms)} ORDER BY q.waiting_since, q.conversation_id LIMIT %s
            """,
            [*(value for some in terms.values() for value in some), limit],
        )
        return list(cursor.fetchall())


def anything_on(place: Place) -> bool:
    """Whether its viewer may see anything on a post, whatever its status."""
    on_post = QueueEntry.objects.filter(connection_id=place.connection_id, post=place.post).exclude(post="")
    seen = policy().filter(place.viewer or AnonymousUser(), Conversation.objects.filter(pk__in=on_post.values("pk")))
    return seen.exists()


def _terms(place: Place) -> dict[str, tuple[Any, ...]]:
    """The conditions of ``place`` with their values. The words are ours, values are never put into them."""
    terms: dict[str, tuple[Any, ...]]
    if place.viewer is not None:
        sql, values = policy().filter(place.viewer, Conversation.objects.all()).values("pk").query.sql_with_params()
        terms = {
            "q.connection_id = %s": (place.connection_id,),
            "q.post = %s": (place.post,),
            "q.post <> ''": (),  # as the index says
            "q.status = %s": (place.status,),
            f"q.conversation_id IN ({sql})": tuple(values),
        }
    elif place.unrouted:
        terms = {"q.team_id IS NULL": ()}
    elif place.agent_id is not None:
        terms = {"q.assignee_id = %s": (place.agent_id,), "q.status = %s": (place.status,)}
    else:
        terms = {"q.team_id = %s": (place.team_id,), "q.status = %s": (place.status,)}
    if place.unassigned:
        terms["q.assignee_id IS NULL"] = ()
    if place.visibility:
        terms["q.visibility = %s"] = (place.visibility,)
    return terms


def count_keys(*, team_ids: Collection[int], agent_id: int | None, unrouted: bool) -> list[str]:
    """The keys of the counts that a person's sidebar shows."""
    of_team = ("open", "open:public", "open:direct", "unassigned", "pending", "snoozed")
    keys = [f"team:{team}:{part}" for team in team_ids for part in of_team]
    if agent_id is not None:
        keys += [f"agent:{agent_id}:{part}" for part in ("open", "pending", "snoozed")]
    return keys + (["unrouted"] if unrouted else [])


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page that somebody opens."""

    teams: Sequence[Team] = ()  # in which they work, the help desk first
    paused: bool = False
    stopped: bool = False  # nothing leaves: the database was restored
    unsent: int = 0  # how much of theirs was not sent, or may not have been
    held: int = 0  # how many replies wait for a lead
    trouble: int = 0  # how much needs a person, of what they look after
    ill: int = 0  # how many connections need somebody
    notices: Mapping[str, int] = field(default_factory=lambda: {"unread": 0, "newest": 0})  # up to MOST_UNREAD
    bulk: Mapping[str, Any] | None = None  # what they wanted done to many at once and have not put away: see Bulk
    saved: Sequence[Mapping[str, str]] = ()  # name and query of the searches that they keep; nothing of them is counted


# Written out as the rows are; what others define stands in it as they say it.
_TEAMS = """
    SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'kind', t.kind, 'returns_after',
        t.returns_after)), '[]')
    FROM routing_membership m JOIN routing_team t ON t.id = m.team_id
    WHERE m.user_id = %s AND (t.kind = 'experts' OR %s <> 'expert')
"""
_SAVED = """
    SELECT coalesce(json_agg(json_build_object('name', s.name, 'query', s.query) ORDER BY s.name, s.id), '[]')
    FROM inbox_savedsearch s WHERE s.owner_id = %s AND s.deleted_at IS NULL
"""
MOST_UNREAD = 100
# id + 0: ordered by a bare id PostgreSQL may walk the whole desk's primary key to find that somebody has read all.
_NOTICES = """
    SELECT json_build_object('unread', count(*), 'newest', coalesce(max(n.id), 0)) FROM (
        SELECT id FROM routing_notification WHERE user_id = %s AND read_at IS NULL ORDER BY id + 0 DESC LIMIT %s) n
"""
_BULK = """
    SELECT json_build_object('id', j.id, 'kind', j.kind, 'running', j.ended_at IS NULL, 'states', (
        SELECT json_object_agg(n.state, n.number) FROM (
            SELECT i.state, count(*) AS number FROM routing_bulkitem i WHERE i.job_id = j.id GROUP BY i.state) n))
    FROM routing_bulkjob j WHERE j.author_id = %s AND j.closed_at IS NULL ORDER BY j.id DESC LIMIT 1
"""


def frame_of(user: AbstractBaseUser, role: str) -> Frame:
    """All of it in one statement. Signs of what somebody of this role does not look after are not asked for."""
    leads, keeps_accounts = role == AgentProfile.Role.LEAD, role == AgentProfile.Role.ADMIN
    signs: dict[str, tuple[str, Sequence[Any]]] = {
        "paused": ("SELECT EXISTS (SELECT FROM inbox_sendingpause WHERE ended_at IS NULL)", ()),
        "stopped": ("SELECT NOT inbox_at_home()", ()),
        "notices": (_NOTICES, (user.pk, MOST_UNREAD)),
    }
    if not keeps_accounts:
        signs["teams"] = (_TEAMS, (user.pk, role))
        signs["bulk"] = (_BULK, (user.pk,))
        signs["saved"] = (_SAVED, (user.pk,))
        signs["unsent"] = _number(selectors_of_inbox.unsent_of(user))
    if leads:
        signs["held"] = _number(held.waiting(user).distinct("item"))
        signs["trouble"] = _number(selectors_of_inbox.in_trouble(user))
    if leads or keeps_accounts:
        signs["ill"] = _number(health.ill())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"({sql})" for sql, _ in signs.values()),
            [value for _, values in signs.values() for value in values],
        )
        found = dict(zip(signs, cursor.fetchone(), strict=True))
    return Frame(**{**found, "teams": _help_desk_first(Team(**row) for row in found.get("teams", ()))})


def _number(rows: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    """The statement that counts ``rows``, and its values."""
    sql, values = rows.order_by().values("pk").query.sql_with_params()
    return f"SELECT count(*) FROM ({sql}) counted", values


def all_teams(*, with_topics: bool = False) -> list[Team]:
    """Every team a conversation can be handed to."""
    return _help_desk_first(Team.objects.prefetch_related("topics") if with_topics else Team.objects.all())


def _help_desk_first(teams: Iterable[Team]) -> list[Team]:
    return sorted(teams, key=lambda team: (not team.is_help_desk, _as_people_count(team.name)))


def _as_people_count(name: str) -> list[tuple[bool, int, str]]:
    """A key that puts Team 2 before Team 10."""
    parts = re.findall(r"([0-9]{1,18})|([^0-9]+)", name.casefold())
    return [(not number, int(number or 0), words) for number, words in parts]


def people_of(team_ids: Collection[int]) -> list[AgentProfile]:
    """Who works in these teams, with their load; for the assign menu and the lead's page."""
    people = AgentProfile.objects.filter(
        user__is_active=True, user__memberships__team_id__in=team_ids, role__in=["agent", "expert", "lead"]
    )
    return list(people.select_related("user").distinct().order_by("user__first_name", "user__username"))


def assignment_of(conversation_id: int) -> Assignment | None:
    """Who has it now, and why."""
    rows = Assignment.objects.filter(conversation_id=conversation_id, ended_at=None)
    return rows.select_related("team", "agent", "by").first()


def assignments_of(conversation_ids: Collection[int]) -> dict[int, Assignment]:
    """The current assignments of many conversations, in one statement."""
    rows = Assignment.objects.filter(conversation_id__in=conversation_ids, ended_at=None)
    return {row.conversation_id: row for row in rows.select_related("team", "agent", "by")}


def history_of(conversation_id: int) -> list[Assignment]:
    """Every decision on a conversation, oldest first, with its reasons."""
    rows = Assignment.objects.filter(conversation_id=conversation_id).order_by("at", "id")
    return list(rows.select_related("team", "agent", "by"))


def entries_of(conversation_ids: Sequence[int]) -> dict[int, QueueEntry]:
    return QueueEntry.objects.in_bulk(list(conversation_ids))


def routing_trouble(*, limit: int = PAGE) -> list[RoutingJob]:
    """Jobs that failed and are tried again."""
    return list(RoutingJob.objects.filter(~Q(last_error="")).order_by("due_at", "id")[:limit])


def membership_ids(user: AbstractBaseUser) -> set[int]:
    return set(Membership.objects.filter(user_id=user.pk).values_list("team_id", flat=True))
