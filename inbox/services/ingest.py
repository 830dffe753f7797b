"""From a page of posts to stored messages, in one transaction and a fixed number of statements.

The database de-duplicates: unique (connection, external_id). What is known already is left out
early only to save work. Ids of messages are drawn first, so that a new conversation is written once, with
its turn; should somebody else store one of the posts meanwhile, the batch is taken back and read anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors.models import Connection
from connectors.types import Post, Visibility
from inbox import bulk
from inbox.downstream import downstream
from inbox.models import Conversation, Message
from inbox.services import conversations, events, identities
from inbox.services.events import Fact
from inbox.services.identities import key_of
from inbox.services.storable import address, storable

# Where a post belongs: (identity, root) of a conversation that is opened if need be, or one that it joins.
Spot = tuple[int, str] | int
Place = TypeVar("Place", Spot, int)
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a batch brought: ids of new messages of contacts, and their conversations."""

    message_ids: list[int]
    conversation_ids: list[int]


class _Overtaken(Exception):
    """Somebody else stored one of these posts between our look and our write."""


def ingest(*, connection: Connection, posts: Sequence[Post]) -> Ingested:
    """Store what is new among ``posts`` and tell the stage below, once for the whole batch."""
    for _ in range(_TRIES):
        try:
            return _store(connection, posts)
        except _Overtaken:
            continue
    raise RuntimeError("Others keep storing the same posts; this batch is read again later.")


@transaction.atomic
def _store(connection: Connection, posts: Sequence[Post]) -> Ingested:
    fresh, ids = _unknown(connection, posts)
    if not fresh:
        return Ingested([], [])
    now = timezone.now()
    people = identities.of(connection, fresh)
    ids.update(_draw_ids([post.external_id for post in fresh if post.external_id not in ids]))
    incoming = [post for post in fresh if not post.own and not post.context]
    spots = _spots(connection, incoming, people, now)
    found, opened = _open(connection, _turns(incoming, spots, ids, now), now)
    places = {external_id: found[spot] for external_id, spot in spots.items()}
    places.update(_places_of_own(connection, fresh, people))
    stored = _messages(connection, fresh, ids, people, places, now)
    if any(stored.get(post.external_id) != ids[post.external_id] for post in incoming):
        raise _Overtaken
    rest = _turns([post for post in incoming if places[post.external_id] not in opened], places, ids, now)
    reopened = conversations.receive(rest)
    events.emit(_events(fresh, stored, places) + conversations.opened_facts(opened, reopened))
    arrived = Ingested([ids[post.external_id] for post in incoming], [*sorted(opened), *rest])
    if incoming:
        downstream().messages_received(arrived.message_ids, arrived.conversation_ids)
    return arrived


def _unknown(connection: Connection, posts: Sequence[Post]) -> tuple[list[Post], dict[str, int]]:
    """Oldest first, each once, with the ids of rows that are there already.

    A stored context post that now addresses us counts as unknown. It gets a new id, so that it stands
    behind everything that agents have seen.
    """
    batch = {storable(post.external_id): post for post in sorted(posts, key=lambda post: post.published_at)}
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, direction, id FROM inbox_message WHERE connection_id = %s AND external_id = ANY(%s)",
            [connection.pk, list(batch)],
        )
        known = {key: (direction, pk) for key, direction, pk in cursor.fetchall()}
    fresh, ids = [], {}
    for key, post in batch.items():
        direction, pk = known.get(key, ("", None))
        if pk is None or (direction == Message.Direction.CONTEXT and not post.context and not post.own):
            fresh.append(post)
        else:
            ids[post.external_id] = pk
    return fresh, ids


