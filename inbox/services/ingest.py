"""From a page of posts to stored messages, in one transaction and a fixed number of statements.

The database de-duplicates: unique (connection, external_id). What is known already is left out
early only to save work. Ids of messages are drawn first, so that a new conversation is written once, with
its turn; should somebody else store one of the posts meanwhile, the batch is taken back and read anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from connectors.models import Connection
from connectors.types import Post
from inbox import bulk
from inbox.downstream import downstream
from inbox.models import Message
from inbox.services import conversations, events, identities, muting, places
from inbox.services.events import Fact
from inbox.services.identities import key_of
from inbox.services.storable import address, storable

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a batch brought: ids of new messages of contacts, and their conversations."""

    message_ids: list[int]
    conversation_ids: list[int]


class _Overtaken(Exception):
    """Somebody else stored one of these posts between our look and our write."""


def ingest(*, connection: Connection, posts: Sequence[Post], heed_mutes: bool = True) -> Ingested:
    """Store what is new among ``posts`` and tell the stage below, once for the whole batch.

    What muted people write makes no case, unless a person said that it shall.
    """
    for _ in range(_TRIES):
        try:
            return _store(connection, posts, heed_mutes)
        except _Overtaken:
            continue
    raise RuntimeError("Others keep storing the same posts; this batch is read again later.")


@transaction.atomic
def _store(connection: Connection, posts: Sequence[Post], heed_mutes: bool) -> Ingested:
    fresh = _unknown(connection, posts)
    if not fresh:
        return Ingested([], [])
    now = timezone.now()
    people = identities.of(connection, fresh.values())
    authors = {key: people[key_of(post.author)] for key, post in fresh.items()}
    if heed_mutes:
        fresh = muting.heeded(connection, fresh, authors)
    ids = _draw_ids(fresh)
    incoming = {key: post for key, post in fresh.items() if not post.own and not post.context}
    spots = places.spots(connection, incoming, authors, now)
    found, opened, divided = places.opened(connection, places.turns(incoming, spots, ids, now), now)
    where = {key: found[spot] for key, spot in spots.items()}
    where = places.with_what_they_answer(connection, incoming, where, divided)
    where.update(places.of_own(connection, fresh, people))
    stored = _messages(
        connection, [_row(ids[key], where.get(key), key, post, authors[key], now) for key, post in fresh.items()], now
    )
    if any(stored.get(key) != ids[key] for key in incoming):
        raise _Overtaken
    rest = {key: post for key, post in incoming.items() if where[key] not in opened}
    turns = places.turns(rest, where, ids, now)
    reopened = conversations.receive(turns)
    events.emit(_events(fresh, stored, where) + conversations.reopened_facts(reopened))
    arrived = Ingested([ids[key] for key in incoming], [*sorted(opened), *turns])
    if incoming:
        downstream().messages_received(arrived.message_ids, arrived.conversation_ids)
    return arrived


def _unknown(connection: Connection, posts: Sequence[Post]) -> dict[str, Post]:
    """What is new, by the id under which it is stored; the oldest first, each once.

    A stored context post that now addresses us counts as unknown. It gets a new id, so that it stands
    behind everything that agents have seen. A muted one that is read again stays muted, whoever is heard by now.
    """
    batch = {storable(post.external_id): post for post in sorted(posts, key=lambda post: post.published_at)}
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, direction = 'context' AND NOT facts ? %s FROM inbox_message "
            "WHERE connection_id = %s AND external_id = ANY(%s)",
            [muting.MARK, connection.pk, list(batch)],
        )
        for key, is_context in cursor.fetchall():
            if not is_context or batch[key].context or batch[key].own:
                del batch[key]
    return batch


def _draw_ids(keys: Iterable[str]) -> dict[str, int]:
    """Ids for messages to be written. Drawn while their authors are locked: one person's ids rise in order."""
    wanted = list(keys)
    with database.cursor() as cursor:
        cursor.execute("SELECT nextval('inbox_message_id_seq') FROM generate_series(1, %s)", [len(wanted)])
        return dict(zip(wanted, sorted(pk for (pk,) in cursor.fetchall()), strict=True))


def _messages(connection: Connection, rows: Iterable[Sequence[object]], now: datetime) -> dict[str, int]:
    """Ids of the rows written, by the post's id. A row that is there already is not returned."""
    written = bulk.run(
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
    return dict(written)


def _row(pk: int, conversation: int | None, key: str, post: Post, author: int, now: datetime) -> Sequence[object]:
    """A message as _messages writes it."""
    direction = (
        Message.Direction.OUT if post.own else Message.Direction.CONTEXT if post.context else Message.Direction.IN
    )
    media = [{"id": m.external_id, "kind": m.kind, "url": address(m.url), "alt": storable(m.alt)} for m in post.media]
    facts = {**post.extra, **({"media": media} if media else {})}
    published = post.published_at
    if published > now:  # a clock ahead of ours must not push a post below later ones
        facts["published_ahead"], published = published.isoformat(), now
    return (
        pk, conversation, key, storable(post.root_id)[:200], direction.value,
        post.audience.visibility.value, post.audience.value, author, storable(post.text),
        storable(post.in_reply_to), address(post.url), storable(post.language)[:16], published, facts,
    )  # fmt: skip


def _events(posts: Mapping[str, Post], stored: Mapping[str, int], where: Mapping[str, int]) -> list[Fact]:
    return [
        Fact(
            kind="message.own" if post.own else "message.received",
            conversation_id=where.get(key),
            subject="message",
            subject_id=stored[key],
            data={"visibility": post.audience.visibility.value},
        )
        for key, post in posts.items()
        if key in stored and not post.context
    ]
