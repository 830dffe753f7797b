"""Text as X writes, counts and rewrites it.

Counting: twitter-text-parser, which follows X's own "Counting characters" document (280 weighted:
a URL 23, an emoji or CJK character 2, after NFC). Rewriting: X trims, writes links as t.co and
escapes &, < and >, and puts the @names of the people answered before a reply.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from twitter_text import extract_urls_with_indices, parse_tweet

from connectors.networks.x.fields import MESSAGE_LIMIT, POST_LIMIT
from connectors.text import clean, outgoing
from connectors.types import Measure, Visibility

EXACT = 2_000  # characters counted exactly; beyond them nothing can fit and the parser would take seconds
DOTS = 12  # more than any host name has
CASHTAG = re.compile(r"(?<![\w$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?!\w)")
FORBIDDEN = re.compile("[\ufffe\uffff\ufeff]")  # refused by X (twitter-text: invalid characters)
LEADING_NAMES = re.compile(r"^(?:\s*[@\uff20]\w{1,20}\b)+\s*")


def unescaped(text: str) -> str:
    """X escapes exactly three characters; anything else that looks like an entity was typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def incoming(text: Any, entities: Any) -> str:
    """X's text for reading: cleaned, t.co links opened, links to its own pictures dropped, unescaped."""
    result = clean(text)
    for entity in _urls(entities):
        short, long = clean(entity.get("url")), clean(entity.get("expanded_url"))
        if short and entity.get("media_key"):
            result = result.replace(short, "").rstrip()
        elif short and long:
            result = result.replace(short, long)
    return unescaped(result)


def _urls(entities: Any) -> Iterable[Mapping[str, Any]]:
    found = entities.get("urls") if isinstance(entities, Mapping) else None
    if not isinstance(found, list):
        return []
    usable = [entity for entity in found if isinstance(entity, Mapping)]
    return sorted(usable, key=lambda entity: -len(str(entity.get("url", ""))))


def measure(text: str, visibility: Visibility) -> Measure:
    """The length of what ``outgoing`` makes of ``text``."""
    text = outgoing(text)
    if visibility is Visibility.DIRECT:
        return Measure(used=len(text), limit=MESSAGE_LIMIT, unit="characters")
    used = parse_tweet(_tame(text[:EXACT])).weightedLength if text else 0
    return Measure(used=used + len(text[EXACT:]), limit=POST_LIMIT, unit="weighted characters")


def links(text: str) -> list[str]:
    """What X would turn into t.co links."""
    return [found["url"] for found in extract_urls_with_indices(_tame(text[:EXACT]))]


def _tame(text: str) -> str:
    """``text`` with the dots of absurdly dotted words as commas, which weigh the same.

    The parser's pattern for host names takes minutes over 2,000 characters of "a.b.a.b.…".
    """
    return re.sub(r"[^\s/]+", lambda run: run[0] if run[0].count(".") <= DOTS else run[0].replace(".", ","), text)


def cashtags(text: str) -> int:
    return len(CASHTAG.findall(text))


def comparable(text: str) -> str:
    """``text`` reduced to what survives X's rewriting, so that ours and X's can be compared."""
    text = LEADING_NAMES.sub("", unicodedata.normalize("NFC", clean(text)))
    for url in sorted(set(links(text)), key=len, reverse=True):
        text = text.replace(url, re.sub(r"^https?://", "", url, flags=re.IGNORECASE).rstrip("/").lower())
    return " ".join(text.split())