def _draw_ids(external_ids: Sequence[str]) -> dict[str, int]:
    """Ids for messages to be written. Drawn while their authors are locked: one person's ids rise in order."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(s.name) FROM generate_series(1, %s),"
            " (SELECT pg_get_serial_sequence('inbox_message', 'id')::regclass AS name OFFSET 0) s",
            [len(external_ids)],
        )
        return dict(zip(external_ids, sorted(pk for (pk,) in cursor.fetchall()), strict=True))


def _spots(
    connection: Connection, posts: Sequence[Post], people: Mapping[tuple[str, str], int], now: datetime
) -> dict[str, Spot]:
    """Where each incoming post belongs, by external id."""
    joined = _joined(connection, posts, people, now)
    spots: dict[str, Spot] = {}
    dialogues: dict[tuple[int, str], str] = {}
    for post in posts:
        person, root = people[key_of(post.author)], storable(post.root_id)
        if post.audience.visibility is not Visibility.DIRECT:
            spots[post.external_id] = (person, root[:200])
        elif person in joined:
            spots[post.external_id] = joined[person]
        else:  # the dialogue's first message names the conversation; the rest of the batch goes with it
            named = dialogues.setdefault((person, root), f"{root}/{storable(post.external_id)}"[:200])
            spots[post.external_id] = (person, named)
    return spots


def _joined(
    connection: Connection, posts: Iterable[Post], people: Mapping[tuple[str, str], int], now: datetime
) -> dict[int, int]:
    """A direct message joins the person's latest conversation, while that is open or freshly resolved."""
    who = {people[key_of(post.author)] for post in posts if post.audience.visibility is Visibility.DIRECT}
    if not who:
        return {}
    since = now - timedelta(days=settings.DIRECT_JOIN_DAYS)
    rows = (
        Conversation.objects.filter(Q(resolved_at__isnull=True) | Q(resolved_at__gte=since))
        .filter(identity__in=who, connection=connection)
        .order_by("identity", "-last_incoming_at")
        .distinct("identity")
    )
    return dict(rows.values_list("identity", "pk"))


def _open(
    connection: Connection, turns: Mapping[Spot, conversations.Incoming], now: datetime
) -> tuple[dict[Spot, int], set[int]]:
    """The conversation at every spot, and those of them that are new: they begin with their turn."""
    places = [spot for spot in turns if isinstance(spot, tuple)]
    rows = bulk.run(
        """
        INSERT INTO inbox_conversation (connection_id, status, resolution, opened_at, reopened, identity_id, root,
            turn_first_id, turn_published_at, turn_arrived_at, last_message_id, last_incoming_id, last_incoming_at)
        SELECT %(connection)s, 'open', '', %(now)s, 0, identity_id, root,
            first_id, published, %(now)s, last_id, last_id, %(now)s
        FROM {rows} ORDER BY identity_id, root
        ON CONFLICT (connection_id, identity_id, root) DO NOTHING
        RETURNING identity_id, root, id
        """,
        "identity_id bigint, root text, first_id bigint, published timestamptz, last_id bigint",
        [(*place, turns[place].first_id, turns[place].first_published, turns[place].last_id) for place in places],
        connection=connection.pk,
        now=now,
    )
    found: dict[Spot, int] = {spot: spot for spot in turns if isinstance(spot, int)}
    found.update({(person, root): pk for person, root, pk in rows})
    opened = {pk for _, _, pk in rows}
    if rest := {place for place in places if place not in found}:
        there = Conversation.objects.filter(connection=connection, identity__in={person for person, _ in rest})
        there = there.filter(root__in={root for _, root in rest})
        for person, root, pk in there.values_list("identity", "root", "pk"):
            if (person, root) in rest:
                found[(person, root)] = pk
    return found, opened


