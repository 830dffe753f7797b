"""What a request brings: in the address, in a form, in JSON, or in a form with files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from connectors.sandbox.graph.problems import invalid


@dataclass(frozen=True, slots=True)
class File:
    """A file in a form: what it was called, what it claims to be, what it is."""

    name: str
    mime: str
    data: bytes


def read(request: Request, raw: bytes) -> tuple[dict[str, str], dict[str, File]]:
    """The parameters and the files. Inner objects of a JSON body stay JSON."""
    params = dict(parse_qsl(request.url.query, keep_blank_values=True))
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind == "application/json" and raw:
        return params | _json(raw), {}
    if kind == "application/x-www-form-urlencoded":
        return params | dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)), {}
    if kind == "multipart/form-data" and (boundary := re.search(r'boundary="?([^";]+)', rest)):
        fields, files = _multipart(raw, boundary[1].encode())
        return params | fields, files
    if raw:
        raise invalid(f"The sandbox does not take bodies of type '{kind}'")
    return params, {}


def _json(raw: bytes) -> dict[str, str]:
    try:
        given = json.loads(raw)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise invalid("The request body is not a JSON object")
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}


def _multipart(raw: bytes, boundary: bytes) -> tuple[dict[str, str], dict[str, File]]:
    """RFC 7578: parts between lines of the boundary, each with headers of its own."""
    fields, files = {}, {}
    for part in (b"\r\n" + raw).split(b"\r\n--" + boundary)[1:-1]:
        head, _, body = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        told = head.decode("utf-8", "replace")
        name = re.search(r'[; ]name="([^"]*)"', told)
        if name is None:
            raise invalid("A part of the form has no name")
        if file := re.search(r'filename="([^"]*)"', told):
            mime = re.search(r"content-type:\s*([^\s;]+)", told, re.IGNORECASE)
            files[name[1]] = File(file[1], mime[1] if mime else "", body)
        else:
            fields[name[1]] = body.decode("utf-8", "replace")
    return fields, files
