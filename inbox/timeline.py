"""A conversation as an agent reads it: stretches of public, private, staff and events, in order of time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext

from connectors.types import Act, ActSpec
from inbox import acts, mentions
from inbox.acts import Done, Offer
from inbox.models import Attachment, Conversation, Message, OutboxItem
from inbox.saying import inside, stored
from inbox.selectors import Sought
from inbox.services.media import File

PUBLIC, DIRECT, STAFF, EVENT, CONTEXT = "public", "direct", "staff", "event", "context"
LINES = 60  # what a conversation shows at first, and what "Show earlier" adds
BEFORE = 20  # how much stands above what was sought
MOST = 6000
_TAKEN_BACK = ("conversation.unsplit", "conversation.unjoin")
RESOLUTIONS = dict(Conversation.Resolution.choices)


@dataclass(slots=True)
class Line:
    """One entry. ``place`` decides in which kind of stretch it stands; staff entries never stand in an audience."""

    place: str
    at: datetime
    kind: str
    text: str = ""
    who: str = ""
    message: Message | None = None
    item: OutboxItem | None = None
    reasons: Sequence[str] = ()
    icon: str = ""
    until: datetime | None = None
    leads_to: int | None = None  # another conversation that it tells of, as far as that may be seen
    move: int | None = None  # the split or join that it tells of, while that can be taken back
    splits: bool = False  # whether a conversation of its own may begin here
    files: Sequence[File] = ()  # what their message brought
    pictures: Sequence[Attachment] = ()  # what our reply takes along
    acts: Sequence[Done] = ()  # what was done to it, or is being done
    offers: Sequence[Offer] = ()  # what may be done to it now
    pieces: Sequence[tuple[str, str]] = ()  # of a note: words, and whom they mention
    key: str = ""  # of the next act: the same for a double click, another one afterwards
    note: int | None = None
    sought: bool = False  # what somebody came here for

    @property
    def spot(self) -> str:
        """What an address of this page calls it; nothing but messages and notes has a name there."""
        return f"m{self.message.pk}" if self.message else f"n{self.note}" if self.note else ""

    @property
    def mends(self) -> bool:
        """Whether it may be deleted and said anew."""
        return self.kind == "us" and any(offer.spec.act is Act.DELETE for offer in self.offers)

    @property
    def state(self) -> str:
        """The delivery state of what is ours; what came back from the network was sent somewhere else."""
        return self.item.state if self.item else OutboxItem.State.SENT

    @property
    def deleted(self) -> bool:
        return bool(self.message and self.message.deleted_at)

    @property
    def url(self) -> str:
        """Where it stands on the network, if that is an address a browser may be led to."""
        return self.message.url if self.message and self.message.url.startswith("https://") else ""

    @property
    def staff(self) -> Any:
        """The colleague who wrote it; nobody where it came from the network's own pages."""
        return self.item.author if self.item else self.message.agent if self.message else None


@dataclass(slots=True)
class Stretch:
    place: str
    lines: list[Line] = field(default_factory=list)


def build(
    messages: Sequence[Message],
    items: Sequence[OutboxItem],
    log: Iterable[dict[str, Any]],
    extra: Iterable[Line] = (),
    *,
    limit: int = LINES,
    sought: Sought | None = None,
) -> tuple[list[Stretch], bool]:
    """Merge everything by time, keep the newest ``limit`` lines and cut them into stretches.

    The posts above the thread come first. What is ``sought`` is marked, and shown however far back it stands. Also
    told: whether there is something earlier.
    """
    by_message = {item.message_id: item for item in items if item.message_id}
    lines = [_from_message(message, by_message.get(message.pk)) for message in messages]
    stored = {message.pk for message in messages}
    lines += [_from_item(item) for item in items if item.is_reply and item.message_id not in stored]
    lines += [_from_log(row) for row in log]
    lines += list(extra)
    lines.sort(key=lambda line: line.at)
    if sought is not None:
        limit = max(limit, sum(line.at >= sought.at for line in lines) + BEFORE)
        for line in lines:
            line.sought = line.spot == sought.spot
    shown = sorted(lines[-limit:], key=lambda line: line.place != CONTEXT)
    stretches = [Stretch(place, list(group)) for place, group in groupby(shown, key=lambda line: line.place)]
    return stretches, len(lines) > limit


def hang(
    stretches: Iterable[Stretch], files: Mapping[int, Sequence[File]], pictures: Mapping[int, Sequence[Attachment]]
) -> None:
    """Put files by message and our pictures by reply where they belong. What left from here is shown as it left."""
    for line in (line for stretch in stretches for line in stretch.lines):
        if line.item is not None:
            line.pictures = pictures.get(line.item.pk, ())
        elif line.message is not None:
            line.files = files.get(line.message.pk, ())


def hang_acts(
    stretches: Iterable[Stretch], items: Iterable[OutboxItem], specs: Sequence[ActSpec], *, may: bool
) -> None:
    """Put acts where they were wanted and, for those who ``may``, what can be done. Others' posts have neither."""
    by_post: dict[int | None, list[OutboxItem]] = {}
    for item in items:
        if not item.is_reply:
            by_post.setdefault(item.in_reply_to_id, []).append(item)
    for line in (line for stretch in stretches for line in stretch.lines):
        if line.message is not None and line.place != CONTEXT:
            done = by_post.get(line.message.pk, [])
            line.acts, line.key = acts.shown(done), f"{line.message.pk}-{len(done)}"
            line.offers = acts.on_post(line.message, specs, done) if may else ()


