"""Sealing of secrets at rest: AES-GCM under the newest key, bound to the row they belong to."""

from __future__ import annotations

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_NONCE = 12


def _keys() -> list[AESGCM]:
    keys = []
    for number, text in enumerate(settings.FIELD_ENCRYPTION_KEYS, 1):
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ImproperlyConfigured(f"FIELD_ENCRYPTION_KEYS: key {number} is not base64.") from error
        if len(raw) != 32:
            raise ImproperlyConfigured(f"FIELD_ENCRYPTION_KEYS: key {number} must be 32 bytes, it has {len(raw)}.")
        keys.append(AESGCM(raw))
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty: set one base64 key of 32 bytes.")
    return keys


def seal(clear: str, *, binding: str) -> bytes:
    """Encrypt with the first key. ``binding`` names the row; the same value is needed to open it."""
    nonce = os.urandom(_NONCE)
    return nonce + _keys()[0].encrypt(nonce, clear.encode(), binding.encode())


def open_sealed(sealed: bytes, *, binding: str) -> str:
    """Decrypt with whichever key fits, newest first. Raises ImproperlyConfigured where none does."""
    nonce, body = sealed[:_NONCE], sealed[_NONCE:]
    for key in _keys():
        try:
            return key.decrypt(nonce, body, binding.encode()).decode()
        except InvalidTag:
            continue
    raise ImproperlyConfigured("A stored secret does not open with any key of FIELD_ENCRYPTION_KEYS.")


def reseal(sealed: bytes, *, binding: str) -> bytes | None:
    """The same secret under the first key; None where it stands under that one already."""
    try:
        _keys()[0].decrypt(sealed[:_NONCE], sealed[_NONCE:], binding.encode())
    except InvalidTag:
        return seal(open_sealed(sealed, binding=binding), binding=binding)
    return None
