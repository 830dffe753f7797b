"""A person's page: who they are on each network, what was said, what is known, and who is the same person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors.models import Connection
from inbox import contacts, describing
from inbox.downstream import policy
from inbox.models import ContactMerge, VipList
from inbox.parameters import whole
from inbox.permissions import contact_for, merge_for, person, require
from inbox.services import contacts as deciding
from inbox.services.conversations import Refused

MERGE = "merge_contacts"
JUST_NOW = timedelta(minutes=10)  # how long the bar offers the undo; the history does so for good


@require_safe
def one(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Everything that the reader may know of one person. A merged contact leads to whom it was merged into."""
    contact = contact_for(request.user, contact_id)
    if contact.pk != contact_id:
        return redirect("contact", contact.pk)
    identities = contacts.identities_of(request.user, contact.pk)
    before = whole(request.GET.get("before"))
    conversations, more = contacts.conversations_of(request.user, contact.pk, before=before)
    merges = contacts.history_of(request.user, contact.pk)
    may_merge = policy().permits(request.user, MERGE)
    asked = request.GET.get("q", "")
    shown = {
        "contact": contact,
        "name": identities[0],
        "identities": identities,
        "conversations": conversations,
        "before": before,
        "more": more,
        "record": contacts.record_of(contact.pk),
        "merges": merges,
        "just_merged": _just_merged(merges, person(request).pk) if may_merge else None,
        "may_merge": may_merge,
        "asked": asked,
        "found": contacts.search(request.user, asked, besides=contact.pk) if may_merge else [],
        "suggested": contacts.suggestions(request.user, contact.pk, identities) if may_merge else [],
        "mutes": contacts.mutes(contact.pk),
        **_lists(request, contact.pk),
        "may_mute": policy().permits(request.user, "mute_people"),
        "accounts": _accounts_on({identity.network for identity in identities}),
        "changed": whole(request.GET.get("changed")),
    }
    return render(request, "inbox/contact.html", shown)


def _lists(request: HttpRequest, contact_id: int) -> dict[str, Any]:
    """The lists of people who matter: where they are, where they were, where they may be put."""
    entries = describing.entries_of(contact_id)
    on = [entry for entry in entries if entry.ended_at is None]
    there = {entry.list_id for entry in on}
    off = [entry for entry in entries if entry.ended_at is not None]
    return {
        "vips": [entry for entry in on if not entry.list.archived],
        "vips_past": off,
        "lists": [row for row in VipList.objects.filter(archived_at=None).order_by("name") if row.pk not in there],
        "may_mark": policy().permits(request.user, "mark_people"),
        "may_make_lists": policy().permits(request.user, "manage_tags"),
    }


def _accounts_on(networks: set[str]) -> QuerySet[Connection]:
    """Our accounts to which a person on these networks can write."""
    return Connection.objects.filter(network__in=networks).exclude(state=Connection.State.REMOVED).order_by("name")


def _just_merged(merges: list[ContactMerge], user_id: int) -> ContactMerge | None:
    newest = next((row for row in merges if row.undone_at is None), None)
    fresh = newest is not None and newest.by_id == user_id and newest.at > timezone.now() - JUST_NOW
    return newest if fresh else None


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, contact_id: int, other_id: int) -> HttpResponse:
    """What would be joined; POST joins it."""
    kept, joined = contact_for(request.user, contact_id), contact_for(request.user, other_id)
    require(request.user, MERGE)
    if kept == joined:
        messages.error(request, gettext("This is the same person already. Choose somebody else."))
        return _back_to(kept.pk)
    if request.method != "POST":
        preview = contacts.preview(request.user, kept.pk, joined.pk)
        return render(request, "inbox/contact_merge.html", {"preview": preview})
    try:
        deciding.merge(contact_id=kept.pk, other_id=joined.pk, actor=person(request))
    except Refused as error:
        messages.error(request, str(error))
    return _back_to(kept.pk)


@require_POST
def undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Two people again. Whoever sees the person may undo it, not only who merged them."""
    done = merge_for(request.user, merge_id)
    require(request.user, MERGE)
    query = ""
    try:
        deciding.undo(merge_id=done.pk, actor=person(request), anyway=request.POST.get("anyway") == "yes")
        messages.info(request, gettext("Taken back: they are two people again."))
    except deciding.Changed as error:
        messages.error(request, str(error))
        query = f"?changed={done.pk}#merge-{done.pk}"
    except Refused as error:
        messages.error(request, str(error))
    return _back_to(done.kept_id, query)


def _back_to(contact_id: int, query: str = "") -> HttpResponse:
    """303, so that the browser reads the page with GET."""
    return HttpResponseRedirect(reverse("contact", args=[contact_id]) + query, status=303)
