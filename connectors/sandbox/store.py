"""The network's memory: one SQLite file that survives kill -9, and the ledger of accepted writes.

A write and its ledger row are one transaction; the row is then appended to ``ledger.jsonl`` and fsynced
before the answer leaves. A kill loses neither. A power cut may take the database's last commits
(synchronous=NORMAL), but not the file's lines: recovery.py puts them back. Texts are kept as JSON (ASCII
escapes), because SQLite cannot hold lone surrogates.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from connectors.sandbox.graph import tables as graph
from connectors.sandbox.snowflake import Snowflakes, now_ms

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, handle TEXT NOT NULL UNIQUE COLLATE NOCASE,
    doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (user_id INTEGER PRIMARY KEY, consumer_key TEXT, consumer_secret TEXT,
    oauth_token TEXT UNIQUE, oauth_secret TEXT, client_id TEXT, access_token TEXT UNIQUE,
    refresh_token TEXT UNIQUE, issued_at REAL, expires_at REAL, token_seconds REAL, client_secret TEXT);
CREATE TABLE IF NOT EXISTS tweets (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL, parent_id INTEGER, digest TEXT NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS tweets_author ON tweets (author_id, id);
CREATE INDEX IF NOT EXISTS tweets_conversation ON tweets (conversation_id, id);
CREATE INDEX IF NOT EXISTS tweets_digest ON tweets (author_id, digest);
CREATE TABLE IF NOT EXISTS mentions (user_id INTEGER, tweet_id INTEGER, PRIMARY KEY (user_id, tweet_id))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dms (id INTEGER PRIMARY KEY, conversation TEXT NOT NULL,
    sender_id INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS dms_conversation ON dms (conversation, id);
CREATE TABLE IF NOT EXISTS dm_sides (user_id INTEGER, dm_id INTEGER, PRIMARY KEY (user_id, dm_id))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hidden (tweet_id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS likes (user_id INTEGER, tweet_id INTEGER, n INTEGER NOT NULL,
    PRIMARY KEY (user_id, tweet_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS media (id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL, category TEXT NOT NULL,
    mime TEXT NOT NULL, at_ms INTEGER NOT NULL, alt TEXT NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS ledger (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, note TEXT NOT NULL
    DEFAULT '', line TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS ledger_id ON ledger (id);
CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, id TEXT NOT NULL, at_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
TABLES: Final = (
    *("users", "accounts", "tweets", "mentions", "dms", "dm_sides", "hidden", "likes", "media"),
    *("ledger", "keys", "meta"),
)


class Store:
    """One open network. Not thread-safe: the app uses it from its event loop only."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.db = sqlite3.connect(folder / "network.sqlite3", isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(SCHEMA)
        self.db.executescript(graph.SCHEMA)
        if "client_secret" not in {row[1] for row in self.rows("PRAGMA table_info(accounts)")}:
            self.db.execute("ALTER TABLE accounts ADD COLUMN client_secret TEXT")  # a memory from before there was one
            self.db.execute("UPDATE accounts SET client_secret = lower(hex(randomblob(24)))")
        self._ledger_path = folder / "ledger.jsonl"
        self._ledger = os.open(self._ledger_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.ids = Snowflakes(self.newest())
        self.shown: dict[int, int] = {}  # when an item was first handed out, for the page only

    def close(self) -> None:
        os.close(self._ledger)
        self.db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; on any error nothing of it remains."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def handed_out(self, item_id: int, now_ms: int) -> None:
        if len(self.shown) > 50_000:
            self.shown.clear()
        self.shown.setdefault(item_id, now_ms)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        return self.db.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        return self.db.execute(sql, values).fetchone()

    def enter(self, entry: dict[str, Any]) -> str:
        """Puts ``entry`` in the ledger, inside the transaction of the write it tells of."""
        line = json.dumps(entry)
        self.db.execute("INSERT INTO ledger (id, line) VALUES (?, ?)", (str(entry["id"]), line))
        return line

    def seal(self, line: str) -> None:
        """Writes a committed ledger line to disk. Only after this may the answer leave."""
        os.write(self._ledger, line.encode() + b"\n")
        os.fsync(self._ledger)

    def annotate(self, write_id: str, note: str) -> None:
        """What happened to the answer of a write, for the page ("answer withheld")."""
        self.db.execute("UPDATE ledger SET note = ? WHERE id = ?", (note, write_id))

    def ledger(self) -> list[dict[str, Any]]:
        return [json.loads(line) for (line,) in self.rows("SELECT line FROM ledger ORDER BY n")]

    def once(self, key: object, make: Callable[[], str]) -> str:
        """The id that ``make`` gave under ``key`` when it was first asked for; without a key it is made each time.

        Inside the transaction of the write, so that a client which was killed may ask again for all it wanted.
        """
        if not key:
            return make()
        if there := self.one("SELECT id FROM keys WHERE key = ?", (str(key),)):
            return str(there[0])
        made = make()
        self.db.execute("INSERT INTO keys VALUES (?, ?, ?)", (str(key), made, now_ms()))
        return made

    def keys(self, prefix: str) -> dict[str, dict[str, Any]]:
        """What was written under the keys that begin so: its id, and when it was first asked for."""
        rows = self.rows("SELECT key, id, at_ms FROM keys WHERE substr(key, 1, length(?1)) = ?1", (prefix,))
        return {key: {"id": made, "at": at_ms} for key, made, at_ms in rows}

    def setting(self, key: str, default: Any = None) -> Any:
        row = self.one("SELECT value FROM meta WHERE key = ?", (key,))
        return json.loads(row[0]) if row else default

    def set_setting(self, key: str, value: Any) -> None:
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def reset(self, *, keep_accounts: bool) -> None:
        """Forgets everything; with ``keep_accounts`` the company accounts and their secrets stay.

        What the ledger held stays readable in ``forgotten.jsonl``, for whoever asks what was ever published.
        """
        with self._ledger_path.with_name("forgotten.jsonl").open("ab") as forgotten:
            forgotten.write(self._ledger_path.read_bytes())
        with self.writing() as db:
            owners = "(SELECT user_id FROM accounts)"
            for table in TABLES:
                if keep_accounts and table == "accounts":
                    continue
                kept = f" WHERE id NOT IN {owners}" if keep_accounts and table == "users" else ""
                db.execute(f"DELETE FROM {table}{kept}")  # nosec B608 - names from the tuple above
            for table in (*graph.FORGOTTEN, *(() if keep_accounts else graph.OWNED)):
                db.execute(f"DELETE FROM {table}")  # nosec B608 - names from the network's own tuples
        os.ftruncate(self._ledger, 0)
        self.shown.clear()

    def newest(self) -> int:
        newest = [f"SELECT max(id) AS id FROM {table}" for table in ("tweets", "dms", "media", *graph.NUMBERED)]  # nosec B608
        return int(self.one(f"SELECT coalesce(max(id), 0) FROM ({' UNION ALL '.join(newest)})")[0])  # nosec B608

    def unknown_lines(self) -> list[str]:
        """Whole lines of the ledger file that the database does not hold: only a power cut leaves any."""
        known = {line for (line,) in self.rows("SELECT line FROM ledger")}
        lines = self._ledger_path.read_text(encoding="ascii", errors="replace").split("\n")
        return [line for line in lines[:-1] if line not in known and _is_json(line)]

    def settle_file(self) -> None:
        """Makes the ledger file hold exactly the committed lines, whatever a kill cut off."""
        committed = [line for (line,) in self.rows("SELECT line FROM ledger ORDER BY n")]
        wanted = "".join(f"{line}\n" for line in committed).encode()
        if self._ledger_path.read_bytes() == wanted:
            return
        temporary = self._ledger_path.with_suffix(".new")
        with temporary.open("wb") as out:
            out.write(wanted)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(self._ledger_path)
        os.close(self._ledger)
        self._ledger = os.open(self._ledger_path, os.O_WRONLY | os.O_APPEND)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def placeholders(values: Iterable[Any]) -> str:
    return ",".join("?" for _ in values)
