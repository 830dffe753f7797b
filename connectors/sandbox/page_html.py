"""The page's HTML, from the pieces in ``html/``. Every value passes through ``esc`` on its way in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.page_data import SWITCHES, TRIES, Entry, Tile, View

_LONG_ID = re.compile(r"\d{12,}")
LONGEST = 1200  # a text of 100 kB is real, but nobody reads it here


def esc(value: object) -> str:
    return escape(str(value), quote=True)


@cache
def piece(name: str) -> Template:
    return Template((Path(__file__).parent / "html" / name).read_text(encoding="utf-8"))


def icon(name: str, extra: str = "") -> str:
    return f'<svg class="i {extra}" aria-hidden="true"><use href="#i-{name}"/></svg>'


def page(view: View, *, desk_url: str, text: str, audience: str, said: str) -> str:
    """The whole document."""
    desk = f'<a class="btn ghost" href="{esc(desk_url)}">{icon("inbox", "s")}Back to the desk</a>'
    notice = f'<p class="notice" role="status">{icon("shield")}<span>{esc(said)}</span></p>'
    return piece("page.html").substitute(
        sprite=piece("sprite.svg").template,
        desk=desk if desk_url else "",
        customer=esc(view.customer),
        network=view.side.tile.key,
        story=_story(view),
        notice=notice if said else "",
        composer=_composer(view, text, audience) if view.company else _first(view),
        switches="\n".join(_switch(key, label, key in view.switches) for key, (label, _) in SWITCHES.items()),
        source=esc(_address(view, "/_page/returns")),
        returns=returns(view, desk_url),
    )


def _address(view: View, path: str, **more: str) -> str:
    return f"{path}?{urlencode({'as': view.customer, 'network': view.side.tile.key, **more})}"


def _story(view: View) -> str:
    """How far the story is, with its two buttons; nothing where nobody tells one."""
    if view.story is None:
        return ""
    do, label = ("go-on", "Go on") if view.paused else ("pause", "Pause the story")
    over = view.story.told >= view.story.of
    return piece("story.html").substitute(
        customer=esc(view.customer),
        network=view.side.tile.key,
        far=f"Story {view.story.told} of {view.story.of}",
        do=do,
        label=label,
        over=" disabled" if over else "",
    )


def _first(view: View) -> str:
    tile = view.side.tile
    return piece("first.html").substitute(tiles=_tiles(view), account=tile.account, network=tile.label)


def _switch(key: str, label: str, on: bool) -> str:
    box = f'<input type="checkbox" name="on" value="{key}"{" checked" if on else ""}>'
    return f'<label class="chk">{box}{esc(label)}</label>'


def _composer(view: View, text: str, audience: str) -> str:
    direct = audience == "direct"
    tile = view.side.tile
    return piece("composer.html").substitute(
        tiles=_tiles(view),
        customer=esc(view.customer),
        known="".join(f'<option value="{esc(name)}"></option>' for name in view.known),
        followers=view.followers,
        public="" if direct else " checked",
        direct=" checked" if direct else "",
        limit=tile.limit,
        direct_limit=tile.direct_limit,
        text=esc(text),
        answers=_answers(view),
        tries="".join(_try(view, key) for key in TRIES),
    )


def _tiles(view: View) -> str:
    return "".join(_tile(tile, tile is view.side.tile) for tile in view.tiles)


def _tile(tile: Tile, chosen: bool) -> str:
    radio = f'<input type="radio" name="network" value="{tile.key}"{" checked" if chosen else ""}>'
    return f'<label>{radio}<span class="net" aria-hidden="true">{icon(tile.icon)}</span>{esc(tile.label)}</label>'


def _try(view: View, key: str) -> str:
    label, text = TRIES[key]
    opening = view.side.opening(view.company) if view.company else ""
    address = _address(view, "/", **{"try": key})
    return f'<a class="btn sm" href="{esc(address)}" data-text="{esc(opening + text)}">{esc(label)}</a>'


def _answers(view: View) -> str:
    if view.below is None:
        return f"<span>{esc(view.side.otherwise())}</span>"
    box = f'<input type="checkbox" name="below" value="{esc(view.below.id)}" checked>'
    return f'<label class="chk">{box}{esc(view.below.said)} from {clock(view.below.at_ms)}</label>'


def returns(view: View, desk_url: str) -> str:
    """The two columns and the log: the part that is fetched anew while the page is open."""
    nothing = '<p class="dim">Nothing yet. What is answered in public shows here.</p>'
    quiet = '<p class="dim">Nothing yet. Only the two sides would see it.</p>'
    unasked = '<li class="none">The network has not been asked anything yet.</li>'
    return piece("returns.html").substitute(
        customer=esc(view.customer),
        public="\n".join(_entry(entry, view.side.tile.key, desk_url) for entry in view.public) or nothing,
        private="\n".join(_entry(entry, view.side.tile.key, desk_url) for entry in view.private) or quiet,
        log="\n".join(_log_line(line) for line in view.log) or unasked,
    )


def _pictures(entry: Entry, network: str) -> str:
    """Each picture above its alternative text."""
    return "".join(
        f'<figure><img src="/_page/picture/{network}/{one.id}" alt="{esc(one.alt)}">'
        f"<figcaption>{esc(one.alt) or 'no alternative text'}</figcaption></figure>"
        for one in entry.pictures
    )


def _entry(entry: Entry, network: str, desk_url: str) -> str:
    initials = "".join(part[0] for part in entry.name.split()[:2]).upper() or "?"
    kind, avatar = ("us", "av staff") if entry.ours else ("in", "av")
    text = entry.text
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} … ({len(text):,} characters)"
    who = f"@{esc(entry.handle)}" if entry.ours else "you"
    return (
        f'<article class="m {kind}"><span class="{avatar}" aria-hidden="true">{esc(initials)}</span><div>'
        f'<div class="h"><b>{esc(entry.name)}</b>{who}{_time(entry.at_ms)}</div>'
        f'<p class="b" dir="auto">{esc(text)}</p>{_pictures(entry, network)}{_state(entry, desk_url)}</div></article>'
    )


def _state(entry: Entry, desk_url: str) -> str:
    note = f"<span>{esc(entry.note)}</span>" if entry.note else ""
    if entry.ours and entry.times == 0:
        return f'<div class="st"><span>Written on the network itself</span>{note}</div>'
    if entry.ours and entry.times == 1:
        return f'<div class="st"><span>{icon("sent")}Came back once</span>{note}</div>'
    if entry.ours:
        return f'<div class="st bad"><span>{icon("again")}Came back {entry.times} times</span></div>'
    if entry.fetched_after is None:
        return f'<div class="st"><span>Not fetched by the desk yet</span>{note}</div>'
    link = f'<a class="lk" href="{esc(desk_url)}">Open the desk</a>' if desk_url else ""
    return f'<div class="st"><span>Fetched by the desk after {entry.fetched_after:.1f} s</span>{note}{link}</div>'


def _log_line(line: dict[str, Any]) -> str:
    odd = ' class="odd"' if line["status"] == 0 or line["status"] >= 400 else ""
    said = ", ".join(part for part in (str(line["status"] or "no answer"), str(line["note"])) if part)
    stamp = datetime.fromtimestamp(line["at"] / 1000, UTC).astimezone().strftime("%H:%M:%S")
    path = _LONG_ID.sub(lambda found: f"…{found[0][-4:]}", str(line["path"]))
    what = f'{esc(path)}<span class="said">{esc(said)}</span>'
    return f"<li{odd}><time>{stamp}</time><b>{esc(line['method'])}</b><span>{what}</span></li>"


def clock(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone().strftime("%H:%M")


def _time(ms: int) -> str:
    exact = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
    return f'<time datetime="{exact}">{clock(ms)}</time>'
