"""Connect an account: `manage.py connect x --name "Norrline on X" --secrets-from-environment X_`."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors.errors import ConnectorError
from inbox.services import connections, tokens


class Command(BaseCommand):
    help = "Connect an account of a network, or give a connected one new credentials."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("network", help="The network's key, for example x.")
        parser.add_argument("--name", required=True, help="What the desk calls the connection.")
        parser.add_argument(
            "--secrets-from-environment",
            metavar="PREFIX",
            required=True,
            help="Read each secret from PREFIX plus its name in capitals, so that none stands in a command line.",
        )
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="A setting of the network."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            names = connections.secret_names(options["network"])
            connection = connections.connect(
                network=options["network"],
                name=options["name"],
                config=_settings(options["set"]),
                secrets=_secrets(names, options["secrets_from_environment"]),
            )
        except ConnectorError as error:
            raise CommandError(str(error)) from None
        who = f"@{connection.handle}" if connection.handle else f"account {connection.account_id}"
        self.stdout.write(f"Connected {who} as “{connection.name}”.")
        try:
            tokens.ready(connection)  # takes over an access that expires, and shows whether it can be renewed
        except ConnectorError as error:
            raise CommandError(f"It is connected, but its access could not be renewed. {error}") from None


def _settings(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise CommandError(f"--set takes NAME=VALUE, not “{pair}”.")
    return dict(pair.split("=", 1) for pair in pairs)


def _secrets(names: list[str], prefix: str) -> dict[str, str]:
    found = {name: os.environ.get(prefix + name.upper(), "") for name in names}
    given = {name: value for name, value in found.items() if value}
    if not given:
        raise CommandError(f"None of these is set: {', '.join(prefix + name.upper() for name in names)}.")
    return given
