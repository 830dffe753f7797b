"""A conversation as an agent reads it: stretches of public, private, staff and events, in order of time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.dateparse import parse_datetime

from connectors.types import Act, ActSpec
from inbox import acts, mentions
from inbox.acts import Done, Offer
from inbox.models import Attachment, Conversation, Message, OutboxItem
from inbox.services.media import File

PUBLIC, DIRECT, STAFF, EVENT, CONTEXT = "public", "direct", "staff", "event", "context"
LINES = 60  # what a conversation shows at first, and what "Show earlier" adds
MOST = 6000
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
    leads_to: int | None = None  # the conversation in which it stands, where that is another one that may be seen
    files: Sequence[File] = ()  # what their message brought
    pictures: Sequence[Attachment] = ()  # what our reply takes along
    acts: Sequence[Done] = ()  # what was done to it, or is being done
    offers: Sequence[Offer] = ()  # what may be done to it now
    pieces: Sequence[tuple[str, str]] = ()  # of a note: words, and whom they mention
    key: str = ""  # of the next act: the same for a double click, another one afterwards

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
) -> tuple[list[Stretch], bool]:
    """Merge everything by time, keep the newest ``limit`` lines and cut them into stretches.

    The posts above the thread come first. Also told: whether there is something earlier.
    """
    by_message = {item.message_id: item for item in items if item.message_id}
    lines = [_from_message(message, by_message.get(message.pk)) for message in messages]
    stored = {message.pk for message in messages}
    lines += [_from_item(item) for item in items if item.is_reply and item.message_id not in stored]
    lines += [_from_log(row) for row in log]
    lines += list(extra)
    lines.sort(key=lambda line: line.at)
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
        return Line(STAFF, row["at"], "note", row["text"], who=who, pieces=pieces)
    facts = json.loads(row["text"] or "{}")
    return Line(EVENT, row["at"], "event", *_sentence(row["kind"], who, facts))


def _sentence(kind: str, who: str, facts: dict[str, Any]) -> tuple[Any, ...]:
    """Text, who, and the rest of a Line's fields for an event."""
    name = who or "socialdesk"
    if kind == "conversation.resolved":
        how = RESOLUTIONS.get(facts.get("resolution", ""), "").lower()
        return f"{name} resolved it: {how}." if how else f"{name} resolved it.", who, None, None, (), "check"
    if kind == "conversation.snoozed":
        until = parse_datetime(str(facts.get("until", "")))
        return f"{name} snoozed it until", who, None, None, (), "moon", until
    reason = str(facts.get("reason", ""))
    return f"Reopened. {reason}" if not who else f"{who} reopened it. {reason}", who, None, None, (), "refresh"


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
