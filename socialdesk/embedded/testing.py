"""PostgreSQL and Valkey for one test run, in a folder that goes with it."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from socialdesk.embedded.folders import service_account, services_folder, socket_folder
from socialdesk.embedded.postgres import Postgres
from socialdesk.embedded.valkey import Valkey

# Only the operating system's death could lose what is not synced, and the tests kill processes. (Commits stay
# synchronous: without that, killing PostgreSQL alone would lose some.)
FAST = ("fsync=off", "full_page_writes=off")


@dataclass
class Services:
    folder: Path
    postgres: Postgres
    valkey: Valkey

    def start(self) -> None:
        self.postgres.prepare()
        self.postgres.start()
        self.valkey.start()

    def stop(self) -> None:
        self.valkey.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def make_services(*, settings: tuple[str, ...] = FAST) -> Services:
    folder = Path(tempfile.mkdtemp(prefix="socialdesk-test-"))
    # The services' account has to pass through; what is inside is closed by itself.
    folder.chmod(0o711)
    account = service_account()
    services = services_folder(folder, account)
    sockets = socket_folder(services, account)
    return Services(folder, Postgres(services, sockets, account, settings=settings), Valkey(services, sockets, account))
