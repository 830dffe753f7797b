"""What the control API can do on Facebook: Pages, and what customers write there."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from connectors.sandbox.graph import items, pages, people, talks
from connectors.sandbox.network import Network
from connectors.sandbox.requests import LATE_SECONDS, Handler, read_items
from connectors.sandbox.snowflake import now_ms


def list_pages(network: Network, request: Request, document: Any) -> Any:
    return {"pages": [pages.document(network.store, page.id) for page in pages.pages(network.store)]}


def create_page(network: Network, request: Request, document: Any) -> Any:
    return pages.create(
        network.store,
        str(document["handle"]),
        str(document.get("name") or document["handle"]),
        require_proof=bool(document.get("require_proof", False)),
        human_agent=bool(document.get("human_agent", True)),
    )


def _page(network: Network, request: Request) -> pages.Page:
    return pages.named(network.store, request.path_params["page"])


def expire_token(network: Network, request: Request, document: Any) -> Any:
    page = _page(network, request)
    pages.expire(network.store, page, int((document or {}).get("subcode", pages.EXPIRED)))
    return pages.document(network.store, page.id)


def renew_token(network: Network, request: Request, document: Any) -> Any:
    page = _page(network, request)
    pages.renew(network.store, page)
    return pages.document(network.store, page.id)


def set_permission(network: Network, request: Request, document: Any) -> Any:
    page = _page(network, request)
    pages.permit(network.store, page, str(document["name"]), granted=bool(document["granted"]))
    return pages.document(network.store, page.id)


def _late(network: Network, document: Any) -> list[dict[str, Any]]:
    """What customers write; while ids come late it is a little older than it arrives."""
    fault = network.faults.named("late_ids", "facebook")
    wanted = read_items(document)
    if fault is None:
        return wanted
    back = now_ms() / 1000 - (fault.seconds or LATE_SECONDS)
    return [{"created_at": back, **item} for item in wanted]


def create_page_posts(network: Network, request: Request, document: Any) -> Any:
    return {"ids": items.add_page_posts(network.store, read_items(document))}


def create_visitor_posts(network: Network, request: Request, document: Any) -> Any:
    return {"ids": items.add_visitor_posts(network.store, _late(network, document))}


def create_comments(network: Network, request: Request, document: Any) -> Any:
    return {"ids": items.add_comments(network.store, _late(network, document))}


def create_messages(network: Network, request: Request, document: Any) -> Any:
    return {"ids": talks.add_customer_messages(network.store, _late(network, document))}


def change_person(network: Network, request: Request, document: Any) -> Any:
    """A customer's name, followers, or whether they can be written to."""
    with network.store.writing():
        person = people.ensure(network.store, {**(document or {}), "handle": request.path_params["handle"]})
    return {"handle": person.handle, "name": person.name}


def delete_item(network: Network, request: Request, document: Any) -> Any:
    found = items.find(network.store, request.path_params["name"])
    if found is None:
        raise ValueError("there is no such post or comment")
    with network.store.writing():
        items.remove(network.store, found)
    return {"deleted": found.name}


def use_private_reply(network: Network, request: Request, document: Any) -> Any:
    """The one private reply of a comment or visitor's post, given by the Page's staff on Facebook itself."""
    store = network.store
    found = items.find(store, request.path_params["name"])
    if found is None or found.ours:
        raise ValueError("there is no such comment or post of a customer")
    with store.writing():
        thread = talks.ensure_thread(store, found.page_id, found.author_id)
        text = str((document or {}).get("text", "We have written to you from our own inbox."))
        made = talks.new(store, thread, text, ours=True, created_ms=now_ms(), answers=found)
        talks.insert(store, made)
    return {"id": made.mid}


def count(network: Network) -> dict[str, int]:
    """How much there is on Facebook, for the state of the whole."""
    row = network.store.one(
        "SELECT (SELECT count(*) FROM fb_pages), (SELECT count(*) FROM fb_people), (SELECT count(*) FROM fb_messages), "
        "(SELECT count(*) FROM fb_items WHERE gone = 0 AND kind = 'comment'), "
        "(SELECT count(*) FROM fb_items WHERE gone = 0 AND kind != 'comment')"
    )
    return dict(zip(("pages", "people", "messages", "comments", "posts"), row, strict=True))


ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/pages", list_pages),
    ("POST", "/pages", create_page),
    ("POST", "/pages/{page}/expire", expire_token),
    ("POST", "/pages/{page}/renew", renew_token),
    ("POST", "/pages/{page}/permissions", set_permission),
    ("POST", "/page-posts", create_page_posts),
    ("POST", "/visitor-posts", create_visitor_posts),
    ("POST", "/comments", create_comments),
    ("POST", "/page-messages", create_messages),
    ("PUT", "/facebook-users/{handle}", change_person),
    ("DELETE", "/items/{name}", delete_item),
    ("POST", "/items/{name}/private-reply", use_private_reply),
]
