"""Rules beside each other: which takes all that a later one asks for, and which two pull at the same words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from inbox.phrases import contains
from routing.models import Rule
from routing.services.rules import Prepared

# Conditions of which any entry will do; the rest are one value, a range, or all of them.
_ANY_OF = ("networks", "connections", "tags", "vips")


@dataclass(frozen=True, slots=True)
class Pull:
    """A word for which an earlier rule sends a conversation to another team."""

    word: str
    first: Rule


def dead(ordered: Sequence[Prepared]) -> dict[int, Rule]:
    """For each rule that never decides, the first of the earlier ones that takes everything it asks for."""
    found: dict[int, Rule] = {}
    for one, other in combinations(ordered, 2):
        if takes_all_of(one, other):
            found.setdefault(other.rule.pk, one.rule)
    return found


def pulls(ordered: Sequence[Prepared]) -> dict[int, list[Pull]]:
    """For each rule, the words that an earlier one takes from it to another team, in some cases though not in all."""
    found: dict[int, list[Pull]] = {}
    for one, other in combinations(ordered, 2):
        if one.rule.team_id != other.rule.team_id and not takes_all_of(one, other) and not _apart(one, other):
            found.setdefault(other.rule.pk, []).extend(Pull(word, one.rule) for word in _words_of_both(one, other))
    return {pk: of_rule for pk, of_rule in found.items() if of_rule}


def takes_all_of(one: Prepared, other: Prepared) -> bool:
    """Whether ``one`` matches whatever ``other`` matches. What cannot be told from the two alone is no."""
    a, b = one.rule, other.rule
    return (
        all(_within(getattr(a, name), getattr(a, name), getattr(b, name)) for name in _ANY_OF)
        and _within(a.languages, one.languages, other.languages)
        and _within(a.authors, one.authors, other.authors)
        and a.visibility in ("", b.visibility)
        and _least(a) <= _least(b)
        and _most(a) >= _most(b)
        and (not _asks_reach(a) or _asks_reach(b))
        and set(one.asks) <= set(other.asks)
        and (not a.words or _every_word(one, other))
    )


def _within(asked: Collection[object], taken: Collection[object], narrower: Collection[object]) -> bool:
    """Who asks for nothing takes all; else the other must ask too, and only for what is ``taken``."""
    return not asked or (bool(narrower) and set(narrower) <= set(taken))


def _every_word(one: Prepared, other: Prepared) -> bool:
    return bool(other.words) and all(
        any(contains(longer, shorter) for _, shorter in one.words) for _, longer in other.words
    )


def _asks_reach(rule: Rule) -> bool:
    """A customer whose number of followers is not known matches no such rule."""
    return rule.min_followers is not None or rule.max_followers is not None


def _least(rule: Rule) -> float:
    return float("-inf") if rule.min_followers is None else rule.min_followers


def _most(rule: Rule) -> float:
    return float("inf") if rule.max_followers is None else rule.max_followers


def _apart(one: Prepared, other: Prepared) -> bool:
    """Whether no conversation matches both."""
    a, b = one.rule, other.rule
    lists = [(getattr(a, name), getattr(b, name)) for name in ("networks", "connections")]
    lists += [(one.languages, other.languages), (one.authors, other.authors)]
    return (
        any(mine and theirs and not set(mine) & set(theirs) for mine, theirs in lists)
        or "" != a.visibility != b.visibility != ""
        or max(_least(a), _least(b)) > min(_most(a), _most(b))
    )


def _words_of_both(one: Prepared, other: Prepared) -> Iterator[str]:
    for word, ready in other.words:
        if any(contains(ready, theirs) for _, theirs in one.words):
            yield word
