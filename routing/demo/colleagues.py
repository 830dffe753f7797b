"""The colleagues whom nobody plays: they take, answer and resolve through the services that everybody uses."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User

from inbox.models import Conversation, Message, Note, OutboxItem
from inbox.services import conversations, replies
from inbox.services.conversations import Refused
from routing.demo.player import PREFIX
from routing.demo.story import Answer
from routing.models import QueueEntry
from routing.services import handing

Status = Conversation.Status


class Colleagues:
    """``answers`` in the order in which they are looked at; what is done, or was done by somebody else, is left out."""

    def __init__(
        self, answers: Sequence[Answer], *, speed: float = 1.0, say: Callable[[str], object] = lambda line: None
    ) -> None:
        self.left, self.speed, self.say = list(answers), speed, say

    def work(self, written: Mapping[str, Mapping[str, Any]]) -> None:
        """Go on with everything whose message has arrived. ``written``: the story's keys, as the sandbox knows them."""
        ids = {answer.to: str(known["id"]) for answer in self.left if (known := written.get(PREFIX + answer.to))}
        found = _arrived(ids.values())
        for answer in list(self.left):
            message = found.get(ids.get(answer.to, ""))
            if message is None or time.time() < message.arrived_at.timestamp() + answer.after / self.speed:
                continue
            try:
                over = self._work_on(answer, message)
            except Refused as error:  # somebody was faster, or it cannot be answered here any more
                self.say(f"{answer.by} left {answer.to} alone: {error}")
                over = True
            if over:
                self.left.remove(answer)

    def _work_on(self, answer: Answer, message: Message) -> bool:
        """Whether nothing is left to do. Called again it goes on where it was, also after a kill."""
        conversation = message.conversation
        if conversation is None or conversation.status == Status.RESOLVED:
            return True
        user = User.objects.get(username=answer.by)
        entry = QueueEntry.objects.filter(conversation=conversation).first()
        if entry is None or entry.team_id is None:
            return False  # the router has not seen it yet
        item = OutboxItem.objects.filter(author=user, client_key=_key(answer)).first()
        if item is None:
            if conversation.outbox.exists() or conversation.last_incoming_id != message.pk:
                return True
            handing.assign(
                conversation_id=conversation.pk, actor=user, agent_id=user.pk, seen_agent_id=entry.assignee_id
            )
            if answer.text:
                _reply(answer, message, user)
                return False
            return _close(answer, conversation, user)
        if item.state in (OutboxItem.State.HELD, OutboxItem.State.QUEUED, OutboxItem.State.SENDING):
            return False
        if item.state != OutboxItem.State.SENT or conversation.last_incoming_id != message.pk:
            return True
        return _close(answer, conversation, user)


def _key(answer: Answer) -> str:
    return f"story:{answer.to}"


def _arrived(ids: Collection[str]) -> dict[str, Message]:
    rows = Message.objects.filter(external_id__in=ids, direction=Message.Direction.IN).select_related("conversation")
    return {row.external_id: row for row in rows}


def _reply(answer: Answer, message: Message, user: User) -> None:
    replies.compose(
        author=user,
        conversation_id=message.conversation_id or 0,
        visibility="direct" if answer.direct else "public",
        text=answer.text,
        client_key=_key(answer),
        seen_message_id=message.pk,
        seen_outbox_id=0,
    )


def _close(answer: Answer, conversation: Conversation, user: User) -> bool:
    if answer.note and not Note.objects.filter(conversation=conversation, author=user).exists():
        conversations.add_note(conversation_id=conversation.pk, author=user, text=answer.note)
    if answer.resolution:
        conversations.resolve(conversation_id=conversation.pk, actor=user, resolution=answer.resolution)
    return True
