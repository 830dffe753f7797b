"""The language of ``fields=``: names, parameters in the middle, fields of the inner objects in braces.

id,message,comments.limit(5).order(reverse_chronological){id,from{name}}
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from connectors.sandbox.graph.problems import refused

DEEPEST = 8
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ARGUMENT = re.compile(r"\.([A-Za-z_]+)\(([^()]*)\)")


@dataclass(slots=True)
class Field:
    """One name, with the parameters and inner fields that it came with (None: the usual ones)."""

    name: str
    arguments: dict[str, str] = field(default_factory=dict)
    inner: list[Field] | None = None


def parse(text: str) -> list[Field]:
    """The fields asked for, in their order; error 2500 where the text is not of this language."""
    fields, end = _list(text, 0, 1)
    if end != len(text):
        raise _wrong(text, end, "end of string")
    return fields


def _list(text: str, at: int, depth: int) -> tuple[list[Field], int]:
    if depth > DEEPEST:
        raise refused(2500, "Field expansion is nested too deeply.")
    fields: list[Field] = []
    while True:
        one, at = _field(text, at, depth)
        fields.append(one)
        at = _blank(text, at)
        if text[at : at + 1] != ",":
            return fields, at
        at = _blank(text, at + 1)


def _field(text: str, at: int, depth: int) -> tuple[Field, int]:
    at = _blank(text, at)
    match = _NAME.match(text, at)
    if match is None:
        raise _wrong(text, at, "name")
    one, at = Field(match[0]), match.end()
    while argument := _ARGUMENT.match(text, at):
        one.arguments[argument[1]] = argument[2].strip().strip('"')
        at = argument.end()
    at = _blank(text, at)
    if text[at : at + 1] == "{":
        one.inner, at = _list(text, at + 1, depth + 1)
        if text[at : at + 1] != "}":
            raise _wrong(text, at, '"}"')
        at += 1
    return one, at


def _blank(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


def _wrong(text: str, at: int, wanted: str) -> Exception:
    found = f'"{text[at]}"' if at < len(text) else "end of string"
    return refused(2500, f'Syntax error "Expected {wanted} instead of {found}." at character {at}: {text[:200]}')


def unparse(fields: list[Field] | None) -> str:
    """The fields as they were asked for."""
    return ",".join(_one(field) for field in fields or ())


def _one(one: Field) -> str:
    arguments = "".join(f".{name}({value})" for name, value in one.arguments.items())
    inner = "" if one.inner is None else f"{{{unparse(one.inner)}}}"
    return f"{one.name}{arguments}{inner}"