def hang_moves(
    stretches: Iterable[Stretch], log: Iterable[dict[str, Any]], *, seen: Collection[int], may: bool, more: bool
) -> None:
    """Offer to those who ``may`` where a case of its own can begin, and to take back what was split or joined.

    Links lead to ``seen`` conversations only. ``more``: the conversation began before what is shown.
    """
    undone = {json.loads(row["text"])["move"] for row in log if row["kind"] in _TAKEN_BACK}
    begun = more
    for line in (line for stretch in stretches for line in stretch.lines):
        if line.kind == "in":
            line.splits, begun = may and begun, True
        elif line.move is not None:
            line.move = line.move if may and line.move not in undone and line.leads_to in seen else None
        if line.kind == "event" and line.leads_to not in seen:
            line.leads_to = None


def from_others(message: Message, leads_to: int | None) -> Line:
    """What another customer wrote above the thread."""
    return Line(CONTEXT, message.published_at, "context", message.text, message=message, leads_to=leads_to)


def _from_message(message: Message, item: OutboxItem | None) -> Line:
    direct = message.visibility == DIRECT
    if message.direction == Message.Direction.CONTEXT or message.conversation_id is None:
        return Line(CONTEXT, message.published_at, "context", message.text, message=message)
    place = DIRECT if direct else PUBLIC
    if message.direction == Message.Direction.IN:
        return Line(place, message.published_at, "in", message.text, who=str(message.author or ""), message=message)
    return Line(place, message.published_at, "us", message.text, message=message, item=item)


def _from_item(item: OutboxItem) -> Line:
    place = DIRECT if item.kind == OutboxItem.Kind.DIRECT else PUBLIC
    return Line(place, item.created_at, "us", item.text, item=item)


def _from_log(row: dict[str, Any]) -> Line:
    who = row["first_name"] or row["username"] or ""
    if row["kind"] == "note":
        pieces = mentions.pieces(row["text"], json.loads(row["mentioned"]))
        return Line(STAFF, row["at"], "note", row["text"], who=who, pieces=pieces, note=row["id"])
    facts = json.loads(row["text"] or "{}")
    if "move" in facts:
        return _of_move(row, who or gettext("Somebody"), facts)
    return Line(EVENT, row["at"], "event", *_sentence(row["kind"], who, facts))


def _of_move(row: dict[str, Any], who: str, facts: dict[str, Any]) -> Line:
    """A case that was split or joined, as it is told on either side."""
    number = facts.get("messages", 0)
    what = ngettext("%(number)s message", "%(number)s messages", number) % {"number": number}
    kind, there = row["kind"].removeprefix("conversation."), "to" in facts
    undone = kind.startswith("un")
    said = {
        ("split", True): gettext("%(who)s split %(what)s off into a conversation of their own."),
        ("split", False): gettext("%(who)s split this off from another conversation."),
        ("join", True): gettext("%(who)s joined this to another conversation."),
        ("join", False): gettext("%(who)s joined another conversation to this one: %(what)s."),
        ("unsplit", there): gettext("%(who)s took the split back."),
        ("unjoin", there): gettext("%(who)s took the join back."),
    }[kind, there]
    text = said % {"who": who, "what": what}
    return Line(
        EVENT, row["at"], "event", text, who, icon="arrows-split" if kind == "split" else "arrows-join",
        leads_to=facts.get("to") or facts.get("from"), move=None if undone else facts["move"],
    )  # fmt: skip


def _sentence(kind: str, who: str, facts: dict[str, Any]) -> tuple[Any, ...]:
    """Text, who, and the rest of a Line's fields for an event."""
    name = who or "socialdesk"
    if kind == "conversation.resolved":
        how = inside(RESOLUTIONS.get(facts.get("resolution", ""), ""))
        said = gettext("%(who)s resolved it: %(how)s.") if how else gettext("%(who)s resolved it.")
        return said % {"who": name, "how": how}, who, None, None, (), "check"
    if kind == "conversation.snoozed":
        until = parse_datetime(str(facts.get("until", "")))
        return gettext("%(who)s snoozed it until") % {"who": name}, who, None, None, (), "moon", until
    said = gettext("%(who)s reopened it. %(reason)s") if who else gettext("Reopened. %(reason)s")
    return said % {"who": who, "reason": stored(str(facts.get("reason", "")))}, who, None, None, (), "refresh"


def undoable(items: Sequence[OutboxItem], author_id: int) -> list[OutboxItem]:
    """The author's own replies that wait out their undo and then leave, the latest first."""
    return [
        item
        for item in reversed(items)
        if item.is_reply
        and item.state == OutboxItem.State.HELD
        and item.author_id == author_id
        and getattr(item, "hold_kind", "") == "undo"
        and not getattr(item, "waits_for", "")  # for a person, who may take longer
    ]
