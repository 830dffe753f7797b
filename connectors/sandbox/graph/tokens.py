"""Page tokens: who calls, and what is known of a token (``/debug_token``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.answers import Answer
from connectors.sandbox.graph import pages
from connectors.sandbox.graph.pages import Page, Token
from connectors.sandbox.graph.problems import invalid, refused, said
from connectors.sandbox.network import Network

KEY = "facebook"


def authenticate(network: Network, token: str) -> Page:
    """The Page whose token this is, or error 190 with the subcode that says of what the token died."""
    if not token:
        raise refused(2500, "An active access token must be used to query information about the current user.")
    known = pages.find_token(network.store, token)
    if known is None:
        raise said(190)
    subcode = dead_of(network, known)
    page = pages.find(network.store, known.page_id)
    if subcode is not None or page is None:
        raise said(190, subcode)
    return page


def dead_of(network: Network, token: Token) -> int | None:
    """The subcode of a dead token. The faults kill what was handed out before them."""
    if token.subcode is not None:
        return token.subcode
    page = pages.find(network.store, token.page_id)
    who = (str(page.id), page.handle) if page else ()
    for name, subcode in (("revoke_token", 458), ("expire_token", pages.EXPIRED)):
        fault = network.faults.named(name, KEY, who)
        if fault is not None and token.issued_at <= fault.since:
            return subcode
    return None


def debug(network: Network, params: Mapping[str, str], caller: str) -> Answer:
    """What is known of ``input_token``; asked by the app itself (``id|secret``) or by a token of the app."""
    app = pages.app(network.store)
    if caller != f"{app['id']}|{app['secret']}":
        authenticate(network, caller)
    if not (wanted := params.get("input_token")):
        raise invalid("You must provide an input_token")
    known = pages.find_token(network.store, wanted)
    page = pages.find(network.store, known.page_id) if known else None
    if known is None or page is None:
        wrong = {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}
        return Answer(200, {"data": {"error": wrong, "is_valid": False, "scopes": []}})
    subcode = dead_of(network, known)
    data: dict[str, Any] = {
        "app_id": app["id"],
        "type": "PAGE",
        "application": "socialdesk sandbox",
        "data_access_expires_at": 0,
        "expires_at": 0,
        "is_valid": subcode is None,
        "issued_at": int(known.issued_at),
        "profile_id": str(page.id),
        "scopes": page.doc["permissions"],
        "granular_scopes": [{"scope": name, "target_ids": [str(page.id)]} for name in page.doc["permissions"]],
    }
    if subcode is not None:
        inner = said(190, subcode).document["error"]
        data["error"] = {"code": 190, "message": inner["message"], "subcode": subcode}
    return Answer(200, {"data": data}, note="valid" if subcode is None else "dead")
