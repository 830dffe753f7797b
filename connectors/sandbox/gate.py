"""The door to a network's API: finds the operation, applies faults, performs, logs.

What an operation is, who may call it and how the network says no is each network's own: x/gate.py, graph/gate.py.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.answers import Answer, Refused, dump
from connectors.sandbox.faults import Fault
from connectors.sandbox.hangup import HangUp
from connectors.sandbox.network import Network

HANG_SECONDS = 60.0
Visit = TypeVar("Visit")


class Gate(ABC, Generic[Visit]):
    """The Starlette endpoint behind a network's paths. ``Visit`` is what the network makes of a request."""

    key: str
    html: bytes

    def __init__(self, network: Network) -> None:
        self.network = network

    @abstractmethod
    def find(self, method: str, path: str) -> tuple[Visit, str]:
        """The operation and its template, or Refused."""

    @abstractmethod
    def perform(
        self, request: Request, raw: bytes, visit: Visit, faults: Mapping[str, Fault], headers: dict[str, str]
    ) -> Answer:
        """Checks and does what was asked; adds headers; or Refused."""

    @abstractmethod
    def respond(self, status: int, body: bytes, headers: dict[str, str]) -> Response:
        """The answer in the network's own content type."""

    @abstractmethod
    def lie(self, fault: Fault) -> tuple[int, Any, dict[str, str]]:
        """The network's way of saying the fault's status: status, document, headers."""

    @abstractmethod
    def caller(self, request: Request, raw: bytes) -> tuple[str, ...]:
        """The id and the handle of the account whose credentials these are; nothing for unknown ones."""

    def short(self, path: str) -> str:
        """The path as faults name it and the log shows it."""
        return path

    async def handle(self, request: Request) -> Response:
        path = "/" + request.path_params["path"]
        raw = await request.body()
        try:
            visit, template = self.find(request.method, path)
            path = self.short(path)
        except Refused as refused:
            self.network.saw(request.method, path, refused.status, "unknown to the network's document")
            return self.respond(refused.status, dump(refused.document), {})
        return await self._answer(request, raw, path, visit, template)

    async def _answer(self, request: Request, raw: bytes, path: str, visit: Visit, template: str) -> Response:
        faults = self._take(request, raw, path, template)
        if slow := faults.get("slow"):
            await asyncio.sleep(1.0 if slow.seconds is None else slow.seconds)
        if early := await self._before(request, path, faults):
            return early
        headers: dict[str, str] = {}
        try:
            answer = self.perform(request, raw, visit, faults, headers)
        except Refused as refused:
            answer = Answer(refused.status, refused.document, note=str(refused))
        return await self._after(request, path, faults, answer, headers)

    def _take(self, request: Request, raw: bytes, path: str, template: str) -> dict[str, Fault]:
        faults = self.network.faults
        if not faults.active:
            return {}
        who = self.caller(request, raw) if faults.by_account() else ()
        taken = faults.take(self.key, who, request.method, path, template)
        if taken:
            self.network.save_faults()
        return taken

    async def _before(self, request: Request, path: str, faults: Mapping[str, Fault]) -> Response | None:
        """Faults that keep the call from happening at all."""
        if hang := faults.get("timeout_before_write"):
            self.network.saw(request.method, path, 0, "not written, no answer")
            await asyncio.sleep(HANG_SECONDS if hang.seconds is None else hang.seconds)
            return HangUp()
        if "close" in faults:
            self.network.saw(request.method, path, 0, "line closed")
            return HangUp()
        for name in ("status", "html"):
            if (fault := faults.get(name)) and not fault.after:
                return self._lie(request, path, fault, "")
        return None

    async def _after(
        self,
        request: Request,
        path: str,
        faults: Mapping[str, Fault],
        answer: Answer,
        headers: dict[str, str],
    ) -> Response:
        """The answer, or what the faults make of it once the call has happened."""
        said = answer.note
        if hang := faults.get("timeout_after_write"):
            self._withheld(request, path, answer, said)
            await asyncio.sleep(HANG_SECONDS if hang.seconds is None else hang.seconds)
            return HangUp()
        for name in ("status", "html"):
            if (fault := faults.get(name)) and fault.after:
                if answer.written:
                    self.network.store.annotate(answer.written, "after an error answer")
                return self._lie(request, path, fault, said)
        body = dump(answer.document)
        if "cut_connection" in faults:
            self._withheld(request, path, answer, said)
            return HangUp(body[: max(1, len(body) // 2)], len(body), answer.status)
        if "cut_json" in faults:
            body, said = body[: len(body) // 2], f"{said}, cut off"
        if "empty_body" in faults:
            body, said = b"", f"{said}, empty"
        if answer.written and ({"cut_json", "empty_body", "no_content_type"} & faults.keys()):
            self.network.store.annotate(answer.written, "after a broken answer")
        self.network.saw(request.method, path, answer.status, said)
        if "no_content_type" in faults:
            return Response(body, answer.status, headers)
        return self.respond(answer.status, body, headers)

    def _withheld(self, request: Request, path: str, answer: Answer, said: str) -> None:
        if answer.written:
            self.network.store.annotate(answer.written, "after a time-out")
        self.network.saw(request.method, path, 0, f"{said}, answer withheld")

    def _lie(self, request: Request, path: str, fault: Fault, said: str) -> Response:
        said = f"{said}, on purpose" if said else "on purpose"
        if fault.name == "html":
            status = fault.status or 502
            self.network.saw(request.method, path, status, said)
            return Response(self.html, status, media_type="text/html")
        status, document, headers = self.lie(fault)
        self.network.saw(request.method, path, status, said)
        return self.respond(status, dump(document), headers)
