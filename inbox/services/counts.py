"""Exact, immediate counts (CONTRACTS: delta rows in the fact's transaction, folded later, read as SUM)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import connection


def add(changes: Mapping[str, int]) -> None:
    """Change counts in the running transaction. Zero changes write nothing."""
    rows = [(key, delta) for key, delta in sorted(changes.items()) if delta]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_countdelta (key, delta) SELECT * FROM unnest(%s::text[], %s::int[])",
            [[key for key, _ in rows], [delta for _, delta in rows]],
        )


def read(keys: Collection[str]) -> dict[str, int]:
    """Today's value of every key, in one statement; a key never counted is 0."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.key,
                   coalesce((SELECT value FROM inbox_count c WHERE c.key = wanted.key), 0)
                 + coalesce((SELECT sum(delta) FROM inbox_countdelta d WHERE d.key = wanted.key), 0)
            FROM unnest(%s::text[]) AS wanted(key)
            """,
            [list(keys)],
        )
        return {key: int(value) for key, value in cursor.fetchall()}


def fold(*, limit: int = 10_000) -> int:
    """Fold up to ``limit`` deltas into their counts. One statement, so a reader never sees half of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH taken AS (
                DELETE FROM inbox_countdelta WHERE id IN (
                    SELECT id FROM inbox_countdelta ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                ) RETURNING key, delta
            ), folded AS (
                INSERT INTO inbox_count (key, value) SELECT key, sum(delta) FROM taken GROUP BY key ORDER BY key
                ON CONFLICT (key) DO UPDATE SET value = inbox_count.value + excluded.value
            )
            SELECT count(*) FROM taken
            """,
            [limit],
        )
        return int(cursor.fetchone()[0])


def prune(*, limit: int = 1000) -> int:
    """Forget what came to nothing, such as a post that nobody writes under any more: a key never counted is 0 too."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM inbox_count WHERE value = 0 AND key IN (
                SELECT key FROM inbox_count WHERE value = 0 LIMIT %s FOR UPDATE SKIP LOCKED
            )
            """,
            [limit],
        )
        return int(cursor.rowcount)
