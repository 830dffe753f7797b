"""Every error in one shape: {"error": {"code", "detail", "fields"}}, with one sentence for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from connectors.errors import ConnectorError
from inbox.services.conversations import Refused
from inbox.services.stops import Stopped
from inbox.services.storable import storable

_GENERAL = "non_field_errors"


class Conflict(exceptions.APIException):
    """What was asked is understood and permitted, and cannot be done as things stand."""

    status_code = 409
    default_code = "refused"


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """`EXCEPTION_HANDLER`. None for what is a fault of ours: that is a 500, and is logged."""
    told = exception_handler(_known(error), context)
    if told is None:
        return None
    known = _known(error)
    fields = dict(_flat(known.detail)) if isinstance(known, exceptions.ValidationError) else {}
    if isinstance(error, Stopped):
        fields = _stopped(error)
    told.data = {"error": {"code": _code(known), "detail": _sentence(known, fields), "fields": fields}}
    return told


def _stopped(error: Stopped) -> dict[str, list[str]]:
    """What stands in the way, for programs: ids of what is new, and the kinds that the guard found, with where."""
    why = error.reasons
    return {
        "messages": [str(row.pk) for row in why.messages],
        "replies": [str(row.pk) for row in why.items],
        "guard": [f"{one.kind} in text {one.part} from {one.start} to {one.end}" for one in why.findings],
    }


def _known(error: Exception) -> Exception:
    """Our own refusals, and Django's, as DRF knows them."""
    if isinstance(error, Http404):
        return exceptions.NotFound(str(error) or None)
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied(str(error) or None)
    if isinstance(error, Stopped):
        advice = " Read it, then send again with `confirmed`." if error.code == "collision" else ""
        return Conflict(f"{error}{advice}", error.code)
    if isinstance(error, Refused):
        return Conflict(str(error))
    if isinstance(error, ConnectorError):
        return Conflict(str(error), "connection")
    if isinstance(error, RequestDataTooBig):
        return TooLarge("This request is too large. Send one picture at a time, or a smaller one.")
    if isinstance(error, SuspiciousOperation):  # more fields or files than any form of ours has
        return exceptions.ParseError("This request has too many parts.")
    return error


def _code(error: Exception) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    codes = error.get_codes() if isinstance(error, exceptions.APIException) else ""
    return codes if isinstance(codes, str) else "error"


def _sentence(error: Exception, fields: dict[str, list[str]]) -> str:
    if not isinstance(error, exceptions.ValidationError):
        return str(getattr(error, "detail", error))
    name, sentences = next(iter(fields.items()))
    return sentences[0] if name == _GENERAL else f"{name}: {sentences[0]}"


def _flat(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Sentences by dotted path, whatever a serializer nested."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list) and any(isinstance(one, dict | list) for one in detail):
        for number, inner in enumerate(detail):
            yield from _flat(inner, f"{path}.{number}" if path else str(number))
    else:
        yield path or _GENERAL, [storable(str(one)) for one in (detail if isinstance(detail, list) else [detail])]
