"""Where the desk is reached, for links that no request leads to."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def address_of_desk(given: str = "") -> str:
    """What was ``given``, else what the settings say; "" where that is no address of a desk."""
    names = [name for name in settings.ALLOWED_HOSTS if not name.startswith(("*", "."))]
    scheme = "https" if settings.SECURE_SSL_REDIRECT or settings.SECURE_PROXY else "http"
    known = [*settings.CSRF_TRUSTED_ORIGINS, *(f"{scheme}://{name}" for name in names)]
    address = given or next((each for each in known if "*" not in each), "")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        return ""
    return address.rstrip("/")
