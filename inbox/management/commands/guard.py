"""`manage.py guard`: what the wrong-audience guard finds in lines of standard input, as JSON lines."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from inbox.guard import Field, Protection, Surroundings, find

_LONGEST = 1_000_000  # Bytes of a line.
_LISTS = ("direct", "notes", "names", "public", "said")
_KNOWN = {"text", "texts", "record", *_LISTS}


class BadLine(ValueError):
    """A line that cannot be read; its text is one sentence for a person."""


class Command(BaseCommand):
    help = (
        "Reads lines from standard input and prints what must not be public in each. A line is a text, or a JSON "
        'object such as {"texts": ["…"], "record": [{"name": "…", "value": "…", "protection": "secret"}], '
        '"direct": ["…"], "notes": ["…"], "names": ["…"], "public": ["…"], "said": ["…"]}.'
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for line in sys.stdin.buffer:
            self.stdout.write(json.dumps(_answer(line)))
            self.stdout.flush()


def _answer(line: bytes) -> dict[str, object]:
    try:
        texts, around = _read(line)
    except BadLine as bad:
        return {"error": str(bad)}
    return {"findings": [asdict(finding) for finding in find(texts, around)]}


def _read(line: bytes) -> tuple[list[str], Surroundings]:
    if len(line) > _LONGEST:
        raise BadLine(f"The line has {len(line)} bytes; the most is {_LONGEST}.")
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise BadLine(f"The line is not UTF-8: its byte {error.start + 1} cannot be read.") from error
    if not text.lstrip().startswith("{"):
        return [text], Surroundings()
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadLine("The line begins like a JSON object and is none; escape it or begin it otherwise.") from error
    return _object(asked)


def _object(asked: dict[str, Any]) -> tuple[list[str], Surroundings]:
    unknown = sorted(set(asked) - _KNOWN)
    if unknown:
        raise BadLine(f"{unknown[0]!r} is not known here; known are {', '.join(sorted(_KNOWN))}.")
    if ("text" in asked) == ("texts" in asked):
        raise BadLine('Give either "text", one text, or "texts", a list of them.')
    if "text" in asked and not isinstance(asked["text"], str):
        raise BadLine('"text" must be a text.')
    texts = [asked["text"]] if "text" in asked else _texts(asked, "texts")
    direct, notes, names, public, said = (_texts(asked, name) for name in _LISTS)
    record = _record(asked.get("record", []))
    return texts, Surroundings(record=record, direct=direct, notes=notes, names=names, public=public, said=said)


def _texts(asked: dict[str, Any], name: str) -> list[str]:
    given = asked.get(name, [])
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise BadLine(f'"{name}" must be a list of texts.')
    return given


def _record(given: Any) -> list[Field]:
    if not isinstance(given, list):
        raise BadLine('"record" must be a list of objects with name, value and protection.')
    return [_field(field) for field in given]


def _field(given: Any) -> Field:
    if not isinstance(given, dict) or set(given) != {"name", "value", "protection"}:
        raise BadLine("A field of the record has a name, a value and a protection, and nothing else.")
    if not all(isinstance(part, str) for part in given.values()):
        raise BadLine("The name, value and protection of a field are texts.")
    if given["protection"] not in set(Protection):
        raise BadLine(f"A field's protection is one of {', '.join(Protection)}.")
    return Field(given["name"], given["value"], Protection(given["protection"]))
