"""The one-time sign-in link: whoever opens it chooses a password and is signed in."""

from __future__ import annotations

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from inbox.services.conversations import Refused
from routing.services import passwords

_OPENED = "welcome"  # in the session: the hash of the link that this browser opened
# Wrong links count as failed sign-ins of a name that nobody can have.
_WRONG = {"username": gettext_noop("by a sign-in link")}


@login_not_required
@never_cache
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """Remember the link in this browser and lead to the form, whose address does not hold it.

    The form cannot stand here: under no-referrer a browser says `Origin: null` when it posts, and that is refused
    as forged.
    """
    if not AxesProxyHandler.is_allowed(request, _WRONG):
        locked: HttpResponse = get_lockout_response(request, credentials=_WRONG)
        return locked
    link = passwords.find(token)
    if link is None:
        # Before it is written down: a link that lost its last letter is nearly a right one.
        request.axes_path_info = "/accounts/welcome/"  # type: ignore[attr-defined]
        user_login_failed.send(sender=__name__, credentials=_WRONG, request=request)
        response = _gone(request)
    else:
        request.session.cycle_key()  # whoever knew this browser's session before learns nothing of what it may now
        request.session[_OPENED] = link.digest
        response = redirect("welcome_choose")
    response["Referrer-Policy"] = "no-referrer"
    return response


@sensitive_post_parameters()
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """GET: the form. POST: the password is theirs, the link is used up, and they are signed in."""
    link = passwords.awaiting(request.session.get(_OPENED, ""))
    if link is None:
        return _gone(request)
    form = SetPasswordForm(link.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = passwords.choose(digest=link.digest, password=form.cleaned_data["new_password1"])
        except Refused:
            return _gone(request)
        login(request, user, backend="routing.backend.PeopleBackend")
        request.session.pop(_OPENED, None)
        return redirect("home")
    shown = {"form": form, "somebody": link.user}
    return render(request, "registration/welcome.html", shown, status=400 if form.errors else 200)


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "registration/welcome_gone.html", {"why": passwords.GONE}, status=404)
