"""Values as they come in and go out, wherever they stand."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

LARGEST = 2**63 - 1


class RowId(serializers.IntegerField):
    """A row's id. Beyond a bigint there are none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": LARGEST, **options})


class Text(serializers.CharField):
    """Words. A number is none: nobody meant "inf" or "1.0" as a reply to a customer."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Person(serializers.Serializer[Any]):
    """A colleague, by the name that colleagues read."""

    id = serializers.IntegerField()
    name = serializers.SerializerMethodField()

    def get_name(self, user: Any) -> str:
        return str(user.get_full_name() or user.get_username())
