"""Objects as Graph shows them: the fields asked for, none that has no value, lists below them by expansion."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from connectors.sandbox.graph import facts, items, people, photos, talks
from connectors.sandbox.graph.calls import Call
from connectors.sandbox.graph.expansion import Field
from connectors.sandbox.graph.facts import Node
from connectors.sandbox.graph.items import Item
from connectors.sandbox.graph.pages import Page
from connectors.sandbox.graph.problems import no_field
from connectors.sandbox.graph.talks import Message, Thread
from connectors.sandbox.snowflake import now_ms

Makers = dict[str, Callable[[], Any]]
Below = Callable[[Field], Any]
WWW = "https://www.facebook.com"


def shape(node: Node, wanted: list[Field] | None, makers: Makers, below: Below | None = None) -> dict[str, Any]:
    """The object of ``node`` whose values ``makers`` know; ``below`` writes the lists under it."""
    written: dict[str, Any] = {}
    for one in wanted if wanted is not None else [Field(name) for name in node.default]:
        if one.name in node.edges and below is not None:
            value = below(one)
        elif one.name in node.fields:
            value = narrow(makers[one.name](), one)
        elif one.name in node.silent:
            value = None
        else:
            raise no_field(one.name, node.name)
        if value is not None:
            written[one.name] = value
    if "id" in node.fields and "id" not in written:
        written["id"] = makers["id"]()
    return written


def narrow(value: Any, one: Field) -> Any:
    """Of a plain inner object only the fields asked for."""
    if one.inner is None or not isinstance(value, dict):
        return value
    if "data" in value:
        return {"data": [narrow(item, one) for item in value["data"]]}
    names = [inner.name for inner in one.inner]
    return {name: value[name] for name in [*names, *(["id"] if "id" not in names else [])] if name in value}


def page(call: Call, found: Page, wanted: list[Field] | None, below: Below) -> dict[str, Any]:
    fans = int(found.doc.get("fans", 48_200))
    makers: Makers = {
        "id": lambda: str(found.id),
        "name": lambda: found.name,
        "username": lambda: found.handle,
        "link": lambda: f"{WWW}/{found.handle}",
        "about": lambda: "A company of the sandbox.",
        "category": lambda: "Telecommunication company",
        "fan_count": lambda: fans,
        "followers_count": lambda: fans,
        "is_published": lambda: True,
    }
    return shape(facts.PAGE, wanted, makers, below)


def author(call: Call, item: Item) -> dict[str, str] | None:
    """``from``: the Page itself or a person by their page-scoped id. Who tagged the Page elsewhere is not told."""
    if item.ours:
        return {"name": call.page.name, "id": str(call.page.id)}
    person = people.find(call.store, item.author_id)
    if person is None or item.kind == "tagged":
        return None
    return {"name": person.name, "id": str(people.scoped(call.store, item.page_id, person.id))}


def post(call: Call, item: Item, wanted: list[Field] | None, below: Below | None) -> dict[str, Any]:
    makers: Makers = {
        "id": lambda: item.name,
        "message": lambda: item.text,
        "created_time": lambda: call.time(item.created_ms),
        "updated_time": lambda: call.time(item.updated_ms),
        "from": lambda: author(call, item),
        "permalink_url": lambda: f"{WWW}/{item.name}",
        "is_hidden": lambda: item.hidden,
        "is_published": lambda: True,
        "status_type": lambda: "mobile_status_update" if item.ours else "wall_post",
        "can_reply_privately": lambda: can_reply_privately(call, item),
    }
    return shape(facts.POST, wanted, makers, below)


def comment(call: Call, item: Item, wanted: list[Field] | None, below: Below | None) -> dict[str, Any]:
    makers: Makers = {
        "id": lambda: item.name,
        "message": lambda: item.text,
        "created_time": lambda: call.time(item.created_ms),
        "from": lambda: author(call, item),
        "permalink_url": lambda: f"{WWW}/{item.page_id}_{item.post_id}?comment_id={item.id}",
        "parent": lambda: _parent(call, item),
        "attachment": lambda: _attachment(call, item),
        "object": lambda: _object(call, item),
        "comment_count": lambda: _count(call, "fb_items WHERE gone = 0 AND parent_id = ?", item.id),
        "like_count": lambda: _count(call, "fb_likes WHERE item_id = ?", item.id),
        "user_likes": lambda: bool(_count(call, "fb_likes WHERE item_id = ?", item.id)),
        "is_hidden": lambda: item.hidden,
        "is_private": lambda: False,
        "can_comment": lambda: True,
        "can_like": lambda: True,
        "can_remove": lambda: True,
        "can_hide": lambda: not item.ours,
        "can_reply_privately": lambda: can_reply_privately(call, item),
        "private_reply_conversation": lambda: _private(call, item),
    }
    return shape(facts.COMMENT, wanted, makers, below)


def _attachment(call: Call, item: Item) -> dict[str, Any] | None:
    """A photo; Meta's StoryAttachment says nothing of alternative text."""
    photo = photos.find(call.store, item.doc.get("photo"))
    if photo is None:
        return None
    page = f"{WWW}/photo.php?fbid={photo.id}"
    image = {"src": call.picture(photo.id)}
    return {"media": {"image": image}, "target": {"id": str(photo.id), "url": page}, "type": "photo", "url": page}


