"""What customers write in a simulated week: a file of the user's own, or invented sentences."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random

Texts = Mapping[str, tuple[str, ...]]  # by topic

_SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "delivery late": ("my parcel", "the order from last week", "the delivery", "my package"),
    "delivery damaged": ("the box", "the lamp I ordered", "the glass table", "the screen that came"),
    "return": ("the jacket", "two of the three shoes", "the wrong colour", "my return"),
    "refund": ("my refund", "the money back", "the amount you owe me", "the credit"),
    "invoice": ("the invoice", "the bill of March", "the receipt", "the VAT on the bill"),
    "price": ("the price", "the discount code", "the sale price", "the voucher"),
    "login": ("my login", "the password mail", "the sign-in page", "my account"),
    "two factor": ("the code by text message", "the authenticator", "the six digits", "the second step"),
    "app crash": ("the app", "the new version of the app", "the app on my tablet", "the start screen"),
    "website": ("the website", "the checkout page", "the search on your site", "the basket"),
    "outage": ("the internet", "the line", "the whole street", "the connection"),
    "slow line": ("the speed", "the upload", "my video calls", "the wifi you sold me"),
    "router": ("the router", "the red light on the box", "the modem", "the cable of the router"),
    "contract end": ("my contract", "the cancellation", "the notice period", "the last month"),
    "contract change": ("the upgrade", "a bigger plan", "the family plan", "the tariff"),
    "moving house": ("the move", "my new address", "the line in the new flat", "the move date"),
    "technician": ("the technician", "the appointment", "the man with the ladder", "the visit on Friday"),
    "privacy": ("my data", "the letter about my data", "your cookies", "the copy of what you store"),
    "shop hours": ("the shop", "the store at the station", "your counter", "the shop on Saturdays"),
    "gift card": ("the gift card", "the voucher from my aunt", "the balance of the card", "the card I got"),
    "warranty": ("the warranty", "the repair", "the broken zip", "the replacement"),
    "spare part": ("the hinge", "a new remote", "the missing screw", "the charger alone"),
    "business account": ("our company account", "the second seat", "the purchase order", "our framework contract"),
    "job": ("the job you posted", "my application", "the internship", "the interview"),
}
_ASKS = (
    "when will {} be sorted?", "what is going on with {}?", "{} again. Really?", "can anybody help me with {}",
    "I have waited nine days because of {}", "who do I write to about {}?", "is {} supposed to be like this?",
    "still no answer about {}", "{} does not work as you say", "please explain {} to me",
    "third time I write about {}", "I would like to know about {}", "there is something wrong with {}",
    "your hotline knows nothing of {}", "how do I change {}?", "why is {} not what I was told",
)  # fmt: skip
NOISE = (
    "grow your page, 10k followers in 2 days", "good morning everybody", "who else is watching the match", "lol",
    "check out my new track", "win a phone, follow and share", "first", "crypto signals, free group", "monday again",
    "selling two tickets for tonight", "same", "happy birthday to my sister",
)  # fmt: skip
KUDOS = (
    "thank you, that was quick", "best service I had this year", "your colleague was lovely", "it works again, thanks",
    "credit where due, well done", "you made my day", "great help, thanks a lot", "friendly people, will be back",
)  # fmt: skip
CROWD = (
    "same here", "it is down for me too", "when is it fixed", "still nothing", "any news?", "what a mess",
    "my whole street as well", "and the status page says all green", "I work from home, this is a joke", "again!!",
)  # fmt: skip


def invented() -> Texts:
    """Sentences for two dozen topics, where no file is given."""
    return {topic: tuple(ask.format(it) for it in what for ask in _ASKS) for topic, what in _SUBJECTS.items()}


def read(path: Path) -> Texts:
    """A CSV file with a text and its topic in each row. Raises ValueError with a sentence for the person."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        names = rows.fieldnames or []
        label = next((name for name in ("label", "category", "topic") if name in names), None)
        if "text" not in names or label is None:
            raise ValueError(f"{path.name} needs the columns text and label; it has {', '.join(names) or 'none'}.")
        found = _grouped((row["text"] or "", row[label] or "") for row in rows)
    if len(found) < 2:
        raise ValueError(f"{path.name} needs texts of at least two topics.")
    return found


def _grouped(rows: Iterable[tuple[str, str]]) -> Texts:
    by_topic: dict[str, dict[str, None]] = {}
    for text, topic in rows:
        if text.strip() and topic.strip():
            by_topic.setdefault(topic.strip(), {})[text.strip()] = None
    return {topic: tuple(texts) for topic, texts in sorted(by_topic.items())}


class Voice:
    """Writes about topics: every text of the file once before any comes again, each as people write in public."""

    def __init__(self, texts: Texts, *, seed: int) -> None:
        self._rng = Random(f"voice {seed}")
        self._texts = {topic: self._rng.sample(of_it, len(of_it)) for topic, of_it in texts.items()}
        self._next = dict.fromkeys(texts, 0)

    def about(self, topic: str) -> tuple[str, bool]:
        """A text, and whether its words came for the first time in this week."""
        texts, nth = self._texts[topic], self._next[topic]
        self._next[topic] = nth + 1
        return self.roughly(texts[nth % len(texts)]), nth < len(texts)

    def one_of(self, texts: tuple[str, ...]) -> str:
        return self.roughly(self._rng.choice(texts))

    def roughly(self, text: str) -> str:
        """As typed on a phone: a handle before it, a letter swapped or left out, no capitals, a sign behind it."""
        rng = self._rng
        words = text.split()
        for nth, word in enumerate(words):
            if len(word) > 4 and rng.random() < 0.04:
                at = rng.randrange(1, len(word) - 2)
                swapped = word[at + 1] + word[at] if rng.random() < 0.5 else word[at]
                words[nth] = word[:at] + swapped + word[at + 2 :]
        rough = " ".join(words)
        if rng.random() < 0.35:
            rough = rough.lower().rstrip(".")
        if rng.random() < 0.5:
            rough = f"@norrline {rough}"
        if rng.random() < 0.15:
            rough += rng.choice((" !!", " 🙄", " #fail", " pls", " ...", " 🙏"))
        return rough
