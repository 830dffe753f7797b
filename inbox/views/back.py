"""Where a form leads: back to the page it stood on, and never to another host."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


def back(request: HttpRequest, fallback: str = "/") -> HttpResponseRedirect:
    """303, so that the browser (and htmx) reads the page again with GET."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(target if safe else fallback)
    response.status_code = 303
    return response
