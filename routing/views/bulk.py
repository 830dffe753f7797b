"""Many at once: choosing what is done, and what became of each."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inbox import selectors as selectors_of_inbox
from inbox.downstream import policy
from inbox.models import Conversation, Macro
from inbox.parameters import whole
from inbox.permissions import person
from inbox.services import events
from inbox.services.conversations import Refused
from inbox.services.storable import storable
from inbox.views.back import back
from routing import selectors
from routing.desk import AUDIENCES, Desk, desk_of
from routing.models import BulkJob
from routing.progress import can_be_undone, lines_of, progress_of
from routing.selectors import Place
from routing.services import bulk
from routing.services.bulk import Pick
from routing.views.settings import attempt

Kind = BulkJob.Kind


def offered(total: int | None) -> dict[str, Any]:
    """What the bar above a list needs: a key for this page's job, and how many "all" are, where that is known."""
    return {"bulk_key": uuid.uuid4().hex, "bulk_all": total, "bulk_most": bulk.MOST}


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Write the job down and lead back; the strip above the list shows how far it is."""
    desk, form = _works(request), request.POST
    try:
        kind, data = _wanted(form, person(request))
        picks = _picks(desk, form)
        bulk.start(author=person(request), kind=kind, data=data, picks=picks, client_key=form.get("key", ""))
    except Refused as error:
        messages.error(request, str(error))
    return back(request, "/inbox/")


def _wanted(form: QueryDict, author: Any) -> tuple[str, dict[str, Any]]:
    """The kind of the act, and what belongs to it."""
    act, _, rest = form.get("act", "").partition(":")
    if act == "me":
        return Kind.ASSIGN, {"agent": author.pk}
    if act in ("team", "agent"):
        return Kind.ASSIGN, {act: whole(rest), "line": storable(form.get("line", ""))[:300]}
    if act == Kind.RESOLVE:
        return Kind.RESOLVE, {"resolution": rest}
    if act == Kind.TAG:
        return Kind.TAG, {"tag": whole(form.get("tag"))}
    if act == Kind.REPLY:
        macro = Macro.objects.filter(pk=whole(form.get("macro")) or 0).first()
        words = {"macro": macro.name, "text": macro.text} if macro else {}
        return Kind.REPLY, {**words, "visibility": rest}
    return act, {}


def _picks(desk: Desk, form: QueryDict) -> Sequence[Pick]:
    """The chosen rows, or all that match, up to the bound."""
    if form.get("all"):
        return [Pick(*row) for row in selectors.picks_of(_place(desk, form), limit=bulk.MOST)]
    found = []
    for one in form.getlist("pick")[: bulk.MOST + 1]:
        numbers = [whole(part) for part in one.split(".")]
        if len(numbers) == 3 and numbers[0]:
            found.append(Pick(numbers[0], numbers[1] or None, numbers[2] or None))
    return found


def _place(desk: Desk, form: QueryDict) -> Place:
    """The list that the form stood under, if it is one of theirs."""
    connection, audience = whole(form.get("connection")), form.get("audience", "")
    if connection:
        status = form.get("status", "")
        status = status if status in selectors.STATUSES else Conversation.Status.OPEN.value
        return Place(connection_id=connection, post=storable(form.get("post", "")), viewer=desk.user, status=status)
    queue = desk.queues.get(form.get("queue", ""))
    if queue is None:
        raise Refused(gettext("This queue is no longer yours. Reload the page."))
    return replace(queue.place, visibility=audience if audience in AUDIENCES else "")


@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """To whom, with which tag, in which words: into the bar's menu, or as a page for what was chosen."""
    _works(request)
    teams = selectors.all_teams()
    shown = {
        "here": "inbox",
        "teams": teams,
        "people": [one for one in selectors.people_of([team.pk for team in teams]) if one.user_id != request.user.pk],
        "tags": selectors_of_inbox.usable_tags(),
        "macros": Macro.objects.order_by("name"),
        "resolutions": Conversation.Resolution.choices,
        "lead": policy().permits(request.user, "assign_anyone"),
        "form": request.POST,
        "picks": request.POST.getlist("pick")[: bulk.MOST],
        "kept": {name: request.POST.get(name, "") for name in KEPT},
    }
    in_menu = request.method != "POST" and request.htmx  # type: ignore[attr-defined]
    return render(request, "routing/_bulk_choices.html" if in_menu else "routing/bulk_choose.html", shown)


KEPT = ("all", "queue", "audience", "connection", "post", "status", "key", "next")  # what a list's form says of itself


@require_safe
def one(request: HttpRequest, job_id: int) -> HttpResponse:
    """What became of each conversation."""
    position = events.position()
    job = _own(request, job_id)
    lines = lines_of(job, person(request))
    shown = {
        "here": "inbox", "position": position, "job": job, "lines": lines,
        "progress": progress_of(job, lines), "undo": can_be_undone(job, lines),
    }  # fmt: skip
    response = render(request, "routing/bulk.html", shown)
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_POST
def act(request: HttpRequest, job_id: int, action: str) -> HttpResponse:
    """Stop and take back, or put away."""
    job = _own(request, job_id)
    if action == "undo":
        return attempt(request, lambda: bulk.undo(job_id=job.pk, actor=person(request)), "/inbox/")
    if action == "close":
        return attempt(request, lambda: bulk.close(job_id=job.pk), "/inbox/")
    raise Http404(gettext("There is no such action."))


def _works(request: HttpRequest) -> Desk:
    desk = desk_of(request)
    if not desk.works:
        raise Http404(gettext("Conversations are not yours to work on."))
    return desk


def _own(request: HttpRequest, job_id: int) -> BulkJob:
    """A job is its author's alone."""
    job = BulkJob.objects.filter(pk=job_id, author=person(request)).first()
    if job is None or not desk_of(request).works:
        raise Http404(gettext("There is no such bulk job here."))
    return job
