"""`manage.py rollup`: what the sweep does, by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from metrics import days
from metrics.models import RollupCheck
from metrics.services import checking, rollups


class Command(BaseCommand):
    help = "Roll up the figures of every day that is over and not rolled yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rebuild", action="store_true", help="throw all rollups away and make them anew")
        parser.add_argument("--check", action="store_true", help="then compare every rolled day with its facts")

    def handle(self, *args: Any, **options: Any) -> None:
        rolled = rollups.rebuild() if options["rebuild"] else 0
        while some := rollups.roll_due():
            rolled += some
        self.stdout.write(f"{rolled} days and months rolled.")
        if not options["check"]:
            return
        check = checking.run(RollupCheck.objects.get_or_create(day=days.today())[0])
        if check.different:
            raise CommandError(f"These differ from their facts: {', '.join(check.different)}. Run rollup once more.")
        self.stdout.write(f"{check.compared} days equal their facts.")
