"""Tells the demo company's story on the sandbox, and lets the colleagues work whom nobody plays."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from http.client import HTTPException
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from connectors.models import Connection
from connectors.sandbox.harness import Control
from routing.demo.colleagues import Colleagues
from routing.demo.player import Player
from routing.demo.stream import STORY

LOOK_SECONDS = 2.0


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 10_000:
        raise ArgumentTypeError(f"{text} is no speed: 1 is as written, 10 ten times as fast")
    return speed


class Command(BaseCommand):
    help = "Tell the demo company's story on the sandbox until it is told to stop."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="10: ten times as fast")
        parser.add_argument("--once", action="store_true", help="end after the last beat, without the trickle")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX_URL:
            raise CommandError("There is no sandbox to tell a story on: set SANDBOX_URL.")
        network = Control(settings.SANDBOX_URL)
        player = Player(network, STORY, speed=options["speed"], say=self.stdout.write)
        colleagues = Colleagues(STORY.answers, speed=options["speed"], say=self.stdout.write)
        try:
            while not (options["once"] and player.is_told):
                self._step(network, player, colleagues)
                time.sleep(max(0.02, LOOK_SECONDS / options["speed"]))
        except KeyboardInterrupt:
            return

    def _step(self, network: Control, player: Player, colleagues: Colleagues) -> None:
        close_old_connections()
        if not Connection.objects.filter(config__base_url__in=[network.x_url, network.facebook_url]).exists():
            return  # the desk is not set up yet
        try:
            player.step()
        except (OSError, HTTPException) as error:
            self.stdout.write(f"The sandbox does not answer ({type(error).__name__}); trying again.")
            return
        if colleagues.left:
            colleagues.work(player.known)
