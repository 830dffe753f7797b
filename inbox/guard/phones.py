"""Telephone numbers of people. Numbers that a company pays for, or that cost extra, are everybody's."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

_REGIONS = ("DE", "GB", "FR", "ES", "IT", "NL", "PL", "SE", "US")
_TRUNK = ("DE", "GB", "FR", "IT", "NL", "SE")  # Where a national number begins with a 0.
_NO_TRUNK = ("US", "ES", "PL", "IT")
_EVERYBODYS = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
_GROUPED = re.compile(
    r"(?:1[ .-]?)?\(?[2-9]\d\d\)?[ .\-/]{1,2}\d{3}[ .-]\d{4}$"  # US
    r"|\(?\d{2,3}\)?[ .-]\d{3}[ .-]\d{3}$|\(?\d{2}\)?[ .-]\d{3}[ .-]\d{2}[ .-]\d{2}$"  # ES, PL
    r"|[6-9]\d\d[ .-]\d{2}[ .-]\d{2}[ .-]\d{2}$|\d{3}[ .-]\d{6,7}$|3\d\d[ .-]\d{3}[ .-]?\d{4}$"  # ES, IT
)
# Free, shared and premium numbers that are shorter or less known than the metadata says, by their digits.
_FREE = re.compile(
    r"1?8(?:00|33|44|55|66|77|88)\d{7}$|0?0?80[08]\d{4,10}$|0180[1-7]\d{5,9}$|09(?:0[0-9]|39|44)\d{4,9}$"
    r"|0200?\d{5,6}$|0771\d{6}$|09693\d{5}$|8(?:00|03|40|48|92|99)\d{3,6}$|80[01]\d{6}$|90[0-2]\d{6}$|1(?:99|78)\d{6}$"
)
_SPECIAL = re.compile(
    r"0(?:30[03]|33[03]|34[345]|37[01]) \d{3} \d{4}$|0 8\d{2}(?: \d\d){3}$|088[ -]\d{3} ?\d{2} ?\d{2}$"
    r"|08(?:[01]\d|2[0156]|9[29])\d{6}$|08[0-29]\d \d{3} \d{3}$|0137[ /-]\d(?:[ -]?\d){5,8}$|0 8\d{2}(?: \d{3}){2}$"
    r"|08[ .][0-29]\d(?:[ .]\d\d){3}$|08\d\d(?: \d\d){3}$|08[47]\d \d{3} \d{4}$"
)
# What may be dialled though it is in no plan: nine digits and more, or seven as 555-0173.
_LIKE_A_NUMBER = re.compile(
    r"\(?\d(?:[ .\-/()]{0,3}\d){8,14}\)?$|\d{3}[ .-]\d{4}$|\(?0\d{1,4}\)?[ \-/]{1,3}\d(?:[ -]?\d){4,}$"
)
_CODES = ("1", "49", "44", "33", "34", "39", "31", "48", "46")
_LEAST, _MOST = 7, 15


@lru_cache(maxsize=4096)
def _judged(number: str, regions: tuple[str, ...]) -> str:
    """ "theirs", "everybodys" or "": what a dialled number is, in any of the regions."""
    everybodys = False
    for region in regions:
        try:
            parsed = phonenumbers.parse(number, region)
        except NumberParseException:
            continue
        if not phonenumbers.is_valid_number(parsed):
            continue
        kind = phonenumbers.number_type(parsed)
        if kind not in _EVERYBODYS:
            return "theirs"
        everybodys = True
    return "everybodys" if everybodys else ""


def judged(written: str, *, called: bool) -> str:
    """What ``written`` is as a telephone number: "theirs", "everybodys", or "" where it is none.

    ``called`` says that a word beside it calls it a number to dial: then it need not look like one.
    """
    digits = "".join(c for c in written if c.isdigit())
    if not _LEAST <= len(digits) <= _MOST + 2:
        return ""
    if _FREE.match(digits) or _SPECIAL.match(written):
        return "everybodys"
    abroad = _abroad(written, digits)
    if abroad:
        return _judged(abroad, ("ZZ",)) or ("theirs" if 9 <= len(abroad) - 1 <= _MOST else "")
    regions = _TRUNK if digits[0] == "0" else _NO_TRUNK
    verdict = _judged(digits, regions)
    if not verdict and called:
        verdict = _judged(digits, _REGIONS)
    if verdict == "everybodys":
        return verdict
    if called and (verdict or _LIKE_A_NUMBER.match(written)):
        return "theirs"
    if verdict and (digits[0] == "0" and len(digits) >= 9):
        return verdict
    return verdict if verdict and _GROUPED.match(written) else ""


def valid(written: str) -> bool:
    """Whether ``written`` is a number in some region's plan, however it is grouped."""
    digits = "".join(c for c in written if c.isdigit())
    return _LEAST <= len(digits) <= _MOST and _judged(digits, _REGIONS) == "theirs"


def _abroad(written: str, digits: str) -> str:
    """The number with its country code, where it is written with one."""
    if written.lstrip(" (").startswith("+"):
        return "+" + re.sub(r"\(0\)", "", written).translate(_ONLY_DIGITS)
    if digits.startswith("00") and len(digits) >= 11:
        return "+" + re.sub(r"\(0\)", "", written).translate(_ONLY_DIGITS)[2:]
    return ""


_ONLY_DIGITS = {code: None for code in range(128) if not chr(code).isdigit()}


def cores(digits: str) -> set[str]:
    """What is in every way to dial a number: its digits without the code of a country or the 0 before them."""
    if not digits.isdigit() or not 8 <= len(digits) <= _MOST:
        return set()
    number = digits.removeprefix("00")
    code = next((code for code in _CODES if number.startswith(code)), "")
    ways = {number.removeprefix("0"), number[len(code) :].removeprefix("0")}
    return {way for way in ways if len(way) >= 8}


def spellings(digits: str) -> set[str]:
    """The ways in which the same number is dialled at home and from abroad, as normalised values."""
    if not digits.isdigit() or not 8 <= len(digits) <= _MOST:
        return set()
    ways = {digits}
    home = {digits.removeprefix("00")} if digits.startswith("00") else {digits}
    for number in home:
        for code in _CODES:
            if number.startswith(code) and len(number) - len(code) >= 7:
                rest = number[len(code) :].removeprefix("0")
                ways |= {rest, "0" + rest, code + rest, "00" + code + rest}
            rest = number.removeprefix("0")
            ways |= {rest, code + rest, code + "0" + rest}
    return {way for way in ways if len(way) >= 8}
