"""Tags of one conversation: put there and taken off beside it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from inbox.downstream import policy
from inbox.models import Tag
from inbox.parameters import whole
from inbox.permissions import conversation_for, person
from inbox.services import tags
from inbox.services.conversations import Refused
from inbox.views.back import back


@require_POST
def change(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """``remove`` takes a tag off by its id, ``name`` puts one on; whoever may make tags makes it by that."""
    conversation_for(request.user, conversation_id, "tag")
    try:
        if remove := whole(request.POST.get("remove")):
            tags.remove(conversation_id=conversation_id, tag_id=remove, actor=person(request))
        else:
            tag = _named(person(request), request.POST.get("name", ""))
            tags.put(conversation_id=conversation_id, tag_id=tag.pk, actor=person(request))
    except Refused as error:
        messages.error(request, str(error))
    return back(request)


def _named(user: User, name: str) -> Tag:
    tag = tags.named(name)
    if tag is not None:
        return tag
    if not policy().permits(user, "manage_tags"):
        raise Refused(gettext("There is no such tag. Choose one of the list, or ask a lead to make it."))
    return tags.create(name=name, colour=Tag.Colour.GREY, actor=user)
