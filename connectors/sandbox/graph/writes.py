"""Writing: comments, likes, hiding, deleting. Each is committed and in the ledger file before its answer exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.answers import Answer
from connectors.sandbox.graph import items, people, send
from connectors.sandbox.graph.calls import Call, read_flag
from connectors.sandbox.graph.facts import COMMENT_LENGTH, GENERAL, MESSAGING, Write
from connectors.sandbox.graph.items import Item
from connectors.sandbox.graph.ledger import record
from connectors.sandbox.graph.problems import invalid, no_object
from connectors.sandbox.graph.reads import find, name_of, node_of
from connectors.sandbox.snowflake import now_ms


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
    """A comment of the Page; an answer to an answer stands below the same first comment."""
    text = call.params.get("message", "")
    if not text.strip():
        raise invalid("The parameter message is required")
    if len(text) > COMMENT_LENGTH:
        raise invalid(f"Param message must be at most {COMMENT_LENGTH} characters long")
    made = items.new(call.store, "comment", call.page.id, people.NOBODY, text, below=below, created_ms=now_ms())
    facts = {"object_id": below.name, "post_id": made.post_id, "parent_id": made.parent_id, "row": made.id}
    with call.store.writing():
        items.insert(call.store, made)
        line = record(call, "comment", made.name, made.created_ms, text=text, **facts)
    call.store.seal(line)
    return Answer(200, {"id": made.name}, written=made.name, note="written")


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
