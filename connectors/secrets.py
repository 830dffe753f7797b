"""Sealing of secrets at rest: AES-GCM under the newest key, bound to the row they belong to.

Beside it marks: what lets two equal secrets be recognised without opening either, under a key of their own that
comes from each of these.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_NONCE = 12


def _raw_keys() -> list[bytes]:
    keys = []
    for number, text in enumerate(settings.FIELD_ENCRYPTION_KEYS, 1):
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ImproperlyConfigured(f"FIELD_ENCRYPTION_KEYS: key {number} is not base64.") from error
        if len(raw) != 32:
            raise ImproperlyConfigured(f"FIELD_ENCRYPTION_KEYS: key {number} must be 32 bytes, it has {len(raw)}.")
        keys.append(raw)
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty: set one base64 key of 32 bytes.")
    return keys


def _keys() -> list[AESGCM]:
    return [AESGCM(raw) for raw in _raw_keys()]


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


class Marker:
    """HMAC-SHA256 of values for one purpose. A mark is written with the first key and looked for under all."""

    def __init__(self, purpose: str) -> None:
        self._keys = [hmac.digest(raw, purpose.encode(), "sha256") for raw in _raw_keys()]

    def mark(self, value: str) -> bytes:
        return hmac.digest(self._keys[0], value.encode("utf-8", "surrogatepass"), "sha256")

    def marks(self, value: str) -> list[bytes]:
        return [hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256") for key in self._keys]
