"""manage.py api_token: make, list and take back API tokens."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from socialdesk import tokens
from socialdesk.api.scopes import SCOPES
from socialdesk.models import ApiToken


class Command(BaseCommand):
    help = "Print a new API token of a person, list their tokens, or take one back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the name the person signs in with")
        parser.add_argument(
            "--scope", action="append", choices=sorted(SCOPES), help="what it may do; may be repeated; all without it"
        )
        parser.add_argument("--days", type=int, default=365, help="how long it is valid (365)")
        parser.add_argument("--name", default="", help="what it is for")
        parser.add_argument("--list", action="store_true", help="list this person's tokens instead")
        parser.add_argument("--revoke", type=int, metavar="ID", help="take this token of theirs back instead")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {options['user']}.")
        if options["list"]:
            self._list(user)
        elif options["revoke"] is not None:
            self._revoke(user, options["revoke"])
        else:
            self._make(user, options)

    def _make(self, user: User, options: dict[str, Any]) -> None:
        if not user.is_active:
            raise CommandError(f"{user.username} is deactivated: no token of theirs would be taken.")
        if not 1 <= options["days"] <= 3650:
            raise CommandError("Choose from 1 to 3650 days.")
        name = options["name"].strip()[:80] or "unnamed"
        row, clear = tokens.make(user=user, name=name, scopes=options["scope"] or SCOPES, days=options["days"])
        self.stderr.write(
            f"Token {row.pk} of {user.username}, until {row.expires_at:%Y-%m-%d}. It is shown once; keep it secret."
        )
        self.stdout.write(clear)

    def _list(self, user: User) -> None:
        for row in ApiToken.objects.filter(user=user).order_by("pk"):
            state = "taken back" if row.revoked_at else f"until {row.expires_at:%Y-%m-%d}"
            used = f"{row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never"
            self.stdout.write(f"{row.pk}  {row.name}  {state}  last used {used}  {' '.join(row.scopes)}")

    def _revoke(self, user: User, token_id: int) -> None:
        if not ApiToken.objects.filter(pk=token_id, user=user).exists() or not tokens.revoke(token_id=token_id):
            raise CommandError(f"{user.username} has no valid token {token_id}; --list shows those they have.")
        self.stderr.write(f"Token {token_id} is taken back.")
