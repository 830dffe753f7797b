"""What may be asked of a field: one language for searches, rules and programs.

`12:7` is an option by its id, `9:acme` the beginning of a text, `4:10..20` a number and `5:2026-01-01..2026-01-31` a
day; either end of a range may be left open, and without dots it is exactly that. Several stand with `;` between them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext

from inbox.models import CustomField, FieldValue
from inbox.parameters import whole
from inbox.services.storable import storable

MOST = 5  # of one search
LONGEST = 600  # characters of all of them
_BETWEEN = re.compile(r";(?=\d+:)")
_NUMBER = re.compile(r"[+-]?\d{1,14}(\.\d{1,6})?")
Kind = CustomField.Kind


class Unasked(ValueError):
    """Why it cannot be asked, as a sentence."""


def number_of(said: str) -> Decimal | None:
    """A number as a person writes it, with a point or a comma; nothing for what is none, or too long to be kept."""
    plain = said.replace("\u00a0", "").replace(" ", "").replace(",", ".")
    return Decimal(plain) if plain.isascii() and _NUMBER.fullmatch(plain) else None


def day_of(said: str) -> date | None:
    """A day as a date field says it."""
    try:
        found = date.fromisoformat(said) if re.fullmatch(r"\d{4}-\d\d-\d\d", said) else None
    except ValueError:
        return None
    return found if found and 1900 <= found.year <= 2200 else None


@dataclass(frozen=True, slots=True)
class Ask:
    """One condition on one field. ``said`` is how it was written."""

    field: int
    kind: str
    said: str
    option: int | None = None
    begins: str = ""
    least: Any = None
    most: Any = None

    @classmethod
    def of(cls, field: int, kind: str, said: str) -> Ask:
        """Raises Unasked for what says nothing of such a field."""
        said = storable(said).strip()
        if kind in CustomField.CHOSEN:
            if (option := whole(said)) is None:
                raise Unasked(gettext("Choose one of the field's options."))
            return cls(field, kind, said, option=option)
        if kind == Kind.TEXT:
            if not 1 <= len(said) <= 100:
                raise Unasked(gettext("Write 1 to 100 characters with which the text begins."))
            return cls(field, kind, said, begins=said.lower())
        return cls(field, kind, said, **_range(kind, said))

    def fits(self) -> Exists:
        """The conversations of which it is true."""
        rows = FieldValue.objects.filter(conversation=OuterRef("pk"), field=self.field, ended_at=None)
        return Exists(rows.alias(low=Lower("text")).filter(self._where()))

    def _where(self) -> Q:
        if self.option is not None:
            return Q(option=self.option)
        if self.begins:
            return Q(low__startswith=self.begins) & ~Q(text="")
        name = "number" if self.kind == Kind.NUMBER else "day"
        ends = {f"{name}__gte": self.least, f"{name}__lte": self.most}
        return Q(**{f"{name}__isnull": False}, **{key: value for key, value in ends.items() if value is not None})

    def holds(self, value: Mapping[str, Any]) -> bool:
        """The same of one value, as describing.py reads it."""
        if value["field"] != self.field:
            return False
        if self.option is not None:
            return bool(value["option"] == self.option)
        if self.begins:
            return str(value["text"]).lower().startswith(self.begins)
        said = value["number"] if self.kind == Kind.NUMBER else value["day"]
        if said is None:
            return False
        there = Decimal(said) if self.kind == Kind.NUMBER else date.fromisoformat(said)
        return (self.least is None or there >= self.least) and (self.most is None or there <= self.most)

    @property
    def kept(self) -> list[Any]:
        """As a rule keeps it; of() reads it again."""
        return [self.field, self.kind, self.said]


def _range(kind: str, said: str) -> dict[str, Any]:
    read = number_of if kind == Kind.NUMBER else day_of
    least, dots, most = (part.strip() for part in said.partition(".."))
    ends = [read(least) if least else None, read(most if dots else least) if (most or not dots) else None]
    wrong = (least and ends[0] is None) or (most and ends[1] is None) or ends == [None, None]
    if wrong:
        example = "10..20" if kind == Kind.NUMBER else "2026-01-01..2026-01-31"
        said = (
            gettext("Write a number or a range, for example %(example)s.")
            if kind == Kind.NUMBER
            else gettext("Write a day or a range, for example %(example)s.")
        )
        raise Unasked(said % {"example": example})
    if None not in ends and ends[0] > ends[1]:  # type: ignore[operator]
        raise Unasked(gettext("The range ends before it begins, so nothing could fit. Swap the two."))
    return {"least": ends[0], "most": ends[1]}


def split(text: str) -> dict[int, str]:
    """What a text asks of which field, not looked at any further."""
    found = {}
    for part in _BETWEEN.split(text):
        field, colon, said = part.partition(":")
        if (pk := whole(field.strip())) is not None and colon and said.strip():
            found[pk] = said.strip()
    return found


def joined(asked: Mapping[int, str]) -> str:
    return ";".join(f"{field}:{said}" for field, said in asked.items())


def read(text: str) -> Sequence[Ask]:
    """The conditions in a text. Raises Unasked. One statement."""
    parts = [part for part in _BETWEEN.split(storable(text)) if part.strip()]
    asked = split(storable(text))
    if len(asked) != len(parts) or not parts:
        raise Unasked(gettext("Write the field's id, a colon and what is asked of it, for example 12:7."))
    return read_each(asked)


def read_each(asked: Mapping[int, str]) -> Sequence[Ask]:
    """The same of what was split already."""
    if len(asked) > MOST:
        raise Unasked(gettext("At most %(most)s fields at a time.") % {"most": MOST})
    kinds = dict(CustomField.objects.filter(pk__in=asked).values_list("pk", "kind"))
    if missing := asked.keys() - kinds.keys():
        raise Unasked(gettext("There is no field %(missing)s.") % {"missing": min(missing)})
    return [Ask.of(field, kinds[field], said) for field, said in asked.items()]
