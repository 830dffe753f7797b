"""What the inbox asks of the stage below it, which it may not import.

`settings.INBOX_DOWNSTREAM` names a class that fulfils Downstream. Everything else downstream
learns from events.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from inbox.models import Conversation

    Somebody = AbstractBaseUser | AnonymousUser


# The action that a reply of this visibility is.
REPLIES = {"public": "reply_publicly", "direct": "reply_privately"}


class Colleague(NamedTuple):
    """Somebody who works here, as colleagues read them."""

    user_id: int
    username: str
    first_name: str
    name: str


class AccessPolicy(Protocol):
    """Who may see and do what. Every page, API call, live event, search, count and export asks it.

    Actions on conversations: view, reply_publicly, reply_privately, note, assign, resolve, settle
    (decide over a doubtful reply), moderate, approve, override_guard. Actions without one: see_metrics,
    see_settings, see_trouble, see_held, pause_sending, manage_connections, manage_macros, manage_desk,
    manage_records, merge_contacts, mute_people, see_muted, see_tags, manage_tags (with fields and lists of people who
    matter), mark_people, export_search.
    """

    def filter(self, user: Somebody, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        """Only what ``user`` may view."""

    def allowed(self, user: Somebody, action: str, conversation_ids: Collection[int]) -> set[int]:
        """Those of ``conversation_ids`` on which ``user`` may do ``action``. One statement, whatever the number."""

    def actions(self, user: Somebody, conversation_ids: Collection[int]) -> Mapping[int, frozenset[str]]:
        """All that ``user`` may do on each of these that they may view. One statement, whatever the number."""

    def silenced(self, user: Somebody, visibility: str, connection_id: int) -> str:
        """Why ``user`` may not answer there in this audience, and what to do; "" where they may.

        Whoever has the conversation does not matter: a reply leaves also after its author handed it on.
        """

    def approval(self, user: Somebody, conversation_id: int) -> str:
        """Why what ``user`` writes there is read by somebody else before it leaves; "" where it is not."""

    def people(self, action: str, conversation_ids: Collection[int]) -> Mapping[int, Sequence[Colleague]]:
        """For each conversation, who may do ``action`` (no reply) there, by name. One statement for any number."""

    def permits(self, user: Somebody, action: str) -> bool:
        """Whether ``user`` may do an ``action`` that belongs to no conversation."""

    def scopes_of(self, user: Somebody) -> frozenset[str]:
        """What ``user`` may be told of live; compare with scopes_for."""

    def scopes_for(self, conversation_ids: Collection[int]) -> Mapping[int, frozenset[str]]:
        """For each conversation, the scopes that may be told of it."""


class Downstream(Protocol):
    """The stage below. Calls that tell of something run inside its transaction; an exception undoes it."""

    policy: AccessPolicy

    def messages_received(self, message_ids: Collection[int], conversation_ids: Collection[int]) -> None:
        """New messages of contacts were stored, in these conversations. Once per batch."""

    def address(self, conversation_id: int) -> str:
        """Where a person reads a conversation."""

    def conversations_changed(self, conversation_ids: Collection[int]) -> None:
        """Status or open turn of these conversations changed (answered, resolved, reopened, snoozed)."""

    def asks_for_tag(self, tag_id: int) -> int:
        """In how much of what it keeps it asks for a tag."""

    def tag_merged(self, tag_id: int, into_id: int) -> Sequence[Any]:
        """Ask for another tag instead of this one. What was changed, as plain data, for tag_separated."""

    def tag_separated(self, changed: Sequence[Any]) -> None:
        """As it was before tag_merged, where nobody has changed it since."""


@cache
def downstream() -> Downstream:
    """The configured stage below."""
    return import_string(settings.INBOX_DOWNSTREAM)()  # type: ignore[no-any-return]


def policy() -> AccessPolicy:
    return downstream().policy
