"""How a connection is, as a person judges it: its card, what it needs, and what its conversations must know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from connectors.models import Connection, Lane, StreamGap, StreamState
from inbox.downstream import policy
from inbox.models import Event, OutboxItem, SendingPause
from inbox.saying import inside, stored
from inbox.services import networks, restored

if TYPE_CHECKING:
    from inbox.downstream import Somebody

State = Connection.State
FAILING = 3  # turns of a stream that failed in a row: no passing trouble any more
DAY = timedelta(hours=24)
OUTCOMES = {"sent": _("sent"), "rejected": _("refused"), "failed": _("failed"), "unknown": _("in doubt")}
_NEEDS = {
    State.UNAUTHORISED: _("Enter new secrets below: reading goes on from where it stopped, and what waits is sent."),
    State.PAUSED: _("Nothing is read or sent until somebody resumes it. Reading then goes on from where it stopped."),
}


@dataclass(slots=True)
class Stream:
    """One stream under its network's own name."""

    label: str
    row: StreamState

    @property
    def failing(self) -> bool:
        return self.row.failures >= FAILING

    @property
    def late(self) -> float | None:
        """Seconds for which it has been due, where nobody reads it; else how late its latest turn began."""
        now = timezone.now()
        waits = self.row.lease_until is None or self.row.lease_until < now
        return max((now - self.row.next_poll_at).total_seconds(), self.row.late or 0.0) if waits else self.row.late

    @property
    def pace(self) -> str:
        return "" if self.row.lane == Lane.QUICK else str(Lane(self.row.lane).label)


@dataclass(slots=True)
class Card:
    """One connection with everything that its admin judges it by."""

    connection: Connection
    streams: Sequence[Stream]
    outcomes: Mapping[str, int] = field(default_factory=dict)

    @property
    def gaps(self) -> Sequence[StreamGap]:
        return [gap for stream in self.streams for gap in stream.row.gaps.all()]

    @property
    def open_gaps(self) -> Sequence[StreamGap]:
        return [gap for gap in self.gaps if gap.acknowledged_at is None]

    @property
    def invalid(self) -> int:
        return sum(stream.row.invalid_items for stream in self.streams)

    @property
    def errors(self) -> Sequence[str]:
        return list(dict.fromkeys(s.row.last_error for s in self.streams if s.row.failures and s.row.last_error))

    @property
    def budgets(self) -> Sequence[Stream]:
        return [stream for stream in self.streams if stream.row.rate_limit]

    @property
    def state(self) -> str:
        """bad: needs somebody. off: does not work, as somebody wanted or because it is new."""
        failing = any(stream.failing for stream in self.streams)
        if self.connection.state == State.UNAUTHORISED or (failing and self.connection.state == State.ACTIVE):
            return "bad"
        if self.connection.state == State.PAUSED or not any(stream.row.last_success_at for stream in self.streams):
            return "off"
        return "good"

    @property
    def word(self) -> str:
        if self.connection.state != State.ACTIVE:
            return str(self.connection.get_state_display())
        if self.state == "bad":
            return gettext("Reading fails")
        return gettext("Healthy") if self.state == "good" else gettext("Not read yet")

    @property
    def needs(self) -> str:
        return stored(_NEEDS.get(State(self.connection.state), ""))

    @property
    def results(self) -> Sequence[tuple[str, str, int]]:
        return [(key, gettext(word), self.outcomes.get(key, 0)) for key, word in OUTCOMES.items()]


def card(connection: Connection, outcomes: Mapping[str, int] = MappingProxyType({})) -> Card:
    labels = networks.shown(connection.network).streams
    streams = [Stream(stored(labels.get(row.stream, row.stream)), row) for row in connection.streams.all()]
    return Card(connection, streams, outcomes)


def outcomes(connection_id: int | None = None) -> dict[int, dict[str, int]]:
    """How replies fared in the last 24 hours, by connection and state; of those in doubt, all. Acts are none."""
    replies = OutboxItem.objects.filter(kind__in=OutboxItem.REPLIES)
    rows = replies.filter(settled_at__gte=timezone.now() - DAY, state__in=["sent", "rejected", "failed"])
    doubtful = replies.filter(state="unknown")
    found: dict[int, dict[str, int]] = {}
    for asked in (rows, doubtful):
        mine = asked.filter(connection=connection_id) if connection_id else asked
        for pk, state, number in mine.values_list("connection_id", "state").annotate(number=Count("pk")):
            found.setdefault(pk, {})[state] = number
    return found


