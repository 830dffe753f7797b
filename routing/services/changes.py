"""Every change of a setting is an event: who, what, from what to what. Settings only, never a customer's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext

from inbox.models import Event
from inbox.saying import stored
from inbox.services import events


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a settings page's history."""

    at: datetime
    who: str
    what: str


def tell(
    subject: str,
    subject_id: int,
    actor: AbstractBaseUser | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    did: str = "",
    name: str = "",
) -> None:
    """Write down what changed between ``before`` and ``after`` (by label), or what was ``did``."""
    old, new = before or {}, after or {}
    labels = [label for label in {**old, **new} if old.get(label) != new.get(label)]
    data = {
        "name": name,
        "did": did,
        # A list: as keys they would lose their order in the database.
        "fields": [[label, _plain(old.get(label)), _plain(new.get(label))] for label in labels],
    }
    events.setting_changed(subject, subject_id, actor, data)


def history(subject: str, subject_id: int | None = None, *, limit: int = 10) -> list[Change]:
    """The newest changes of one setting, or of all of a kind."""
    rows = Event.objects.filter(conversation_id=None, kind=events.SETTING, subject=subject).select_related("actor")
    if subject_id is not None:
        rows = rows.filter(subject_id=subject_id)
    return [Change(row.at, _who(row), _sentence(row.data)) for row in rows.order_by("-id")[:limit]]


def _who(row: Event) -> str:
    return row.actor.get_full_name() or row.actor.get_username() if row.actor else "socialdesk"


def _sentence(data: Mapping[str, Any]) -> str:
    said = [f"{stored(label)}: {_from_to(stored(old), stored(new))}" for label, old, new in data.get("fields", ())]
    parts = [part for part in (stored(data.get("did", "")), "; ".join(said)) if part]
    name = f"“{data['name']}”: " if data.get("name") else ""
    return name + ", ".join(parts)


def _from_to(old: str, new: str) -> str:
    return f"{old} → {new}" if old and new else new or gettext("no longer %(value)s") % {"value": old}


def _plain(value: Any) -> str:
    """A value as a short text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(map(str, value))[:200]
    return "" if value is None else str(value)[:200]
