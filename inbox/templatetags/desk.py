"""Small marks on every page: icons, network marks, initials, times. Text from outside is always escaped."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from connectors.models import Connection
from inbox import dates
from inbox.downstream import downstream
from inbox.marks import Pieces
from inbox.saying import inside, stored
from inbox.services import networks

register = template.Library()
register.filter("said", stored)
register.filter("inside", inside)

BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
# They point along a line of text, so they point the other way where lines run from right to left.
POINTING = {
    "arrow-back-up",
    "arrow-left",
    "chevron-left",
    "layout-sidebar-right",
    "send",
    "send-off",
    "arrows-split",
    "arrows-split-2",
}
GROUND = re.compile(r'<path stroke="none"[^>]*/>')
MARKS = Path(settings.BASE_DIR) / "static" / "desk" / "marks"


def _drawing(folder: Path, name: str) -> SafeString:
    """The inside of an SVG file, or nothing: words stand beside every icon that matters.

    Safe because the file is ours or an installed package's, and a name is one that a template wrote.
    """
    try:
        found = BODY.search((folder / f"{name}.svg").read_text(encoding="utf-8"))
    except OSError:
        return SafeString("")
    return SafeString(" ".join(GROUND.sub("", found.group(1)).split()) if found else "")  # nosec B703


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, extra: str = "") -> SafeString:
    """One outline icon, drawn in place (no request, no script)."""
    drawing = _drawing(Path(settings.FRONT_END_PACKAGES["tabler"]), name)
    classes = f"{extra} turns".strip() if name in POINTING else extra
    return format_html('<svg class="i {}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', classes, drawing)


@register.simple_tag
@lru_cache(maxsize=64)
def netmark(key: str, extra: str = "") -> SafeString:
    """A network's mark in a square, named for a screen reader; its first letter where none was drawn."""
    network = networks.shown(key)
    drawing = _drawing(MARKS, network.mark) if re.fullmatch(r"[a-z0-9-]+", network.mark) else ""
    inside = (
        format_html('<svg class="i" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', drawing)
        if drawing
        else format_html('<b aria-hidden="true">{}</b>', network.label[:1].upper())
    )
    return format_html('<span class="net {}" role="img" aria-label="{}">{}</span>', extra, network.label, inside)


@register.filter
def network_label(key: str) -> str:
    return networks.shown(key).label


@register.simple_tag
@lru_cache(maxsize=1)
def has_face() -> bool:
    """Whether npm has brought the face; without it the system's own is used and nothing is requested."""
    return Path(settings.FRONT_END_PACKAGES["inter"]).is_dir()


@register.filter
def initials(name: object) -> str:
    """Up to two letters of a name, for an avatar that asks no other host for a picture."""
    words = [word for word in re.split(r"[\s@._-]+", str(name)) if word]
    letters = [first for word in words for first in word[:1] if unicodedata.category(first)[0] in "LN"]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "?"


@register.filter
def account(connection: Connection) -> str:
    """Our account as its network names it: by its handle, or by what the desk calls it where it has none."""
    return f"@{connection.handle}" if connection.handle else connection.name


@register.filter
def person(user: object) -> str:
    """A colleague's name, or the account's where none was entered."""
    full = getattr(user, "get_full_name", str)()
    return str(full or getattr(user, "username", "") or gettext("Somebody who left"))


@register.filter
def first_name(user: object) -> str:
    return str(getattr(user, "first_name", "") or person(user))


@register.filter
def conversation_url(conversation_id: int) -> str:
    """Where a conversation is read; whoever may not see it is told there that it is not theirs."""
    return downstream().address(conversation_id)


@register.filter
def compact(number: int | None) -> str:
    """18400 as 18.4k; nothing for nothing."""
    if number is None:
        return ""
    for size, unit in ((1_000_000_000, "bn"), (1_000_000, "m"), (1_000, "k")):
        if number >= size:
            value = number / size
            return f"{value:.0f}{unit}" if value >= 100 else f"{value:.1f}".rstrip("0").rstrip(".") + unit
    return str(number)


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as a person says them; a dash where nobody knows."""
    if seconds is None:
        return "–"
    whole = max(int(seconds), 0)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 60:
        return gettext("%(s)s s") % {"s": whole}
    if minutes < 10 and whole % 60:
        return gettext("%(m)s min %(s)s s") % {"m": minutes, "s": whole % 60}
    if hours < 1:
        return gettext("%(m)s min") % {"m": minutes}
    if days < 1:
        return gettext("%(h)s h %(m)s min") % {"h": hours, "m": f"{minutes % 60:02d}"}
    said = gettext("%(d)s d %(h)s h") if days < 10 else gettext("%(d)s d")
    return said % {"d": days, "h": hours % 24}


@register.filter
def since(moment: datetime | None) -> str:
    """How long ago, to the minute where seconds no longer matter."""
    if moment is None:
        return "–"
    seconds = (timezone.now() - moment).total_seconds()
    return gettext("now") if seconds < 1 else duration(seconds if seconds < 60 else seconds - seconds % 60)


@register.simple_tag
def running(start: datetime) -> SafeString:
    """How long something has been waiting; the browser keeps it going."""
    exact = start.isoformat()
    return format_html('<time datetime="{}" data-since="{}">{}</time>', exact, exact, since(start))


@register.filter
def until(moment: datetime | None) -> str:
    if moment is None:
        return "–"
    return duration((moment - timezone.now()).total_seconds())


@register.simple_tag
def when(moment: datetime | None) -> SafeString:
    """A time in the reader's zone: the hour today, the day before that, the year where it differs."""
    if moment is None:
        return SafeString("–")
    local, today = timezone.localtime(moment), timezone.localdate()
    day = dates.day(local) if local.year == today.year else dates.day_of_year(local)
    brief = f"{local:%H:%M}" if local.date() == today else dates.moment(day, f"{local:%H:%M}")
    exact = dates.moment(dates.day_of_year(local), f"{local:%H:%M:%S %Z}")
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, brief)


@register.simple_tag
def when_read(moment: str) -> SafeString:
    """The same of a time as the database writes it into JSON."""
    return when(datetime.fromisoformat(moment))


@register.filter
def marked(pieces: Pieces) -> SafeString:
    """A text in pieces, with a mark around what the guard found; the reason shows at the mark."""
    mark = '<mark title="{}">{}</mark>'
    return format_html_join(
        "", "{}", ((format_html(mark, stored(why), words) if why else words,) for words, why in pieces)
    )


@register.filter
def percent(part: float, whole: float) -> int:
    """A share from 0 to 100, for a meter's width."""
    return min(100, max(0, round(100 * part / whole))) if whole else 0


@register.simple_tag
def span(start: datetime | None, end: datetime | None) -> str:
    """How long it took from ``start`` to ``end``."""
    return duration((end - start).total_seconds() if start and end else None)