def items(connection_id: int, state: str, *, limit: int = 100) -> list[OutboxItem]:
    """The replies behind one of those figures, newest first. Without a word of anybody: ids, times, our reasons."""
    replies = OutboxItem.objects.filter(kind__in=OutboxItem.REPLIES, connection=connection_id)
    rows = replies.filter(state=state).defer("payload", "prepared")
    if state != "unknown":
        rows = rows.filter(settled_at__gte=timezone.now() - DAY)
    return list(rows.order_by("-settled_at", "-id")[:limit])


def ill() -> QuerySet[Connection]:
    """The connections that need somebody."""
    failing = StreamState.objects.filter(connection=OuterRef("pk"), failures__gte=FAILING)
    return Connection.objects.filter(Q(state=State.UNAUTHORISED) | (Q(state=State.ACTIVE) & Q(Exists(failing))))


def failed_checks() -> list[Connection]:
    """Accounts whose latest check failed or found something missing. One statement."""
    wrong = ~Q(check_error="") | ~Q(missing=[])
    return list(Connection.objects.filter(wrong).exclude(state=State.REMOVED).order_by("name", "id"))


def notice(connection: Connection, pauses: Sequence[SendingPause]) -> str:
    """What whoever answers there must know before they write; "" where all is well. Asks nothing."""
    if connection.state == State.UNAUTHORISED:
        return gettext(
            "The network no longer accepts our access to this account. Replies wait and leave once an admin has "
            "authorised it again; new messages do not arrive until then."
        )
    if connection.state == State.PAUSED:
        return gettext("This account is paused. Replies wait until an admin resumes it; new messages do not arrive.")
    if connection.state == State.REMOVED:
        return gettext("This account was removed from the desk. The conversation stays readable; nothing can be sent.")
    if connection.sending_paused:
        return gettext("Sending is paused for this account. Replies wait until an admin resumes it.")
    if connection.send_not_before and connection.send_not_before > timezone.now():
        return gettext("The network asks us to slow down: replies of this account wait a little.")
    return _paused(connection, pauses)


def _paused(connection: Connection, pauses: Sequence[SendingPause]) -> str:
    mine = next((one for one in pauses if one.brand in ("", connection.brand)), None)
    if mine is None:
        return ""
    if mine.brand:
        return gettext(
            "Sending is paused for %(brand)s. Replies are taken as ever: they wait here and leave once it is resumed."
        ) % {"brand": mine.brand}
    return gettext(
        "Sending is paused for everything. Replies are taken as ever: they wait here and leave once it is resumed."
    )


def stopped(user: Somebody) -> str:
    """Why no reply of any account leaves, with the next step for ``user``; "" where they do. One statement."""
    if restored.at_home():
        return ""
    then = restored.FOR_ADMINS if policy().permits(user, "manage_connections") else restored.FOR_OTHERS
    return f"{restored.STOPPED} {then}"


_DID = {
    "changed": _("changed its state to {state}"),
    "checked": _("checked it"),
    "authorised": _("entered new secrets"),
    "renamed": _("renamed it from “{before}” to “{after}”"),
    "voiced": _("changed how we speak here"),
    "branded": _("changed its brand to “{after}”"),
    "removed": _("removed it"),
    "failing": _("could not read it three times in a row"),
    "gap_acknowledged": _("has looked at a gap"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a connection's history."""

    at: object
    who: str
    what: str


def history(connection_id: int, *, limit: int = 12) -> list[Change]:
    """Who changed what, newest first."""
    rows = Event.objects.filter(conversation_id=None, subject="connection", subject_id=connection_id)
    return [_change(row) for row in rows.select_related("actor").order_by("-id")[:limit]]


def _change(row: Event) -> Change:
    data = {"state": "", "before": "", "after": "", **row.data}
    data["state"] = inside(dict(State.choices).get(data["state"], data["state"]))
    who = (row.actor.get_full_name() or row.actor.get_username()) if row.actor else "socialdesk"
    return Change(row.at, who, gettext(_DID.get(row.kind.partition(".")[2], row.kind)).format(**data))
