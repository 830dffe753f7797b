"""`@name` in a note: whom it speaks to, and how it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models.functions import Lower

from inbox.downstream import Colleague, policy

# As names to sign in with are spelled; an e-mail address is none. What ends a sentence may end a name, too.
_NAME = re.compile(r"(?<![\w@.+-])@([\w@.+-]{1,150})")
_END = ".@+-"
MOST = 20  # of one note
OFFERED = 8


@dataclass(frozen=True, slots=True)
class Found:
    """The colleagues that a text names, by what it calls them in small letters; ``outside``: who may not see it."""

    inside: Mapping[str, User]
    outside: Sequence[User]


def _names(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Where each name begins, and what it may be: as it is, or without the stop behind it."""
    for match in _NAME.finditer(text):
        said = match[1].lower()
        yield match.start(), list(dict.fromkeys([said, said.rstrip(_END)]))


def look(text: str, conversation_id: int) -> Found:
    """Whom ``text`` names. Two statements; none without a name. What nobody here is called stays a word."""
    said = {name for _, names in _names(text) for name in names if name}
    if not said:
        return Found({}, ())
    people = User.objects.annotate(said=Lower("username")).filter(is_active=True, said__in=said)
    named = {user.username.lower(): user for user in people.order_by("username")}
    may = {one.user_id for one in policy().people("view", [conversation_id]).get(conversation_id, ())} if named else ()
    inside = {name: user for name, user in named.items() if user.pk in may}
    return Found(inside, [user for name, user in named.items() if name not in inside])


def pieces(text: str, named: Mapping[str, str]) -> list[tuple[str, str]]:
    """``text`` cut where it names somebody of ``named`` (what it calls them, and who that is): words, and who or ""."""
    found: list[tuple[str, str]] = []
    done = 0
    for start, names in _names(text):
        name = next((name for name in names if name in named), "")
        if name:
            found += [(text[done:start], ""), (text[start : start + 1 + len(name)], named[name])]
            done = start + 1 + len(name)
    return [piece for piece in [*found, (text[done:], "")] if piece[0]]


def offer(query: str, conversation_id: int, *, besides: int) -> list[Colleague]:
    """Colleagues who may see the conversation and have a name that begins with ``query``. One statement."""
    said = query.strip().lower()
    seen = policy().people("view", [conversation_id]).get(conversation_id, ())
    return [one for one in seen if one.user_id != besides and _begins(one, said)][:OFFERED]


def _begins(one: Colleague, said: str) -> bool:
    return any(name.lower().startswith(said) for name in (one.username, one.name, *one.name.split()))
