"""Notifications by e-mail: what somebody did not read, in one mail. Never a customer's name or words.

At most once: a notification is claimed by a conditional UPDATE that is committed before the mail leaves. Whoever dies
in between has sent nothing, or something that nobody knows of; neither is sent again. The page still has it. Only where
the mail server has said that it did not take the mail (for now), the claim is given back.
"""

from __future__ import annotations

import logging
import smtplib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from routing import notices
from routing.address import address_of_desk
from routing.models import AgentProfile, Digest, Notification

log = logging.getLogger(__name__)

SALT = "routing.digest"
LATER = timedelta(minutes=5)  # where the mail server cannot be reached, or takes nothing now
AWAY = timedelta(minutes=5)  # not heard of for so long
MOST = 50  # in one mail; the rest comes with the next one
_LONGEST = 5.0  # seconds of one turn
_UNKNOWN = "The latest mail may not have arrived: the connection to the mail server broke. It is not sent again."


def possible() -> bool:
    """Whether this desk sends mail."""
    return bool(settings.EMAIL_URL and address_of_desk())


# What people do ---------------------------------------------------------------------------------


@transaction.atomic
def choose(*, profile: AgentProfile, desktop: str, email: str, how: str, hour: int) -> None:
    """How somebody wants to hear of it. What happened before they wanted mails is not mailed."""
    AgentProfile.objects.filter(pk=profile.pk).update(desktop=desktop)
    User.objects.filter(pk=profile.user_id).update(email=email)
    before = Digest.objects.filter(user=profile.user_id).first()
    if not how:
        Digest.objects.filter(user=profile.user_id).delete()
        return
    now = timezone.now()
    digest = Digest(user_id=profile.user_id, how=how, hour=hour, since=before.since if before else now)
    digest.due_at = digest.next_after(now, ZoneInfo(profile.time_zone))
    digest.save(force_insert=before is None, force_update=before is not None)


def stop(*, user_id: int) -> None:
    """No more mails for them."""
    Digest.objects.filter(user=user_id).delete()


def token_of(user_id: int) -> str:
    return signing.dumps(user_id, salt=SALT)


def read_token(token: str) -> int | None:
    """Whose link it is; None for one that we never made."""
    try:
        found = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return found if isinstance(found, int) else None


# What leaves ------------------------------------------------------------------------------------


class _Broken(Exception):
    """The connection to the mail server broke while a mail was under way."""


@dataclass(frozen=True, slots=True)
class _Mail:
    """One claimed mail, still to be sent."""

    user: User
    lines: list[notices.Line]

    @property
    def ids(self) -> list[int]:
        return [line.row.pk for line in self.lines]


def deliver_due() -> int:
    """Mail what is due. Returns how many mails the server took."""
    due = Digest.objects.filter(due_at__lte=timezone.now())
    if not possible() or not due.exists():
        return 0
    until, sent = time.monotonic() + _LONGEST, 0
    backend = get_connection()
    try:
        # Before anything is claimed: a server that cannot be reached costs nobody their mail.
        backend.open()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("The mail server cannot be reached (%s); digests wait.", type(error).__name__)
        due.update(due_at=timezone.now() + LATER)
        return 0
    try:
        while time.monotonic() < until and (claimed := _next()) is not None:
            sent += bool(claimed.lines) and _send(backend, claimed)
    except _Broken as error:  # over a broken connection nothing more is claimed
        log.warning("A digest may not have arrived (%s); it is not sent again.", error)
    finally:
        backend.close()
    return sent


@transaction.atomic
def _next() -> _Mail | None:
    """Claim the next due digest and what it holds; None where nothing is due any more."""
    now = timezone.now()
    due = Digest.objects.select_for_update(skip_locked=True, of=("self",)).filter(due_at__lte=now)
    digest = due.select_related("user__profile").order_by("due_at").first()
    if digest is None:
        return None
    user, profile = digest.user, digest.user.profile
    digest.due_at = digest.next_after(now, ZoneInfo(profile.time_zone))
    digest.save(update_fields=["due_at"])
    here = profile.availability != AgentProfile.Availability.AWAY and profile.seen_at > now - AWAY
    if not user.is_active or not user.email or (digest.how == Digest.How.AWAY and here):
        return _Mail(user, [])
    return _Mail(user, _claim(user, digest.since, now))


def _claim(user: User, since: datetime, now: datetime) -> list[notices.Line]:
    """What they did not read; of what they may no longer see, nothing is said and nothing mailed."""
    fresh = Q(read_at=None, mail_claimed_at=None, at__gte=since)
    rows = list(notices.of(user).select_for_update(of=("self",)).filter(fresh).order_by("pk")[:MOST])
    Notification.objects.filter(fresh, pk__in=[row.pk for row in rows]).update(mail_claimed_at=now)
    return [line for line in notices.lines(user, rows, words=False) if line.seen]


def _send(backend: BaseEmailBackend, mail: _Mail) -> bool:
    """Whether the server took it. Raises _Broken where nobody knows."""
    digest, taken = Digest.objects.filter(user=mail.user.pk), Notification.objects.filter(pk__in=mail.ids)
    # Which language their browser asks for is known only where it asks.
    with translation.override(mail.user.profile.language or settings.LANGUAGE_CODE):
        message = _message(mail)
    try:
        backend.send_messages([message])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        said, for_now = _refusal(error)
        if for_now:
            taken.update(mail_claimed_at=None)
            digest.update(due_at=timezone.now() + LATER)
        digest.update(problem=said)
        return False
    except (OSError, smtplib.SMTPException) as error:
        digest.update(problem=_UNKNOWN)
        raise _Broken(type(error).__name__) from error
    taken.update(mailed_at=timezone.now())
    digest.exclude(problem="").update(problem="")
    return True


def _refusal(error: smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused) -> tuple[str, bool]:
    """What the server said of a mail that it did not take, and whether it may take it later."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
    else:
        code = error.smtp_code
    for_now = 400 <= code < 500
    again = "It is tried again." if for_now else "It is not sent again; see whether your address is right."
    return f"The mail server did not take the latest mail ({code}). {again}", for_now


def _message(mail: _Mail) -> EmailMessage:
    desk, number = address_of_desk(), len(mail.lines)
    stop_address = desk + reverse("notices_stop", args=[token_of(mail.user.pk)])
    context = {
        "lines": [(line.plain, desk + line.address) for line in mail.lines],
        "desk": desk, "page": desk + reverse("notices"), "settings": desk + reverse("notice_settings"),
        "stop": stop_address,
    }  # fmt: skip
    return EmailMessage(
        subject=ngettext("%(number)s unread notification", "%(number)s unread notifications", number)
        % {"number": number},
        body=render_to_string("routing/digest.txt", context),
        to=[mail.user.email],
        headers={
            "List-Unsubscribe": f"<{stop_address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )  # fmt: skip
