"""What a bulk job does to one conversation, and how that is taken back: by the services of the single acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from connectors.errors import ConnectorError
from connectors.types import Act
from inbox.acts import at_hand, on_post
from inbox.downstream import REPLIES, policy
from inbox.models import Conversation, Message, OutboxHold, OutboxItem, Tag
from inbox.services import acting, conversations, macros, outbox, replies, tags
from inbox.services.conversations import Refused
from inbox.services.stops import Stopped
from routing import selectors
from routing.models import BulkItem, BulkJob
from routing.services import handing
from routing.services.hands import display_name

Kind, State = BulkJob.Kind, BulkItem.State
NOT_YOURS = gettext_noop("It is no longer yours to do this here.")
AGAIN = gettext_noop("The customer wrote again meanwhile.")
LEFT = gettext_noop("It had left already.")
SINCE = gettext_noop("Somebody changed it since, so it stays as it is.")


class Changed(Refused):
    """It is not as its row showed it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    state: str
    sentence: str = ""
    made: Mapping[str, Any] = field(default_factory=dict)


def check(kind: str, data: Mapping[str, Any], author: User) -> None:
    """Raises Refused for what can be done to no conversation at all."""
    if kind not in Kind.values:
        raise Refused(gettext("Choose what should be done."))
    if kind == Kind.ASSIGN and not (data.get("team") or data.get("agent")):
        raise Refused(gettext("Choose a team or a person."))
    own = kind != Kind.ASSIGN or data.get("agent") == author.pk
    if not own and not data.get("line", "").strip() and not policy().permits(author, "assign_anyone"):
        raise Refused(gettext("Say in a line why you hand them on. Who gets them reads that first."))
    if kind == Kind.RESOLVE and data.get("resolution") not in ("", *Conversation.Resolution.values):
        raise Refused(gettext("Choose how it ended: answered, no action needed, spam or duplicate."))
    if kind == Kind.TAG and not Tag.objects.filter(pk=data.get("tag") or 0).exists():
        raise Refused(gettext("This tag was removed meanwhile. Choose another one."))
    if kind == Kind.REPLY and (not data.get("text") or data.get("visibility") not in REPLIES):
        raise Refused(gettext("Choose a macro, and who will read it: publicly or privately."))


def do(item: BulkItem) -> Outcome:
    """Do it, in the running transaction. What is refused changes nothing and says why."""
    try:
        _may(item)
        with transaction.atomic():
            return _DO[item.job.kind](item)
    except Changed as error:
        return Outcome(State.CHANGED, str(error))
    except Stopped as error:
        return Outcome(State.CHANGED if error.code == "collision" else State.FAILED, str(error))
    except (Refused, ConnectorError) as error:
        return Outcome(State.FAILED, str(error))


def undo(item: BulkItem) -> Outcome:
    """Take it back, as far as nobody has gone on from there."""
    try:
        _may(item)
        with transaction.atomic():
            return _UNDO[item.job.kind](item)
    except (Refused, ConnectorError) as error:
        return Outcome(State.DONE, str(error))


def _may(item: BulkItem) -> None:
    """The same actions as of the single act, asked of the same policy."""
    wanted = {
        Kind.ASSIGN: {"assign"},
        Kind.RESOLVE: {"resolve"},
        Kind.TAG: {"tag"},
        Kind.REPLY: {REPLIES.get(item.job.data.get("visibility", ""), "")},
        Kind.HIDE: {"moderate", "reply_publicly"},
    }[Kind(item.job.kind)]
    actions = policy().actions(item.job.author, [item.conversation_id]).get(item.conversation_id, frozenset())
    if not actions:
        raise Refused(NOT_YOURS)
    if not wanted <= actions:
        connection_id = Conversation.objects.values_list("connection_id", flat=True).get(pk=item.conversation_id)
        silent = next((key for key, action in REPLIES.items() if action in wanted - actions), "")
        raise Refused(policy().silenced(item.job.author, silent, connection_id) if silent else NOT_YOURS)


# One act each ---------------------------------------------------------------------------------------------------


def _assign(item: BulkItem) -> Outcome:
    data, conversation = item.job.data, conversations.locked(item.conversation_id)
    current = selectors.assignment_of(conversation.pk)
    holder = current.agent if current else None
    if holder is not None and holder.pk not in (item.seen_agent, data.get("agent")):
        raise Changed(f"It went to {display_name(holder)} meanwhile.")
    told = handing.assign(
        conversation_id=conversation.pk, actor=item.job.author, team_id=data.get("team"), agent_id=data.get("agent"),
        seen_agent_id=item.seen_agent, line=data.get("line", ""),
    )  # fmt: skip
    return Outcome(State.DONE, told)


