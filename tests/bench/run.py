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
    parser.add_argument("--quick", action="store_true", help="10,000 and 100,000 conversations only")
    parser.add_argument("--batches", type=int, default=30, help="batches of the ingest comparison")
    chosen = parser.parse_args()
    services = make_services(settings=SETTINGS)
    try:
        services.start()
        _configure(services.postgres.url, services.valkey.url)
        _ingest(chosen.batches)
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


def _ingest(batches: int) -> None:
    from tests import factories
    from tests.bench import ingest
    from tests.bench.load import unload

    found = ingest.measure(batches=batches, account=factories.connection())
    print(f"Ingest, {ingest.BATCH} posts a batch, medians of {batches} interleaved batches")
    print(f"  raw multi-row INSERT            {found.raw:10,.0f} rows/s")
    print(f"  the whole path                  {found.ours:10,.0f} posts/s in {found.statements} statements")
    print(f"  ratio                           {found.ratio:10.2f}     target >= {ingest.TARGET}", flush=True)
    unload()


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
    return "growth <= 1.3"


if __name__ == "__main__":
    sys.exit(main())
