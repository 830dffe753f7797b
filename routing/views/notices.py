"""Notifications: the page, what is new for the desktop, and how somebody wants to hear of them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inbox.parameters import whole
from inbox.permissions import person
from inbox.services import events
from inbox.views.back import back
from routing import notices
from routing.desk import desk_of
from routing.forms import NoticesForm
from routing.models import AgentProfile, Digest
from routing.services import digests
from routing.services import notices as deciding

AT_ONCE = 5  # on the desktop; whoever was away longer reads the page
_ACTS = {"read": deciding.read, "unread": deciding.unread}


def _profile(request: HttpRequest) -> AgentProfile:
    profile = desk_of(request).profile
    if profile is None:
        raise PermissionDenied(gettext("You have no desk here yet."))
    return profile


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All, or only what is unread, the newest first."""
    _profile(request)
    position = events.position()
    unread, before = request.GET.get("show") == "unread", whole(request.GET.get("before"))
    folds, more = notices.page(person(request), before=before, unread=unread)
    ids = [line.row.pk for fold in folds for line in fold.lines]
    shown = {
        "position": position, "here": "notices", "folds": folds, "unread": unread, "before": before,
        "first": min(ids, default=0), "last": max(ids, default=0), "more": more,
        "any_unread": any(fold.unread for fold in folds),
    }  # fmt: skip
    return render(request, "routing/notices.html", shown)


@require_POST
def mark(request: HttpRequest, notification_id: int, action: str) -> HttpResponse:
    """Read, or not. Another's is not found, and nothing says that it exists."""
    if action not in _ACTS:
        raise Http404(gettext("There is no such action here."))
    _ACTS[action](user=person(request), notification_id=notification_id)
    return back(request, "/notifications/")


@require_POST
def read_shown(request: HttpRequest) -> HttpResponse:
    """All that stood on the page."""
    first, last = whole(request.POST.get("first")), whole(request.POST.get("last"))
    if first is not None and last is not None:
        deciding.read_shown(user=person(request), first=first, last=last)
    return back(request, "/notifications/")


@never_cache
@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """What came behind ``after`` and is unread, for the desktop; without ``after`` only where it begins."""
    wanted = _profile(request).desktop
    after = whole(request.GET.get("after"))
    newest = notices.of(person(request)).order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = notices.of(person(request)).filter(pk__gt=after, read_at=None).order_by("-pk") if after is not None else ()
    words = wanted == AgentProfile.Desktop.WORDS
    lines = notices.lines(person(request), list(rows[:AT_ONCE])[::-1], words=words) if wanted else []
    told = [
        {"id": line.row.pk, "title": line.sentence if words else line.plain, "body": line.words, "url": line.address}
        for line in lines
        if line.seen
    ]
    return JsonResponse({"newest": max(newest, after or 0), "notifications": told})


@require_http_methods(["GET", "HEAD", "POST"])
def own_settings(request: HttpRequest) -> HttpResponse:
    """By e-mail and on the desktop: how, and when."""
    profile, user = _profile(request), person(request)
    digest = Digest.objects.filter(user=user).first()
    form = NoticesForm(
        request.POST or None,
        initial={
            "desktop": profile.desktop, "email": user.email, "how": digest.how if digest else "",
            "hour": digest.hour if digest else 8,
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        digests.choose(profile=profile, **form.cleaned_data)
        messages.info(request, gettext("Saved."))
        return redirect("notice_settings")
    shown = {"here": "me", "form": form, "digest": digest, "zone": profile.time_zone, "mails": digests.possible()}
    return render(request, "routing/notice_settings.html", shown, status=400 if form.errors else 200)


@csrf_exempt  # a mail program presses it; the signed token is what it may do
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_mail(request: HttpRequest, token: str) -> HttpResponse:
    """No more mails, by the link in one. Looking at the link changes nothing: programs look at every link."""
    user_id = digests.read_token(token)
    if user_id is None:
        raise Http404(gettext("This link leads nowhere any more. Sign in and change it under My settings."))
    if request.method == "POST":
        digests.stop(user_id=user_id)
    response = render(request, "routing/notices_stop.html", {"stopped": request.method == "POST"})
    response["Referrer-Policy"] = "no-referrer"
    return response
