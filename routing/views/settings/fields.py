"""The desk's own fields: what is asked of a conversation, and what may be chosen."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Count, F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inbox.models import CustomField
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services import fields
from routing.services import changes
from routing.views.settings import attempt

_NEWEST_LAST = F("archived_at").desc(nulls_first=True)  # what is archived comes last


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Every field; POST makes one."""
    require(request.user, "manage_tags")
    if request.method == "POST":
        return attempt(request, lambda: _made(request), reverse("settings_fields"))
    offered = Count("options", filter=Q(options__archived_at=None))
    shown = {
        "fields": CustomField.objects.annotate(number=offered).order_by(_NEWEST_LAST, "name"),
        "kinds": CustomField.Kind.choices, "history": changes.history("field"), "here": "settings", "part": "fields",
    }  # fmt: skip
    return render(request, "routing/settings/fields.html", shown)


@require_safe
def one(request: HttpRequest, field_id: int) -> HttpResponse:
    """One field with what may be chosen."""
    require(request.user, "manage_tags")
    field = get_object_or_404(CustomField, pk=field_id)
    shown = {
        "field": field, "options": field.options.order_by(_NEWEST_LAST, "name"),
        "chosen": field.kind in CustomField.CHOSEN, "is_product": field.kind == CustomField.Kind.PRODUCT,
        "history": changes.history("field", field.pk), "here": "settings", "part": "fields",
    }  # fmt: skip
    return render(request, "routing/settings/field.html", shown)


@require_POST
def act(request: HttpRequest, field_id: int, action: str) -> HttpResponse:
    """One of ACTIONS on one field, or on the option that ``option`` names."""
    require(request.user, "manage_tags")
    if action not in ACTIONS:
        raise Http404
    return attempt(request, lambda: ACTIONS[action](request, field_id), reverse("settings_field", args=[field_id]))


def _made(request: HttpRequest) -> str:
    said = {name: request.POST.get(name, "") for name in ("name", "kind")}
    field = fields.create(**said, actor=person(request))
    more = " " + gettext("Say now what may be chosen.") if field.kind in CustomField.CHOSEN else ""
    return gettext("“%(name)s” is asked of every conversation from now on.") % {"name": field.name} + more


def _rename(request: HttpRequest, field_id: int) -> str:
    field = fields.rename(field_id=field_id, name=request.POST.get("name", ""), actor=person(request))
    return gettext("It is called “%(name)s” now.") % {"name": field.name}


def _archive(request: HttpRequest, field_id: int) -> str:
    field = fields.archive(field_id=field_id, on=True, actor=person(request))
    return gettext("“%(name)s” is archived. What it says of conversations stays there.") % {"name": field.name}


def _restore(request: HttpRequest, field_id: int) -> str:
    return gettext("“%(name)s” is asked again.") % {
        "name": fields.archive(field_id=field_id, on=False, actor=person(request)).name
    }


def _add(request: HttpRequest, field_id: int) -> str:
    made = fields.add_options(field_id=field_id, lines=request.POST.get("lines", ""), actor=person(request))
    return ngettext("Added %(number)s option.", "Added %(number)s options.", len(made)) % {"number": len(made)}


def _option(request: HttpRequest, field_id: int) -> str:
    said = {name: request.POST.get(name, "") for name in ("name", "code")}
    option = fields.change_option(option_id=whole(request.POST.get("option")) or 0, **said, actor=person(request))
    return gettext("It is called “%(name)s” now, wherever it was chosen.") % {"name": option}


def _option_archive(request: HttpRequest, field_id: int) -> str:
    pk = whole(request.POST.get("option")) or 0
    return gettext("“%(name)s” is no longer offered.") % {
        "name": fields.archive_option(option_id=pk, on=True, actor=person(request))
    }


def _option_restore(request: HttpRequest, field_id: int) -> str:
    pk = whole(request.POST.get("option")) or 0
    return gettext("“%(name)s” is offered again.") % {
        "name": fields.archive_option(option_id=pk, on=False, actor=person(request))
    }


ACTIONS: dict[str, Callable[[HttpRequest, int], str]] = {
    "rename": _rename, "archive": _archive, "restore": _restore, "add": _add, "option": _option,
    "option-archive": _option_archive, "option-restore": _option_restore,
}  # fmt: skip
