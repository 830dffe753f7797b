"""Reading: an object by its id, and the lists below it, alone or expanded inside the object."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from connectors.sandbox.answers import Answer
from connectors.sandbox.graph import facts, ids, items, pages, people, shapes, talks
from connectors.sandbox.graph.calls import Call, read_flag
from connectors.sandbox.graph.expansion import Field, parse, unparse
from connectors.sandbox.graph.facts import GENERAL, Edge, Node
from connectors.sandbox.graph.items import Item
from connectors.sandbox.graph.pages import Page
from connectors.sandbox.graph.paging import Listing, take
from connectors.sandbox.graph.problems import invalid, no_field, no_object
from connectors.sandbox.graph.talks import Message, Thread
from connectors.sandbox.snowflake import now_ms

Found = Page | Item | Thread | Message
Asked = Mapping[str, str]


def find(call: Call, method: str, name: str) -> Found:
    """The object of that id, if this Page may see it."""
    found: Found | None = None
    if name in ("me", str(call.page.id)):
        return call.page
    if ids.read_pair(name):
        found = items.find(call.store, name)
        if found is not None and found.page_id != call.page.id:
            found = None
    elif thread_id := ids.read_thread(name):
        found = _own(call, talks.find_thread(call.store, thread_id))
    elif name.startswith("m_"):
        found = talks.find_message(call.store, name)
        if found is not None and _own(call, talks.find_thread(call.store, found.thread_id)) is None:
            found = None
    elif (number := ids.read_number(name)) is not None and pages.find(call.store, number):
        found = None  # another Page, whose content this token may not read
    if found is None:
        raise no_object(method, name)
    return found


def _own(call: Call, thread: Thread | None) -> Thread | None:
    return thread if thread is not None and thread.page_id == call.page.id else None


def node_of(found: Found) -> Node:
    if isinstance(found, Page):
        return facts.PAGE
    if isinstance(found, Item):
        return facts.COMMENT if found.is_comment else facts.POST
    return facts.THREAD if isinstance(found, Thread) else facts.MESSAGE


def name_of(found: Found) -> str:
    if isinstance(found, Page):
        return str(found.id)
    return found.mid if isinstance(found, Message) else found.name


def read_node(call: Call, name: str) -> Answer:
    found = find(call, "GET", name)
    _check(call.params, GENERAL)
    return Answer(200, show(call, found, _fields(call.params)), note=node_of(found).name)


def read_nodes(call: Call) -> Answer:
    """``/?ids=a,b``: the objects by their ids."""
    _check(call.params, GENERAL)
    names = [name for name in call.params.get("ids", "").split(",") if name]
    if not 1 <= len(names) <= 50:
        raise invalid("Between 1 and 50 ids must be given")
    fields = _fields(call.params)
    return Answer(200, {name: show(call, find(call, "GET", name), fields) for name in names})


def read_edge(call: Call, name: str, edge_name: str) -> Answer:
    found = find(call, "GET", name)
    edge = node_of(found).edges.get(edge_name)
    if edge is None:
        raise no_field(edge_name, node_of(found).name)
    document = list_below(call, found, edge_name, call.params)
    return Answer(200, document, note=f"{len(document['data'])} shown")


def _fields(params: Asked) -> list[Field] | None:
    return parse(params["fields"]) if params.get("fields") else None


def _check(params: Asked, allowed: frozenset[str]) -> None:
    for name in params:
        if name not in allowed:
            raise invalid(f"Unexpected parameter '{name}'")


def show(call: Call, found: Found, wanted: list[Field] | None) -> dict[str, Any]:
    """The object with the fields asked for."""

    def below(one: Field) -> dict[str, Any] | None:
        return _expand(call, found, one)

    if isinstance(found, Page):
        return shapes.page(call, found, wanted, below)
    if isinstance(found, Item):
        call.need(facts.READ_CONTENT)
        if not found.ours:
            call.need(facts.READ_VISITORS)
        return (shapes.comment if found.is_comment else shapes.post)(call, found, wanted, below)
    call.need(facts.MESSAGING)
    if isinstance(found, Thread):
        return shapes.thread(call, found, wanted, below)
    inside = talks.find_thread(call.store, found.thread_id)
    if inside is None or found.id not in shapes.recent(call, inside):
        raise no_object("GET", found.mid)  # Meta: an older one shows an error that it has been deleted
    return shapes.message(call, found, inside, wanted, bare=False)


def _expand(call: Call, found: Found, one: Field) -> dict[str, Any] | None:
    """A list inside an object; an empty one is left out unless its summary was asked for."""
    asked = dict(one.arguments)
    if one.inner is not None:
        asked["fields"] = unparse(one.inner)
    document = list_below(call, found, one.name, asked)
    return document if document["data"] or "summary" in document else None


def list_below(call: Call, found: Found, edge_name: str, asked: Asked) -> dict[str, Any]:
    edge = node_of(found).edges[edge_name]
    _check(asked, GENERAL | edge.params.keys())
    _check_values(edge, asked)
    call.need(*edge.needs)
    wanted = _fields(asked)
    if isinstance(found, Page) and edge_name == "conversations":
        return _conversations(call, found, asked, wanted)
    if isinstance(found, Page) and edge_name == "blocked":
        return _blocked(call, found, asked, wanted)
    if isinstance(found, Page):
        return _posts(call, found, edge_name, asked, wanted)
    if isinstance(found, Thread):
        return _messages(call, found, asked, wanted)
    if isinstance(found, Item) and edge_name == "comments":
        return _comments(call, found, asked, wanted)
    if isinstance(found, Item) and edge_name in ("likes", "reactions"):
        return _likes(call, found, asked, wanted)
    return {"data": []}


def _check_values(edge: Edge, asked: Asked) -> None:
    for name, allowed in edge.params.items():
        if allowed and name in asked and asked[name].lower() not in {value.lower() for value in allowed}:
            raise invalid(f"param {name} must be one of {{{', '.join(sorted(allowed))}}}")


_KINDS = {
    "feed": "kind != 'comment'",
    "posts": "kind = 'post'",
    "published_posts": "kind = 'post'",
    "visitor_posts": "kind = 'visitor'",
    "tagged": "kind = 'tagged'",
}


def _posts(call: Call, page: Page, edge_name: str, asked: Asked, wanted: list[Field] | None) -> dict[str, Any]:
    kinds = _KINDS[edge_name]
    if "own_posts_echo" in call.faults and edge_name in ("visitor_posts", "tagged"):
        kinds = f"({kinds} OR kind = 'post')"
    where: list[tuple[str, Any]] = [("page_id = ?", page.id), (f"{kinds} AND gone = ?", 0)]
    if not read_flag("include_hidden", asked.get("include_hidden", "false")):
        where.append(("hidden = ?", 0))
    if "limit" in asked and asked["limit"].isdigit() and int(asked["limit"][:9]) > facts.MOST:
        raise invalid(f"param limit must be at most {facts.MOST}")
    listing = _items(f"{page.id}/{edge_name}", where, newest_first=True)
    document, shown = take(call, listing, asked, lambda item: show(call, item, wanted))
    _seen(call, shown)
    return document


def _items(path: str, where: list[tuple[str, Any]], *, newest_first: bool) -> Listing[Item]:
    return Listing(
        path,
        "fb_items",
        items.COLUMNS,
        where,
        items.load,
        lambda item: (item.created_ms, item.id),
        newest_first=newest_first,
    )


def _comments(call: Call, below: Item, asked: Asked, wanted: list[Field] | None) -> dict[str, Any]:
    """Oldest first and without the answers to comments, unless asked otherwise."""
    stream = asked.get("filter", "toplevel") == "stream"
    where: list[tuple[str, Any]] = [("kind = 'comment' AND gone = ?", 0)]
    if below.is_comment:
        where.append(("parent_id = ?", below.id))
    else:
        where.append(("post_id = ?" if stream else "parent_id IS NULL AND post_id = ?", below.id))
    newest_first = asked.get("order", "chronological") == "reverse_chronological"
    listing = _items(f"{below.name}/comments", where, newest_first=newest_first)
    document, shown = take(call, listing, asked, lambda item: show(call, item, wanted))
    _seen(call, shown)
    if read_flag("summary", asked.get("summary", "false")):
        tests = " AND ".join(test for test, _ in where)
        count = call.store.one(f"SELECT count(*) FROM fb_items WHERE {tests}", [value for _, value in where])[0]
        order = "reverse_chronological" if newest_first else "chronological"
        document["summary"] = {"order": order, "total_count": count, "can_comment": True}
    return document


def _likes(call: Call, below: Item, asked: Asked, wanted: list[Field] | None) -> dict[str, Any]:
    """Only the Page itself likes anything here."""
    liked = call.store.one("SELECT 1 FROM fb_likes WHERE item_id = ? AND page_id = ?", (below.id, call.page.id))
    makers: shapes.Makers = {"id": lambda: str(call.page.id), "name": lambda: call.page.name}
    document: dict[str, Any] = {"data": [shapes.shape(facts.PROFILE, wanted, makers)] if liked else []}
    if asked.get("summary") not in (None, "", "false", "0"):
        document["summary"] = {"total_count": len(document["data"])}
    return document


def _blocked(call: Call, page: Page, asked: Asked, wanted: list[Field] | None) -> dict[str, Any]:
    """Whom the Page has blocked; with ``user`` or ``uid`` only that person, if so."""
    rows = call.store.rows("SELECT person_id FROM fb_blocked WHERE page_id = ? ORDER BY person_id", (page.id,))
    only = asked.get("user") or asked.get("uid")
    data = []
    for (person_id,) in rows:
        person, psid = people.find(call.store, person_id), str(people.scoped(call.store, page.id, person_id))
        if person is not None and only in (None, psid):
            makers: shapes.Makers = {"id": partial(str, psid), "name": partial(str, person.name)}
            data.append(shapes.shape(facts.PROFILE, wanted, makers))
    return {"data": data}


def _conversations(call: Call, page: Page, asked: Asked, wanted: list[Field] | None) -> dict[str, Any]:
    where: list[tuple[str, Any]] = [("page_id = ?", page.id)]
    if asked.get("platform", "messenger").lower() != "messenger" or asked.get("folder", "inbox") != "inbox":
        return {"data": []}
    if asked.get("tags"):
        return {"data": []}
    if user := asked.get("user_id"):
        person = people.unscoped(call.store, page.id, ids.read_number(user))
        where.append(("person_id = ?", person.id if person else -1))
    listing = Listing(
        f"{page.id}/conversations",
        "fb_threads",
        talks.THREAD,
        where,
        lambda row: Thread(*row),
        lambda thread: (thread.updated_ms, thread.id),
        time="updated_ms",
    )
    return take(call, listing, asked, lambda thread: show(call, thread, wanted))[0]


def _messages(call: Call, inside: Thread, asked: Asked, wanted: list[Field] | None) -> dict[str, Any]:
    recent = shapes.recent(call, inside)
    listing = Listing(
        f"{inside.name}/messages",
        "fb_messages",
        talks.MESSAGE,
        [("thread_id = ?", inside.id)],
        talks.load,
        lambda message: (message.created_ms, message.id),
    )

    def one(message: Message) -> dict[str, Any]:
        return shapes.message(call, message, inside, wanted, bare=message.id not in recent)

    document, shown = take(call, listing, asked, one)
    for message in shown:
        if not message.ours:
            call.store.handed_out(message.id, now_ms())
    return document


def _seen(call: Call, shown: list[Item]) -> None:
    now = now_ms()
    for item in shown:
        if not item.ours:
            call.store.handed_out(item.id, now)
