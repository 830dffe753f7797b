"""Who wrote: identities as the network names them, each with its contact."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

from connectors.models import Connection
from connectors.types import Author, Post
from inbox import bulk
from inbox.services.storable import address, storable

Key = tuple[str, str]


def key_of(author: Author) -> Key:
    """Whom the network means: the scope in which its id holds, and the id."""
    return (author.scope, storable(author.external_id))


def of(connection: Connection, posts: Iterable[Post]) -> dict[Key, int]:
    """Ids of everybody named, made or refreshed. The rows stay locked, so that two batches take turns.

    A contact's id is drawn for everybody; only who is new keeps theirs, and has the contact made.
    """
    authors = {key_of(author): author for post in posts for author in (post.author, post.peer) if author}
    rows = bulk.run(
        """
        WITH named AS MATERIALIZED (SELECT nextval('inbox_contact_id_seq') AS contact_id, new.* FROM {rows}),
        stored AS (
            INSERT INTO inbox_identity
                (network, contact_id, scope, external_id, handle, name, followers, avatar_url)
            SELECT %(network)s, named.* FROM named
            ON CONFLICT (network, scope, external_id) DO UPDATE SET
                handle = coalesce(nullif(excluded.handle, ''), inbox_identity.handle),
                name = coalesce(nullif(excluded.name, ''), inbox_identity.name),
                followers = coalesce(excluded.followers, inbox_identity.followers),
                avatar_url = coalesce(nullif(excluded.avatar_url, ''), inbox_identity.avatar_url)
            RETURNING id, scope, external_id, contact_id
        ),
        made AS (
            INSERT INTO inbox_contact (id, created_at)
            SELECT contact_id, now() FROM stored JOIN named USING (contact_id)
        )
        SELECT scope, external_id, id FROM stored
        """,
        "scope text, external_id text, handle text, name text, followers bigint, avatar_url text",
        [_row(key, author) for key, author in sorted(authors.items(), key=itemgetter(0))],
        network=connection.network,
    )
    return {(scope, external_id): pk for scope, external_id, pk in rows}


def _row(key: Key, author: Author) -> tuple[object, ...]:
    handle, name = storable(author.handle)[:200], storable(author.name)[:400]
    return (*key, handle, name, author.followers, address(author.avatar_url))
