"""What a search finds as a table, page after page as it is read, under the same policy as the page itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from inbox import describing
from inbox.models import Conversation, CustomField
from inbox.services.networks import shown
from inbox.sheets import Cells
from inbox.words import Unasked
from routing import finding
from routing.finding import Hit
from routing.services.hands import display_name

CHUNK = 500
_HEAD = (
    "kind", "conversation", "at", "network", "account", "audience", "status", "resolution", "opened_at", "resolved_at",
    "customer", "handle", "contact", "vip_lists", "team", "agent", "said_by", "tags",
)  # fmt: skip


def lines(user: User, asked: Mapping[str, Any], zone: tzinfo) -> Iterator[Cells]:
    """The head, a line for each hit, and where a search takes too long a last line that says so.

    ``zone`` is that of the reader: days of the filter are theirs also after the request's own time is over.
    """
    fields = list(CustomField.objects.order_by("name", "pk"))
    yield (*_HEAD, *(field.name for field in fields), "text")
    after: int | None = None
    while True:
        try:
            with timezone.override(zone):
                hits, after = finding.page(user, asked, after=after, limit=CHUNK)
                said = _described({hit.conversation.pk for hit in hits})
        except Unasked as error:
            yield (f"Not complete. {error}",)
            return
        for hit in hits:
            yield _line(hit, said[hit.conversation.pk], [field.pk for field in fields])
        if after is None:
            return


def _described(ids: set[int]) -> Mapping[int, Any]:
    """Tags and fields of one page's conversations, in one statement."""
    rows = Conversation.objects.annotate(
        tagged=describing.tags_of_conversation(), said=describing.values_of_conversation()
    )
    return rows.in_bulk(ids)


def _line(hit: Hit, described: Any, fields: Sequence[int]) -> Cells:
    talk, current = hit.conversation, hit.current
    said = {value["field"]: value["shown"] for value in described.said}
    return (
        hit.kind, talk.pk, hit.at, shown(talk.connection.network).label, talk.connection.name, hit.visibility,
        talk.status, talk.resolution, talk.opened_at, talk.resolved_at, talk.identity.name, talk.identity.handle,
        talk.identity.contact_id, ", ".join(hit.vips), current.team.name if current else "",
        display_name(current.agent) if current and current.agent else "", hit.said_by,
        ", ".join(tag["name"] for tag in described.tagged), *(said.get(pk, "") for pk in fields), hit.text,
    )  # fmt: skip
