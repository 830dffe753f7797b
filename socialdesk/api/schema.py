"""How /api/schema/ is written."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

PREFIX = "/api/v1/"


def only_calls(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(PREFIX)]


class Schema(AutoSchema):
    """A call that answers in pages is a list, by its name too."""

    def get_operation_id(self) -> str:
        name: str = super().get_operation_id()
        declared = getattr(getattr(self.view, self.method.lower(), None), "call", None)
        return f"{name.removesuffix('_retrieve')}_list" if declared is not None and declared.order else name
