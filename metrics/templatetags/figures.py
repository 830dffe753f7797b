"""Cells of tables of figures: a number or a duration that opens to its rows. A page has a thousand of them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from inbox import dates
from inbox.templatetags.desk import duration
from metrics.cells import COUNTS, SPREADS
from metrics.selectors import Times

register = template.Library()
for _of_dates in (dates.many, dates.day, dates.day_of_year, dates.weekday):
    register.filter(_of_dates.__name__, _of_dates)
_HEADS: dict[str, tuple[str, ...]] = {
    "arrivals": (_("Arrivals"),),
    "handled": (_("Handled"),),
    "publicly": (_("Publicly"),),
    "privately": (_("Privately"),),
    "no_reply_due": (_("No reply due"),),
    "resolutions": (_("Resolutions"),),
    "reopenings": (_("Reopenings"),),
    "first_arrived": (_("First response"), "p90"),
    "next_arrived": (_("Next response"), "p90"),
    "active": (_("Active"),),
}
_UNKNOWN = format_html('<td class="r dim">{}</td>', "–")
_NONE = format_html('<td class="r">{}</td>', 0)
_SELECTED = format_html("{}", " selected")


@register.simple_tag
def options(choices: Iterable[tuple[Any, Any]], chosen: Any) -> SafeString:
    """The options of a select, from (value, words)."""
    return format_html_join(
        "", '<option value="{}"{}>{}</option>',
        ((value, _SELECTED if value == chosen else "", words) for value, words in choices),
    )  # fmt: skip


@register.simple_tag
def heads(columns: str) -> SafeString:
    """The heads over ``cells`` of the same columns."""
    words = [word for name in columns.split() for word in _HEADS[name]]
    return format_html_join("", '<th class="r" scope="col">{}</th>', ((gettext(word),) for word in words))


@register.simple_tag
def cells(line: Any, links: dict[str, str], columns: str) -> SafeString:
    """Figures of ``line``. 0 and what nobody knows open nothing; unknown is a dash, never 0.

    Put together as plain text, in which _cell has escaped every value: format_html takes three times as long.
    """
    made = "".join([_cell(getattr(line, name), name, links) for name in columns.split()])
    return SafeString(made)  # nosec B703


def _cell(value: Any, name: str, links: dict[str, str]) -> str:
    if name in COUNTS:
        return _opens(dates.many(value), links[name]) if value else _NONE
    if name in SPREADS:
        return _times(value, links["first_responses" if name.startswith("first") else "next_responses"])
    return _opens(duration(value), links[name]) if value else _UNKNOWN


def _times(found: Times, link: str) -> str:
    """Median and p90."""
    if (median := found.median) is None:
        return _UNKNOWN + _UNKNOWN
    return f'{_opens(duration(median), link)}<td class="r">{escape(duration(found.p90))}</td>'


def _opens(text: str, link: str) -> str:
    return f'<td class="r"><a href="{escape(link)}">{escape(text)}</a></td>'
