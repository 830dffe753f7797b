"""Valid national identity numbers of each region, in the forms in which people write them."""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from stdnum import luhn
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.iso7064 import mod_11_10
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.us import ssn

from tests.quality.guard.places import pattern

Forms = dict[str, Callable[[], str]]


def until(good: Callable[[str], bool], make: Callable[[], str]) -> str:
    while not good(value := make()):
        pass
    return value


def born(random: Random) -> date:
    return date(1940, 1, 1) + timedelta(days=random.randrange(66 * 365))


class NationalIds:
    """One method for each region: how its numbers are written, and a maker for each way."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def of(self, region: str) -> Forms:
        forms: Forms = getattr(self, region.lower())()
        return forms

    def us(self) -> Forms:
        def dashed() -> str:
            return until(ssn.is_valid, lambda: pattern("###-##-####", self.random))

        return {
            "dashed": dashed,
            "spaced": lambda: dashed().replace("-", " "),
            "plain": lambda: dashed().replace("-", ""),
        }

    def gb(self) -> Forms:
        def nino() -> str:
            prefix = self.random.choice(("AB", "CE", "JK", "LP", "NR", "PX", "SG", "TW", "WM", "YZ"))
            shape = self.random.choice(("## ## ##", "######", "###### "))
            between = " " if " " in shape else ""
            return f"{prefix}{between}{pattern(shape, self.random).strip()}{between}{self.random.choice('ABCD')}"

        def health() -> str:
            return until(nhs.is_valid, lambda: pattern("### ### ####", self.random))

        return {"nino": nino, "nhs": health}

    def de(self) -> Forms:
        def tax() -> str:
            # Ten digits of which one stands twice, then the check digit.
            signs = self.random.sample(string.digits, 10)
            signs[self.random.randrange(1, 5)] = signs[self.random.randrange(5, 10)]
            return "".join(signs) + mod_11_10.calc_check_digit("".join(signs))

        def plain_tax() -> str:
            return until(idnr.is_valid, tax)

        def written_tax() -> str:
            plain = plain_tax()
            return self.random.choice((plain, f"{plain[:2]} {plain[2:5]} {plain[5:8]} {plain[8:]}"))

        def card() -> str:
            allowed = "0123456789CFGHJKLMNPRTVWXYZ"
            body = self.random.choice("LMNPRTVWXY") + "".join(self.random.choice(allowed) for _ in range(8))
            total = sum(int(sign, 36) * weight for sign, weight in zip(body, (7, 3, 1) * 3, strict=True))
            return f"{body}{total % 10}"

        return {"tax": written_tax, "card": card}

    def fr(self) -> Forms:
        def plain() -> str:
            day = born(self.random)
            number = f"{self.random.choice('12')}{day:%y%m}{self.random.randrange(10, 95)}{pattern('###', self.random)}"
            number += pattern("###", self.random)
            return number + nir.calc_check_digits(number)

        def spaced() -> str:
            number = plain()
            cuts = (0, 1, 3, 5, 7, 10, 13, 15)
            return " ".join(number[start:end] for start, end in pairwise(cuts))

        return {"spaced": spaced, "plain": plain}

    def es(self) -> Forms:
        def citizen() -> str:
            number = pattern("########", self.random)
            between = self.random.choice(("", "-", " "))
            return f"{number}{between}{dni.calc_check_digit(number)}"

        def foreigner() -> str:
            number = f"{self.random.choice('XYZ')}{pattern('#######', self.random)}"
            return self.random.choice((number, f"{number[0]}-{number[1:]}-")) + nie.calc_check_digit(number)

        return {"dni": citizen, "nie": foreigner}

    def it(self) -> Forms:
        def code() -> str:
            day = born(self.random)
            names = "".join(self.random.choice("BCDFGLMNPRSTVZ") for _ in range(6))
            shown = day.day + self.random.choice((0, 40))
            number = f"{names}{day:%y}{'ABCDEHLMPRST'[day.month - 1]}{shown:02}{self.random.choice(('H501', 'F205'))}"
            return number + codicefiscale.calc_check_digit(number)

        return {"plain": code, "capitals": code, "lower": lambda: code().lower()}

    def nl(self) -> Forms:
        def plain() -> str:
            return until(bsn.is_valid, lambda: pattern("#########", self.random))

        def cut(between: str) -> str:
            number = plain()
            return between.join((number[:4], number[4:6], number[6:]))

        return {"plain": plain, "dotted": lambda: cut("."), "spaced": lambda: cut(" ")}

    def pl(self) -> Forms:
        def plain() -> str:
            day = born(self.random)
            month = day.month + (20 if day.year >= 2000 else 0)
            number = f"{day:%y}{month:02}{day:%d}{pattern('####', self.random)}"
            return number + pesel.calc_check_digit(number)

        return {"plain": plain}

    def se(self) -> Forms:
        def number() -> str:
            short = f"{born(self.random):%y%m%d}{pattern('###', self.random)}"
            return short + luhn.calc_check_digit(short)

        def century(short: str) -> str:
            return ("20" if int(short[:2]) < 7 else "19") + short

        def dashed() -> str:
            short = number()
            return f"{short[:6]}-{short[6:]}"

        return {
            "dashed": dashed,
            "long": lambda: century(dashed()),
            "plain": lambda: century(number()),
        }
