"""What a rule asked and did before each change, and what became of the conversations that each version decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.utils.translation import gettext

from inbox import describing
from routing import setup
from routing.models import Rule, RuleVersion
from routing.services import hands, rules
from routing.services.ruling import ROWS, values_of

DAYS = 30
SHOWN = 10
_MOST = 10_000  # decisions that are looked at

_DID = """
SELECT a.rule_version, count(*), count(moved.id)
FROM (
    SELECT id, conversation_id, team_id, rule_version FROM routing_assignment
    WHERE rule_id = %s AND at > now() - %s * interval '1 day' ORDER BY at DESC LIMIT %s
) a
LEFT JOIN LATERAL (
    SELECT n.id FROM routing_assignment n
    WHERE n.conversation_id = a.conversation_id AND n.id > a.id AND n.by_id IS NOT NULL AND n.team_id <> a.team_id
    LIMIT 1
) moved ON true
GROUP BY a.rule_version
"""


@dataclass(frozen=True, slots=True)
class Version:
    """How a rule was until then; nothing ended the latest. ``given`` and ``moved`` count the last DAYS days."""

    number: int
    name: str
    conditions: Sequence[str]
    goes: str
    until: datetime | None
    by: User | None
    given: int  # conversations that it decided
    moved: int  # of those, the ones that a person then gave to another team


def of(rule: Rule) -> list[Version]:
    """The rule as it is, then as it was, newest first. A fixed number of statements."""
    former = RuleVersion.objects.filter(rule=rule).select_related("by").order_by("-number")[: SHOWN - 1]
    told: list[tuple[int, dict[str, Any], datetime | None, User | None]] = [(rule.version, values_of(rule), None, None)]
    told += [(version.number, version.values, version.until, version.by) for version in former]
    rows = {name: model.objects.in_bulk({values[name] for _, values, _, _ in told} - {None})
            for name, model in ROWS.items()}  # fmt: skip
    did, names, known = _did(rule), setup.account_names(), describing.vocabulary()
    return [
        Version(number, values["name"], rules.conditions(_bare(values), names, known), _goes(values, rows),
                until, by, *did.get(number, (0, 0)))
        for number, values, until, by in told
    ]  # fmt: skip


def _did(rule: Rule) -> dict[int, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_DID, [rule.pk, DAYS, _MOST])
        return {number: (given, moved) for number, given, moved in cursor.fetchall()}


def _bare(values: Mapping[str, Any]) -> Rule:
    """With what it asks, and nothing of where it goes."""
    return Rule(**{name: value for name, value in values.items() if name not in ROWS})


def _goes(values: Mapping[str, Any], rows: Mapping[str, Mapping[int, Any]]) -> str:
    found = {name: rows[name].get(values[name]) for name in ROWS}
    said = [found["team"].name if found["team"] else gettext("a team that is gone")]
    if values["agent"] is not None:
        name = hands.display_name(found["agent"]) if found["agent"] else gettext("somebody who is gone")
        said.append(gettext("to %(name)s") % {"name": name})
    if values["topic"] is not None:
        name = found["topic"].name if found["topic"] else gettext("a topic that is gone")
        said.append(gettext("to whoever knows about %(name)s") % {"name": name})
    return ", ".join(said)
