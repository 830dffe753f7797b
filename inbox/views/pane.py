"""What a conversation's pane needs. The downstream stage puts it beside its queues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext

from connectors.types import ActSpec
from inbox import acts, describing, health, selectors, timeline
from inbox.downstream import policy
from inbox.models import Conversation, SendingPause
from inbox.parameters import whole
from inbox.permissions import person
from inbox.selectors import Ends
from inbox.services import media, networks
from inbox.views import acting, composer
from inbox.views.kept import take

if TYPE_CHECKING:
    from inbox.timeline import Line


def context(
    request: HttpRequest, conversation: Conversation, extra: Iterable[Line], *, pauses: Sequence[SendingPause]
) -> dict[str, Any]:
    """Everything that ``inbox/_pane.html`` shows, in a fixed number of statements."""
    sought = selectors.sought_in(conversation, request.GET.get("at", ""))
    wanted = max(whole(request.GET.get("lines")) or 0, sought.since + timeline.BEFORE if sought else 0)
    lines = min(max(wanted, timeline.LINES), timeline.MOST)
    ends = selectors.ends_of(conversation.pk)
    # One more than is shown tells whether there is something earlier.
    messages = selectors.messages_of(conversation, limit=lines + 1)
    items = selectors.outbox_of(conversation, messages=messages, limit=lines + 1)
    log = selectors.log_of(conversation, limit=lines + 1)
    above = selectors.above(conversation, messages)
    history = selectors.history_of(conversation)
    others = {row.conversation_id for row in above if row.conversation_id}
    may = policy().actions(request.user, {conversation.pk, *(row.pk for row in history), *others})
    said = [timeline.from_others(row, row.conversation_id if row.conversation_id in may else None) for row in above]
    stretches, more = timeline.build(messages, items, log, [*extra, *said], limit=lines, sought=sought)
    timeline.hang(stretches, media.shown(messages), selectors.pictures_of(items))
    mine = may.get(conversation.pk, frozenset())
    network = networks.shown(conversation.connection.network)
    moderates = {"moderate", "reply_publicly"} <= mine
    able = acts.at_hand(conversation, [*messages, *above])
    timeline.hang_acts(stretches, items, able, may=moderates)
    history = [row for row in history if row.pk in may]
    sorts = "resolve" in mine
    timeline.hang_moves(stretches, log, seen={row.pk for row in history}, may=sorts, more=more)
    identities = {row.identity_id: row.identity for row in history}
    return {
        "conversation": conversation,
        "network": network,
        "stretches": stretches,
        "may_moderate": moderates,
        "invited": selectors.invited(conversation),
        "mending": take(request, acting.MENDING, conversation.pk),
        **_of_person(conversation, able if moderates else ()),
        "earlier": _earlier(request, lines) if more else "",
        "undoable": timeline.undoable(items, person(request).pk),
        "undo_seconds": int(settings.UNDO_SECONDS),
        "can_reply": "note" in mine,
        "account_notice": health.notice(conversation.connection, pauses),
        "may_tag": "tag" in mine,
        "beside": describing.beside(conversation.pk, conversation.identity.contact_id),
        "composer": composer.shown(request, conversation, ends, mine),
        "history": [row for row in history if row.pk != conversation.pk],
        "may_sort": sorts,
        "identities": list({conversation.identity_id: conversation.identity, **identities}.values()),
        "clocks": _clocks(conversation, ends),
        "resolutions": Conversation.Resolution.choices,
    }


def _of_person(conversation: Conversation, able: Sequence[ActSpec]) -> dict[str, Any]:
    """What was done to the person on this network, and what of ``able`` may be."""
    done = selectors.acts_on_person(conversation)
    return {
        "person_acts": acts.shown(done),
        "person_offers": acts.on_person(able, done),
        "person_key": f"person-{conversation.identity_id}-{len(done)}",
    }


def _earlier(request: HttpRequest, lines: int) -> str:
    """The same page with more of the timeline: an address, so that a refresh shows as much again."""
    asked = request.GET.copy()
    asked["lines"] = str(lines + timeline.LINES)
    return f"{request.path}?{asked.urlencode()}"


def _clocks(conversation: Conversation, ends: Ends) -> list[tuple[str, datetime | None, datetime | None]]:
    """Label, when it began, when it stopped (None: it runs)."""
    if conversation.turn_first_id is not None:
        return [
            (gettext("Waiting, arrived here"), conversation.turn_arrived_at, None),
            (gettext("Waiting, published"), conversation.turn_published_at, None),
        ]
    if ends.first_arrived_at is None or conversation.answered_at is None:
        return []
    return [
        (gettext("First response, arrived here"), ends.first_arrived_at, conversation.answered_at),
        (gettext("First response, published"), ends.first_published_at, conversation.answered_at),
    ]
