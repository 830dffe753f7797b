"""One call of the API: what it takes and gives, which scope a token needs, and that a repeated write writes once."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from inbox.api.pages import PageQuery, Query, page
from inbox.permissions import person
from inbox.services import idempotency
from inbox.services.idempotency import Answer

Kind = type[serializers.BaseSerializer[Any]]
KEY = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_UNSAFE = ("post", "put", "patch", "delete")
_REFUSED = {
    400: "What was sent is not understood; `fields` says what and why.",
    401: "No session and no valid token.",
    403: "The role, or the token's scope, does not permit it.",
    404: "There is no such thing, or it is not yours to see.",
    409: "It cannot be done as things stand; `detail` says why and what to do.",
    413: "The files of one request, or its body, are too large.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
}
_OF_WRITING = (409, 413, 422)


class WrongKey(APIException):
    status_code = 422
    default_code = "other_request"
    default_detail = "This Idempotency-Key was used for another request. Use a new key for a new request."


class Running(APIException):
    status_code = 409
    default_code = "still_running"
    default_detail = "The first request with this Idempotency-Key is still running. Ask again in a second."


class Problem(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="For programs: does not change.")
    detail = serializers.CharField(help_text="For people: one sentence with what to do next.")
    fields = serializers.DictField(  # type: ignore[assignment]  # a serializer's own name, and the best one for this
        child=serializers.ListField(child=serializers.CharField()), help_text="Sentences by field; often empty."
    )


class Error(serializers.Serializer[Any]):
    """Every answer that is not 2xx."""

    error = Problem()


@dataclass(frozen=True)
class Call:
    """What ``@call`` declares of a method; the scope is asked in socialdesk/api."""

    scope: str
    takes: Kind | None
    gives: Kind | None
    status: int
    order: Sequence[str]
    key_required: bool


def call(
    scope: str,
    *,
    takes: Kind | None = None,
    gives: Kind | None = None,
    status: int = 200,
    order: Sequence[str] = (),
    key_required: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Declare a method of an APIView.

    The method gets (request, what ``takes`` made of query or body, ids of the address) and returns what ``gives``
    shows. With ``order`` it returns a queryset, which is answered in pages. Every POST takes an Idempotency-Key.
    """
    declared = Call(scope, takes, gives, status, order, key_required)

    def decorate(method: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(method)
        def answer(self: Any, request: Request, **ids: Any) -> Response:
            asked = _asked(declared, request)

            def work() -> Answer:
                return Answer(status, _given(declared, method(self, request, asked, **ids), asked))

            if request.method == "POST":
                return _once(request, declared, work)
            return _response(work())

        answer.call = declared  # type: ignore[attr-defined]
        return _documented(answer, declared, method)

    return decorate


def _asked(declared: Call, request: Request) -> dict[str, Any]:
    """What the address says for reading, what the body says for writing; both strictly."""
    kind = declared.takes
    if request.method in ("GET", "HEAD"):
        query = kind if kind is not None else Query
        return query.of(request)  # type: ignore[attr-defined,no-any-return]
    Query.of(request)
    if kind is None:
        return {}
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    return body.validated_data  # type: ignore[no-any-return]


def _given(declared: Call, result: Any, asked: dict[str, Any]) -> Any:
    if declared.gives is None:
        return None
    if not declared.order:
        return declared.gives(result).data
    rows, following = page(result, order=declared.order, cursor=asked.get("cursor", ""), limit=asked["limit"])
    return {"next": following, "results": declared.gives(rows, many=True).data}


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, headers={"Idempotency-Replayed": "true"} if answer.replayed else None)


def key_of(request: Request) -> str:
    """The Idempotency-Key, "" without one."""
    key = request.headers.get(KEY, "")
    if key and not _KEY.fullmatch(key):
        raise ValidationError({KEY: ["Use 1 to 128 visible ASCII characters, for example a UUID."]})
    return key


def _once(request: Request, declared: Call, work: Callable[[], Answer]) -> Response:
    key = key_of(request)
    if not key and declared.key_required:
        raise ValidationError({KEY: ["Send one, for example a UUID: a request that is repeated then acts once."]})
    if not key:
        return _response(work())

    def kept() -> Answer:
        answer = work()
        return Answer(answer.status, json.loads(JSONRenderer().render(answer.body) or b"null"))

    said = json.dumps([request.method, request.path, request.data], sort_keys=True, default=_digest).encode()
    try:
        return _response(
            idempotency.once(
                user_id=person(request).pk, key=key, fingerprint=hashlib.sha256(said).hexdigest(), work=kept
            )
        )
    except idempotency.OtherRequest:
        raise WrongKey from None
    except idempotency.StillRunning:
        raise Running from None


def _digest(file: UploadedFile[Any]) -> str:
    """A file of a form, which a repeated request sends again; afterwards it is as if nobody had read it."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _documented(answer: Callable[..., Response], declared: Call, method: Callable[..., Any]) -> Callable[..., Response]:
    """The method's part of /api/schema/: from the same declaration that runs."""
    reads = method.__name__ == "get"
    gives: Any = declared.gives
    if declared.order and gives is not None:
        name = gives.__name__.removesuffix("Serializer")
        shape = {"next": serializers.CharField(allow_null=True), "results": gives(many=True)}
        gives = inline_serializer(f"{name}Page", fields=shape)
    parameters: list[Any] = [declared.takes] if reads and declared.takes is not None else []
    if method.__name__ == "post":
        parameters.append(
            OpenApiParameter(
                KEY, str, OpenApiParameter.HEADER, required=declared.key_required,
                description="The same key with the same request acts once and gets the same answer for 24 hours.",
            )
        )  # fmt: skip
    refused = {
        code: OpenApiResponse(Error, words) for code, words in _REFUSED.items() if not reads or code not in _OF_WRITING
    }
    summary, _, description = (inspect.getdoc(method) or "").partition("\n")
    document = extend_schema(
        parameters=parameters,
        request=None if reads else declared.takes,
        responses={declared.status: gives, **refused},
        summary=summary.strip().rstrip("."),
        description=f"{description.strip()}\n\nScope: `{declared.scope}`".strip(),
    )
    return document(answer)


__all__ = ["KEY", "Call", "Error", "PageQuery", "Query", "call", "key_of"]
