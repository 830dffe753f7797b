"""API tokens: made once and shown once; at rest there is only their hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.utils import timezone

from socialdesk.models import ApiToken

PREFIX = "sd_"  # so that people, and scanners of repositories, know one when they see it
_USED_EVERY = timedelta(minutes=1)


def _digest(clear: str) -> str:
    """256 random bits need no slow hash."""
    return hashlib.sha256(clear.encode()).hexdigest()


def make(*, user: AbstractBaseUser, name: str, scopes: Iterable[str], days: int) -> tuple[ApiToken, str]:
    """A new token and its clear text, which nobody can ask for again."""
    clear = PREFIX + secrets.token_urlsafe(32)
    ends = timezone.now() + timedelta(days=days)
    row = ApiToken.objects.create(
        user_id=user.pk, name=name, digest=_digest(clear), scopes=sorted(set(scopes)), expires_at=ends
    )
    return row, clear


def find(clear: str) -> ApiToken | None:
    """The valid token with this text, with its user; None where it is unknown, over or its user is gone."""
    if not clear.startswith(PREFIX):
        return None
    now = timezone.now()
    valid = ApiToken.objects.filter(revoked_at=None, expires_at__gt=now, user__is_active=True)
    token = valid.select_related("user__profile").filter(digest=_digest(clear)).first()
    if token is not None and (token.last_used_at is None or token.last_used_at < now - _USED_EVERY):
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _USED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def revoke(*, token_id: int) -> bool:
    """Take a token back, from its next request on. False when it was before, or there is none."""
    return bool(ApiToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=timezone.now()))
