"""Valid values of each kind of personal data, in the forms in which people write them; anew for every seed."""

from __future__ import annotations

import ipaddress
import string
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import cache
from random import Random

import phonenumbers
from faker import Faker
from stdnum import iban as iban_numbers

from tests.quality.guard.locales import DIGIT_WORDS, LOCALES, MONTHS, NUMERIC_DATE, WORDED_DATE
from tests.quality.guard.national_ids import NationalIds, born, until
from tests.quality.guard.places import PLACES, pattern

PLANS = ("Komfort Plus L", "Basic 50", "Family Max", "Unlimited Go", "Studio 200", "Relax 12")
# Forms that only a template that asks for them gets.
ON_CALL = {
    *("words", "fullwidth", "joiners", "at", "first", "second", "said"),
    *("street", "city", "plan", "hex", "marketplace", "booking"),
}
INVISIBLE = "\u200b\u200c\u200d\u2060"
FULLWIDTH = {ord(digit): ord(digit) + 0xFEE0 for digit in string.digits}
UPPER_DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@cache
def faker_of(locale: str) -> Faker:
    return Faker(locale)


class Values:
    """The values of one reply. Two calls for the halves of one card speak of the same card."""

    def __init__(self, locale: str, random: Random) -> None:
        self.locale, self.random = locale, random
        faker_locale, self.region = LOCALES[locale]
        self.fake = faker_of(faker_locale)
        self.fake.seed_instance(random.getrandbits(64))
        self._halves: tuple[str, str] | None = None

    def make(self, kind: str, form: str = "") -> tuple[str, str]:
        """The value, and the form in which it is written."""
        forms: dict[str, Callable[[], str]] = getattr(self, kind)()
        chosen = form or self.random.choice([name for name in forms if name not in ON_CALL])
        return forms[chosen](), chosen

    def digits(self, shape: str) -> str:
        return pattern(shape, self.random)

    # --- kinds ------------------------------------------------------------------------------------------------------
    def email(self) -> dict[str, Callable[[], str]]:
        def plain() -> str:
            name = self.fake.user_name()
            return f"{name}@{self.random.choice((self.fake.free_email_domain(), self.fake.domain_name()))}"

        def at() -> str:
            name, host = plain().split("@")
            return self.random.choice(
                (f"{name} (at) {host}", f"{name}(at){host}", f"{name} [at] {host.replace('.', ' [dot] ')}")
            )

        return {
            "plain": plain,
            "dotted": lambda: f"{self.fake.user_name()}.{self.digits('##')}@{self.fake.free_email_domain()}",
            "tagged": lambda: plain().replace("@", "+orders@"),
            "capitals": lambda: plain().title(),
            "subdomain": lambda: f"{self.fake.user_name()}_{self.digits('#')}@mail.{self.fake.domain_name()}",
            "at": at,
        }

    def phone(self) -> dict[str, Callable[[], str]]:
        number = self._number(phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
        national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        abroad = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        bare = "".join(sign for sign in national if sign.isdigit())
        groups = "".join(sign if sign.isdigit() else " " for sign in national).split()
        trunk = groups[0].startswith("0") and groups[0] != "0"
        return {
            "national": lambda: national,
            "international": lambda: abroad,
            "e164": lambda: e164,
            "plain": lambda: bare,
            "dots": lambda: ".".join(groups),
            "dashes": lambda: "-".join(groups),
            "slash": lambda: f"{groups[0]}/{''.join(groups[1:])}" if trunk else national,
            "bracketed zero": lambda: (
                f"+{number.country_code} (0) {' '.join([groups[0][1:], *groups[1:]])}" if trunk else abroad
            ),
            "double zero": lambda: f"00{e164[1:]}" if self.region != "US" else f"1-{'-'.join(groups)}",
            "pairs": lambda: " ".join(bare[at : at + 2] for at in range(0, len(bare), 2)),
            "words": lambda: self._in_words(bare),
            "fullwidth": lambda: national.translate(FULLWIDTH),
            "joiners": lambda: self._joined(national),
        }

    def card(self) -> dict[str, Callable[[], str]]:
        def number(brand: str) -> str:
            return str(self.fake.credit_card_number(card_type=brand))

        def sixteen() -> str:
            return number(self.random.choice(("visa16", "mastercard")))

        def fours(between: str) -> str:
            plain = sixteen()
            return between.join(plain[at : at + 4] for at in range(0, 16, 4))

        def amex() -> str:
            plain = number("amex")
            return f"{plain[:4]} {plain[4:10]} {plain[10:]}"

        def half(which: int) -> str:
            if self._halves is None:
                whole = fours(" ")
                self._halves = whole[:9], whole[10:]
            return self._halves[which]

        return {
            "spaced": lambda: fours(" "),
            "dashed": lambda: fours("-"),
            "plain": sixteen,
            "dotted": lambda: fours("."),
            "amex": amex,
            "amex plain": lambda: number("amex"),
            "fullwidth": lambda: fours(" ").translate(FULLWIDTH),
            "joiners": lambda: self._joined(fours(" ")),
            "first": lambda: half(0),
            "second": lambda: half(1),
        }

    def iban(self) -> dict[str, Callable[[], str]]:
        def swedish() -> str:
            # Faker has no Swedish ones.
            number = f"SE00500{self.digits('#' * 17)}"
            return f"SE{iban_numbers.calc_check_digits(number)}{number[4:]}"

        maker = self.fake if self.region != "US" else faker_of("de_DE")
        maker.seed_instance(self.random.getrandbits(64))
        plain = until(iban_numbers.is_valid, swedish if self.region == "SE" else maker.iban)
        spaced = " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))
        return {
            "spaced": lambda: spaced,
            "plain": lambda: plain,
            "lower": lambda: plain.lower(),
            "fullwidth": lambda: spaced.translate(FULLWIDTH),
            "joiners": lambda: self._joined(spaced),
        }

    def national_id(self) -> dict[str, Callable[[], str]]:
        forms = NationalIds(self.random).of(self.region)
        first = next(iter(forms.values()))
        return {
            **forms,
            "fullwidth": lambda: first().translate(FULLWIDTH),
            "joiners": lambda: self._joined(first()),
        }

    def account(self) -> dict[str, Callable[[], str]]:
        letter, pick = self.random.choice("ABCDEKLMPRSTVX"), self.random.choice
        return {
            "digits": lambda: self.digits("#" * pick((8, 9, 10))),
            "grouped": lambda: self.digits(pick(("#### #### ##", "### ### ###"))),
            "hyphen": lambda: pick((f"{letter}-", f"{letter}{letter}-20", "")) + self.digits("##-#####"),
            "prefixed": lambda: pick((letter, "AB", "DE", "KD")) + self.digits("#######"),
            "marketplace": lambda: self.digits("###-#######-#######"),
            "booking": lambda: until(
                lambda value: any(map(str.isalpha, value)), lambda: "".join(pick(UPPER_DIGITS) for _ in range(6))
            ),
            "words": lambda: self._in_words(self.digits("########")),
            "said": lambda: self.digits("#########"),
        }

    def address(self) -> dict[str, Callable[[], str]]:
        places = PLACES[self.locale]
        return {"whole": lambda: places.address(self.random), "street": lambda: places.street(self.random)}

    def birth_date(self) -> dict[str, Callable[[], str]]:
        day = born(self.random)
        parts = {"y": day.year, "m": day.month, "d": day.day, "month": MONTHS[self.locale].split()[day.month - 1]}
        return {
            "numeric": lambda: NUMERIC_DATE[self.locale].format(**parts),
            "short year": lambda: NUMERIC_DATE[self.locale].format(**{**parts, "y": f"{day.year % 100:02}"}),
            "words": lambda: WORDED_DATE.get(self.locale, "{d} {month} {y}").format(**parts),
            "iso": day.isoformat,
        }

    def ip(self) -> dict[str, Callable[[], str]]:
        def four() -> str:
            def any_address() -> str:
                return str(ipaddress.IPv4Address(self.random.getrandbits(32)))

            return until(lambda value: ipaddress.ip_address(value).is_global and value < "224", any_address)

        def six() -> str:
            low = f"{self.random.getrandbits(112):028x}"
            return ":".join(["2a02", *(low[at : at + 4] for at in range(0, 28, 4))])

        return {
            "four": four,
            "four again": four,
            "six": six,
            "six short": lambda: (
                f"2a01:{self.random.getrandbits(16):x}:{self.random.getrandbits(16):x}::"
                + f"{self.random.randrange(1, 0xFFFF):x}"
            ),
        }

    def code(self) -> dict[str, Callable[[], str]]:
        signs = string.ascii_letters + string.digits
        return {
            "digits": lambda: self.digits(self.random.choice(("######", "### ###", "###-###", "########", "#####"))),
            "pin": lambda: self.digits("####"),
            "password": lambda: (
                "".join(self.random.choice(signs) for _ in range(8)) + self.random.choice("!#?") + self.digits("##")
            ),
            "words": lambda: self._in_words(self.digits("######")),
        }

    def token(self) -> dict[str, Callable[[], str]]:
        def signs(number: int, alphabet: str = string.ascii_letters + string.digits) -> str:
            return "".join(self.random.choice(alphabet) for _ in range(number))

        def jwt() -> str:
            head, body = (b'{"alg":"HS256","typ":"JWT"}', f'{{"sub":"{self.digits("########")}"}}'.encode())
            return ".".join([*(urlsafe_b64encode(part).decode().rstrip("=") for part in (head, body)), signs(43)])

        return {
            "hex": lambda: f"{self.random.getrandbits(128):032x}",
            "random": lambda: signs(40),
            "jwt": jwt,
            "prefixed": lambda: self.random.choice(("sk_" + "live_", "ghp_", "xoxb-")) + signs(36),
            "cloud": lambda: "AK" + "IA" + signs(16, UPPER_DIGITS),
        }

    def record(self) -> dict[str, Callable[[], str]]:
        """A secret that only the contact's record knows: nothing of its shape says what it is."""
        value = self.random.choice(
            (
                f"{self.digits('#')}{self.digits('@@ ##')}-{self.digits('###@')}",
                f"{self.digits('@@')}-{self.digits('@@ ####')}",
                f"{self.fake.last_name()} {self.random.choice(PLACES[self.locale].cities)} {self.digits('##')}",
                f"{self.digits('@##')}/{self.digits('##@@#')}",
            )
        )
        return {
            "exact": lambda: value,
            "lower": value.lower,
            "unspaced": lambda: "".join(sign for sign in value if sign not in " -/"),
        }

    def soft(self) -> dict[str, Callable[[], str]]:
        return {
            "city": lambda: self.random.choice(PLACES[self.locale].cities),
            "plan": lambda: self.random.choice(PLANS),
        }

    # --- what several need ------------------------------------------------------------------------------------------
    def public_phone(self) -> str:
        kind = phonenumbers.PhoneNumberType.FIXED_LINE
        return phonenumbers.format_number(self._number(kind), phonenumbers.PhoneNumberFormat.E164)

    def toll_free(self) -> str:
        number = self._number(phonenumbers.PhoneNumberType.TOLL_FREE)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)

    def _number(self, *kinds: int) -> phonenumbers.PhoneNumber:
        kind = self.random.choice(kinds)
        example = phonenumbers.example_number_for_type(self.region, kind)
        assert example is not None
        sample = phonenumbers.national_significant_number(example)
        wanted = {kind, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE} if len(kinds) > 1 else {kind}
        if self.region == "US" and kind == phonenumbers.PhoneNumberType.FIXED_LINE:
            wanted = {phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
        while True:
            kept = 3 if kind == phonenumbers.PhoneNumberType.TOLL_FREE else 1
            national = sample[:kept] + "".join(self.random.choice(string.digits) for _ in sample[kept:])
            number = phonenumbers.parse(f"+{example.country_code}{national}", None)
            if phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in wanted:
                return number

    def _in_words(self, digits: str) -> str:
        words = DIGIT_WORDS[self.locale].split()
        return " ".join(words[int(digit)] for digit in digits)

    def _joined(self, value: str) -> str:
        """Invisible signs between the digits, where no reader sees them."""
        places = self.random.sample(range(2, len(value) - 1), 3)
        return "".join(self.random.choice(INVISIBLE) * (at in places) + sign for at, sign in enumerate(value))
