"""Pieces of a queue's row. A page has hundreds of them; a condition in a template costs as much as a whole piece."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from inbox.templatetags.desk import compact, icon, initials, netmark, running, when
from routing.selectors import Row

register = template.Library()


@register.simple_tag
def came_by(network: str, visibility: str) -> SafeString:
    """The network's mark with the audience beside it."""
    return _came_by(network, visibility, gettext("private") if visibility == "direct" else gettext("public"))


@lru_cache(maxsize=64)
def _came_by(network: str, visibility: str, word: str) -> SafeString:
    kind, sign = ("c-dir", "lock") if visibility == "direct" else ("c-pub", "world")
    return format_html(
        '{}<span class="{}">{}</span><span class="vh">{}</span>', netmark(network), kind, icon(sign), word
    )


@register.simple_tag
def reach(followers: int | None) -> SafeString:
    """How many follow the customer; nothing where nobody knows."""
    if followers is None:
        return SafeString("")
    said = ngettext("%(number)s followers", "%(number)s followers", followers) % {"number": followers}
    return format_html('<span class="reach" title="{}">{}</span>', said, compact(followers))


@register.simple_tag
def clock(row: Row) -> SafeString:
    """Since when it waits for us, or until when it sleeps."""
    if row.status == "snoozed":
        until = format_html(gettext("until {}"), when(row.snoozed_until))
        return format_html('<span class="sla ok">{}</span>', until)
    if row.waits_since is None:
        return _chip("sla ok", gettext("No reply due"))
    said = gettext("waiting")
    return format_html('<span class="sla"><span class="vh">{} </span>{}</span>', said, running(row.waits_since))


@register.simple_tag
def state(row: Row) -> SafeString:
    """Where it stands, in a word."""
    if row.status != "open":
        return _chip("chip", row.status_label)
    if row.assignee_id is None:
        return _chip("chip dash", gettext("Unassigned"))
    return _chip("chip", gettext("Wrote again") if row.answered else gettext("New"))


@register.simple_tag
def vips(lists: Sequence[str]) -> SafeString:
    """The lists of people who matter that the customer is on: a star, and their names."""
    mark, said = '<span class="chip vip">{}<span class="vh">{} </span><bdi>{}</bdi></span>', gettext("matters:")
    return format_html_join("", mark, ((icon("star"), said, name) for name in sorted(set(lists), key=str.casefold)))


@lru_cache(maxsize=128)
def _chip(kind: str, word: str) -> SafeString:
    return format_html('<span class="{}">{}</span>', kind, word)


@register.simple_tag
def colleague(row: Row, me: int) -> SafeString:
    """Who else has it."""
    if row.assignee_id is None or row.assignee_id == me:
        return SafeString("")
    letters = format_html('<span class="av staff xs" aria-hidden="true">{}</span>', initials(row.assignee))
    said = gettext("with %(name)s") % {"name": row.assignee}
    return format_html('<span class="eyes">{}<span class="vh">{}</span></span>', letters, said)
