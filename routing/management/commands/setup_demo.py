"""The demo desk of `make run`: people, teams, rules, and on the first run a company account on the sandbox.

Run as often as you like: what is there stays as it is, also where somebody changed it.
"""

from __future__ import annotations

import json
import os
import time
from argparse import ArgumentParser
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from connectors.errors import ConnectorError
from connectors.models import Connection
from connectors.sandbox.harness import Control, ControlError
from inbox.services import connections
from routing.models import AgentProfile, Expertise, Membership, Rule, Team, Topic

HELP_DESK, BILLING = "Help desk", "Billing experts"
Person = tuple[str, str, str, str, tuple[str, ...]]  # user name, names, role, teams
PEOPLE: tuple[Person, ...] = (
    ("alice", "Alice", "Lindqvist", "agent", (HELP_DESK,)),
    ("mei", "Mei", "Tanaka", "agent", (HELP_DESK,)),
    ("bob", "Bob", "Okafor", "lead", (HELP_DESK, BILLING)),
    ("erin", "Erin", "Vasquez", "expert", (BILLING,)),
    ("dana", "Dana", "Petrov", "admin", ()),
)
REQUIRED = {"alice", "bob", "erin", "dana"}
RULES = (
    ("Billing words", ["refund", "charged", "invoice", "billing", "money back", "paid twice"], BILLING),
    ("Contracts", ["cancel my contract", "terminate", "price increase"], BILLING),
    ("Outages", ["outage", "no internet", "offline", "down again"], HELP_DESK),
)
TOPICS = ("Invoices", "Contracts")
CAPACITY = 8
ACCOUNT = {"handle": "norrline", "name": "Norrline"}
CONNECTION = "Norrline on X"

# Invented people and texts: (minutes ago, handle, name, followers, text).
Said = tuple[int, str, str, int, str]
POSTS: tuple[Said, ...] = (
    (47, "tobias_wren", "Tobias Wren", 212, "@norrline no internet in Kallvik since six this morning. Any news?"),
    (38, "hannamoss", "Hanna Moss", 1840, "@norrline you charged me twice in March. I would like a refund, please 🙏"),
    (31, "pelle_ostrom", "Pelle Öström", 95, "@norrline the technician never showed up. Third time! What now?"),
    (22, "julie_marchand", "Julie Marchand", 12400, "Quatre jours sans réponse, @norrline. Il y a quelqu'un ?"),
    (14, "ada_okonjo", "Ada Okonjo", 640, "Shout-out to @norrline: router swapped in ten minutes, lovely people."),
    (6, "samir_rahmani", "Samir Rahmani", 31, "@norrline I move to a new flat in June. How do I take my line with me?"),
)
MESSAGES: tuple[Said, ...] = (
    (9, "greta_holm", "Greta Holm", 77, "Hello, invoice 2207 lists a router that I sent back. Can you correct it?"),
)


class Command(BaseCommand):
    help = "Set up the demo desk. Passwords are read from the file that DEMO_PASSWORDS_FILE names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--patience", type=float, default=20.0, metavar="SECONDS", help="How long the sandbox may take to come up."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        made = _people(_passwords())
        self.stdout.write(f"The demo desk is ready, {made} people are new.")
        if settings.SANDBOX_URL:
            _sandbox(Control(settings.SANDBOX_URL), patience=options["patience"])


def _passwords() -> dict[str, str]:
    path = os.environ.get("DEMO_PASSWORDS_FILE", "")
    if not path:
        raise CommandError("Set DEMO_PASSWORDS_FILE to a JSON file that maps each user name to a password.")
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CommandError(f"The passwords file {path} cannot be read as JSON.") from None
    if not isinstance(found, dict) or any(not found.get(name) for name in REQUIRED):
        raise CommandError(f"The passwords file {path} must hold passwords for {', '.join(sorted(REQUIRED))}.")
    return {str(name): str(password) for name, password in found.items()}


@transaction.atomic
def _people(passwords: dict[str, str]) -> int:
    """Teams, people and rules that are not there yet. Returns how many people were made."""
    desk = Team.objects.filter(kind=Team.Kind.HELP_DESK).first()
    experts, first = Team.objects.get_or_create(name=BILLING, defaults={"kind": Team.Kind.EXPERTS})
    teams = {
        HELP_DESK: desk or Team.objects.create(name=HELP_DESK, kind=Team.Kind.HELP_DESK),
        BILLING: experts,
    }
    made = sum(_person(teams, passwords, person) for person in PEOPLE)
    if first:
        _topics(experts)
    if not Rule.objects.exists():
        Rule.objects.bulk_create(
            Rule(position=position, name=name, words=words, team=teams[team])
            for position, (name, words, team) in enumerate(RULES, 1)
        )
    return made


def _topics(experts: Team) -> None:
    """What the experts know about."""
    for name in TOPICS:
        topic = Topic.objects.get_or_create(name=name)[0]
        experts.topics.add(topic)
        Expertise.objects.get_or_create(user=User.objects.get(username="erin"), topic=topic)


def _person(teams: dict[str, Team], passwords: dict[str, str], person: Person) -> bool:
    username, first, last, role, own = person
    user, made = User.objects.get_or_create(username=username, defaults={"first_name": first, "last_name": last})
    if not made:
        return False
    user.set_password(passwords.get(username))  # without one, nobody signs in as this colleague
    user.save(update_fields=["password"])
    there = role != AgentProfile.Role.ADMIN and username in passwords
    AgentProfile.objects.create(
        user=user,
        role=role,
        capacity=CAPACITY,
        takes_conversations=AgentProfile.takes_by_itself(role),
        availability=AgentProfile.Availability.AVAILABLE if there else AgentProfile.Availability.AWAY,
    )
    Membership.objects.bulk_create(Membership(team=teams[name], user=user) for name in own)
    return True


def _sandbox(network: Control, *, patience: float) -> None:
    """The company's account, connected; again when the sandbox has moved to another port.

    Customers have written before we first look: posts of the past are not shown to somebody who has read on.
    """
    known = Connection.objects.filter(network="x", handle=ACCOUNT["handle"]).first()
    if known is not None and known.config.get("base_url") == network.x_url:
        return
    account = _account(network, patience)
    secrets = {
        "consumer_key": account["consumer_key"],
        "consumer_secret": account["consumer_secret"],
        "access_token": account["oauth_token"],
        "access_token_secret": account["oauth_token_secret"],
    }
    try:
        if known is None and network.state()["posts"] == 0:
            network.posts([_item(post) for post in POSTS])
            network.dms([_item(message) for message in MESSAGES])
        connections.connect(
            network="x",
            name=known.name if known else CONNECTION,
            config={"base_url": network.x_url},
            secrets=secrets,
        )
    except (ConnectorError, ControlError, OSError, HTTPException) as error:
        raise CommandError(f"The company's account on the sandbox could not be connected: {error}") from None


def _account(network: Control, patience: float) -> dict[str, Any]:
    until = time.monotonic() + patience
    while True:
        try:
            return network.create_account(**ACCOUNT)
        except (OSError, HTTPException, ControlError) as error:
            if time.monotonic() > until:
                raise CommandError(
                    f"The sandbox did not answer within {patience:.0f} seconds ({type(error).__name__})."
                ) from None
            time.sleep(0.1)


def _item(said: Said) -> dict[str, Any]:
    ago, handle, name, followers, text = said
    at = timezone.now() - timedelta(minutes=ago)
    return {"handle": handle, "name": name, "followers": followers, "text": text, "created_at": at.isoformat()}
