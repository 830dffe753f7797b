"""The demo desk of `make run`: people, teams, rules, and on the first run a company account on the sandbox.

Run as often as you like: what is there stays as it is, also where somebody changed it.
"""

from __future__ import annotations

import json
import os
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from connectors.errors import ConnectorError
from connectors.models import Connection, StreamState
from connectors.sandbox.harness import Control, ControlError
from inbox.models import Article, Macro
from inbox.services import connections, knowledge, macros
from routing.demo.company import (
    ARTICLES,
    CONNECTIONS,
    HANDLE,
    MACROS,
    NAME,
    PEOPLE,
    RULES,
    TEAMS,
    VOICE,
    Colleague,
    TeamOf,
)
from routing.demo.player import Player
from routing.demo.stream import STORY
from routing.models import AgentProfile, Expertise, Membership, Rule, Team, Topic

REQUIRED = {"alice", "bob", "erin", "dana"}
EVERY = 3.0  # seconds between two looks at the sandbox, so that whoever tries it out need not wait


class Account(NamedTuple):
    """The company's account on one network of the sandbox."""

    network: str
    url: str
    make: Callable[[], dict[str, Any]]
    secrets: Mapping[str, str]  # name of the connector's secret -> name in what ``make`` answers


def _accounts(sandbox: Control) -> tuple[Account, ...]:
    return (
        Account(
            "x",
            sandbox.x_url,
            partial(sandbox.create_account, HANDLE, NAME),
            {
                "consumer_key": "consumer_key",
                "consumer_secret": "consumer_secret",
                "access_token": "oauth_token",
                "access_token_secret": "oauth_token_secret",
            },
        ),
        Account(
            "facebook",
            sandbox.facebook_url,
            partial(sandbox.create_page, HANDLE, NAME),
            {"access_token": "access_token", "app_secret": "app_secret"},
        ),
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
            sandbox = Control(settings.SANDBOX_URL)
            for account in _accounts(sandbox):
                _connect(sandbox, account, patience=options["patience"])


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
    """Teams, people, rules, macros and articles that are not there yet. Returns how many people were made."""
    teams = {row.name: _team(row) for row in TEAMS}
    made = sum(_person(teams, passwords, row) for row in PEOPLE)
    if not Rule.objects.exists():
        topics = {topic.name: topic for topic in Topic.objects.all()}
        Rule.objects.bulk_create(
            Rule(
                position=position, name=row.name, team=teams[row.team], topic=topics.get(row.topic), **row.conditions
            )
            for position, row in enumerate(RULES, 1)
        )  # fmt: skip
    if not Macro.objects.exists():
        for name, text in MACROS:
            macros.save(name=name, text=text)
    if not Article.objects.exists():
        for article in ARTICLES:
            knowledge.save(**article._asdict())
    return made


def _team(row: TeamOf) -> Team:
    """At most one team is the help desk: whoever named theirs otherwise keeps it."""
    if row.kind == Team.Kind.HELP_DESK and (desk := Team.objects.filter(kind=row.kind).first()):
        return desk
    team, first = Team.objects.get_or_create(name=row.name, defaults={"kind": row.kind})
    if first:
        team.topics.set([Topic.objects.get_or_create(name=name)[0] for name in row.topics])
    return team


def _person(teams: dict[str, Team], passwords: dict[str, str], row: Colleague) -> bool:
    user, made = User.objects.get_or_create(
        username=row.username, defaults={"first_name": row.first, "last_name": row.last}
    )
    if not made:
        return False
    user.set_password(passwords.get(row.username))  # without one, nobody signs in as this colleague
    user.save(update_fields=["password"])
    availability = AgentProfile.Availability.AVAILABLE if row.username in passwords else AgentProfile.Availability.BUSY
    AgentProfile.objects.create(
        user=user,
        role=row.role,
        capacity=row.capacity,
        takes_conversations=AgentProfile.takes_by_itself(row.role),
        availability=AgentProfile.Availability.AWAY if row.role == AgentProfile.Role.ADMIN else availability,
    )
    Membership.objects.bulk_create(Membership(team=teams[name], user=user) for name in row.teams)
    Expertise.objects.bulk_create(
        Expertise(user=user, topic=Topic.objects.get_or_create(name=name)[0]) for name in row.knows
    )
    return True


def _connect(sandbox: Control, account: Account, *, patience: float) -> None:
    """The company's account, connected; again when the sandbox has moved to another port.

    Customers have written before we first look: posts of the past are not shown to somebody who has read on.
    """
    known = Connection.objects.filter(network=account.network, handle=HANDLE).first()
    if known is not None and known.config.get("base_url") == account.url:
        return
    made = _made(account, patience)
    try:
        if known is None:
            sandbox.rates_off()  # a network's own pace would keep a newcomer waiting for a minute
            Player(sandbox, STORY).before(account.network)
        connection = connections.connect(
            network=account.network,
            name=known.name if known else CONNECTIONS[account.network],
            config={"base_url": account.url},
            secrets={name: made[key] for name, key in account.secrets.items()},
        )
        if known is None:
            Connection.objects.filter(pk=connection.pk).update(voice=VOICE[account.network])
            StreamState.objects.filter(connection=connection).update(interval=EVERY)
    except (ConnectorError, ControlError, OSError, HTTPException) as error:
        raise CommandError(f"The company's account on the sandbox could not be connected: {error}") from None


def _made(account: Account, patience: float) -> dict[str, Any]:
    until = time.monotonic() + patience
    while True:
        try:
            return account.make()
        except (OSError, HTTPException, ControlError) as error:
            if time.monotonic() > until:
                raise CommandError(
                    f"The sandbox did not answer within {patience:.0f} seconds ({type(error).__name__})."
                ) from None
            time.sleep(0.1)
