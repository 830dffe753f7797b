"""A post that drew many comments, ours for the most part: one place with all that is open under it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_safe

from connectors.models import Connection
from connectors.types import Act
from inbox import selectors as selectors_of_inbox
from inbox.acts import at_hand
from inbox.downstream import downstream
from inbox.models import Conversation, Message
from inbox.services import events
from inbox.services.storable import storable
from routing import selectors
from routing.desk import desk_of
from routing.selectors import Place
from routing.views.bulk import offered
from routing.views.inbox import ROWS, mark, position_of

STATUSES = {"open": gettext_lazy("Unanswered"), "pending": gettext_lazy("Answered"), "snoozed": gettext_lazy("Snoozed")}


@require_safe
def post(request: HttpRequest, connection_id: int) -> HttpResponse:
    """The page, or with ``?after=`` only the next rows. ``?post=`` is the post's id at its network."""
    desk, root = desk_of(request), storable(request.GET.get("post", ""))[:200]
    if not desk.works or not root:
        raise Http404(gettext("There is no such post here."))
    heard = events.position()
    status = request.GET.get("status", "")
    status = status if status in STATUSES else Conversation.Status.OPEN.value
    place = Place(connection_id=connection_id, post=root, viewer=desk.user, status=status)
    rows = selectors.queue_rows(place=place, after=position_of(request.GET.get("after", "")), limit=ROWS + 1)
    here = {
        "rows": [(row, downstream().address(row.conversation_id), None) for row in rows[:ROWS]],
        "more": mark(rows[ROWS - 1]) if len(rows) > ROWS else "",
        "me": request.user.pk, "plain": True,
        "state": urlencode({"post": root, "status": status}) + "&",
    }  # fmt: skip
    if "after" in request.GET and request.htmx:  # type: ignore[attr-defined]
        return _fresh(render(request, "routing/_rows.html", here))
    begun = selectors_of_inbox.root_post(connection_id, root)
    ours = begun is not None and begun.direction == Message.Direction.OUT
    if not rows and not ours and not selectors.anything_on(place):
        raise Http404(gettext("There is no such post here."))
    account = get_object_or_404(Connection, pk=connection_id)
    total = desk.on_posts([(connection_id, root)])[connection_id, root]
    specs = at_hand(Conversation(connection=account, root=root), [begun] if begun else [])
    shown = {
        **here, "here": "inbox", "position": heard, "account": account, "root": root, "begun": begun, "ours": ours,
        "status": status, "statuses": STATUSES, "total": total,
        "hide": next((spec for spec in specs if spec.act is Act.HIDE), None),
        **offered(total if status == Conversation.Status.OPEN else None),
    }  # fmt: skip
    return _fresh(render(request, "routing/post.html", shown))


def _fresh(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, private=True, no_cache=True)
    return response
