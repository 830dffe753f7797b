"""manage.py person: an account from the command line, for the first admin and for one who is locked out."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from inbox.services.conversations import Refused
from routing.address import address_of_desk
from routing.models import AgentProfile, Team
from routing.services import passwords, people
from routing.services.people import Newcomer


class Command(BaseCommand):
    help = "Add a person, or give one who is known a new sign-in link. Prints the link, which works once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="the name the person signs in with")
        parser.add_argument("--name", default="", help='first and last name, for example "Dana Berg"')
        parser.add_argument("--role", choices=AgentProfile.Role.values, help="what the person may do")
        parser.add_argument("--team", action="append", default=[], metavar="NAME", help="may be repeated")
        parser.add_argument(
            "--address", default="", help="where the desk is reached, for example https://desk.example.com"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        address = address_of_desk(options["address"])
        if not address:
            raise CommandError("Say where the desk is reached, for example --address https://desk.example.com.")
        known = User.objects.filter(username=User.normalize_username(options["username"])).first()
        try:
            user, token = self._renew(known, options) if known else self._add(options)
        except Refused as error:
            raise CommandError(str(error)) from None
        self.stderr.write(
            f"{user.username} chooses a password by this link. It works once, within {passwords.HOURS} hours. "
            "Keep it secret."
        )
        self.stdout.write(address + reverse("welcome", args=[token]))

    def _add(self, options: dict[str, Any]) -> tuple[User, str]:
        if not options["name"].strip() or not options["role"]:
            raise CommandError(f"Nobody signs in as {options['username']} yet. To add them, give --name and --role.")
        first, _, last = options["name"].strip().partition(" ")
        teams = {name: Team.objects.filter(name=name).values_list("pk", flat=True).first() for name in options["team"]}
        if absent := [name for name, pk in teams.items() if pk is None]:
            raise CommandError(f"There is no team {', '.join(absent)}. Make it under Settings first, or leave it out.")
        newcomer = Newcomer(
            username=options["username"],
            first_name=first,
            last_name=last,
            role=options["role"],
            team_ids=[pk for pk in teams.values() if pk is not None],
        )
        return people.add(newcomer=newcomer, actor=None)

    def _renew(self, known: User, options: dict[str, Any]) -> tuple[User, str]:
        role = AgentProfile.objects.filter(user=known).values_list("role", flat=True).first() or "none"
        if options["role"] not in (None, role):
            raise CommandError(
                f"{known.username} is known, with the role {role}. An admin changes it under Settings, People; "
                "without --role this prints a new link."
            )
        if options["name"] or options["team"]:
            self.stderr.write(f"{known.username} is known: name and teams stay as they are.")
        return passwords.renew(user_id=known.pk, actor=None)
