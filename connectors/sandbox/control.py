"""The control API under ``/_control/``: what tests, benches and the page use to play the customers.

JSON in, JSON out, a wrong request is answered with 400 and one sentence.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import dump
from connectors.sandbox.faults import NAMES, read_fault
from connectors.sandbox.graph import control as graph
from connectors.sandbox.network import Network, Story
from connectors.sandbox.page import SIDES
from connectors.sandbox.page_data import Side
from connectors.sandbox.requests import LATE_SECONDS, Handler, read_items
from connectors.sandbox.snowflake import now_ms
from connectors.sandbox.x import people, posts
from connectors.sandbox.x.messages import add_customer_messages


def routes(network: Network) -> list[Route]:
    """All routes of the control API."""
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/accounts", list_accounts),
        ("POST", "/accounts", create_account),
        ("POST", "/posts", create_posts),
        ("POST", "/dms", create_messages),
        ("POST", "/follow-ups", create_follow_ups),
        ("DELETE", "/posts/{id:int}", delete_post),
        ("PUT", "/users/{handle}", change_user),
        ("GET", "/faults", list_faults),
        ("PUT", "/faults", replace_faults),
        ("POST", "/faults", add_fault),
        ("DELETE", "/faults", clear_faults),
        ("GET", "/rates", show_rates),
        ("PUT", "/rates", set_rates),
        ("GET", "/ledger", show_ledger),
        ("GET", "/answers", show_answers),
        ("GET", "/keys", show_keys),
        ("GET", "/done-to/{network}/{name}", show_done),
        ("GET", "/pictures/{network}/{id:int}", show_picture),
        ("PUT", "/story", tell_story),
        ("GET", "/state", show_state),
        ("GET", "/log", show_log),
        ("POST", "/reset", reset),
        *graph.ROUTES,
    ]
    return [Route(f"/_control{path}", _endpoint(network, handler), methods=[method]) for method, path, handler in table]


def _endpoint(network: Network, handler: Handler) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        raw = await request.body()
        try:
            document = handler(network, request, json.loads(raw) if raw else None)
        except KeyError as missing:
            return _json(400, {"error": f"'{missing.args[0]}' is missing"})
        except (ValueError, TypeError) as reason:
            return _json(400, {"error": str(reason)})
        return _json(200, document)

    return answer


def _json(status: int, document: Any) -> Response:
    return Response(dump(document), status, media_type="application/json")


def list_accounts(network: Network, request: Request, document: Any) -> Any:
    ids = people.account_ids(network.store)
    return {"accounts": [people.account_document(network.store, user_id) for user_id in ids]}


def create_account(network: Network, request: Request, document: Any) -> Any:
    handle = str(document["handle"])
    life = document.get("token_seconds", people.TOKEN_SECONDS)
    name = str(document.get("name") or handle)
    enterprise = bool(document.get("enterprise", False))
    return people.create_account(network.store, handle, name, token_seconds=life, enterprise=enterprise)


def create_posts(network: Network, request: Request, document: Any) -> Any:
    """Posts of customers, in one transaction; their ids in the same order."""
    late = network.faults.named("late_ids", "x")
    back = 0 if late is None else int(1000 * (late.seconds or LATE_SECONDS))
    return {"ids": posts.add_customer_posts(network.store, read_items(document), back_ms=back)}


def create_messages(network: Network, request: Request, document: Any) -> Any:
    return {"ids": add_customer_messages(network.store, read_items(document))}


def create_follow_ups(network: Network, request: Request, document: Any) -> Any:
    """Answers of customers in threads that exist: each item names the post it answers."""
    items = read_items(document)
    for item in items:
        if not item.get("in_reply_to"):
            raise ValueError("a follow-up names the post it answers in 'in_reply_to'")
    return create_posts(network, request, items)


def delete_post(network: Network, request: Request, document: Any) -> Any:
    found = posts.find_tweet(network.store, request.path_params["id"])
    if found is None:
        raise ValueError("there is no such post")
    posts.remove(network.store, found, None, request_id="")
    return {"deleted": str(found.id)}


def change_user(network: Network, request: Request, document: Any) -> Any:
    """A customer's name, followers, or whether they take direct messages."""
    with network.store.writing():
        user = people.ensure_user(network.store, request.path_params["handle"], **document)
    return {"id": str(user.id), "handle": user.handle}


