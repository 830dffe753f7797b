"""What may stop a sending, all of it at once: the person mends everything in one go and loses no word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from inbox.models import Conversation, Message, OutboxItem
from inbox.saying import stored
from inbox.services.conversations import Refused

if TYPE_CHECKING:
    from inbox.guard import Finding

NO_TIME = gettext_noop("Choose when it leaves.")
PAST = gettext_noop("This time is over already. Choose a later one, or send it now.")
FAR = gettext_noop("Choose a time within the next year.")
AHEAD = timedelta(days=366)  # how far ahead a reply may be scheduled
State = OutboxItem.State
_VOID = (State.CANCELLED, State.REJECTED, State.FAILED)


@dataclass(slots=True)
class Reasons:
    """Gathered while a reply is looked at. ``plain`` are sentences of what must be mended."""

    plain: list[str] = field(default_factory=list)
    connection: str = ""  # why the network cannot be asked at all
    news: str = ""  # somebody wrote meanwhile; sending again with `confirmed` sends all the same
    messages: Sequence[Message] = ()
    items: Sequence[OutboxItem] = ()
    findings: Sequence[Finding] = ()  # what the guard holds
    texts: Sequence[str] = ()  # in which it was found: all that everybody would read

    def add(self, sentence: str) -> None:
        if sentence and (said := stored(sentence)) not in self.plain:
            self.plain.append(said)

    def raise_if_any(self) -> None:
        if self.plain or self.connection or self.news or self.findings:
            raise Stopped(self)


class Stopped(Refused):
    """Nothing was sent. ``reasons`` says everything that stands in the way; ``str()`` is all of it for a person."""

    def __init__(self, reasons: Reasons) -> None:
        self.reasons = reasons
        why = [
            *reasons.plain,
            reasons.connection,
            reasons.news,
            *_once(stored(finding.why) for finding in reasons.findings),
        ]
        super().__init__(" ".join(sentence for sentence in why if sentence))

    @property
    def code(self) -> str:
        """The one word for programs: of several reasons the one to look at first."""
        if self.reasons.news:
            return "collision"
        if self.reasons.findings:
            return "guard"
        return "refused" if self.reasons.plain else "connection"


def _once(sentences: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sentences))


def bad_time(send_at: datetime | None) -> str:
    """Why a reply cannot wait for this moment; "" where it can."""
    now = timezone.now()
    if send_at is None or now < send_at <= now + AHEAD:
        return ""
    return PAST if send_at <= now else FAR


def look_for_news(
    reasons: Reasons,
    conversation: Conversation,
    author: AbstractBaseUser,
    *,
    seen_message: int | None,
    seen_outbox: int | None,
) -> None:
    """Only a new message of the customer or a colleague's reply since the page was opened is news."""
    theirs = conversation.messages.filter(direction=Message.Direction.IN, pk__gt=seen_message or 0)
    messages = list(theirs.order_by("pk")[:20])
    items = list(
        conversation.outbox.filter(pk__gt=seen_outbox or 0, kind__in=OutboxItem.REPLIES)
        .exclude(author_id=author.pk)
        .exclude(state__in=_VOID)
        .select_related("author")
        .order_by("pk")[:20]
    )
    if seen_outbox is None:  # the page said nothing of replies: only those since its newest message count
        items = [item for item in items if seen_message is None or (item.seen_message_id or 0) >= seen_message]
    if items:
        who = items[-1].author.get_short_name() or items[-1].author.get_username()
        reasons.news = (
            gettext("%(who)s replied privately while you were writing.")
            if items[-1].kind == OutboxItem.Kind.DIRECT
            else gettext("%(who)s replied publicly while you were writing.")
        ) % {"who": who}
    elif messages:
        reasons.news = gettext("The customer wrote again while you were writing.")
    reasons.messages, reasons.items = messages, items
