"""Who asks: the owner of a token, by `Authorization: Bearer sd_…`. Without that header the session decides."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from socialdesk import tokens
from socialdesk.models import ApiToken


class BearerToken(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        kind, _, clear = get_authorization_header(request).partition(b" ")
        if kind.lower() != b"bearer":
            return None
        token = tokens.find(clear.strip().decode("latin-1"))
        if token is None:
            raise AuthenticationFailed(
                "This token is unknown, has run out or was taken back. Make another: manage.py api_token USER."
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="socialdesk"'


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How it stands in the schema."""

    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "`manage.py api_token USER` prints one."}
