"""Ordered rules: the first that matches decides. What a conversation lacks matches no condition on it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language_info, gettext, ngettext

from inbox import describing
from inbox.asks import Ask
from inbox.dates import many
from inbox.describing import Described, Vocabulary
from inbox.models import Conversation, Message
from inbox.phrases import contains, plain
from inbox.services import networks
from routing.models import Rule

# ISO 639: undetermined, no language, several, uncoded, and what is reserved for private use.
_NO_LANGUAGE = re.compile(r"(und|zxx|mul|mis|q[a-t][a-z])?$")


@dataclass(frozen=True, slots=True)
class Turn:
    """What a rule looks at: what the contact wrote, where, in which language, and who they are there."""

    text: str
    handle: str
    network: str = ""
    connection_id: int = 0
    connection_name: str = ""
    followers: int | None = None
    languages: frozenset[str] = frozenset()
    visibilities: frozenset[str] = frozenset()
    tags: Mapping[int, str] = field(default_factory=dict)  # names by id
    vips: Mapping[int, str] = field(default_factory=dict)  # the lists that they are on
    values: Sequence[Described] = ()  # what the desk's fields say of it


@dataclass(frozen=True, slots=True)
class Match:
    """The rule that decided, and what of it was found."""

    rule: Rule
    words: tuple[str, ...]
    author: str
    others: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def found(self) -> str:
        found = [*self.words, *([f"written by @{self.author}"] if self.author else []), *self.others]
        return ", ".join(found) or "it takes everything"

    @property
    def reason(self) -> str:
        return f"Matches the rule “{self.rule.name}”: {self.found}"


class Prepared:
    """One rule, made ready for many conversations."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.words = [(word, plain(word)) for word in rule.words]
        self.authors = {_handle(name) for name in rule.authors} - {""}
        self.languages = {language_of(code) for code in rule.languages} - {""}
        self.asks = [Ask.of(*kept) for kept in rule.fields]

    def match(self, turn: Turn, text: str, handle: str) -> Match | None:
        """What was found, or None. ``text`` and ``handle`` are the turn's in plain()."""
        rule = self.rule
        if rule.networks and turn.network not in rule.networks:
            return None
        if rule.connections and turn.connection_id not in rule.connections:
            return None
        if rule.visibility and rule.visibility not in turn.visibilities:
            return None
        languages = sorted(self.languages & turn.languages)
        if rule.languages and not languages:
            return None
        if not _within(turn.followers, rule.min_followers, rule.max_followers):
            return None
        author = handle if handle in self.authors else ""
        if rule.authors and not author:
            return None
        described = self._described(turn)
        if described is None:
            return None
        words = tuple(word for word, ready in self.words if contains(text, ready))
        if rule.words and not words:
            return None
        inputs: dict[str, Any] = {"words": list(words), "author": bool(author), "languages": languages}
        inputs |= {"followers": turn.followers, "network": turn.network, "connection": turn.connection_id}
        if described:
            inputs["described"] = described
        return Match(rule, words, author, (*self._others(turn, languages), *described), inputs)

    def _described(self, turn: Turn) -> list[str] | None:
        """What was found among tags, lists and fields, as a person says it; None where something is missing."""
        tags = [turn.tags[pk] for pk in self.rule.tags if pk in turn.tags]
        vips = [turn.vips[pk] for pk in self.rule.vips if pk in turn.vips]
        values = [next((value for value in turn.values if ask.holds(value)), None) for ask in self.asks]
        if (self.rule.tags and not tags) or (self.rule.vips and not vips) or None in values:
            return None
        said = [f"tagged {name}" for name in tags] + [f"on the list {name}" for name in vips]
        return said + [f"{value['name']}: {value['shown']}" for value in values if value]

    def _others(self, turn: Turn, languages: Sequence[str]) -> Iterable[str]:
        """What else of the rule was found, as a person says it."""
        rule = self.rule
        yield from (f"in {language_name(code)}" for code in languages)
        if (rule.min_followers is not None or rule.max_followers is not None) and turn.followers is not None:
            yield f"{turn.followers:,} follower{'' if turn.followers == 1 else 's'}"
        if rule.connections:
            yield f"to {turn.connection_name}"
        elif rule.networks:
            yield f"on {networks.shown(turn.network).label}"
        if rule.visibility:
            yield f"written {'privately' if rule.visibility == 'direct' else 'publicly'}"


