"""What X does to a text between the author's keyboard and everybody's screen.

X stores NFC, replaces each address by a t.co address of 23 characters and serves ``&``, ``<`` and ``>``
of a post escaped. Direct messages get NFC and t.co, but no escaping.
"""

from __future__ import annotations

import hashlib
import re
import string
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

MENTION = re.compile(r"(?<![A-Za-z0-9_@/])@([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])")
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text as X shows it, with the addresses it replaced (offsets count code points of ``text``)."""

    text: str
    urls: list[dict[str, Any]] = field(default_factory=list)


def well_formed(text: str) -> bool:
    """False for lone surrogates, which no JSON body of a real client can carry as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=4096)
def weighted_length(text: str) -> int:
    """X's weighted length, counted by its own published rules."""
    from twitter_text import parse_tweet  # half a second: only when needed

    return int(parse_tweet(text).weightedLength)


def short_url(url: str, salt: str) -> str:
    """A t.co address: the same post and address always get the same one."""
    digest = hashlib.blake2b(f"{salt}\0{url}".encode(), digest_size=10).digest()
    return "https://t.co/" + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest)


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def rewrite(text: str, *, salt: str, escaped: bool) -> Rewritten:
    """``text`` as X shows it; ``escaped`` for posts, not for messages."""
    text = unicodedata.normalize("NFC", text)
    done, urls, start = "", [], 0
    for found in _addresses(text):
        first, last = found["indices"]
        before = text[start:first]
        done += escape(before) if escaped else before
        short = short_url(found["url"], salt)
        urls.append(_entity(short, found["url"], len(done)))
        done += short
        start = last
    rest = text[start:]
    return Rewritten(done + (escape(rest) if escaped else rest), urls)


def mention_entities(text: str, ids: dict[str, str]) -> list[dict[str, Any]]:
    """The @handles in ``text``; those that exist carry their id."""
    entities = []
    for match in MENTION.finditer(text):
        entity: dict[str, Any] = {"start": match.start(), "end": match.end(), "username": match[1]}
        if known := ids.get(match[1].lower()):
            entity["id"] = known
        entities.append(entity)
    return entities


def handles(text: str) -> list[str]:
    return [match[1] for match in MENTION.finditer(text)]


def _addresses(text: str) -> list[dict[str, Any]]:
    if "." not in text:
        return []
    from twitter_text import extract_urls_with_indices

    return list(extract_urls_with_indices(text))


def _entity(short: str, url: str, start: int) -> dict[str, Any]:
    expanded = url if re.match(r"https?://", url, re.IGNORECASE) else f"http://{url}"
    display = re.sub(r"^https?://(www\.)?", "", url, flags=re.IGNORECASE)
    return {
        "start": start,
        "end": start + len(short),
        "url": short,
        "expanded_url": expanded,
        "display_url": display if len(display) <= 27 else display[:26] + "…",
    }
