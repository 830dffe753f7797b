"""Words that make no case: trying them on last week's posts, setting them up, ending them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from connectors.models import Connection
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services import counts, noise
from inbox.services.conversations import Refused


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The rules with what each has kept. With ``words``, also what these would have kept."""
    require(request.user, "see_muted")
    asked, shown = request.GET, None
    words, account = asked.get("words", ""), whole(asked.get("connection"))
    if "words" in asked:
        try:
            shown = noise.preview(words=noise.read(words), connection_id=account, viewer=person(request))
        except Refused as error:
            messages.error(request, str(error))
    shown_too = {"words": words[:5000], "account": account, "preview": shown}
    return render(request, "inbox/noise.html", {**_rules(), **shown_too})


def _rules() -> dict[str, Any]:
    rules = list(noise.in_force().select_related("by", "connection").order_by("-pk"))
    kept = counts.read([noise.count_key(rule.pk) for rule in rules])
    accounts = Connection.objects.exclude(state=Connection.State.REMOVED).order_by("name", "pk")
    return {
        "rules": [(rule, kept[noise.count_key(rule.pk)]) for rule in rules],
        "ended": noise.ended().select_related("connection"),
        "accounts": accounts,
        "here": "muted",
    }


@require_POST
def keep_out(request: HttpRequest) -> HttpResponse:
    """``connection`` is one account; without it all are meant."""
    require(request.user, "see_muted")
    named = request.POST.get("connection", "")
    try:
        words = noise.read(request.POST.get("words", ""))
        noise.keep_out(words=words, connection_id=(whole(named) or 0) if named else None, actor=person(request))
        messages.info(request, gettext("From now on, public posts with these words are stored and make no case."))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("noise")


@require_POST
def change(request: HttpRequest, rule_id: int, action: str) -> HttpResponse:
    """``end`` a rule, or bring it ``back``."""
    require(request.user, "see_muted")
    try:
        if action == "end":
            noise.end(rule_id=rule_id, actor=person(request))
            messages.info(request, gettext("Posts with these words make cases again."))
        else:
            noise.bring_back(rule_id=rule_id, actor=person(request))
            messages.info(request, gettext("The rule is back."))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("noise")
