"""Run once in a migrated production database: the people, and the account that is connected to the sandbox."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialdesk.settings")
django.setup()

from connectors.models import StreamState  # noqa: E402
from connectors.sandbox.harness import Control  # noqa: E402
from inbox.services import connections, poll  # noqa: E402
from tests import factories, networks  # noqa: E402

if __name__ == "__main__":
    network = Control(os.environ["PREPARE_SANDBOX"])
    team = factories.team("Help desk", is_help_desk=True)
    factories.person("alice", team, capacity=100_000, password=factories.PASSWORD)
    connections.connect(
        network="x",
        name="Norrline on X",
        config={"base_url": network.x_url},
        secrets=networks.oauth1_secrets(network.create_account("norrline", "Norrline")),
    )
    StreamState.objects.filter(stream="mentions").update(interval=0.5)
    StreamState.objects.filter(stream="messages").update(interval=3)
    poll.poll_due()  # from here on nothing may be missed
