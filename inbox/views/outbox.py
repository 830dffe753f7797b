"""Replies on their way: undo, and the queue of those that need a person."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST, require_safe

from inbox import health, selectors
from inbox.downstream import policy
from inbox.parameters import moment
from inbox.permissions import item_for, person, require, scheduled_for
from inbox.services import editing, outbox
from inbox.services.conversations import Refused
from inbox.services.stops import NO_TIME
from inbox.trouble import Trouble
from inbox.views import pausing
from inbox.views.back import back

# Action: what it does, and the sentence when it came too late.
ACTIONS: dict[str, tuple[Callable[..., bool], str]] = {
    "undo": (outbox.cancel, gettext_noop("It has already left and cannot be undone here.")),
    "send-now": (outbox.send_now, gettext_noop("Nothing holds it any more.")),
    "check-again": (outbox.check_again, gettext_noop("It is no longer in doubt.")),
    "send-anyway": (outbox.send_anyway, gettext_noop("It is no longer in doubt.")),
    "give-up": (outbox.give_up, gettext_noop("It was settled meanwhile.")),
    "retry": (outbox.retry, gettext_noop("It was settled meanwhile.")),
    "take": (outbox.take_care, gettext_noop("It was settled meanwhile.")),
}
SENDS = {"send-now", "send-anyway", "retry"}  # these need the right to reply in the audience of the reply
SHOWN = 100
DONE = {"check-again": gettext_noop("Asked the network again. The answer appears here.")}


@require_POST
def act(request: HttpRequest, item_id: int, action: str) -> HttpResponse:
    """One of ACTIONS on one reply."""
    if action not in ACTIONS:
        raise Http404
    service, too_late = ACTIONS[action]
    item = item_for(request.user, item_id, "settle")
    silenced = policy().silenced(request.user, item.visibility, item.connection_id) if action in SENDS else ""
    if silenced:
        messages.error(request, silenced)
    elif not service(item_id=item.pk, actor=person(request)):
        messages.warning(request, too_late)
    elif action in DONE:
        messages.info(request, DONE[action])
    return back(request)


@require_POST
def schedule(request: HttpRequest, item_id: int) -> HttpResponse:
    """Another moment for a scheduled reply."""
    item = scheduled_for(request.user, item_id)
    send_at = moment(request.POST.get("send_at", ""))
    try:
        if send_at is None:
            messages.error(request, NO_TIME)
        elif editing.schedule(item_id=item.pk, actor=person(request), send_at=send_at):
            messages.success(request, gettext("Its time is changed."))
        else:
            messages.warning(request, editing.LEFT)
    except Refused as error:
        messages.error(request, str(error))
    return back(request)


@require_safe
def trouble(request: HttpRequest) -> HttpResponse:
    """Everything that was not sent or may have been, newest first, under what is wrong with the accounts."""
    require(request.user, "see_trouble")
    items = [Trouble(item) for item in selectors.in_trouble(request.user)[:SHOWN]]
    about = {
        "items": items, "accounts": health.failed_checks(), "stopped": health.stopped(request.user),
        "may_manage": policy().permits(request.user, "manage_connections"), "here": "trouble",
        **pausing.around(request),
    }  # fmt: skip
    return render(request, "inbox/trouble.html", about)
