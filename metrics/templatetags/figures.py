"""Cells of tables of figures: a number or a duration that opens to its rows."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from inbox.templatetags.desk import duration
from metrics.selectors import Line, Times

register = template.Library()
_ZERO = SafeString('<td class="r">0</td>')
_UNKNOWN = SafeString('<td class="r dim">–</td>')


def _opens(text: object, link: str) -> SafeString:
    return format_html('<td class="r"><a href="{}">{}</a></td>', link, text)


@register.simple_tag
def number(line: Line, name: str, links: dict[str, str]) -> SafeString:
    """A count of ``line``; 0 opens nothing."""
    value = getattr(line, name)
    return _opens(value, links[name]) if value else _ZERO


@register.simple_tag
def times(line: Line, links: dict[str, str]) -> SafeString:
    """Median and p90 from arrival, of first and of next responses. Never 0 for unknown."""
    first = _median_and_p90(line.first_arrived, links["first_responses"])
    return format_html("{}{}", first, _median_and_p90(line.next_arrived, links["next_responses"]))


def _median_and_p90(found: Times, link: str) -> SafeString:
    if (median := found.median) is None:
        return format_html("{}{}", _UNKNOWN, _UNKNOWN)
    return format_html('{}<td class="r">{}</td>', _opens(duration(median), link), duration(found.p90))


@register.simple_tag
def active(line: Line, links: dict[str, str]) -> SafeString:
    return _opens(duration(line.active), links["active"]) if line.active else _UNKNOWN
