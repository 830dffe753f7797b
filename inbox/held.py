"""Replies that wait for a person, as whoever decides reads them: what leaves together is one case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, Min, OuterRef, Prefetch, QuerySet

from inbox import marks, selectors
from inbox.downstream import policy
from inbox.marks import Mark, Pieces
from inbox.models import Attachment, Conversation, Message, OutboxHold, OutboxItem
from inbox.services import approvals, guarding

if TYPE_CHECKING:
    from inbox.downstream import Somebody

SHOWN = 50
APPROVAL, GUARD = OutboxHold.Kind.APPROVAL, OutboxHold.Kind.GUARD


@dataclass(slots=True)
class Part:
    """One of the items that leave together."""

    item: OutboxItem
    text: Pieces = ()
    fallback: Pieces = ()
    pictures: Sequence[tuple[Attachment, Pieces]] = ()  # each with its description

    @property
    def rows(self) -> int:
        return min(10, 2 + len(str(self.item.payload.get("text", ""))) // 70)


@dataclass(slots=True)
class Case:
    """What waits and leaves together. ``may`` is what the reader may do on its conversation."""

    parts: Sequence[Part]
    may: frozenset[str]
    reader: int | None
    holds: Sequence[OutboxHold] = field(default_factory=list)
    approvers: Sequence[str] = ()  # who else may approve, of what the reader wrote

    @property
    def first(self) -> OutboxItem:
        return self.parts[0].item

    @property
    def own(self) -> bool:
        return any(part.item.author_id == self.reader for part in self.parts)

    @property
    def guarded(self) -> bool:
        return any(hold.kind == GUARD for hold in self.holds)

    @property
    def needs_approval(self) -> bool:
        return any(hold.kind == APPROVAL for hold in self.holds)

    @property
    def why(self) -> Sequence[str]:
        """Why it is held: who needs approval, and what the guard found."""
        found = [mark[3] for hold in self.holds if hold.kind == GUARD for mark in hold.marks]
        return list(dict.fromkeys([*(hold.why for hold in self.holds if hold.kind == APPROVAL), *found]))

    @property
    def seen(self) -> str:
        """What a decision is bound to."""
        return approvals.fingerprint([part.item for part in self.parts])

    @property
    def answers(self) -> Message | None:
        return next((part.item.in_reply_to for part in self.parts if part.item.is_reply), None)

    @property
    def audience(self) -> str:
        """The widest one: a pair of a private message and a public line is read by everybody."""
        return "public" if any(part.item.visibility == "public" for part in self.parts) else "direct"


def waiting(user: Somebody) -> QuerySet[OutboxHold]:
    """The open holds that only a person ends, in what ``user`` may view; of what leaves together those of the first."""
    open_ones = OutboxHold.objects.filter(released_at=None, kind__in=OutboxHold.BY_PEOPLE)
    visible = policy().filter(user, Conversation.objects.all())
    rows = open_ones.filter(item__state=OutboxItem.State.HELD, item__conversation__in=visible)
    return rows.exclude(Exists(open_ones.filter(item=OuterRef("item__after"))))


def count(user: Somebody) -> int:
    """How many cases wait. One statement over the few open holds, whatever has ever been sent."""
    return int(waiting(user).aggregate(number=Count("item", distinct=True))["number"])


def cases(user: Somebody, *, item_id: int | None = None, limit: int = SHOWN) -> list[Case]:
    """What waits, the longest first (or the one case of ``item_id``). Five statements, whatever the number.

    One more for who else may approve what ``user`` wrote.
    """
    chosen = waiting(user)
    if item_id is not None:
        chosen = chosen.filter(item=item_id)
    ids = list(chosen.values_list("item").annotate(at=Min("created_at")).order_by("at", "item")[:limit])
    first = [pk for pk, _ in ids]
    talks = OutboxItem.objects.filter(pk__in=first).values("conversation")
    holds = OutboxHold.objects.filter(released_at=None).order_by("pk")
    held = OutboxItem.objects.filter(state=OutboxItem.State.HELD, conversation__in=talks).select_related(
        "author", "connection", "conversation__identity", "in_reply_to__author"
    )
    known = {row.pk: row for row in held.prefetch_related(Prefetch("holds", queryset=holds))}
    may = policy().actions(user, {row.conversation_id for row in known.values()})
    pictures = selectors.pictures_of(list(known.values()))
    own = {row.conversation_id for row in known.values() if row.author_id == user.pk}
    may_approve = policy().people("approve", own) if own else {}
    others = {pk: [one.first_name for one in who if one.user_id != user.pk] for pk, who in may_approve.items()}
    return [_case(guarding.in_order(known[pk], known), may, user, pictures, others) for pk in first if pk in known]


def _case(
    items: Sequence[OutboxItem],
    may: Mapping[int, frozenset[str]],
    user: Somebody,
    pictures: Mapping[int, Sequence[Attachment]],
    others: Mapping[int, Sequence[str]],
) -> Case:
    parts, holds = [], []
    for item in items:
        mine = list(item.holds.all())
        holds += [hold for hold in mine if hold.kind in OutboxHold.BY_PEOPLE]
        found = [mark for hold in mine if hold.kind == GUARD for mark in hold.marks]
        parts.append(_marked(item, found, pictures.get(item.pk, ())))
    talk = items[0].conversation_id
    return Case(parts, may.get(talk, frozenset()), user.pk, holds, others.get(talk, ()))


def _marked(item: OutboxItem, found: Sequence[Mark], pictures: Sequence[Attachment]) -> Part:
    """The item's texts, cut where something was found: marks count those that are not empty."""
    text, *alts = guarding.spoken(item.payload)
    cut, number = [], 0
    for said in (text, *alts, item.fallback):
        cut.append(marks.cut(said, marks.of(number, found)) if said else ())
        number += bool(said)
    described = cut[1:-1] if len(alts) == len(pictures) else [[(one.alt, "")] for one in pictures]
    return Part(item, cut[0], cut[-1], list(zip(pictures, described, strict=True)))
