"""X on the page "Write as a customer"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from connectors.sandbox.page_data import SHOWN, Below, Line, Party, Picture, Shown, Side, Tile, called, said
from connectors.sandbox.snowflake import moment_of
from connectors.sandbox.store import Store
from connectors.sandbox.x import acts, messages, people, photos, posts
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
            f"SELECT {columns} FROM tweets t WHERE (gone = 0 OR author_id = ?1) AND (author_id = ?2 OR (author_id = ?1 "
            "AND parent_id IN (SELECT id FROM tweets WHERE author_id = ?2))) ORDER BY t.id DESC LIMIT ?3",
            (company.id, person.id, SHOWN),
        )
        found = [posts.load(row) for row in rows][::-1]
        return [_line(store, company, t.id, t.author_id, t.doc, t.parent_id, acts.state(store, t)) for t in found]

    def private(self, store: Store, company: Party, person: Party) -> list[Line]:
        rows = store.rows(
            "SELECT id, conversation, sender_id, doc FROM dms WHERE conversation = ? ORDER BY id DESC LIMIT ?",
            (messages.conversation_of(company.id, person.id), SHOWN),
        )
        found = [messages.load(row) for row in rows][::-1]
        return [_line(store, company, m.id, m.sender_id, m.doc, None, {}) for m in found]

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
        lines = self.public(store, company, person)
        ours = [line for line in lines if line.ours and posts.find_tweet(store, line.id)]
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

    def picture(self, store: Store, picture_id: int) -> Picture | None:
        found = photos.find(store, picture_id)
        return Picture(found.mime, photos.data_of(store, found.id), found.alt) if found else None

    def state(self, store: Store, name: str) -> dict[str, bool] | None:
        columns = posts.COLUMNS
        row = store.one(f"SELECT {columns} FROM tweets WHERE id = ?", (int(name),)) if name.isdigit() else None
        return acts.state(store, posts.load(row)) if row else None

    def pile_on(self, store: Store, company: Party, items: Sequence[dict[str, Any]]) -> None:
        posts.add_customer_posts(store, [{**item, "text": f"@{company.handle} {item['text']}"} for item in items])


def _party(user: people.User | None) -> Party | None:
    return Party(user.id, user.name, user.handle, int(user.doc["followers"])) if user else None


def _line(
    store: Store,
    company: Party,
    item_id: int,
    author_id: int,
    doc: dict[str, Any],
    place: int | None,
    state: dict[str, bool],
) -> Line:
    """A deleted post stands for itself: the same text sent anew has not come back twice."""
    ours = author_id == company.id
    where = (place, item_id) if state.get("deleted") else place
    pictures = [Shown(picture.id, picture.alt) for picture in photos.of(store, doc)]
    return Line(
        *(ours, item_id, moment_of(item_id), _whole(doc), where, str(item_id) if ours else ""),
        said(state) if state else "",
        pictures,
    )


def _whole(doc: dict[str, Any]) -> str:
    """The text with its own addresses back in place of t.co's, and X's escapes undone, as X's page shows it."""
    text = str(doc["text"])
    for url in doc["urls"]:
        text = text.replace(url["url"], "" if "media_key" in url else url["display_url"])
    text = text.rstrip() if doc.get("media") else text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
