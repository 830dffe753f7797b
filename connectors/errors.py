"""What can go wrong between us and a network.

``str(error)`` is one sentence for a person and always safe to show: no token, no payload.
Which class an error has decides what the core may do next, so a connector must never guess: an
outcome that is not provably "not sent" is UnknownOutcome.
"""

from __future__ import annotations

from datetime import datetime


class ConnectorError(Exception):
    """Base of all. Built from a sentence of ours, never from the network's raw answer."""


class ConfigError(ConnectorError):
    """The connection is set up wrongly; a person must change it."""


class AuthError(ConnectorError):
    """The network no longer accepts our credentials. The only error that disconnects."""


class TransientError(ConnectorError):
    """Provably not done, and worth trying again later."""


class RateLimited(TransientError):
    """Refused for pace. ``retry_at`` is the network's own time, or None where it named none."""

    def __init__(self, message: str, *, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class RejectedError(ConnectorError):
    """Provably not done, and trying the same again is useless."""


class WindowClosed(RejectedError):
    """The network's reply window is shut; ``until`` is when it opens again, where that is known."""

    def __init__(self, message: str, *, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class NotReachable(RejectedError):
    """This person takes no private message from us. Only they can change that."""


class GoneError(RejectedError):
    """What we wanted to answer or to act on is deleted."""


class UnknownOutcome(ConnectorError):
    """The write may or may not have happened. Never send again before asking find_sent."""


class InvalidItem(ConnectorError):
    """One item of a page cannot be read; the rest goes on."""


class InvalidSignature(ConnectorError):
    """A webhook whose signature does not fit. Nothing of it is read."""