def _resolve(item: BulkItem) -> Outcome:
    conversation = conversations.locked(item.conversation_id)
    if conversation.status == Conversation.Status.RESOLVED:
        raise Changed(gettext_noop("Somebody resolved it meanwhile."))
    if (conversation.last_incoming_id or 0) > (item.seen_message or 0):
        raise Changed(AGAIN)
    ended = Conversation.Resolution.ANSWERED if conversation.answered_at else Conversation.Resolution.NO_ACTION
    conversations.resolve(
        conversation_id=conversation.pk, actor=item.job.author, resolution=item.job.data.get("resolution") or ended
    )
    return Outcome(State.DONE, "", {"resolved_at": _resolved_at(conversation.pk)})


def _reopen(item: BulkItem) -> Outcome:
    conversations.locked(item.conversation_id)
    if _resolved_at(item.conversation_id) != item.made["resolved_at"]:
        return Outcome(State.DONE, SINCE)
    why = f"{display_name(item.job.author)} took the bulk resolution back."
    conversations.reopen(conversation_id=item.conversation_id, actor=item.job.author, reason=why)
    return Outcome(State.UNDONE)


def _resolved_at(conversation_id: int) -> str:
    at = Conversation.objects.values_list("resolved_at", flat=True).get(pk=conversation_id)
    return at.isoformat() if at else ""


def _tag(item: BulkItem) -> Outcome:
    tag = int(item.job.data["tag"])
    new = tags.put(conversation_id=item.conversation_id, tag_id=tag, actor=item.job.author)
    return (
        Outcome(State.DONE, "", {"tag": tag}) if new else Outcome(State.DONE, gettext_noop("It had this tag already."))
    )


def _untag(item: BulkItem) -> Outcome:
    gone = tags.remove(conversation_id=item.conversation_id, tag_id=item.made["tag"], actor=item.job.author)
    return Outcome(State.UNDONE) if gone else Outcome(State.DONE, SINCE)


def _reply(item: BulkItem) -> Outcome:
    """By the composing service of every reply. What the guard holds waits for a lead, as if its author had asked."""
    data = item.job.data
    conversation = Conversation.objects.select_related("identity", "connection").get(pk=item.conversation_id)
    sent = replies.compose(
        author=item.job.author,
        conversation_id=conversation.pk,
        visibility=data["visibility"],
        text=macros.fill(data["text"], conversation, item.job.author),
        client_key=f"bulk-{item.pk}",
        seen_message_id=item.seen_message,
        ask=True,
    )
    waits = OutboxHold.objects.filter(item=sent, kind__in=OutboxHold.BY_PEOPLE, released_at=None).first()
    state = State.HELD if waits else State.DONE
    return Outcome(state, waits.why if waits else "", {"outbox": [sent.pk]})


def _hide(item: BulkItem) -> Outcome:
    """Every public post of the customer in it that can be hidden now."""
    conversation = Conversation.objects.select_related("connection").get(pk=item.conversation_id)
    theirs = list(conversation.messages.filter(direction=Message.Direction.IN, visibility="public"))
    begun = Message.objects.filter(connection=conversation.connection_id, external_id=conversation.root)
    specs = [spec for spec in at_hand(conversation, begun) if spec.act is Act.HIDE]
    if not specs:
        raise Refused(gettext_noop("Nothing can be hidden there: the network does not offer it."))
    made: list[int] = []
    for message in theirs:
        wanted = OutboxItem.objects.filter(conversation=conversation, in_reply_to=message).exclude(
            kind__in=OutboxItem.REPLIES
        )
        if on_post(message, specs, list(wanted)):
            done = acting.act(
                author=item.job.author, conversation_id=conversation.pk, kind=Act.HIDE, message_id=message.pk,
                client_key=f"bulk-{item.pk}-{message.pk}",
            )  # fmt: skip
            made.append(done.pk)
    if not made:
        raise Refused(gettext_noop("It is hidden already, or the post is gone."))
    return Outcome(State.DONE, "", {"outbox": made})


def _take_back(item: BulkItem) -> Outcome:
    back = [outbox.cancel(item_id=pk, actor=item.job.author) for pk in item.made["outbox"]]
    return Outcome(State.UNDONE) if all(back) else Outcome(State.DONE, LEFT)


_DO: Mapping[str, Callable[[BulkItem], Outcome]] = {
    Kind.ASSIGN: _assign, Kind.RESOLVE: _resolve, Kind.TAG: _tag, Kind.REPLY: _reply, Kind.HIDE: _hide,
}  # fmt: skip
# Who has it now gives it back themselves: an assignment is not taken back.
_UNDO: Mapping[str, Callable[[BulkItem], Outcome]] = {
    Kind.RESOLVE: _reopen, Kind.TAG: _untag, Kind.REPLY: _take_back, Kind.HIDE: _take_back,
}  # fmt: skip
