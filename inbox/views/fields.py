"""The desk's own fields of one conversation: written down beside it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from inbox.parameters import whole
from inbox.permissions import conversation_for, person
from inbox.services import fields
from inbox.services.conversations import Refused
from inbox.views.back import back


@require_POST
def write(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """``field-ID`` is what it shall say, ``seen-ID`` the value that stood on the page. All of them or none."""
    conversation_for(request.user, conversation_id, "tag")
    said = {}
    for name, text in request.POST.items():
        start, _, pk = name.partition("-")
        if start == "field" and (field_id := whole(pk)) is not None:
            said[field_id] = (str(text), whole(request.POST.get(f"seen-{pk}")))
    try:
        changed = fields.write_all(conversation_id=conversation_id, said=said, actor=person(request))
        messages.info(request, gettext("Saved.") if changed else gettext("Nothing was changed."))
    except Refused as error:
        messages.error(request, str(error))
    return back(request)