def conditions(rule: Rule, accounts: Mapping[int, str], known: Vocabulary) -> list[str]:
    """What must hold, as a person says it; nothing: it takes everything."""
    said = []
    if rule.words:
        said.append(gettext("any of: %(words)s") % {"words": ", ".join(rule.words)})
    if rule.languages:
        said.append(
            _one_of(gettext("in %(names)s"), (language_name(language_of(code) or code) for code in rule.languages))
        )
    if rule.authors:
        said.append(_one_of(gettext("by %(names)s"), (f"@{name.removeprefix('@')}" for name in rule.authors)))
    if rule.min_followers is not None:
        said.append(
            ngettext("at least %(number)s followers", "at least %(number)s followers", rule.min_followers)
            % {"number": many(rule.min_followers)}
        )
    if rule.max_followers is not None:
        said.append(
            ngettext("at most %(number)s followers", "at most %(number)s followers", rule.max_followers)
            % {"number": many(rule.max_followers)}
        )
    if rule.visibility:
        said.append(gettext("written privately") if rule.visibility == "direct" else gettext("written publicly"))
    if rule.networks:
        said.append(_one_of(gettext("on %(names)s"), (networks.shown(key).label for key in rule.networks)))
    if rule.connections:
        gone = gettext("an account that is gone")
        said.append(_one_of(gettext("to %(names)s"), (accounts.get(pk, gone) for pk in rule.connections)))
    asked = described(rule, known)
    if rule.tags:
        said.append(_one_of(gettext("tagged %(names)s"), asked["tagged"]))
    if rule.vips:
        said.append(_one_of(gettext("from somebody on %(names)s"), (f"“{name}”" for name in asked["on a list"])))
    return said + asked["fields"]


def _one_of(said: str, names: Iterable[str]) -> str:
    return said % {"names": gettext(" or ").join(names)}


def described(rule: Rule, known: Vocabulary) -> dict[str, list[str]]:
    """What a rule asks of tags, lists and fields, by label, with the names that they have now."""
    tags = {row["id"]: row["name"] for row in known.tags}
    lists = {row["id"]: row["name"] + " (archived)" * row["archived"] for row in known.lists}
    fields = {row["id"]: row for row in known.fields}
    return {
        "tagged": [tags.get(pk, gettext("a tag that is gone")) for pk in rule.tags],
        "on a list": [lists[pk] for pk in rule.vips if pk in lists],
        "fields": [_asked(Ask.of(*kept), fields[kept[0]]) for kept in rule.fields if kept[0] in fields],
    }


def _asked(ask: Ask, field: Described) -> str:
    """A condition on a field, as a person says it."""
    if ask.option is not None:
        names = {option["id"]: option["name"] for option in field["options"]}
        return gettext("%(field)s is %(value)s") % {
            "field": field["name"],
            "value": names.get(ask.option, gettext("an option that is gone")),
        }
    if ask.begins:
        return gettext("%(field)s begins with “%(said)s”") % {"field": field["name"], "said": ask.said}
    value = ask.said.replace("..", f" {gettext('to')} ").strip()
    return gettext("%(field)s is %(value)s") % {"field": field["name"], "value": value}


def active() -> QuerySet[Rule]:
    """Every rule that was not deleted, in the order in which they are asked."""
    return Rule.objects.filter(deleted_at=None).order_by("position", "id")


def enabled_rules() -> list[Prepared]:
    return [Prepared(rule) for rule in active().filter(enabled=True).select_related("team", "agent", "topic")]


