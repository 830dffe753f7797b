"""Secrets that the tests try to publish, and the search for them in every ledger of every sandbox of the run."""

from __future__ import annotations

import json
from pathlib import Path

from inbox.guard import Kind

TOLD = "the spare key lies under the third flower pot behind the shed"  # by the customer, privately
NOTED = "she threatened to sue us in March and legal wants no promises made"  # by a colleague, in a note
KEPT = "offer a goodwill credit of three months before anyone mentions the regulator"  # in an article for staff

# What must not be read by everybody: the words around it, and the part that is searched for in the ledger.
SECRETS: dict[Kind, tuple[str, str]] = {
    Kind.EMAIL: ("We write to carol.lind.private@example.org today", "carol.lind.private@example.org"),
    Kind.PHONE: ("We call you on +46 70 174 06 05", "174 06 05"),
    Kind.CARD: ("Your card 4111 1111 1111 1111 was charged", "1111 1111"),
    Kind.IBAN: ("We pay it to DE89 3704 0044 0532 0130 00", "0532 0130"),
    Kind.NATIONAL_ID: ("Your social security number 536-22-8726 is wrong", "536-22-8726"),
    Kind.ACCOUNT: ("Your customer number 88412907 is known to us", "88412907"),
    Kind.ADDRESS: ("We send it to 12 Harbour Street, Bristol BS1 4QA", "12 Harbour Street"),
    Kind.BIRTH_DATE: ("Your date of birth 14 March 1981 does not fit", "14 March 1981"),
    Kind.IP: ("You signed in from 85.224.117.93", "85.224.117.93"),
    Kind.CODE: ("Your one-time code is 482913", "482913"),
    Kind.TOKEN: ("Use the key sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyjWDarjtT1zdp7dc"),
    Kind.RECORD: ("It is about your plan Bluebird Ninety", "Bluebird Ninety"),
    Kind.PASSAGE: (f"You said that {TOLD}", "third flower pot"),
    Kind.NOTE: (f"We heard that {NOTED}", "threatened to sue"),
    Kind.ARTICLE: (f"Internally: {KEPT}", "goodwill credit"),
    Kind.STRANGER: ("It stands under QW-7714-93KX", "QW-7714-93KX"),
}

PRIVATE = ("dm", "message", "private_reply")  # lines of a ledger that one person reads


def published(folder: Path) -> list[str]:
    """The planted secrets that a sandbox below ``folder`` ever accepted for everybody to read."""
    found = set()
    for path in (*folder.rglob("ledger.jsonl"), *folder.rglob("forgotten.jsonl")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if any(core in line for _, core in SECRETS.values()) and json.loads(line)["kind"] not in PRIVATE:
                found |= {core for _, core in SECRETS.values() if core in line}
    return sorted(found)
