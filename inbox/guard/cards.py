"""Card numbers, wherever the gaps between their digits are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stdnum import luhn

from inbox.guard.chains import Group, joined

_BRANDS = re.compile(
    r"4\d{12}(?:\d{3}(?:\d{3})?)?$"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}$"  # Mastercard
    r"|3[47]\d{13}$"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}(?:\d\d)?$"  # Diners
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}(?:\d{3})?$"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12}$"  # JCB
    r"|62\d{14,17}$"  # UnionPay
    r"|(?:50[0-9]{2}|5[6-9]\d\d|6[0-9]{3})\d{8,15}$"  # Maestro
    r"|220[0-4]\d{12}$|(?:81|82)\d{14}$"  # Mir, RuPay
)
_MOST = 19
_LEAST = 13


def is_card(digits: str) -> bool:
    """Whether ``digits`` are a card number of a known brand with the right check digit."""
    return bool(_BRANDS.match(digits)) and luhn.is_valid(digits)


def cards(chain: Sequence[Group]) -> Iterator[Sequence[Group]]:
    """The groups of ``chain`` that make a card number together."""
    at = 0
    while at < len(chain):
        found = _longest(chain, at)
        if found:
            yield chain[at : at + found]
        at += found or 1


def _longest(chain: Sequence[Group], at: int) -> int:
    best = length = 0
    for count, group in enumerate(chain[at : at + _MOST], 1):
        length += len(group.digits)
        if length > _MOST:
            break
        if length < _LEAST or not is_card(joined(chain[at : at + count])):
            continue
        # Odd lengths need one piece or equal ones: two short numbers that happen to fit are no card.
        if length in (15, 16) or count == 1 or len({len(g.digits) for g in chain[at : at + count - 1]}) == 1:
            best = count
    return best
