"""What a rule would have matched: the same test as routing's, on what routing saw then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from inbox.downstream import policy
from inbox.models import Conversation
from routing.models import Assignment, Rule
from routing.services import rules
from routing.services.rules import Prepared

DAYS = 7
SHOWN = 20
MOST = 100  # counted up to here
LOOK = 10_000  # of the newest conversations, so that a rare word does not read the whole past
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """One conversation that the rule would have matched, and the earlier rule that would have taken it first."""

    conversation: Conversation
    found: str
    first: Rule | None


@dataclass(frozen=True, slots=True)
class Preview:
    hits: Sequence[Hit]
    count: int  # MOST + 1: more than that
    looked_at: int
    taken_first: int  # of those counted
    more: int | None  # the conversation behind which the next page begins

    @property
    def shown_count(self) -> str:
        return f"{MOST}+" if self.count > MOST else str(self.count)


def preview(rule: Rule, *, viewer: AbstractBaseUser, before: int | None = None) -> Preview:
    """The newest conversations of the last days that ``rule`` matches, of those that ``viewer`` may see.

    ``before`` is the last conversation of the page that was shown; then nothing is counted anew.
    """
    return _look(rule, policy().filter(viewer, Conversation.objects.all()), before)


def counted(rule: Rule) -> Preview:
    """How many of the whole desk's it matches, and none of them: for whoever sets up rules and reads nobody's words."""
    return replace(_look(rule, Conversation.objects.all(), None), hits=(), more=None)


def _look(rule: Rule, conversations: QuerySet[Conversation], before: int | None) -> Preview:
    earlier = [ready for ready in rules.enabled_rules() if ready.rule.pk != rule.pk and _earlier(ready.rule, rule)]
    wanted = SHOWN + 1 if before is not None else MOST + 1
    hits: list[Hit] = []
    looked_at = 0
    for batch in _batches(conversations, before):
        looked_at += len(batch)
        hits += _hits(Prepared(rule), earlier, batch)
        if len(hits) >= wanted:
            break
    hits = hits[:wanted]
    more = hits[SHOWN - 1].conversation.pk if len(hits) > SHOWN else None
    return Preview(hits[:SHOWN], len(hits), looked_at, sum(hit.first is not None for hit in hits), more)


def _earlier(one: Rule, other: Rule) -> bool:
    """A new rule is asked last."""
    return other.pk is None or (one.position, one.pk) < (other.position, other.pk)


def _batches(conversations: QuerySet[Conversation], before: int | None) -> Iterator[list[Conversation]]:
    """The newest of them, newest first. Ids rise as conversations open."""
    newest = Conversation.objects.aggregate(newest=Max("pk"))["newest"] or 0
    upto, floor = min(before or newest + 1, newest + 1), max(0, newest - LOOK)
    since = timezone.now() - timedelta(days=DAYS)
    recent = conversations.filter(pk__gt=floor, opened_at__gte=since)
    while rows := list(recent.filter(pk__lt=upto).select_related("identity", "connection").order_by("-pk")[:_BATCH]):
        yield rows
        upto = rows[-1].pk


def _hits(ready: Prepared, earlier: Sequence[Prepared], batch: Sequence[Conversation]) -> list[Hit]:
    ids = [row.pk for row in batch]
    now = timezone.now()
    routed: dict[int, datetime] = dict(
        Assignment.objects.filter(conversation_id__in=ids).values_list("conversation_id").annotate(at=Min("at"))
    )
    turns = rules.turns_until({pk: routed.get(pk, now) for pk in ids})
    found = []
    for row in batch:
        if match := rules.first_match([ready], turns[row.pk]):
            first = rules.first_match(earlier, turns[row.pk])
            found.append(Hit(row, match.found, first.rule if first else None))
    return found
