"""Putting a person on a list of people who matter, and taking them off."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from inbox.parameters import whole
from inbox.permissions import contact_for, person, require, vip_for
from inbox.services import vips
from inbox.services.conversations import Refused
from inbox.views.back import back


@require_POST
def put(request: HttpRequest, contact_id: int) -> HttpResponse:
    contact = contact_for(request.user, contact_id)
    require(request.user, "mark_people")
    try:
        entry = vips.put(
            list_id=whole(request.POST.get("list")) or 0, contact_id=contact.pk, why=request.POST.get("why", ""),
            actor=person(request),
        )  # fmt: skip
        messages.info(
            request,
            gettext("On “%(name)s” from now on. Colleagues see it in every row of theirs.") % {"name": entry.list.name},
        )
    except Refused as error:
        messages.error(request, str(error))
    return back(request, reverse("contact", args=[contact.pk]))


@require_POST
def take_off(request: HttpRequest, entry_id: int) -> HttpResponse:
    """The page offers to put them there again."""
    entry = vip_for(request.user, entry_id)
    require(request.user, "mark_people")
    try:
        rows = vips.take_off(entry_id=entry.pk, actor=person(request))
        messages.info(request, gettext("No longer on “%(name)s”.") % {"name": rows[0].list.name})
    except Refused as error:
        messages.error(request, str(error))
    return back(request, reverse("contact", args=[entry.contact_id]))
