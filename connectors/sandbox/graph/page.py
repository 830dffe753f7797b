"""Facebook on the page "Write as a customer": comments, posts on the Page, and Messenger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from connectors.sandbox.graph import ids, items, pages, people, photos, talks
from connectors.sandbox.graph.facts import COMMENT_LENGTH, MESSAGE_LENGTH
from connectors.sandbox.graph.items import Item
from connectors.sandbox.page_data import SHOWN, Below, Line, Party, Picture, Shown, Side, Tile, called, said
from connectors.sandbox.store import Store

FIRST_POST = "Welcome to our Page. Ask us anything about your connection, here or in private."


class FacebookSide(Side):
    tile = Tile("facebook", "Facebook", "n-facebook", COMMENT_LENGTH, MESSAGE_LENGTH, "Page")

    def company(self, store: Store) -> Party | None:
        known = pages.pages(store)
        return Party(known[0].id, known[0].name, known[0].handle) if known else None

    def make_company(self, store: Store, handle: str) -> None:
        made = pages.create(store, handle, handle.capitalize())
        items.add_page_posts(store, [{"page": made["page_id"], "text": FIRST_POST}])

    def person(self, store: Store, handle: str) -> Party | None:
        found = people.find_handle(store, handle)
        return Party(found.id, found.name, found.handle, int(found.doc["followers"])) if found else None

    def newest_names(self, store: Store) -> list[str]:
        rows = store.rows("SELECT doc, handle FROM fb_people ORDER BY id DESC LIMIT 12")
        return [called(json.loads(doc)["name"], handle) for doc, handle in rows]

    def opening(self, company: Party) -> str:
        return ""

    def public(self, store: Store, company: Party, person: Party) -> list[Line]:
        return [_line(store, item) for item in self._public(store, company, person)]

    def _public(self, store: Store, company: Party, person: Party) -> list[Item]:
        """Their comments and posts, the Page's posts they stand below, and the Page's answers to them."""
        rows = store.rows(
            f"SELECT {items.COLUMNS} FROM fb_items WHERE (gone = 0 OR author_id = 0) AND page_id = ?1 "
            "AND (author_id = ?2 "
            "OR (author_id = 0 AND id IN (SELECT post_id FROM fb_items WHERE author_id = ?2 AND gone = 0)) "
            "OR (author_id = 0 AND kind = 'comment' AND ("
            "parent_id IN (SELECT id FROM fb_items WHERE author_id = ?2) "
            "OR (parent_id IS NULL AND post_id IN (SELECT id FROM fb_items WHERE author_id = ?2)) "
            "OR json_extract(doc, '$.answers') IN (SELECT post_id || '_' || id FROM fb_items WHERE author_id = ?2)"
            "))) ORDER BY created_ms DESC, id DESC LIMIT ?3",
            (company.id, person.id, SHOWN),
        )
        return [items.load(row) for row in rows][::-1]

    def private(self, store: Store, company: Party, person: Party) -> list[Line]:
        thread = talks.thread_with(store, company.id, person.id)
        if thread is None:
            return []
        rows = store.rows(
            f"SELECT {talks.MESSAGE} FROM fb_messages WHERE thread_id = ? ORDER BY created_ms DESC, id DESC LIMIT ?",
            (thread.id, SHOWN),
        )
        found = [talks.load(row) for row in rows][::-1]
        return [
            Line(
                *(message.ours, message.id, message.created_ms, message.text, None),
                message.mid if message.ours else "",
                "answers what you wrote in public" if message.item_id else "",
            )
            for message in found
        ]

    def reached(self, store: Store, entry: dict[str, Any]) -> tuple[str, str] | None:
        if entry["kind"] in ("message", "private_reply"):
            person = people.unscoped(store, int(entry["account_id"]), int(entry["recipient_id"]))
            return (person.handle, "") if person else None
        answered = items.find(store, entry["object_id"]) if entry["kind"] == "comment" else None
        person = people.find(store, answered.author_id) if answered else None
        return (person.handle, answered.name) if person and answered else None

    def below(self, store: Store, company: Party, person: Party | None) -> Below | None:
        """The Page's last answer to the person, else its newest post."""
        theirs = self._public(store, company, person) if person else []
        answers = [item for item in theirs if item.ours and item.is_comment and not item.gone]
        if answers:
            return Below(answers[-1].name, f"Answers {company.name}’s comment", answers[-1].created_ms)
        newest = self._newest_post(store, company)
        return Below(newest.name, f"Comments on {company.name}’s post", newest.created_ms) if newest else None

    def _newest_post(self, store: Store, company: Party) -> Item | None:
        row = store.one(
            f"SELECT {items.COLUMNS} FROM fb_items WHERE page_id = ? AND kind = 'post' AND gone = 0 "
            "ORDER BY created_ms DESC, id DESC",
            (company.id,),
        )
        return items.load(row) if row else None

    def otherwise(self) -> str:
        return "Writes on the Page itself"

    def write(self, store: Store, item: dict[str, Any], *, direct: bool, below: str) -> None:
        if item.get("media") and (direct or not items.find(store, below)):
            raise ValueError("On Facebook the sandbox takes a picture with a comment only.")
        if direct:
            talks.add_customer_messages(store, [item])
        elif items.find(store, below):
            items.add_comments(store, [{**item, "post": below}])
        else:
            items.add_visitor_posts(store, [item])

    def picture(self, store: Store, picture_id: int) -> Picture | None:
        found = photos.find(store, picture_id)
        return Picture(found.mime, photos.data_of(store, found.id), found.alt) if found else None

    def state(self, store: Store, name: str) -> dict[str, bool] | None:
        both = ids.read_pair(name)
        item = items.by_id(store, both[1]) if both else None
        return _state(store, item) if item and item.name == name else None

    def pile_on(self, store: Store, company: Party, wanted: Sequence[dict[str, Any]]) -> None:
        """Below the Page's newest post; on the Page itself where it has none."""
        newest = self._newest_post(store, company)
        if newest:
            items.add_comments(store, [{**item, "post": newest.name} for item in wanted])
        else:
            items.add_visitor_posts(store, wanted)


def _state(store: Store, item: Item) -> dict[str, bool]:
    liked = store.one("SELECT 1 FROM fb_likes WHERE item_id = ?", (item.id,))
    return {"hidden": item.hidden, "liked": bool(liked), "deleted": item.gone}


def _line(store: Store, item: Item) -> Line:
    """A deleted comment stands for itself: the same text sent anew has not come back twice."""
    through_the_api = item.ours and item.is_comment
    photo = photos.find(store, item.doc.get("photo"))
    place = (item.post_id, item.parent_id, item.doc.get("answers"), item.gone and item.id)
    return Line(
        *(item.ours, item.id, item.created_ms, item.text, place, item.name if through_the_api else ""),
        said(_state(store, item)),
        [Shown(photo.id, photo.alt)] if photo else [],
    )
