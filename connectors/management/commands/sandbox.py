"""``sandbox serve`` runs the local network; ``sandbox replay FILE`` lets customers write on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors.sandbox.harness import Control
from connectors.sandbox.replay import Comments, Mentions, Replayed, ReplayError, Target, VisitorPosts, read_rate, replay

TARGETS: dict[str, dict[str, type[Target]]] = {
    "x": {"mentions": Mentions},
    "facebook": {"comments": Comments, "visitor-posts": VisitorPosts},
}


class Command(BaseCommand):
    help = "A social network on your own machine: serve it, or replay the lines of a file on it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        serve = actions.add_parser("serve", help="run the local network until it is told to stop")
        serve.add_argument("--port", type=int, default=8900)
        serve.add_argument("--host", default="127.0.0.1")
        serve.add_argument("--data", type=Path, required=True, help="the folder of its memory")
        serve.add_argument("--desk-url", default="", help="where its page links back to")
        again = actions.add_parser("replay", help="post each line of a file to the company")
        again.add_argument("file", type=Path)
        again.add_argument("--column", type=int, default=0, help="tab-separated column, from 1; default: whole line")
        again.add_argument("--rate", default="20/s", help="20/s or 90/min")
        again.add_argument("--limit", type=int, default=0, help="stop after so many posts")
        again.add_argument("--network", choices=TARGETS, default="x")
        kinds = [kind for kinds in TARGETS.values() for kind in kinds]
        again.add_argument("--as", dest="kind", choices=kinds, help="default: mentions on X, comments on Facebook")
        again.add_argument("--url", default="http://127.0.0.1:8900", help="address of the sandbox")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "serve":
            from connectors.sandbox.server import serve  # the web server only where it is served

            serve(
                host=options["host"],
                port=options["port"],
                data=options["data"],
                desk_url=options["desk_url"],
            )
            return
        self._replay(options)

    def _replay(self, options: dict[str, Any]) -> None:
        if options["column"] < 0:
            raise CommandError("Columns count from 1.")
        targets = TARGETS[options["network"]]
        kind = options["kind"] or next(iter(targets))
        if kind not in targets:
            raise CommandError(f"There are no {kind} on {options['network']}; there are {' and '.join(targets)}.")
        try:
            result = replay(
                Control(options["url"]),
                options["file"],
                column=options["column"],
                rate=read_rate(options["rate"]),
                limit=options["limit"],
                target=targets[kind],
                tell=self.stdout.write,
            )
        except ReplayError as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(_sentence(result, options["column"]))


def _sentence(result: Replayed, column: int) -> str:
    said = f"{result.posted} posted, each by a customer of its own."
    if result.without_column:
        said += f" Left out: {result.without_column} without a column {column}."
    if result.empty:
        said += f" Left out: {result.empty} without text."
    return said
