"""Muting a person, hearing them again, and what was stored without a case meanwhile."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from connectors.models import Connection
from inbox import contacts
from inbox.downstream import downstream, policy
from inbox.parameters import whole
from inbox.permissions import contact_for, mute_for, person, require
from inbox.services import muting, recalled
from inbox.services.conversations import Refused
from inbox.views.back import back


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Who is muted, and what they wrote, the newest first."""
    require(request.user, "see_muted")
    before = whole(request.GET.get("before"))
    posts, more = contacts.muted_posts(before=before)
    shown = {"mutes": contacts.mutes(), "posts": posts, "more": more, "before": before, "here": "muted"}
    return render(request, "inbox/muted.html", shown)


@require_POST
def mute(request: HttpRequest, contact_id: int) -> HttpResponse:
    """``connection`` is one account; without it all are meant."""
    contact = contact_for(request.user, contact_id)
    require(request.user, "mute_people")
    named = request.POST.get("connection", "")
    try:
        account = Connection.objects.filter(pk=whole(named) or 0).first()
        if named and account is None:
            raise Refused(gettext("There is no such account. Choose one of the list."))
        muting.mute(contact_id=contact.pk, connection_id=account.pk if account else None, actor=person(request))
        messages.info(request, gettext("Muted. What they write from now on is stored and makes no case."))
    except Refused as error:
        messages.error(request, str(error))
    return back(request, reverse("contact", args=[contact.pk]))


@require_POST
def listen(request: HttpRequest, mute_id: int) -> HttpResponse:
    """Hear somebody again."""
    row = mute_for(request.user, mute_id)
    require(request.user, "mute_people")
    try:
        muting.listen(mute_id=row.pk, actor=person(request))
        messages.info(request, gettext("What they write from now on makes a case again."))
    except Refused as error:
        messages.error(request, str(error))
    return back(request)


@require_POST
def case(request: HttpRequest, message_id: int) -> HttpResponse:
    """Make a muted post a case after all."""
    require(request.user, "see_muted")
    try:
        conversation_id = recalled.make_case(message_id=message_id, actor=person(request))
        messages.info(request, gettext("It waits for an answer now."))
    except Refused as error:
        messages.error(request, str(error))
        return back(request, reverse("muted"))
    if conversation_id in policy().actions(request.user, [conversation_id]):
        return back(request, downstream().address(conversation_id))
    return back(request, reverse("muted"))
