"""The figures of ordinary public replies: hours, prices, counts, dates and models, as each locale writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from tests.quality.guard.locales import MONTHS, NUMERIC_DATE
from tests.quality.guard.places import PLACES, pattern

CLOCKS = {"en-US": "{twelve}:{minute:02} {half}", "en-GB": "{twelve}.{minute:02}{half}", "fr": "{hour}h{minute:02}"}
THOUSANDS = {"en-US": ",", "en-GB": ",", "fr": " ", "pl": " ", "sv": " "}
DECIMALS = {"en-US": ".", "en-GB": "."}
WORDED_DAY = {"en-US": "{month} {day}", "de": "{day}. {month}", "es": "{day} de {month}"}
FIRST_DAY, DAYS = date(2023, 1, 1), 4 * 365
MODELS = ("XK-##00", "@@ ##0", "Pro ##", "@##0 Plus", "@@##00-@", "Max ### S")


def figures(locale: str, random: Random) -> dict[str, Callable[[], str]]:
    """A maker for each placeholder of ordinary.toml that stands for nobody's data."""

    def clock(earliest: int, latest: int) -> str:
        hour, minute = random.randrange(earliest, latest), random.choice((0, 0, 30, 15, 45))
        half = "am" if hour < 12 else "pm"
        shape = CLOCKS.get(locale, "{hour}:{minute:02}")
        return shape.format(hour=hour, twelve=(hour - 1) % 12 + 1, minute=minute, half=half)

    def count() -> str:
        number = random.choice((random.randrange(1_000, 10_000), random.randrange(1, 999) * 1_000))
        return random.choice((str(number), f"{number:,}".replace(",", THOUSANDS.get(locale, "."))))

    def percent() -> str:
        number = f"{random.randrange(1, 60)}{random.choice(('', '.5', '.25'))}".replace(".", DECIMALS.get(locale, ","))
        return random.choice((f"{number}%", f"{number} %"))

    def price() -> str:
        return f"{random.randrange(1, 900)}{DECIMALS.get(locale, ',')}{random.choice(('00', '50', '90', '99'))}"

    def day() -> date:
        return FIRST_DAY + timedelta(days=random.randrange(DAYS))

    def numeric() -> str:
        on = day()
        return NUMERIC_DATE[locale].format(y=on.year, m=on.month, d=on.day)

    def worded() -> str:
        on = day()
        return WORDED_DAY.get(locale, "{day} {month}").format(month=MONTHS[locale].split()[on.month - 1], day=on.day)

    return {
        "n": lambda: str(random.randrange(2, 10)),
        "nn": lambda: str(random.randrange(10, 100)),
        "count": count,
        "year": lambda: str(random.randrange(2015, 2028)),
        "percent": percent,
        "price": price,
        "open": lambda: clock(6, 12),
        "close": lambda: clock(13, 23),
        "date": numeric,
        "day": worded,
        "version": lambda: ".".join(str(random.randrange(1, 30)) for _ in range(random.choice((2, 3, 4)))),
        "model": lambda: pattern(random.choice(MODELS), random),
        "postcode": lambda: pattern(PLACES[locale].postcode, random),
    }
