"""From a page of posts to stored messages, in one transaction and a fixed number of statements.

The database de-duplicates: unique (connection, external_id). What is known already is left out
early only to save work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors.models import Connection
from connectors.types import Author, Post, Visibility
from inbox import bulk
from inbox.downstream import downstream
from inbox.models import Contact, Conversation, Identity, Message
from inbox.services import conversations, events
from inbox.services.events import Fact

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_WEB = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a batch brought: ids of new messages of contacts, and their conversations."""

    message_ids: list[int]
    conversation_ids: list[int]


def storable(text: str) -> str:
    """Text as PostgreSQL takes it: no NUL, lone surrogates as the replacement character."""
    return _UNSTORABLE.sub(lambda match: "" if match[0] == "\0" else "\ufffd", text)


def _address(url: str) -> str:
    """A web address of at most 1,000 characters, or nothing: everything from outside is hostile."""
    return storable(url) if _WEB.match(url) and len(url) <= 1000 else ""


@transaction.atomic
def ingest(*, connection: Connection, posts: Sequence[Post]) -> Ingested:
    """Store what is new among ``posts`` and tell the stage below, once for the whole batch."""
    fresh = _unknown(connection, posts)
    if not fresh:
        return Ingested([], [])
    now = timezone.now()
    people = _identities(connection, fresh)
    incoming = [post for post in fresh if not post.own and not post.context]
    places, opened = _conversations(connection, incoming, people, now)
    places.update(_places_of_own(connection, fresh, people))
    stored = _messages(connection, fresh, people, places, now)
    turns = _turns(incoming, places, stored, now)
    reopened = conversations.receive(turns)
    message_ids = [stored[post.external_id] for post in incoming if post.external_id in stored]
    events.emit(_events(fresh, stored, places) + conversations.opened_facts(opened & turns.keys(), reopened))
    if message_ids:
        downstream().messages_received(message_ids, list(turns))
    return Ingested(message_ids, list(turns))


def _unknown(connection: Connection, posts: Sequence[Post]) -> list[Post]:
    """Oldest first, each once. A stored context post that now addresses us counts as unknown."""
    batch = {storable(post.external_id): post for post in sorted(posts, key=lambda post: post.published_at)}
    known = dict(
        Message.objects.filter(connection=connection, external_id__in=list(batch)).values_list(
            "external_id", "direction"
        )
    )
    return [
        post
        for key, post in batch.items()
        if key not in known or (known[key] == Message.Direction.CONTEXT and not post.context and not post.own)
    ]


# Identities ------------------------------------------------------------------------------------


def _key(author: Author) -> tuple[str, str]:
    return (author.scope, storable(author.external_id))


def _identities(connection: Connection, posts: Iterable[Post]) -> dict[tuple[str, str], int]:
    """Ids of everybody named, made or refreshed. The rows stay locked, so that two batches take turns."""
    authors = {_key(author): author for post in posts for author in (post.author, post.peer) if author}
    order = sorted(authors)
    found = Identity.objects.filter(network=connection.network, external_id__in=[key[1] for key in order])
    contacts = {(row.scope, row.external_id): row.contact_id for row in found}
    missing = [key for key in order if key not in contacts]
    made = _contacts(len(missing))
    contacts.update(zip(missing, made, strict=True))
    rows = bulk.run(
        """
        INSERT INTO inbox_identity (contact_id, network, scope, external_id, handle, name, followers, avatar_url)
        SELECT * FROM {rows}
        ON CONFLICT (network, scope, external_id) DO UPDATE SET
            handle = coalesce(nullif(excluded.handle, ''), inbox_identity.handle),
            name = coalesce(nullif(excluded.name, ''), inbox_identity.name),
            followers = coalesce(excluded.followers, inbox_identity.followers),
            avatar_url = coalesce(nullif(excluded.avatar_url, ''), inbox_identity.avatar_url)
        RETURNING scope, external_id, id, contact_id
        """,
        "contact_id bigint, network text, scope text, external_id text, handle text, name text, followers bigint, "
        "avatar_url text",
        [_identity_row(connection, contacts[key], key, authors[key]) for key in order],
    )
    _drop_unused(made, used={row[3] for row in rows})
    return {(scope, external_id): pk for scope, external_id, pk, _ in rows}


def _contacts(number: int) -> list[int]:
    if not number:
        return []
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_contact (created_at) SELECT now() FROM generate_series(1, %s) RETURNING id",
            [number],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _identity_row(connection: Connection, contact_id: int, key: tuple[str, str], author: Author) -> tuple[object, ...]:
    scope, external_id = key
    name, handle = storable(author.name)[:400], storable(author.handle)[:200]
    return (
        contact_id,
        connection.network,
        scope,
        external_id,
        handle,
        name,
        author.followers,
        _address(author.avatar_url),
    )


def _drop_unused(made: Sequence[int], *, used: set[int]) -> None:
    """Somebody else stored the same person in this moment: their contact stands, ours goes."""
    if lost := [pk for pk in made if pk not in used]:
        Contact.objects.filter(pk__in=lost).delete()


# Conversations ---------------------------------------------------------------------------------