def turns(conversation_ids: Sequence[int]) -> dict[int, Turn]:
    """The open turns, in two statements. With no turn open, the latest message stands for it."""
    since = Q(pk__gte=F("conversation__turn_first_id")) | Q(
        conversation__turn_first_id=None, pk=F("conversation__last_incoming_id")
    )
    messages = Message.objects.filter(
        since, conversation_id__in=conversation_ids, direction=Message.Direction.IN
    ).order_by("pk")
    return turns_of(conversation_ids, messages.values_list("conversation_id", "text", "language", "visibility"))


def turns_until(moments: Mapping[int, datetime]) -> dict[int, Turn]:
    """What the contacts of these conversations had written by then, in two statements."""
    messages = Message.objects.filter(conversation_id__in=moments, direction=Message.Direction.IN).order_by("pk")
    rows = messages.values_list("conversation_id", "text", "language", "visibility", "arrived_at")
    return turns_of(list(moments), (row[:4] for row in rows if row[4] <= moments[row[0] or 0]), moments)


def turns_of(
    conversation_ids: Collection[int],
    messages: Iterable[tuple[int | None, str, str, str]],
    moments: Mapping[int, datetime] = MappingProxyType({}),
) -> dict[int, Turn]:
    """These messages' conversations as rules look at them, described as they were at ``moments``, or as they are."""
    now = timezone.now()
    said: dict[int, list[tuple[str, str, str]]] = {}
    for pk, text, language, visibility in messages:
        said.setdefault(pk or 0, []).append((text, language, visibility))
    rows = Conversation.objects.filter(pk__in=conversation_ids).values_list(
        "pk", "identity__handle", "identity__followers", "connection_id", "connection__network", "connection__name",
        describing.tags_of_conversation(), describing.vips_of_identity(),
        describing.values_of_conversation(past=True),
    )  # fmt: skip
    return {
        pk: Turn(
            text="\n".join(text for text, _, _ in said.get(pk, ())),
            handle=handle,
            network=network,
            connection_id=connection_id,
            connection_name=name,
            followers=followers,
            languages=frozenset(language_of(code) for _, code, _ in said.get(pk, ())) - {""},
            visibilities=frozenset(visibility for _, _, visibility in said.get(pk, ())),
            tags=_names(tags, moments.get(pk, now)),
            vips=_names(vips, moments.get(pk, now)),
            values=_in_force(values, moments.get(pk, now)),
        )
        for pk, handle, followers, connection_id, network, name, tags, vips, values in rows
    }


def _in_force(rows: Sequence[Described], moment: datetime) -> list[Described]:
    """What was true then."""
    return [
        row
        for row in rows
        if datetime.fromisoformat(row["at"]) <= moment
        and (row.get("ended_at") is None or datetime.fromisoformat(row["ended_at"]) > moment)
    ]


def _names(rows: Sequence[Described], moment: datetime) -> dict[int, str]:
    return {row["id"]: row["name"] for row in _in_force(rows, moment)}


def first_match(rules: Iterable[Prepared], turn: Turn) -> Match | None:
    """The first rule of which every condition that is set holds."""
    text, handle = plain(turn.text), _handle(turn.handle)
    return next((match for rule in rules if (match := rule.match(turn, text, handle))), None)


def _within(number: int | None, least: int | None, most: int | None) -> bool:
    if least is None and most is None:
        return True
    return number is not None and (least is None or number >= least) and (most is None or number <= most)


# Words, handles, languages ----------------------------------------------------------------------


def language_of(code: str) -> str:
    """The language of a code as a network gives it ("fr-CA" is "fr"); nothing for what names none."""
    language = re.split(r"[-_]", code.strip().casefold())[0]
    return "" if _NO_LANGUAGE.match(language) else language


def language_name(code: str) -> str:
    """French for "fr"; the code itself where nobody named it."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code


def _handle(name: str) -> str:
    return plain(name).removeprefix("@")
