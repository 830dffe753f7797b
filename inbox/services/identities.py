"""Who wrote: identities as the network names them, each with its contact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection as database

from connectors.models import Connection
from connectors.types import Author, Post
from inbox import bulk
from inbox.models import Contact
from inbox.services.storable import address, storable


def key_of(author: Author) -> tuple[str, str]:
    return (author.scope, storable(author.external_id))


def of(connection: Connection, posts: Iterable[Post]) -> dict[tuple[str, str], int]:
    """Ids of everybody named, made or refreshed. The rows stay locked, so that two batches take turns."""
    authors = {key_of(author): author for post in posts for author in (post.author, post.peer) if author}
    order = sorted(authors)
    contacts = _known(connection.network, [external_id for _, external_id in order])
    missing = [key for key in order if key not in contacts]
    made = _contacts(len(missing))
    contacts.update(zip(missing, made, strict=True))
    rows = bulk.run(
        """
        INSERT INTO inbox_identity (network, contact_id, scope, external_id, handle, name, followers, avatar_url)
        SELECT %(network)s, * FROM {rows}
        ON CONFLICT (network, scope, external_id) DO UPDATE SET
            handle = coalesce(nullif(excluded.handle, ''), inbox_identity.handle),
            name = coalesce(nullif(excluded.name, ''), inbox_identity.name),
            followers = coalesce(excluded.followers, inbox_identity.followers),
            avatar_url = coalesce(nullif(excluded.avatar_url, ''), inbox_identity.avatar_url)
        RETURNING scope, external_id, id, contact_id
        """,
        "contact_id bigint, scope text, external_id text, handle text, name text, followers bigint, avatar_url text",
        [_row(contacts[key], key, authors[key]) for key in order],
        network=connection.network,
    )
    _drop_unused(made, used={row[3] for row in rows})
    return {(scope, external_id): pk for scope, external_id, pk, _ in rows}


def _known(network: str, external_ids: list[str]) -> dict[tuple[str, str], int]:
    """The contacts of identities that are there already."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT scope, external_id, contact_id FROM inbox_identity WHERE network = %s AND external_id = ANY(%s)",
            [network, external_ids],
        )
        return {(scope, external_id): contact_id for scope, external_id, contact_id in cursor.fetchall()}


def _contacts(number: int) -> list[int]:
    if not number:
        return []
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_contact (created_at) SELECT now() FROM generate_series(1, %s) RETURNING id",
            [number],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _row(contact_id: int, key: tuple[str, str], author: Author) -> tuple[object, ...]:
    handle, name = storable(author.handle)[:200], storable(author.name)[:400]
    return (contact_id, *key, handle, name, author.followers, address(author.avatar_url))


def _drop_unused(made: Sequence[int], *, used: set[int]) -> None:
    """Somebody else stored the same person in this moment: their contact stands, ours goes."""
    if lost := [pk for pk in made if pk not in used]:
        Contact.objects.filter(pk__in=lost).delete()