def _places_of_own(
    connection: Connection, posts: Iterable[Post], people: Mapping[tuple[str, str], int]
) -> dict[str, int]:
    """Our own posts (written elsewhere, or echoes) belong where what they answer belongs."""
    own = [post for post in posts if post.own and not post.context]
    if not own:
        return {}
    answered = dict(
        Message.objects.filter(
            connection=connection,
            external_id__in=[post.in_reply_to for post in own],
            conversation__isnull=False,
        ).values_list("external_id", "conversation")
    )
    peers = {people[key_of(post.peer)] for post in own if post.peer}
    latest = dict(
        Conversation.objects.filter(connection=connection, identity__in=peers)
        .order_by("identity", "-last_incoming_at")
        .distinct("identity")
        .values_list("identity", "pk")
    )
    places = {}
    for post in own:
        place = latest.get(people[key_of(post.peer)]) if post.peer else answered.get(post.in_reply_to)
        if place:
            places[post.external_id] = place
    return places


def _messages(
    connection: Connection,
    posts: Sequence[Post],
    ids: Mapping[str, int],
    people: Mapping[tuple[str, str], int],
    places: Mapping[str, int],
    now: datetime,
) -> dict[str, int]:
    """Ids of the rows written, by the post's external id. A row that is there already is not returned."""
    rows = [
        (ids[post.external_id], *_message_row(post, people[key_of(post.author)], places.get(post.external_id), now))
        for post in posts
    ]
    written = dict(
        bulk.run(
            """
            INSERT INTO inbox_message (connection_id, arrived_at, id, conversation_id, external_id, root, direction,
                visibility, audience, author_id, text, in_reply_to, url, language, published_at, facts)
            SELECT %(connection)s, %(now)s, * FROM {rows}
            ON CONFLICT (connection_id, external_id) DO UPDATE
                SET id = excluded.id, conversation_id = excluded.conversation_id, direction = excluded.direction,
                    arrived_at = excluded.arrived_at
                WHERE inbox_message.direction = 'context' AND excluded.direction = 'in'
            RETURNING external_id, id
            """,
            "id bigint, conversation_id bigint, external_id text, root text, direction text, visibility text, "
            "audience text, author_id bigint, text text, in_reply_to text, url text, language text, "
            "published_at timestamptz, facts jsonb",
            rows,
            connection=connection.pk,
            now=now,
        )
    )
    return {post.external_id: written[key] for post in posts if (key := storable(post.external_id)) in written}


def _message_row(post: Post, author: int, conversation: int | None, now: datetime) -> tuple[object, ...]:
    direction = (
        Message.Direction.OUT if post.own else Message.Direction.CONTEXT if post.context else Message.Direction.IN
    )
    media = [{"id": m.external_id, "kind": m.kind, "url": address(m.url), "alt": storable(m.alt)} for m in post.media]
    facts = {**post.extra, **({"media": media} if media else {})}
    published = post.published_at
    if published > now:  # a clock ahead of ours must not push a post below later ones
        facts["published_ahead"], published = published.isoformat(), now
    return (
        conversation, storable(post.external_id), storable(post.root_id)[:200], direction.value,
        post.audience.visibility.value, post.audience.value, author, storable(post.text),
        storable(post.in_reply_to), address(post.url), storable(post.language)[:16], published, facts,
    )  # fmt: skip


def _turns(
    posts: Iterable[Post], places: Mapping[str, Place], ids: Mapping[str, int], now: datetime
) -> dict[Place, conversations.Incoming]:
    """What arrived at each place in this batch; ``posts`` are the oldest first."""
    turns: dict[Place, conversations.Incoming] = {}
    for post in posts:
        pk, place = ids[post.external_id], places[post.external_id]
        before = turns.get(place)
        turns[place] = conversations.Incoming(
            first_id=before.first_id if before else pk,
            first_published=before.first_published if before else min(post.published_at, now),
            last_id=pk,
            arrived=now,
        )
    return turns


def _events(posts: Iterable[Post], stored: dict[str, int], places: dict[str, int]) -> list[Fact]:
    return [
        Fact(
            kind="message.own" if post.own else "message.received",
            conversation_id=places.get(post.external_id),
            subject="message",
            subject_id=stored[post.external_id],
            data={"visibility": post.audience.visibility.value},
        )
        for post in posts
        if post.external_id in stored and not post.context
    ]
