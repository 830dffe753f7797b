"""`make bench`: figures beside their targets, in one run on a PostgreSQL of its own. --quick leaves out 1,000,000."""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import sys
import time
from typing import Any

import django

from socialdesk.embedded.testing import make_services

# As in production what is committed is on the disk; vacuum runs after each load instead of beside the figures.
SETTINGS = ("shared_buffers=256MB", "max_wal_size=4GB", "autovacuum=off")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 and 100,000 conversations, 100,000 interactions")
    parser.add_argument("--batches", type=int, default=30, help="batches of the ingest comparison")
    parser.add_argument("--only", choices=("guard", "ingest", "hub", "pages", "figures"), help="one part of it")
    chosen = parser.parse_args()
    if chosen.only in (None, "guard"):
        _guard()
    if chosen.only == "guard":
        return 0
    services = make_services(settings=SETTINGS)
    try:
        services.start()
        _configure(services.postgres.url, services.valkey.url)
        if chosen.only in (None, "ingest"):
            _ingest(chosen.batches)
        if chosen.only in (None, "hub"):
            _hub()
        if chosen.only in (None, "figures"):
            _figures(100_000 if chosen.quick else 1_000_000)
        if chosen.only in (None, "pages"):
            _pages([10_000, 100_000] if chosen.quick else [10_000, 100_000, 1_000_000])
    finally:
        services.stop()
    return 0


def _configure(database: str, broker: str) -> None:
    os.environ.update(
        DATABASE_URL=database,
        REDIS_URL=broker,
        SOCIALDESK_MODE="test",
        LOG_LEVEL="ERROR",
        SECRET_KEY=secrets.token_urlsafe(48),
        FIELD_ENCRYPTION_KEYS=base64.b64encode(secrets.token_bytes(32)).decode(),
        ALLOWED_HOSTS="testserver",
        DJANGO_SETTINGS_MODULE="socialdesk.settings",
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _guard() -> None:
    """Needs no database. Each reply is one that leaks, which takes the guard longer than one that does not."""
    from tests.quality.guard import speed
    from tests.quality.guard.replies import HALVES, replies

    written = list(replies(seed=2, times=2, halves=frozenset(HALVES)))
    print(f"The guard, replies of {speed.LENGTH} characters in nine locales, processor's time (on the clock)")
    for name, alone in (("alone", True), ("with record, threads and notes", False)):
        took = speed.measure(written, alone=alone)
        clock = f"({took.wall_p50:.1f} / {took.wall_p95:.1f})"
        cells = f"p50 {took.p50:.1f}, p95 {took.p95:.1f} ms {clock}"
        print(f"  {name:31} {cells}     target p95 <= {speed.TARGET_MS:.0f} ms")
    print(f"  load of the machine, one minute {os.getloadavg()[0]:10.1f}\n", flush=True)


def _ingest(batches: int) -> None:
    from tests import factories
    from tests.bench import ingest
    from tests.bench.load import unload

    found = ingest.measure(batches=batches, account=factories.connection())
    print(f"Ingest, {ingest.BATCH} posts a batch, medians of {batches} interleaved batches")
    print(f"  raw multi-row INSERT            {found.raw:10,.0f} rows/s")
    print(f"  the whole path                  {found.ours:10,.0f} posts/s in {found.statements} statements")
    print(f"  of that, our process's CPU      {found.python:10.0f} ms a batch; the rest is PostgreSQL's")
    print(f"  ratio                           {found.ratio:10.2f}     target >= {ingest.TARGET}", flush=True)
    unload()


def _hub() -> None:
    from tests.bench import hub

    found = hub.measure()
    print(
        f"\nThe live hub, {hub.AGENTS} agents in {hub.TEAMS} teams, {hub.A_SECOND} events/s"
        f" for {hub.STEADY + hub.BROKEN:.0f} s: {found.told:,} to be told"
    )
    print(f"  commit to an agent's stream     {found.p50:10.1f} ms at the middle")
    print(f"  p95                             {found.p95:10.1f} ms     target <= {hub.TARGET_MS} ms")
    print(f"  lost over {found.reconnects:5} reconnects      {found.lost:10}        target 0")
    print(f"  told twice                      {found.twice:10}        target 0")
    print(f"  told to another team            {found.strange:10}        target 0", flush=True)


def _figures(number: int) -> None:
    from tests.bench import figures

    found = figures.measure(number)
    print(f"\nDashboard over {number:,} interactions of a year ({found.cells:,} sums a day, team, agent and network)")
    print(f"  the page, server time           {found.page:10.1f} ms, best {found.page_best:.1f}     target <= 100 ms")
    print(f"  the page with a day not rolled  {found.spoiled:10.1f} ms")
    print(f"  SQL statements of the page      {found.statements:10}")
    print(f"  its figures from the rollups    {found.figures:10.1f} ms")
    print(f"  the same from a raw GROUP BY    {found.raw:10.1f} ms")
    print(f"  ratio                           {found.raw / found.figures:10.1f}     target >= 25")
    print(f"  raw GROUP BY of counts alone    {found.raw_counts:10.1f} ms, x {found.raw_counts / found.figures:.1f}")
    print(f"  counts equal to raw, to the unit{'yes' if found.equal else 'NO':>10}     target yes")
    print(f"  rolling the year up             {found.rolled_seconds:10.1f} s", flush=True)


def _pages(sizes: list[int]) -> None:
    from tests.bench import load, pages

    found: dict[int, list[pages.Figure]] = {}
    for size in sizes:
        begin = time.perf_counter()
        desk = load.load(size)
        load.settle()
        loaded = time.perf_counter()
        found[size] = pages.measure(desk)
        load.unload()
        print(f"  ({size:,} conversations loaded in {loaded - begin:.0f} s)", flush=True)
    _table(found)


def _table(found: dict[int, list[Any]]) -> None:
    sizes = list(found)
    print("\nServer time in ms: p50 / best (SQL statements); growth of p50 and of best")
    print(f"  {'':30}" + "".join(f"{f'{size:,}':>20}" for size in sizes) + f"{'growth':>16}   target")
    for row in zip(*found.values(), strict=True):
        first, last = row[0], row[-1]
        cells = "".join(f"{f'{one.p50:.1f} / {one.best:.1f} ({one.statements})':>20}" for one in row)
        growth = f"x {last.p50 / first.p50:.2f} / {last.best / first.best:.2f}"
        print(f"  {first.name:30}{cells}{growth:>16}   {_target(first.name)}")


def _target(name: str) -> str:
    if name.startswith("counts"):
        return "<= 5 ms at 1,000,000, growth <= 1.3"
    if name.startswith("queue page"):
        return "<= 15 ms at 100,000, <= 12 statements, growth <= 1.3"
    if name.startswith("conversation"):
        return "<= 150 ms, growth <= 1.3"
    return "growth <= 1.3"


if __name__ == "__main__":
    sys.exit(main())
