"""Where a post belongs: the conversations that a batch joins or opens."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from connectors.models import Connection
from connectors.types import Post, Visibility
from inbox import bulk
from inbox.models import CaseMove, Conversation, Message
from inbox.services.conversations import Incoming
from inbox.services.identities import Key, key_of
from inbox.services.storable import storable

# (identity, root) of a conversation that is opened if need be, or the id of one that the post joins.
Spot = tuple[int, str] | int
Place = TypeVar("Place", Spot, int)


def spots(
    connection: Connection, posts: Mapping[str, Post], authors: Mapping[str, int], now: datetime
) -> dict[str, Spot]:
    """Where each incoming post belongs. ``posts`` and ``authors`` (their identities) are by the post's id."""
    direct = {key for key, post in posts.items() if post.audience.visibility is Visibility.DIRECT}
    joined = _joined(connection, {authors[key] for key in direct}, now)
    found: dict[str, Spot] = {}
    dialogues: dict[tuple[int, str], str] = {}
    for key, post in posts.items():
        person, root = authors[key], storable(post.root_id)
        if key not in direct:
            found[key] = (person, root[:200])
        elif person in joined:
            found[key] = joined[person]
        else:  # the dialogue's first message names the conversation; the rest of the batch goes with it
            found[key] = (person, dialogues.setdefault((person, root), f"{root}/{key}"[:200]))
    return found


def _joined(connection: Connection, people: set[int], now: datetime) -> dict[int, int]:
    """A direct message joins the person's latest conversation, while that is open or freshly resolved."""
    if not people:
        return {}
    since = now - timedelta(days=settings.DIRECT_JOIN_DAYS)
    rows = (
        Conversation.objects.filter(Q(resolved_at__isnull=True) | Q(resolved_at__gte=since))
        .filter(identity__in=people, connection=connection, joined_to=None)
        .order_by("identity", "-last_incoming_at")
        .distinct("identity")
    )
    return dict(rows.values_list("identity", "pk"))


def turns(
    posts: Mapping[str, Post], places: Mapping[str, Place], ids: Mapping[str, int], now: datetime
) -> dict[Place, Incoming]:
    """What arrived at each place in this batch; ``posts`` are the oldest first."""
    found: dict[Place, Incoming] = {}
    for key, post in posts.items():
        place, pk = places[key], ids[key]
        first, published = found[place][:2] if place in found else (pk, min(post.published_at, now))
        found[place] = Incoming(first, published, pk, now)
    return found


def opened(
    connection: Connection, arrived: Mapping[Spot, Incoming], now: datetime
) -> tuple[dict[Spot, int], set[int], set[int]]:
    """The conversation at every spot, those that are new (they begin with their turn), and those that were split."""
    wanted = [spot for spot in arrived if isinstance(spot, tuple)]
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
        [(*spot, *arrived[spot][:3]) for spot in wanted],
        connection=connection.pk,
        now=now,
    )
    found: dict[Spot, int] = {spot: spot for spot in arrived if isinstance(spot, int)}
    found.update({(person, root): pk for person, root, pk in rows})
    there, divided = _there(connection, {spot for spot in wanted if spot not in found})
    return {**found, **there}, {pk for _, _, pk in rows}, divided


def _there(connection: Connection, wanted: set[tuple[int, str]]) -> tuple[dict[Spot, int], set[int]]:
    """Those that were there before this batch (of one that was joined to another, that other), and which were split."""
    if not wanted:
        return {}, set()
    people, roots = {person for person, _ in wanted}, {root for _, root in wanted}
    pieces = CaseMove.objects.filter(kind=CaseMove.Kind.SPLIT, source=OuterRef("pk"), undone_at=None)
    rows = Conversation.objects.filter(connection=connection, identity__in=people, root__in=roots)
    found: dict[Spot, int] = {}
    divided: set[int] = set()
    for person, root, pk, split in rows.values_list("identity", "root", Coalesce("joined_to", "pk"), Exists(pieces)):
        if (person, root) in wanted:
            found[person, root] = pk
            divided.update({pk} if split else ())
    return found, divided


def with_what_they_answer(
    connection: Connection, posts: Mapping[str, Post], where: Mapping[str, int], divided: Collection[int]
) -> dict[str, int]:
    """``where``, but what answers a post that was split off goes with it. Asks nothing unless something was."""
    maybe = {key: posts[key] for key, place in where.items() if place in divided}
    if not maybe:
        return dict(where)
    pieces = CaseMove.objects.filter(kind=CaseMove.Kind.SPLIT, source__in=divided, undone_at=None)
    beside = set(pieces.values_list("source", Coalesce("target__joined_to", "target")))
    answered = _answered(connection, maybe.values())
    goes = {key: answered.get(storable(post.in_reply_to), where[key]) for key, post in maybe.items()}
    return {**where, **{key: place for key, place in goes.items() if (where[key], place) in beside}}


def of_own(connection: Connection, posts: Mapping[str, Post], people: Mapping[Key, int]) -> dict[str, int]:
    """Our own posts (written elsewhere, or echoes) belong where what they answer belongs."""
    own = {key: post for key, post in posts.items() if post.own and not post.context}
    if not own:
        return {}
    answered = _answered(connection, own.values())
    latest = _latest(connection, {people[key_of(post.peer)] for post in own.values() if post.peer})
    places = {
        key: latest.get(people[key_of(post.peer)]) if post.peer else answered.get(storable(post.in_reply_to))
        for key, post in own.items()
    }
    return {key: place for key, place in places.items() if place}


def _answered(connection: Connection, posts: Iterable[Post]) -> dict[str, int]:
    rows = Message.objects.filter(
        connection=connection,
        external_id__in=[storable(post.in_reply_to) for post in posts],
        conversation__isnull=False,
    )
    return dict(rows.values_list("external_id", "conversation"))


def _latest(connection: Connection, people: set[int]) -> dict[int, int]:
    rows = Conversation.objects.filter(connection=connection, identity__in=people, joined_to=None)
    return dict(rows.order_by("identity", "-last_incoming_at").distinct("identity").values_list("identity", "pk"))
