"""The open sets beside the checkout: personal data in made-up sentences, and texts of people that hold none."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator

from tests.quality.guard.measure import Alarms, Recall, findings
from tests.shared import shared

PRESIDIO = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
    "US_SSN": "national_id",
    "STREET_ADDRESS": "address",
}
ROWS = (*PRESIDIO.values(), CUT := "address, cut up")
HARMLESS = {"PERSON", "GPE", "ORGANIZATION", "TITLE", "NRP", "AGE", "DOMAIN_NAME"}


def presidio() -> tuple[dict[str, Recall], Alarms]:
    """Recall by kind, and the alarms on rows without anything that the guard promises to find."""
    rows = json.loads(shared("data/presidio/synth_dataset_v2.json").read_text())
    answers = findings(json.dumps({"text": row["full_text"]}) for row in rows)
    recalls = {row: Recall() for row in ROWS}
    alarms = Alarms()
    for row, found in zip(rows, answers, strict=True):
        if {span["entity_type"] for span in row["spans"]} <= HARMLESS:
            alarms.add(found)
        held = [one for one in found if one["level"] == "hold"]
        for span in row["spans"]:
            if kind := PRESIDIO.get(span["entity_type"]):
                start, end = span["start_position"], span["end_position"]
                over = {one["kind"] for one in held if one["start"] < end and start < one["end"]}
                whole = kind != "address" or _has_street_and_number(span["entity_value"])
                recalls[kind if whole else CUT].add(bool(over), kind in over)
    return recalls, alarms


def _has_street_and_number(value: str) -> bool:
    """The set cuts addresses up: "Suite 501" or a lone postcode gives nobody's home away."""
    words = value.replace(",", " ").split()
    if words[0].rstrip(".") in ("Apt", "Suite"):
        return False
    return any(sign.isdigit() for sign in value) and any(len(word) > 3 and word.isalpha() for word in words)


def people() -> Iterator[tuple[str, Alarms]]:
    """Texts of people who give nothing away; not the replies of a company, so for information only."""
    with shared("data/vader/tweets_GroundTruth.txt").open() as file:
        yield "VADER tweets", _alarms([line.rstrip("\n").split("\t", 2)[2] for line in file])
    with shared("data/goemotions/test.tsv").open() as file:
        yield "GoEmotions, test", _alarms([line.split("\t")[0] for line in file])
    with shared("data/banking77/test.csv").open(newline="") as file:
        yield "banking77, test", _alarms([row["text"] for row in csv.DictReader(file)])


def _alarms(texts: list[str]) -> Alarms:
    alarms = Alarms()
    for found in findings(json.dumps({"text": text}) for text in texts):
        alarms.add(found)
    return alarms