def _parent(call: Call, item: Item) -> dict[str, Any] | None:
    found = items.by_id(call.store, item.parent_id)
    return comment(call, found, None, None) if found else None


def _object(call: Call, item: Item) -> dict[str, Any] | None:
    found = items.by_id(call.store, item.post_id)
    return post(call, found, None, None) if found else None


def _count(call: Call, where: str, value: int) -> int:
    return int(call.store.one(f"SELECT count(*) FROM {where}", (value,))[0])


def can_reply_privately(call: Call, item: Item) -> bool:
    """Once, within seven days, to a person who can be written to, on something of theirs on this Page."""
    if item.ours or item.kind == "tagged" or now_ms() - item.created_ms > talks.PRIVATE_REPLY_MS:
        return False
    person = people.find(call.store, item.author_id)
    return bool(person and person.doc["accepts_dm"] and talks.private_reply_to(call.store, item) is None)


def _private(call: Call, item: Item) -> dict[str, str] | None:
    sent = talks.private_reply_to(call.store, item)
    thread = talks.find_thread(call.store, sent.thread_id) if sent else None
    return {"id": thread.name, "link": _inbox(thread)} if thread else None


def _inbox(thread: Thread) -> str:
    return f"/{thread.page_id}/inbox/{thread.id}/"


def _sides(call: Call, thread: Thread) -> tuple[dict[str, str], dict[str, str]]:
    """The person and the Page, as Messenger names them."""
    person = people.find(call.store, thread.person_id)
    psid = str(people.scoped(call.store, thread.page_id, thread.person_id))
    them = {"name": person.name if person else "Facebook User", "email": f"{psid}@facebook.com", "id": psid}
    us = {"name": call.page.name, "email": f"{call.page.id}@facebook.com", "id": str(call.page.id)}
    return them, us


def thread(call: Call, found: Thread, wanted: list[Field] | None, below: Below | None) -> dict[str, Any]:
    def newest() -> Message | None:
        row = call.store.one(
            f"SELECT {talks.MESSAGE} FROM fb_messages WHERE thread_id = ? ORDER BY created_ms DESC, id DESC",
            (found.id,),
        )
        return talks.load(row) if row else None

    def snippet() -> str | None:
        last = newest()
        return last.text[:80] if last else None

    people_there = {"data": list(_sides(call, found))}
    makers: Makers = {
        "id": lambda: found.name,
        "link": lambda: _inbox(found),
        "updated_time": lambda: call.time(found.updated_ms),
        "message_count": lambda: _count(call, "fb_messages WHERE thread_id = ?", found.id),
        "unread_count": lambda: _unread(call, found),
        "participants": lambda: people_there,
        "senders": lambda: people_there,
        "snippet": snippet,
        "can_reply": lambda: is_open(call, found),
        "is_subscribed": lambda: True,
    }
    return shape(facts.THREAD, wanted, makers, below)


def _unread(call: Call, found: Thread) -> int:
    """What the person wrote since the Page last did."""
    where = (
        "fb_messages WHERE thread_id = ?1 AND ours = 0 AND created_ms > "
        "coalesce((SELECT max(created_ms) FROM fb_messages WHERE thread_id = ?1 AND ours = 1), 0)"
    )
    return _count(call, where, found.id)


def is_open(call: Call, found: Thread | None) -> bool:
    heard = talks.last_heard(call.store, found)
    return heard is not None and now_ms() - heard <= talks.STANDARD_MS


def message(call: Call, found: Message, inside: Thread, wanted: list[Field] | None, *, bare: bool) -> dict[str, Any]:
    """A message. Of one that is not among the newest twenty Graph shows only when it was (``bare``)."""
    them, us = _sides(call, inside)
    sender, recipient = (us, them) if found.ours else (them, us)
    makers: Makers = {
        "id": lambda: found.mid,
        "created_time": lambda: call.time(found.created_ms),
        "from": lambda: None if bare else sender,
        "to": lambda: None if bare else {"data": [recipient]},
        "message": lambda: None if bare else found.text,
    }
    return shape(facts.MESSAGE, wanted, makers)


def recent(call: Call, inside: Thread) -> set[int]:
    """The messages of a conversation whose details can be read."""
    rows: Iterable[Any] = call.store.rows(
        "SELECT id FROM fb_messages WHERE thread_id = ? ORDER BY created_ms DESC, id DESC LIMIT ?",
        (inside.id, facts.RECENT_MESSAGES),
    )
    return {row[0] for row in rows}
