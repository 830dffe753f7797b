"""What the inbox asks of routing (`inbox.downstream.Downstream`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.urls import reverse

from inbox.downstream import AccessPolicy
from routing.permissions import RoutingPolicy
from routing.services import ruling
from routing.services.sync import sync


class RoutingDownstream:
    """Named by `settings.INBOX_DOWNSTREAM`."""

    policy: AccessPolicy = RoutingPolicy()

    def messages_received(self, message_ids: Collection[int], conversation_ids: Collection[int]) -> None:
        """The conversations' rows already say what the messages changed, reopened ones included."""
        sync(conversation_ids=conversation_ids)

    def address(self, conversation_id: int) -> str:
        return reverse("conversation", args=["mine", conversation_id])

    def conversations_changed(self, conversation_ids: Collection[int]) -> None:
        sync(conversation_ids=conversation_ids)

    def asks_for_tag(self, tag_id: int) -> int:
        return ruling.with_tag(tag_id).count()

    def tag_merged(self, tag_id: int, into_id: int) -> Sequence[Any]:
        return ruling.replace_tag(old=tag_id, new=into_id)

    def tag_separated(self, changed: Sequence[Any]) -> None:
        ruling.put_back(changed)
