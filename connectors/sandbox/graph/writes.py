"""Writing: comments, photos, likes, hiding, deleting, blocking.

Each is committed and in the ledger file before its answer exists.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.sandbox import pictures
from connectors.sandbox.answers import Answer
from connectors.sandbox.graph import ids, items, people, photos, send
from connectors.sandbox.graph.calls import Call, read_flag
from connectors.sandbox.graph.facts import COMMENT_LENGTH, GENERAL, MESSAGING, PHOTO_BYTES, Write
from connectors.sandbox.graph.items import Item
from connectors.sandbox.graph.ledger import record
from connectors.sandbox.graph.pages import Page
from connectors.sandbox.graph.photos import Photo
from connectors.sandbox.graph.problems import invalid, no_object, refused, said
from connectors.sandbox.graph.reads import find, name_of, node_of
from connectors.sandbox.snowflake import now_ms

PHOTOS = ("image/jpeg", "image/png", "image/gif", "image/bmp")


def write(call: Call, method: str, name: str, edge: str) -> Answer:
    """POST or DELETE of an object, or of an edge below it."""
    found = find(call, method, name)
    rule = node_of(found).writes.get((method, edge))
    if rule is None:
        raise no_object(method, name)
    check(call.params, rule)
    call.need(rule.needs)
    if rule.needs == MESSAGING:
        return send.message(call)
    if isinstance(found, Page):
        return photo(call) if edge == "photos" else block(call, blocked=method == "POST")
    if not isinstance(found, Item):
        raise no_object(method, name_of(found))
    if edge == "comments":
        return comment(call, found)
    if edge == "likes":
        return like(call, found, liked=method == "POST")
    return delete(call, found) if method == "DELETE" else hide(call, found)


def check(params: Mapping[str, str], rule: Write) -> None:
    for name in params:
        if name in rule.unplayed:
            raise invalid(f"The sandbox does not play '{name}' yet")
        if name not in rule.params and name not in GENERAL:
            raise invalid(f"Unexpected parameter '{name}'")
    for name in sorted(rule.required):
        if name not in params:
            raise invalid(f"The parameter {name} is required")


def comment(call: Call, below: Item) -> Answer:
    """A comment of the Page, with a photo or without; an answer to an answer stands below the same first comment."""
    text, shown = call.params.get("message", ""), _photo(call)
    if not text.strip() and shown is None:
        raise invalid("The parameter message is required")
    if len(text) > COMMENT_LENGTH:
        raise invalid(f"Param message must be at most {COMMENT_LENGTH} characters long")
    made = items.new(call.store, "comment", call.page.id, people.NOBODY, text, below=below, created_ms=now_ms())
    facts: dict[str, Any] = {
        "object_id": below.name,
        "post_id": made.post_id,
        "parent_id": made.parent_id,
        "row": made.id,
    }
    if shown is not None:
        made.doc["photo"] = shown.id
        facts["media"] = [{"id": str(shown.id), "alt": shown.alt}]
    with call.store.writing():
        items.insert(call.store, made)
        if shown is not None:
            photos.use(call.store, shown.id)
        line = record(call, "comment", made.name, made.created_ms, text=text, **facts)
    call.store.seal(line)
    return Answer(200, {"id": made.name}, written=made.name, note="written")


def _photo(call: Call) -> Photo | None:
    name = call.params.get("attachment_id")
    if name is None:
        return None
    found = photos.usable(call.store, call.page.id, name)
    if found is None:
        raise invalid("Invalid attachment_id: the photo does not exist, is published or was used")
    return found


def photo(call: Call) -> Answer:
    """A photo that is not published, given as a file named ``source``."""
    if read_flag("published", call.params.get("published", "true")):
        raise invalid("The sandbox does not play publishing photos yet")
    file = call.files.get("source")
    if file is None:
        raise refused(324, "(#324) Missing or invalid image file")
    mime = pictures.kind_of(file.data)
    if mime not in PHOTOS or len(file.data) >= PHOTO_BYTES:
        raise refused(324, "(#324) Missing or invalid image file")
    alt = call.params.get("alt_text_custom", "")
    made = Photo(call.store.ids.next(), call.page.id, now_ms(), mime, alt)
    told = {"alt": alt, "mime": mime, "file_name": file.name, "row": made.id, **pictures.facts(file.data)}
    with call.store.writing():
        photos.insert(call.store, made, file.data)
        line = record(call, "media", str(made.id), made.at_ms, **told)
    call.store.seal(line)
    return Answer(200, {"id": str(made.id)}, written=str(made.id), note="uploaded")


def block(call: Call, *, blocked: bool) -> Answer:
    """Blocking takes a list of page-scoped ids and says of each whether it is done; unblocking takes one."""
    given = _listed(call.params.get("psid", "")) if blocked else [call.params.get("psid", "")]
    known = {name: people.unscoped(call.store, call.page.id, ids.read_number(name)) for name in given}
    if not given or None in known.values():
        raise said(100, 2018001)
    lines = []
    with call.store.writing():
        for name, person in known.items():
            if person is not None:
                people.block(call.store, call.page.id, person.id, blocked=blocked)
                lines.append(record(call, "block" if blocked else "unblock", name, now_ms(), row=person.id))
    for line in lines:
        call.store.seal(line)
    document: dict[str, Any] = dict.fromkeys(given, True) if blocked else {"success": True}
    return Answer(200, document, written=given[0], note="blocked" if blocked else "no longer blocked")


def _listed(text: str) -> list[str]:
    """A list of numbers, as JSON; a single one stands for itself."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    numbers = found if isinstance(found, list) else [found]
    if not all(isinstance(number, int | str) for number in numbers):
        raise invalid("param psid must be an array of integers")
    return [str(number) for number in numbers]


def hide(call: Call, item: Item) -> Answer:
    """Out of sight of all but its author and their friends."""
    if "is_hidden" not in call.params:
        raise invalid("The parameter is_hidden is required")
    if item.ours:
        raise invalid("This comment cannot be hidden")
    hidden = read_flag("is_hidden", call.params["is_hidden"])
    with call.store.writing() as db:
        db.execute("UPDATE fb_items SET hidden = ? WHERE id = ?", (hidden, item.id))
        line = record(call, "hide" if hidden else "unhide", item.name, now_ms(), row=item.id)
    return _done(call, item, line, "hidden" if hidden else "shown again")


def delete(call: Call, item: Item) -> Answer:
    with call.store.writing():
        items.remove(call.store, item)
        line = record(call, "delete", item.name, now_ms(), row=item.id)
    return _done(call, item, line, "deleted")


def like(call: Call, item: Item, *, liked: bool) -> Answer:
    sql = (
        "INSERT OR IGNORE INTO fb_likes VALUES (?, ?)"
        if liked
        else ("DELETE FROM fb_likes WHERE item_id = ? AND page_id = ?")
    )
    with call.store.writing() as db:
        db.execute(sql, (item.id, call.page.id))
        line = record(call, "like" if liked else "unlike", item.name, now_ms(), row=item.id)
    return _done(call, item, line, "liked" if liked else "no longer liked")


def _done(call: Call, item: Item, line: str, note: str) -> Answer:
    call.store.seal(line)
    document: dict[str, Any] = {"success": True}
    return Answer(200, document, written=item.name, note=note)
