"""What can be done to a post or a person, and what became of what was wanted, as a page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from connectors.models import Connection
from connectors.types import Act, ActSpec, Target
from inbox.models import Conversation, Message, OutboxItem
from inbox.saying import inside
from inbox.services import networks

State = OutboxItem.State
PENDING = (State.HELD, State.QUEUED, State.SENDING, State.UNKNOWN)
# While it is done, once it is, what it is called on a button, and where nobody knows whether it is done.
WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "hide": (_("Hiding…"), _("Hidden"), _("Hide"), _("May have been hidden")),
    "unhide": (_("Showing it again…"), _("Shown again"), _("Show again"), _("May have been shown again")),
    "like": (_("Liking…"), _("Liked"), _("Like"), _("May have been liked")),
    "unlike": (_("Taking the like back…"), _("Like taken back"), _("Take the like back"), _("May be taken back")),
    "delete": (_("Deleting…"), _("Deleted"), _("Delete"), _("May have been deleted")),
    "block": (_("Blocking…"), _("Blocked"), _("Block"), _("May have been blocked")),
    "unblock": (_("Unblocking…"), _("Unblocked"), _("Unblock"), _("May have been unblocked")),
}
ICONS = {
    "hide": "eye-off", "unhide": "eye", "like": "thumb-up", "unlike": "thumb-down", "delete": "trash",
    "block": "user-off", "unblock": "user-check",
}  # fmt: skip
# What undoes what: of these only the newest says how things are.
SIDES = {"unhide": "hide", "unlike": "like", "unblock": "block"}


@dataclass(frozen=True, slots=True)
class Done:
    """One act with its delivery state in words."""

    item: OutboxItem

    @property
    def words(self) -> str:
        doing, done, name, doubtful = WORDS[self.item.kind]
        if self.item.state == State.SENT:
            return gettext(done)
        if self.item.state == State.UNKNOWN:
            return gettext(doubtful)
        if self.item.state in (State.REJECTED, State.FAILED):
            return gettext("Not done: %(act)s") % {"act": inside(gettext(name))}
        return gettext(doing)

    @property
    def icon(self) -> str:
        return ICONS[self.item.kind] if self.item.state == State.SENT else "hourglass"


@dataclass(frozen=True, slots=True)
class Offer:
    """One act on a menu, with what the network makes of it where that is not what its name says."""

    spec: ActSpec

    @property
    def name(self) -> str:
        return gettext(WORDS[self.spec.act][2])

    @property
    def icon(self) -> str:
        return ICONS[self.spec.act]


def shown(items: Iterable[OutboxItem]) -> list[Done]:
    """Of each kind and what undoes it the newest that was not taken back."""
    newest: dict[str, OutboxItem] = {}
    for item in sorted(items, key=lambda item: item.pk):
        if item.state != State.CANCELLED:
            newest[SIDES.get(item.kind, item.kind)] = item
    return [Done(item) for item in newest.values()]


def pending(items: Iterable[OutboxItem]) -> bool:
    return any(item.state in PENDING for item in items)


def at_hand(conversation: Conversation, messages: Iterable[Message]) -> list[ActSpec]:
    """What may be done from this account in this thread, as far as ``messages`` tell whose thread it is."""
    begun = next((message for message in messages if message.external_id == conversation.root), None)
    theirs = begun is not None and begun.direction != Message.Direction.OUT
    return [spec for spec in networks.acts(conversation.connection) if not (spec.own_threads and theirs)]


def lacking(connection: Connection) -> dict[str, list[str]]:
    """Why an account does without something that its network can do, and the names of what that is."""
    found: dict[str, list[str]] = {}
    for spec in networks.lacking(connection):
        found.setdefault(spec.without, []).append(Offer(spec).name)
    return found


def on_post(message: Message, specs: Sequence[ActSpec], items: Sequence[OutboxItem]) -> list[Offer]:
    """What may be done to a public post now: nothing while something is under way."""
    if message.visibility != "public" or message.deleted_at is not None or pending(items):
        return []
    target = Target.OURS if message.direction == Message.Direction.OUT else Target.THEIRS
    hidden, liked = bool(message.facts.get("hidden")), bool(message.facts.get("liked"))
    idle = {Act.HIDE: hidden, Act.UNHIDE: not hidden, Act.LIKE: liked, Act.UNLIKE: not liked}
    return [Offer(spec) for spec in specs if spec.on is target and not idle.get(spec.act, False)]


def on_person(specs: Sequence[ActSpec], items: Sequence[OutboxItem]) -> list[Offer]:
    """Block where nobody blocked them, else unblock."""
    if pending(items):
        return []
    blocked = any(done.item.kind == Act.BLOCK and done.item.state == State.SENT for done in shown(items))
    idle = {Act.BLOCK: blocked, Act.UNBLOCK: not blocked}
    return [Offer(spec) for spec in specs if spec.on is Target.PERSON and not idle[spec.act]]
