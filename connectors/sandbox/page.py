"""The page "Write as a customer". Plain forms: it works without script, which only keeps it fresh."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from connectors.sandbox import drawing, page_data, page_html
from connectors.sandbox.faults import read_fault
from connectors.sandbox.graph.page import FacebookSide
from connectors.sandbox.network import Network
from connectors.sandbox.page_data import Side
from connectors.sandbox.x.page import XSide

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
PILE_SIZE = 40
SIDES: dict[str, Side] = {side.tile.key: side for side in (XSide(), FacebookSide())}
TILES = [side.tile for side in SIDES.values()]
Form = dict[str, list[str]]


class Page(HTMLResponse):
    """HTML that survives texts which no encoding can carry."""

    def render(self, content: Any) -> bytes:
        return str(content).encode("utf-8", "replace")


def routes(network: Network) -> list[Route | Mount]:
    """The page, its forms and its files."""
    forms: dict[str, Callable[[Network, Form], dict[str, str]]] = {
        "write": write,
        "misbehave": misbehave,
        "pile-on": pile_on,
        "afresh": afresh,
        "story": story,
        "account": account,
    }
    table: list[Route | Mount] = [
        Route("/", _show(network), methods=["GET"]),
        Route("/_page/returns", _returns(network), methods=["GET"]),
        Route("/_page/picture/{network}/{id:int}", _picture(network), methods=["GET"]),
        Mount("/_page/static", StaticFiles(directory=Path(__file__).parent / "static")),
    ]
    table += [Route(f"/_page/{name}", _form(network, act), methods=["POST"]) for name, act in forms.items()]
    return table


def _show(network: Network) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        asked = request.query_params
        view = _look(network, asked)
        text = asked.get("text", "")
        if not text and view.company:
            tried = page_data.TRIES.get(asked.get("try", ""), ("", ""))[1]
            text = view.side.opening(view.company) + tried
        body = page_html.page(
            view,
            desk_url=network.desk_url,
            text=text,
            audience=asked.get("audience", "public"),
            said=asked.get("said", ""),
        )
        return Page(body, headers=HEADERS)

    return show


def _returns(network: Network) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        view = _look(network, request.query_params)
        return Page(page_html.returns(view, network.desk_url), headers=HEADERS)

    return show


def _picture(network: Network) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        side = SIDES.get(request.path_params["network"])
        found = side.picture(network.store, request.path_params["id"]) if side else None
        if found is None:
            return PlainTextResponse("There is no such picture.\n", 404, HEADERS)
        return Response(found.data, headers=HEADERS, media_type=found.mime)

    return show


def _look(network: Network, asked: Mapping[str, str]) -> page_data.View:
    name = asked.get("as", "").strip()[:50] or page_data.CUSTOMERS[0]
    return page_data.look(network, _side(network, asked.get("network", "")), TILES, name)


def _side(network: Network, key: str) -> Side:
    """The network asked for; else the first where the company is, else the first."""
    if key in SIDES:
        return SIDES[key]
    there = [side for side in SIDES.values() if side.company(network.store)]
    return (there or list(SIDES.values()))[0]


def _form(network: Network, act: Callable[[Network, Form], dict[str, str]]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        form: Form = {}
        for name, value in parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True):
            form.setdefault(name, []).append(value)
        back = {"as": _one(form, "as"), "network": _one(form, "network"), **act(network, form)}
        query = urlencode({name: value for name, value in back.items() if value})
        return RedirectResponse(f"/?{query}" if query else "/", status_code=303)

    return answer


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0]


def write(network: Network, form: Form) -> dict[str, str]:
    """A post or a message of the customer."""
    name, text = _one(form, "as").strip()[:50], _one(form, "text").replace("\r\n", "\n")
    audience = _one(form, "audience")
    followers = _one(form, "followers")
    item: dict[str, Any] = {"handle": page_data.handle_of(name), "name": name, "text": text}
    if followers.isdigit():
        item["followers"] = int(followers[:9])
    try:
        if not text.strip():
            raise ValueError("An empty post was not posted.")
        side = _side(network, _one(form, "network"))
        if _one(form, "picture"):
            item["media"] = [drawing.parcel()]
        side.write(network.store, item, direct=audience == "direct", below=_one(form, "below"))
    except ValueError as reason:
        return {"said": str(reason), "text": text, "audience": audience}
    return {"audience": audience}


def misbehave(network: Network, form: Form) -> dict[str, str]:
    """Sets the page's switches; faults set otherwise stay as they are."""
    wanted = form.get("on", [])
    faults = network.faults
    on = faults.presets()
    faults.active = [fault for fault in faults.active if not fault.preset or fault.preset in wanted]
    for key in wanted:
        if key in page_data.SWITCHES and key not in on:
            faults.active += [read_fault({**document, "preset": key}) for document in page_data.SWITCHES[key][1]]
    network.save_faults()
    return {}


def pile_on(network: Network, form: Form) -> dict[str, str]:
    """Forty customers at once."""
    side = _side(network, _one(form, "network"))
    company = side.company(network.store)
    if company is None:
        return {"said": f"There is no company {side.tile.account} yet, so nobody can pile on."}
    run = token_hex(2)
    lines = page_data.PILE_ON
    items = [
        {
            "handle": f"crowd{run}{number}",
            "name": f"Crowd {number}",
            "followers": 30 + 97 * number,
            "text": lines[number % len(lines)],
        }
        for number in range(1, PILE_SIZE + 1)
    ]
    side.pile_on(network.store, company, items)
    return {"said": f"{PILE_SIZE} customers have just written about an outage."}


def story(network: Network, form: Form) -> dict[str, str]:
    """Pauses the story, lets it go on, or has its next beat told at once."""
    if network.story is None:
        return {"said": "Nobody is telling a story."}
    wanted = network.store.setting("story", {"paused": False, "until": 0})
    if _one(form, "do") == "next":
        wanted["until"] = max(wanted["until"], network.story.told) + 1
    else:
        wanted["paused"] = _one(form, "do") == "pause"
    network.store.set_setting("story", wanted)
    return {}


def afresh(network: Network, form: Form) -> dict[str, str]:
    network.forget(keep_accounts=True)
    return {"said": "Everything is forgotten; the company account stays connected."}


def account(network: Network, form: Form) -> dict[str, str]:
    try:
        _side(network, _one(form, "network")).make_company(network.store, _one(form, "handle"))
    except ValueError as reason:
        return {"said": str(reason)}
    return {}
