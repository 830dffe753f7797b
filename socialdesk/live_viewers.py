"""Who looks at what and who types, told within a second to those who may see it.

What each conversation is looked at by lives in the broker's memory (inbox.services.viewers). A notice says where
somebody came, left or began to type; every few seconds what is looked at is read again, for those who left without a
word. A beat that changes nothing is told to nobody, and changes of half a second are one message to a page: presence
grows with the square of a team, and this is what bounds it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import DatabaseError

from inbox.services import viewers
from socialdesk import live_reads

if TYPE_CHECKING:
    from socialdesk.live import Client, Hub

logger = logging.getLogger(__name__)

GATHER = 0.5
AGAIN = 5.0
Who = Mapping[int, bool]  # user id: types


class Looking:
    """What this process has told its pages."""

    def __init__(self) -> None:
        self.known: dict[int, Who] = {}
        self.changed: set[int] = set()
        self.woken = asyncio.Event()

    def heard(self, conversation_id: int) -> None:
        self.changed.add(conversation_id)
        self.woken.set()

    async def watch(self, hub: Hub) -> None:
        self.changed |= await asyncio.to_thread(viewers.everywhere)
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), AGAIN)
                await asyncio.sleep(GATHER)
            self.woken.clear()
            ids, self.changed = self.changed | set(self.known), set()
            # Beside the hub's own thread: a broker that is frozen holds up no event.
            found = await asyncio.to_thread(viewers.of, ids) if ids else {}
            news = {pk: found.get(pk, {}) for pk in ids if found.get(pk, {}) != self.known.get(pk, {})}
            self.known = dict(found)
            await self._tell(hub, news, list(hub.clients))

    async def greet(self, hub: Hub, client: Client) -> None:
        """A page that opens hears of all there is for it."""
        await self._tell(hub, self.known, [client])

    async def _tell(self, hub: Hub, news: Mapping[int, Who], clients: list[Client]) -> None:
        if not news or not clients:
            return
        try:
            told = await hub.run(live_reads.looking, news)
        except DatabaseError as error:
            logger.warning("Nobody can say who may hear who looks (%s)", type(error).__name__)
            return
        for client in clients:
            own = {pk: who for pk, (scopes, who) in told.items() if scopes & client.scopes}
            if own:
                client.put(f"event: viewers\ndata: {json.dumps(own)}\n\n")
