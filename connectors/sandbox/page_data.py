"""What the page shows: the people to write as, what came back to them, and the switches."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.network import Network
from connectors.sandbox.snowflake import moment_of
from connectors.sandbox.x import messages, posts
from connectors.sandbox.x.people import User, account_ids, find_handle, find_user, handle_of

SHOWN = 40
LOG_LINES = 12
CUSTOMERS = ("Carol", "Tove", "Malik", "Ines")


@dataclass(frozen=True, slots=True)
class Tile:
    """A network that the page can write on."""

    key: str
    label: str
    icon: str
    limit: int


TILES = (Tile("x", "X", "n-x", 280),)
TRIES = {
    "anger": (
        "Anger",
        "Third day without a connection and your chat just hangs up on me. I am done waiting.",
    ),
    "question": ("Question", "Is 5G home broadband available in Lund yet, or is the map still lying?"),
    "kudos": ("Kudos", "That was quick. Thank you for staying on the line until it worked!"),
    "number": (
        "A number in public",
        "My customer number is 4711-0815 and my phone is 0700 123 456, please look.",
    ),
}
PILE_ON = (
    "is the network down in the whole city or is it just us?",
    "no signal since this morning. Anyone there?",
    "my shop cannot take card payments. When does this end?",
    "your status page says all green. It is not.",
    "third outage this month. I want my money back.",
    "still nothing in the north of town",
    "thanks for at least answering, but we need a time",
    "calls drop after ten seconds, data is dead",
)
SWITCHES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "timeout": ("Time out after the write, once", [{"name": "timeout_after_write", "times": 1}]),
    "pace": ("Say 429, ready again in 30 s", [{"name": "status", "status": 429, "reset": 30, "lasts": 30}]),
    "gateway": ("Answer 502 to every second call", [{"name": "status", "status": 502, "every": 2}]),
    "twice": (
        "Deliver everything twice, out of order",
        [{"name": "duplicate_items", "count": 2}, {"name": "reorder"}],
    ),
    "token": ("Expire the token", [{"name": "expire_token"}]),
    "echo": ("Echo our own posts", [{"name": "own_posts_echo"}]),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a column: whose, when, what, and what is known of its way."""

    ours: bool
    name: str
    handle: str
    at_ms: int
    text: str
    times: int = 0
    note: str = ""
    fetched_after: float | None = None


@dataclass(slots=True)
class View:
    """Everything that one rendering of the page needs."""

    account: User | None
    customer: str
    handle: str
    followers: int
    public: list[Entry] = field(default_factory=list)
    private: list[Entry] = field(default_factory=list)
    answer_to: tuple[str, int] | None = None
    log: list[dict[str, Any]] = field(default_factory=list)
    switches: set[str] = field(default_factory=set)
    known: list[str] = field(default_factory=list)


def look(network: Network, customer: str, handle: str) -> View:
    """The page as ``customer`` sees it."""
    store = network.store
    ids = account_ids(store)
    account = find_user(store, ids[0]) if ids else None
    user = find_handle(store, handle)
    # The page names people by what leads back to their handle, which a name from elsewhere may not.
    shown = user.name if user and handle_of(user.name).lower() == user.handle.lower() else handle
    view = View(account, shown if user else customer, handle, user.doc["followers"] if user else 240)
    view.log = list(network.log)[-LOG_LINES:][::-1]
    view.switches = network.faults.presets()
    rows = store.rows("SELECT doc FROM users ORDER BY id DESC LIMIT 12")
    names = [json.loads(doc)["name"] for (doc,) in rows]
    view.known = list(dict.fromkeys([*CUSTOMERS, *(name for name in names if not account or name != account.name)]))
    if account and user:
        view.public = _public(network, account, user, view)
        view.private = _private(network, account, user)
    return view


def _public(network: Network, account: User, user: User, view: View) -> list[Entry]:
    """This customer's posts and the company's answers to them, oldest first."""
    columns = ", ".join(f"t.{name}" for name in posts.COLUMNS.split(", "))
    rows = network.store.rows(
        f"SELECT {columns} FROM tweets t WHERE gone = 0 AND (author_id = ? OR (author_id = ? AND parent_id IN "
        "(SELECT id FROM tweets WHERE author_id = ?))) ORDER BY t.id DESC LIMIT ?",
        (user.id, account.id, user.id, SHOWN),
    )
    found = [posts.load(row) for row in rows][::-1]
    ours = [tweet for tweet in found if tweet.author_id == account.id]
    if ours:
        view.answer_to = (str(ours[-1].id), moment_of(ours[-1].id))
    same: dict[tuple[int | None, str], int] = {}
    for tweet in ours:
        same[tweet.parent_id, tweet.text] = same.get((tweet.parent_id, tweet.text), 0) + 1
    return [_entry(network, account, user, t.id, t.author_id, t.doc, same.get((t.parent_id, t.text), 0)) for t in found]


def _private(network: Network, account: User, user: User) -> list[Entry]:
    rows = network.store.rows(
        "SELECT id, conversation, sender_id, doc FROM dms WHERE conversation = ? ORDER BY id DESC LIMIT ?",
        (messages.conversation_of(account.id, user.id), SHOWN),
    )
    found = [messages.load(row) for row in rows][::-1]
    same: dict[str, int] = {}
    for message in found:
        if message.sender_id == account.id:
            same[message.doc["text"]] = same.get(message.doc["text"], 0) + 1
    return [_entry(network, account, user, m.id, m.sender_id, m.doc, same.get(m.doc["text"], 0)) for m in found]


def _entry(
    network: Network, account: User, user: User, item_id: int, author_id: int, doc: dict[str, Any], times: int
) -> Entry:
    ours = author_id == account.id
    at_ms = moment_of(item_id)
    if ours:
        row = network.store.one("SELECT note FROM ledger WHERE id = ?", (str(item_id),))
        note = row[0] if row else ""
        return Entry(True, account.name, account.handle, at_ms, _whole(doc), max(1, times), note)
    seen = network.store.shown.get(item_id)
    after = None if seen is None else max(0.0, (seen - at_ms) / 1000)
    return Entry(False, user.name, user.handle, at_ms, _whole(doc), fetched_after=after)


def _whole(doc: dict[str, Any]) -> str:
    """The text with its own addresses back in place of t.co's, and X's escapes undone, as X's page shows it."""
    text = str(doc["text"])
    for url in doc["urls"]:
        text = text.replace(url["url"], url["display_url"])
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
