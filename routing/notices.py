"""A person's notifications, as they read them. Whether they may still see a conversation is asked each time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from inbox.downstream import downstream, policy
from inbox.models import Message, Note
from routing.models import Notification
from routing.services.hands import display_name

if TYPE_CHECKING:
    from inbox.models import Conversation

PAGE = 50
GONE = _("About a conversation that you may no longer see.")
EXCERPT = 280
Kind = Notification.Kind
_ICONS = {
    Kind.MENTION: "at", Kind.ASSIGNED: "user-check", Kind.HANDED: "arrows-exchange", Kind.ANSWER: "message",
    Kind.APPROVAL: "eye-check", Kind.DECIDED: "checks", Kind.UNSENT: "send-off", Kind.ILL: "plug",
}  # fmt: skip
_SENTENCES = {
    "note.added": _("{who} mentioned you in a note"),
    "message.received": _("{customer} wrote again"),
    "outbox.approved": _("{who} approved your reply"),
    "outbox.returned": _("{who} returned your reply with a comment"),
    "guard.overridden": _("{who} let your reply pass"),
    "outbox.rejected": _("The network refused your reply"),
    "outbox.failed": _("Your reply could not be sent"),
    "outbox.unknown": _("Your reply may have been sent, or not"),
    "act.rejected": _("The network refused what you wanted done"),
    "act.failed": _("What you wanted done could not be done"),
    "act.unknown": _("What you wanted done may be done, or not"),
    "connection.failing": _("Reading {account} has failed three times"),
    "connection.changed": _("The network no longer accepts our access to {account}"),
}
_BY_KIND = {
    Kind.ASSIGNED: _("Assigned to you"), Kind.HANDED: _("{who} handed it to you"),
    Kind.APPROVAL: _("A reply of {who} waits to be read"),
}  # fmt: skip


@dataclass(slots=True)
class Line:
    """One notification in words. ``seen`` is False where its conversation is no longer theirs to see."""

    row: Notification
    seen: bool
    words: str = ""  # the note or the message; only where it may be seen

    @property
    def icon(self) -> str:
        return _ICONS[Kind(self.row.kind)] if self.seen else "eye-off"

    @property
    def sentence(self) -> str:
        """With the customer's name."""
        return self._said(str(self.row.conversation.identity) if self.row.conversation else "")

    @property
    def plain(self) -> str:
        """Without anything of the customer's."""
        return self._said(gettext("The customer"))

    def _said(self, customer: str) -> str:
        if not self.seen:
            return gettext(GONE)
        words = _BY_KIND.get(Kind(self.row.kind)) or _SENTENCES[self.row.told]
        who = display_name(self.row.actor) if self.row.actor else gettext("Somebody")
        return gettext(words).format(who=who, customer=customer, account=self.row.connection or "")

    @property
    def address(self) -> str:
        """Where it is dealt with."""
        if not self.seen:
            return ""
        if self.row.kind == Kind.APPROVAL:
            return f"{reverse('held')}#held-{self.row.subject_id}"
        if self.row.connection_id is not None:
            return reverse("connection", args=[self.row.connection_id])
        return downstream().address(self.row.conversation_id or 0)


@dataclass(slots=True)
class Fold:
    """What the page has about one conversation, the newest first; it lies folded, each line by itself."""

    lines: list[Line] = field(default_factory=list)

    @property
    def conversation(self) -> Conversation | None:
        return self.lines[0].row.conversation if self.lines[0].seen else None

    @property
    def unread(self) -> int:
        return sum(line.row.read_at is None for line in self.lines)


def page(user: AbstractBaseUser, *, before: int | None = None, unread: bool = False) -> tuple[list[Fold], bool]:
    """The newest, or those before one, folded by conversation; and whether there are more. Four statements at most."""
    rows = of(user).order_by("-id")
    rows = rows.filter(read_at=None) if unread else rows
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    folds: dict[tuple[str, int], Fold] = {}
    for line in lines(user, found[:PAGE], words=True):
        row = line.row
        key = ("talk", row.conversation_id) if row.conversation_id and line.seen else ("one", row.pk)
        folds.setdefault(key, Fold()).lines.append(line)
    return list(folds.values()), len(found) > PAGE


def of(user: AbstractBaseUser) -> QuerySet[Notification]:
    """All of theirs, with what their sentences need."""
    rows = Notification.objects.filter(user=user.pk)
    return rows.select_related("actor", "connection", "conversation__identity", "conversation__connection")


def lines(user: AbstractBaseUser, rows: Sequence[Notification], *, words: bool) -> list[Line]:
    """These in words, with those of the customer and of the note if ``words``. Three statements at most."""
    talks = {row.conversation_id for row in rows if row.conversation_id is not None}
    may = policy().allowed(user, "view", talks) if talks else set()
    found = [Line(row, row.conversation_id is None or row.conversation_id in may) for row in rows]
    if words:
        _quote(found)
    return found


def _quote(found: Iterable[Line]) -> None:
    shown = [line for line in found if line.seen]
    notes = _texts(Note.objects.all(), shown, Kind.MENTION)
    messages = _texts(Message.objects.filter(deleted_at__isnull=True), shown, Kind.ANSWER)
    for line in shown:
        texts = {Kind.MENTION: notes, Kind.ANSWER: messages}.get(Kind(line.row.kind), {})
        line.words = texts.get(line.row.subject_id or 0, "")[:EXCERPT]


def _texts(rows: QuerySet[Any], shown: Collection[Line], kind: Kind) -> dict[int, str]:
    ids = {line.row.subject_id for line in shown if line.row.kind == kind}
    return dict(rows.filter(pk__in=ids).values_list("pk", "text")) if ids else {}
