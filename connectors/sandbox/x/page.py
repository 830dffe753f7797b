"""X on the page "Write as a customer"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from connectors.sandbox.page_data import SHOWN, Below, Line, Party, Side, Tile, called
from connectors.sandbox.snowflake import moment_of
from connectors.sandbox.store import Store
from connectors.sandbox.x import messages, people, posts
from connectors.sandbox.x.facts import DM_LIMIT, TWEET_LIMIT


class XSide(Side):
    tile = Tile("x", "X", "n-x", TWEET_LIMIT, DM_LIMIT, "account")

    def company(self, store: Store) -> Party | None:
        ids = people.account_ids(store)
        return _party(people.find_user(store, ids[0])) if ids else None

    def make_company(self, store: Store, handle: str) -> None:
        people.create_account(store, handle, handle.capitalize())

    def person(self, store: Store, handle: str) -> Party | None:
        return _party(people.find_handle(store, handle))

    def newest_names(self, store: Store) -> list[str]:
        rows = store.rows("SELECT doc, handle FROM users ORDER BY id DESC LIMIT 12")
        return [called(json.loads(doc)["name"], handle) for doc, handle in rows]

    def opening(self, company: Party) -> str:
        return f"@{company.handle} "

    def public(self, store: Store, company: Party, person: Party) -> list[Line]:
        columns = ", ".join(f"t.{name}" for name in posts.COLUMNS.split(", "))
        rows = store.rows(
            f"SELECT {columns} FROM tweets t WHERE gone = 0 AND (author_id = ? OR (author_id = ? AND parent_id IN "
            "(SELECT id FROM tweets WHERE author_id = ?))) ORDER BY t.id DESC LIMIT ?",
            (person.id, company.id, person.id, SHOWN),
        )
        found = [posts.load(row) for row in rows][::-1]
        return [_line(company, t.id, t.author_id, t.doc, t.parent_id) for t in found]

    def private(self, store: Store, company: Party, person: Party) -> list[Line]:
        rows = store.rows(
            "SELECT id, conversation, sender_id, doc FROM dms WHERE conversation = ? ORDER BY id DESC LIMIT ?",
            (messages.conversation_of(company.id, person.id), SHOWN),
        )
        found = [messages.load(row) for row in rows][::-1]
        return [_line(company, m.id, m.sender_id, m.doc, None) for m in found]

    def reached(self, store: Store, entry: dict[str, Any]) -> tuple[str, str] | None:
        if entry["kind"] == "dm":
            person = people.find_user(store, int(entry["participant_id"]))
            return (person.handle, "") if person else None
        answered = posts.find_tweet(store, int(entry["in_reply_to"] or 0)) if entry["kind"] == "tweet" else None
        person = people.find_user(store, answered.author_id) if answered else None
        return (person.handle, str(entry["in_reply_to"])) if person else None

    def below(self, store: Store, company: Party, person: Party | None) -> Below | None:
        if person is None:
            return None
        ours = [line for line in self.public(store, company, person) if line.ours]
        return Below(str(ours[-1].id), f"Answers {company.name}’s post", ours[-1].at_ms) if ours else None

    def otherwise(self) -> str:
        return "Starts a new thread"

    def write(self, store: Store, item: dict[str, Any], *, direct: bool, below: str) -> None:
        """A post or a message, rewritten as X rewrites what people type."""
        item = {**item, "rewrite": True}
        if direct:
            messages.add_customer_messages(store, [item])
            return
        if below.isdigit():
            item["in_reply_to"] = below
        posts.add_customer_posts(store, [item])

    def pile_on(self, store: Store, company: Party, items: Sequence[dict[str, Any]]) -> None:
        posts.add_customer_posts(store, [{**item, "text": f"@{company.handle} {item['text']}"} for item in items])


def _party(user: people.User | None) -> Party | None:
    return Party(user.id, user.name, user.handle, int(user.doc["followers"])) if user else None


def _line(company: Party, item_id: int, author_id: int, doc: dict[str, Any], place: int | None) -> Line:
    ours = author_id == company.id
    return Line(ours, item_id, moment_of(item_id), _whole(doc), place, str(item_id) if ours else "")


def _whole(doc: dict[str, Any]) -> str:
    """The text with its own addresses back in place of t.co's, and X's escapes undone, as X's page shows it."""
    text = str(doc["text"])
    for url in doc["urls"]:
        text = text.replace(url["url"], url["display_url"])
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
