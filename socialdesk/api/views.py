"""What answers below /api/ where no call does."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView


class NoSuchCall(APIView):
    """A program is told in its own format, and not with a page."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound("There is no such call. Addresses end with a slash; /api/schema/ lists them all.")