def list_faults(network: Network, request: Request, document: Any) -> Any:
    return {"faults": [asdict(fault) for fault in network.faults.active], "known": NAMES}


def replace_faults(network: Network, request: Request, document: Any) -> Any:
    faults = [read_fault(item) for item in read_items(document)]
    network.faults.active = faults
    network.save_faults()
    return list_faults(network, request, None)


def add_fault(network: Network, request: Request, document: Any) -> Any:
    faults = [read_fault(item) for item in read_items(document)]
    network.faults.active.extend(faults)
    network.save_faults()
    return list_faults(network, request, None)


def clear_faults(network: Network, request: Request, document: Any) -> Any:
    """Takes all faults away, or those named by ``?name=``."""
    name = request.query_params.get("name")
    network.faults.active = [fault for fault in network.faults.active if name and fault.name != name]
    network.save_faults()
    return list_faults(network, request, None)


def show_rates(network: Network, request: Request, document: Any) -> Any:
    return {"on": network.limits.on, "limits": network.limits.own}


def set_rates(network: Network, request: Request, document: Any) -> Any:
    """``{"on": false}`` switches counting off; ``{"limits": {"POST /2/tweets": 5}}`` sets own limits."""
    network.limits.on = bool(document.get("on", True))
    network.limits.own = {str(key): int(value) for key, value in document.get("limits", {}).items()}
    network.limits.windows.clear()
    network.save_rates()
    return show_rates(network, request, None)


def show_ledger(network: Network, request: Request, document: Any) -> Any:
    return {"ledger": network.store.ledger()}


def show_answers(network: Network, request: Request, document: Any) -> Any:
    """What the company wrote, as those whom it reached know it: the ledger, with the customer's handle."""
    return {"answers": [found for entry in network.store.ledger() if (found := _answer(network, entry))]}


def _answer(network: Network, entry: dict[str, Any]) -> dict[str, Any] | None:
    side = SIDES[entry.get("network", "x")]
    reached = side.reached(network.store, entry)
    if reached is None:
        return None
    facts = {name: entry[name] for name in ("id", "text", "at")}
    handle, below = reached
    return {**facts, "network": side.tile.key, "handle": handle, "below": below}


def show_keys(network: Network, request: Request, document: Any) -> Any:
    """What was written under a key that begins with ``?prefix=``."""
    return {"keys": network.store.keys(request.query_params.get("prefix", ""))}


def show_done(network: Network, request: Request, document: Any) -> Any:
    """Whether the company has hidden, liked or deleted a post or comment."""
    found = _side(request).state(network.store, request.path_params["name"])
    if found is None:
        raise ValueError("there is no such post or comment")
    return found


def show_picture(network: Network, request: Request, document: Any) -> Any:
    found = _side(request).picture(network.store, request.path_params["id"])
    if found is None:
        raise ValueError("there is no such picture")
    return {"mime": found.mime, "alt": found.alt, "data": b64encode(found.data).decode()}


def _side(request: Request) -> Side:
    side = SIDES.get(request.path_params["network"])
    if side is None:
        raise ValueError(f"there is no network '{request.path_params['network']}'; known: {', '.join(sorted(SIDES))}")
    return side


def tell_story(network: Network, request: Request, document: Any) -> Any:
    """A player says how far it is (told, of) and hears whether to pause, and up to where to go on at once."""
    network.story = Story(int(document["told"]), int(document["of"]), now_ms())
    return network.store.setting("story", {"paused": False, "until": 0})


def show_state(network: Network, request: Request, document: Any) -> Any:
    count = network.store.one(
        "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM tweets WHERE gone = 0), "
        "(SELECT count(*) FROM mentions), (SELECT count(*) FROM dms), (SELECT count(*) FROM ledger)"
    )
    names = ("users", "posts", "mentions", "dms", "ledger")
    state = {**dict(zip(names, count, strict=True)), "facebook": graph.count(network)}
    return {**state, "faults": network.faults.documents(), "rates": show_rates(network, request, None)}


def show_log(network: Network, request: Request, document: Any) -> Any:
    return {"log": list(network.log)}


def reset(network: Network, request: Request, document: Any) -> Any:
    """Forgets posts, messages, customers, faults and pace; ``{"keep_accounts": false}`` accounts too."""
    network.forget(keep_accounts=(document or {}).get("keep_accounts", True))
    return show_state(network, request, None)
