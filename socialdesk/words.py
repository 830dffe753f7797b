"""What scripts say, in one language: for a page that is not in English, before its own scripts."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

_catalogue = JavaScriptCatalog.as_view(packages=["inbox"])


@login_not_required
@require_safe
@cache_control(max_age=3600)
def words(request: HttpRequest, language: str) -> HttpResponseBase:
    """Nobody's secret, and the same for everybody: read without signing in, kept by the browser for an hour."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with override(language):
        return _catalogue(request)
