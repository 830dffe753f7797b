"""Ordered rules on words and author: the first that matches decides."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from inbox.models import Conversation, Message
from routing.models import Rule

# Scripts written without spaces: there a word may stand inside a run of letters.
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF),
             (0xF900, 0xFAFF), (0x20000, 0x3FFFF))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """The open turn of one conversation: what the contact wrote, and who they are there."""

    text: str
    handle: str


@dataclass(frozen=True, slots=True)
class Match:
    """The rule that decided, and what of it was found."""

    rule: Rule
    words: tuple[str, ...]
    author: str

    @property
    def reason(self) -> str:
        found = list(self.words) + ([f"written by @{self.author}"] if self.author else [])
        return f"Matches the rule “{self.rule.name}”: {', '.join(found) or 'it takes everything'}"


def enabled_rules() -> list[Rule]:
    return list(Rule.objects.filter(enabled=True).select_related("team", "agent").order_by("position", "id"))


def turns(conversation_ids: Sequence[int]) -> dict[int, Turn]:
    """The open turns' texts, in one statement. With no turn open, the latest message stands for it."""
    since = Q(pk__gte=F("conversation__turn_first_id")) | Q(
        conversation__turn_first_id=None, pk=F("conversation__last_incoming_id")
    )
    messages: QuerySet[Message] = Message.objects.filter(
        since, conversation_id__in=conversation_ids, direction=Message.Direction.IN
    )
    handles = Conversation.objects.filter(pk__in=conversation_ids).values_list("pk", "identity__handle")
    texts: dict[int, list[str]] = {}
    for pk, text in messages.order_by("pk").values_list("conversation_id", "text"):
        texts.setdefault(pk or 0, []).append(text)
    return {pk: Turn("\n".join(texts.get(pk, ())), handle) for pk, handle in handles}


def first_match(rules: Sequence[Rule], turn: Turn) -> Match | None:
    """The first rule whose every list that is not empty has an entry that fits."""
    text, handle = plain(turn.text), _handle(turn.handle)
    for rule in rules:
        words = tuple(word for word in rule.words if contains(text, plain(word)))
        author = handle if handle and handle in {_handle(name) for name in rule.authors} else ""
        if (words or not rule.words) and (author or not rule.authors):
            return Match(rule, words, author)
    return None


def plain(text: str) -> str:
    """One spelling for what people read as the same: case, width, apostrophes, spaces, invisible marks."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    visible = "".join(sign for sign in folded if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", visible).split())


def contains(text: str, word: str) -> bool:
    """Whether ``word`` (or phrase) stands in ``text`` as a whole. Both are plain()."""
    start = text.find(word) if word else -1
    while start >= 0:
        end = start + len(word)
        if _boundary(text[start - 1 : start], word[0]) and _boundary(text[end : end + 1], word[-1]):
            return True
        start = text.find(word, start + 1)
    return False


def _boundary(outside: str, edge: str) -> bool:
    if not outside or not _letter(edge) or _unspaced(edge):
        return True
    return not _letter(outside)


def _letter(sign: str) -> bool:
    return sign.isalnum() or sign == "_" or unicodedata.category(sign).startswith("M")


def _unspaced(sign: str) -> bool:
    return any(low <= ord(sign) <= high for low, high in _UNSPACED)


def _handle(name: str) -> str:
    return plain(name).removeprefix("@")
