"""Pieces of a queue's row. A page has hundreds of them; a condition in a template costs as much as a whole piece."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from inbox.templatetags.desk import compact, icon, initials, netmark, running, when
from routing.selectors import Row

register = template.Library()

_NO_REPLY_DUE = format_html('<span class="sla ok">{}</span>', "No reply due")


@register.simple_tag
@lru_cache(maxsize=64)
def came_by(network: str, visibility: str) -> SafeString:
    """The network's mark with the audience beside it."""
    kind, sign, word = ("c-dir", "lock", "private") if visibility == "direct" else ("c-pub", "world", "public")
    return format_html(
        '{}<span class="{}">{}</span><span class="vh">{}</span>', netmark(network), kind, icon(sign), word
    )


@register.simple_tag
def reach(followers: int | None) -> SafeString:
    """How many follow the customer; nothing where nobody knows."""
    if followers is None:
        return SafeString("")
    return format_html('<span class="reach" title="{} followers">{}</span>', followers, compact(followers))


@register.simple_tag
def clock(row: Row) -> SafeString:
    """Since when it waits for us, or until when it sleeps."""
    if row.status == "snoozed":
        return format_html('<span class="sla ok">until {}</span>', when(row.snoozed_until))
    if row.waits_since is None:
        return _NO_REPLY_DUE
    return format_html('<span class="sla"><span class="vh">waiting </span>{}</span>', running(row.waits_since))


@register.simple_tag
def state(row: Row) -> SafeString:
    """Where it stands, in a word."""
    if row.status != "open":
        return _chip("chip", row.status_label)
    if row.assignee_id is None:
        return _chip("chip dash", "Unassigned")
    return _chip("chip", "Wrote again" if row.answered else "New")


@register.simple_tag
def vips(lists: Sequence[str]) -> SafeString:
    """The lists of people who matter that the customer is on: a star, and their names."""
    mark = '<span class="chip vip">{}<span class="vh">matters: </span><bdi>{}</bdi></span>'
    return format_html_join("", mark, ((icon("star"), name) for name in sorted(set(lists), key=str.casefold)))


@lru_cache(maxsize=16)
def _chip(kind: str, word: str) -> SafeString:
    return format_html('<span class="{}">{}</span>', kind, word)


@register.simple_tag
def colleague(row: Row, me: int) -> SafeString:
    """Who else has it."""
    if row.assignee_id is None or row.assignee_id == me:
        return SafeString("")
    letters = format_html('<span class="av staff xs" aria-hidden="true">{}</span>', initials(row.assignee))
    return format_html('<span class="eyes">{}<span class="vh">with {}</span></span>', letters, row.assignee)
