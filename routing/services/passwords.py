"""Passwords: the one-time link by which somebody chooses one, and changing one's own.

A link holds 256 random bits and is shown once; at rest there is only its hash.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, gettext_noop
from django.views.decorators.debug import sensitive_variables

from inbox.services.conversations import Refused
from routing.models import WelcomeLink
from routing.services import changes
from routing.services.hands import display_name
from routing.services.roles import require_admin

HOURS = 72
GONE = gettext_lazy(
    "This link does not work any more: it was used, is older than %(hours)s hours, or there is a newer one. "
    "Ask an admin of your desk for a new link."
) % {"hours": HOURS}


def issue(user: User) -> str:
    """The token of a new link, in the place of an older one. The caller has asked who may."""
    token = secrets.token_urlsafe(32)
    ends = timezone.now() + timedelta(hours=HOURS)
    WelcomeLink.objects.update_or_create(user=user, defaults={"digest": _digest(token), "expires_at": ends})
    return token


@transaction.atomic
def renew(*, user_id: int, actor: AbstractBaseUser | None) -> tuple[User, str]:
    """A new link for somebody known, with its token. No actor: the command line. Raises Refused."""
    if actor is not None:
        require_admin(actor)
    user = _locked(user_id)
    if user is None:
        raise Refused(gettext("They do not sign in here. Tick “May sign in” first, then make a link."))
    changes.tell("person", user.pk, actor, did=gettext_noop("made a new sign-in link"), name=display_name(user))
    return user, issue(user)


def find(token: str) -> WelcomeLink | None:
    """The link with this token while it can be used. Looking uses nothing up: scanners of mail open links too."""
    return awaiting(_digest(token))


def awaiting(digest: str) -> WelcomeLink | None:
    """The link with this hash while it can be used, with its person."""
    valid = WelcomeLink.objects.filter(expires_at__gt=timezone.now(), user__is_active=True)
    return valid.select_related("user").filter(digest=digest).first()


@sensitive_variables("password")
@transaction.atomic
def choose(*, digest: str, password: str) -> User:
    """Use the link up: from now on its person signs in with ``password``. Raises Refused."""
    link = awaiting(digest)
    user = _locked(link.user_id) if link else None
    # Asked again under the lock: of two who hold one link, one chooses.
    if user is None or not awaiting(digest):
        raise Refused(GONE)
    _set(user, password)
    changes.tell("person", user.pk, user, did=gettext_noop("chose a password by their link"), name=display_name(user))
    return user


@sensitive_variables("password")
@transaction.atomic
def change(*, user: User, password: str) -> None:
    """Somebody's own new password, after the current one was asked."""
    _set(user, password)
    changes.tell("person", user.pk, user, did=gettext_noop("changed their password"), name=display_name(user))


def void(user: AbstractBaseUser) -> None:
    """Whatever link they have is worth nothing from now on."""
    WelcomeLink.objects.filter(user_id=user.pk).delete()


@sensitive_variables("password")
def _set(user: User, password: str) -> None:
    """Sessions are bound to the password, so all that began with the old one end here."""
    user.set_password(password)
    user.save(update_fields=["password"])
    void(user)


def _locked(user_id: int) -> User | None:
    """The account, if it is active: held, so that it is not deactivated meanwhile, nor another link made."""
    return User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()


def _digest(token: str) -> str:
    """256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