def _conversations(
    connection: Connection, posts: Sequence[Post], people: dict[tuple[str, str], int], now: datetime
) -> tuple[dict[str, int], set[int]]:
    """Where each incoming post belongs, by external id, and which conversations were opened for that."""
    joined = _joined(connection, posts, people, now)
    roots: dict[str, tuple[int, str]] = {}
    for post in posts:
        person = people[_key(post.author)]
        if post.audience.visibility is Visibility.DIRECT and person in joined:
            continue
        root = storable(post.root_id)
        if post.audience.visibility is Visibility.DIRECT:
            earlier = next((r for p, r in roots.values() if p == person and r.startswith(f"{root}/")), None)
            root = earlier or f"{root}/{storable(post.external_id)}"
        roots[post.external_id] = (person, root[:200])
    ids, opened = _open(connection, sorted(set(roots.values())), now)
    places = {external_id: ids[place] for external_id, place in roots.items()}
    for post in posts:
        if post.external_id not in places:
            places[post.external_id] = joined[people[_key(post.author)]]
    return places, opened


def _joined(
    connection: Connection, posts: Iterable[Post], people: dict[tuple[str, str], int], now: datetime
) -> dict[int, int]:
    """A direct message joins the person's latest conversation, while that is open or freshly resolved."""
    who = {people[_key(post.author)] for post in posts if post.audience.visibility is Visibility.DIRECT}
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
    connection: Connection, places: Sequence[tuple[int, str]], now: datetime
) -> tuple[dict[tuple[int, str], int], set[int]]:
    """Ids of the conversations at ``places`` (identity, root), and those of them that are new."""
    rows = bulk.run(
        """
        INSERT INTO inbox_conversation (connection_id, identity_id, root, status, resolution, opened_at, reopened)
        SELECT * FROM {rows}
        ON CONFLICT (connection_id, identity_id, root) DO NOTHING
        RETURNING identity_id, root, id
        """,
        "connection_id bigint, identity_id bigint, root text, status text, resolution text, opened_at timestamptz, "
        "reopened int",
        [(connection.pk, person, root, "open", "", now, 0) for person, root in places],
    )
    ids = {(person, root): pk for person, root, pk in rows}
    opened = set(ids.values())
    rest = [place for place in places if place not in ids]
    if rest:
        there = Conversation.objects.filter(connection=connection, identity__in={person for person, _ in rest})
        wanted = set(rest)
        for person, root, pk in there.filter(root__in={root for _, root in rest}).values_list("identity", "root", "pk"):
            if (person, root) in wanted:
                ids[(person, root)] = pk
    return ids, opened


def _places_of_own(connection: Connection, posts: Iterable[Post], people: dict[tuple[str, str], int]) -> dict[str, int]:
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
    peers = {people[_key(post.peer)] for post in own if post.peer}
    latest = dict(
        Conversation.objects.filter(connection=connection, identity__in=peers)
        .order_by("identity", "-last_incoming_at")
        .distinct("identity")
        .values_list("identity", "pk")
    )
    places = {}
    for post in own:
        place = latest.get(people[_key(post.peer)]) if post.peer else answered.get(post.in_reply_to)
        if place:
            places[post.external_id] = place
    return places


# Messages --------------------------------------------------------------------------------------


def _messages(
    connection: Connection,
    posts: Sequence[Post],
    people: dict[tuple[str, str], int],
    places: dict[str, int],
    now: datetime,
) -> dict[str, int]:
    """Ids of the rows written, by the post's external id. A row that is there already is not returned."""
    rows = [
        _message_row(connection, post, people[_key(post.author)], places.get(post.external_id), now) for post in posts
    ]
    written = dict(
        bulk.run(
            """
            INSERT INTO inbox_message (connection_id, conversation_id, external_id, root, direction, visibility,
                audience, author_id, text, in_reply_to, url, language, published_at, arrived_at, facts)
            SELECT * FROM {rows}
            ON CONFLICT (connection_id, external_id) DO UPDATE
                SET conversation_id = excluded.conversation_id, direction = excluded.direction,
                    arrived_at = excluded.arrived_at
                WHERE inbox_message.direction = 'context' AND excluded.direction = 'in'
            RETURNING external_id, id
            """,
            "connection_id bigint, conversation_id bigint, external_id text, root text, direction text, "
            "visibility text, audience text, author_id bigint, text text, in_reply_to text, url text, language text, "
            "published_at timestamptz, arrived_at timestamptz, facts jsonb",
            rows,
        )
    )
    return {post.external_id: written[key] for post in posts if (key := storable(post.external_id)) in written}


def _message_row(
    connection: Connection, post: Post, author: int, conversation: int | None, now: datetime
) -> tuple[object, ...]:
    direction = (
        Message.Direction.OUT if post.own else Message.Direction.CONTEXT if post.context else Message.Direction.IN
    )
    media = [{"id": m.external_id, "kind": m.kind, "url": _address(m.url), "alt": storable(m.alt)} for m in post.media]
    facts = {**post.extra, **({"media": media} if media else {})}
    published = post.published_at
    if published > now:  # a clock ahead of ours must not push a post below later ones
        facts["published_ahead"], published = published.isoformat(), now
    return (
        connection.pk, conversation, storable(post.external_id), storable(post.root_id)[:200], direction.value,
        post.audience.visibility.value, post.audience.value, author, storable(post.text),
        storable(post.in_reply_to), _address(post.url), storable(post.language)[:16], published, now, facts,
    )  # fmt: skip


def _turns(
    posts: Iterable[Post], places: dict[str, int], stored: dict[str, int], now: datetime
) -> dict[int, conversations.Incoming]:
    turns: dict[int, conversations.Incoming] = {}
    for post in posts:  # oldest first
        pk = stored.get(post.external_id)
        if pk is None:
            continue
        place, before = places[post.external_id], turns.get(places[post.external_id])
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
