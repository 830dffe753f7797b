"""How a bulk job stands, in words and figures: for the strip above a queue and for the job's own page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from inbox.downstream import policy
from inbox.models import Conversation
from routing.models import BulkItem, BulkJob

Kind, State = BulkJob.Kind, BulkItem.State
# While it is done, and once it is.
WORDS: Mapping[str, tuple[str, str]] = {
    Kind.ASSIGN: (_("Assigning %(number)s of %(total)s"), _("%(number)s assigned")),
    Kind.RESOLVE: (_("Resolving %(number)s of %(total)s"), _("%(number)s resolved")),
    Kind.TAG: (_("Tagging %(number)s of %(total)s"), _("%(number)s tagged")),
    Kind.REPLY: (_("Replying to %(number)s of %(total)s"), _("%(number)s answered")),
    Kind.HIDE: (_("Hiding %(number)s of %(total)s"), _("%(number)s hidden")),
}
# What is read first: what needs somebody.
ORDER = (State.FAILED, State.CHANGED, State.HELD, State.SKIPPED, State.UNDOING, State.WAITING, State.DONE, State.UNDONE)
_SAID = {
    State.HELD: _("%(number)s held for a lead"),
    State.CHANGED: _("%(number)s changed meanwhile"),
    State.FAILED: _("%(number)s not done"),
    State.SKIPPED: _("%(number)s stopped"),
    State.UNDONE: _("%(number)s taken back"),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """One job in figures. ``states`` holds how many conversations are in each state."""

    id: int
    kind: str
    running: bool
    states: Mapping[str, int]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Progress:
        return cls(row["id"], row["kind"], row["running"], row["states"] or {})

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def finished(self) -> int:
        return self.total - sum(self.states.get(state, 0) for state in BulkItem.OPEN)

    @property
    def troubled(self) -> bool:
        return any(self.states.get(state) for state in (State.FAILED, State.CHANGED, State.HELD))

    @property
    def words(self) -> str:
        """ "Resolving 12 of 43", or "41 resolved, 2 changed meanwhile"."""
        doing, done = WORDS[self.kind]
        if self.running:
            verb = _("Taking back %(number)s of %(total)s") if self.states.get(State.UNDOING) else doing
            return gettext(verb) % {"number": self.finished, "total": self.total}
        said = {State.DONE: done, **_SAID}
        parts = [
            gettext(word) % {"number": number} for state, word in said.items() if (number := self.states.get(state))
        ]
        return ", ".join(parts) or gettext("Nothing to do")


@dataclass(frozen=True, slots=True)
class Line:
    """One conversation of a job; its person only for those who may still see it."""

    item: BulkItem
    conversation: Conversation | None


def lines_of(job: BulkJob, viewer: User) -> Sequence[Line]:
    """What became of each, what needs somebody first. Three statements, whatever the number."""
    items = sorted(job.items.all(), key=lambda item: (ORDER.index(State(item.state)), item.pk))
    mine = policy().filter(viewer, Conversation.objects.filter(pk__in=[item.conversation_id for item in items]))
    seen = {row.pk: row for row in mine.select_related("identity", "connection")}
    return [Line(item, seen.get(item.conversation_id)) for item in items]


def progress_of(job: BulkJob, lines: Sequence[Line]) -> Progress:
    states: dict[str, int] = {}
    for line in lines:
        states[line.item.state] = states.get(line.item.state, 0) + 1
    return Progress(job.pk, job.kind, job.ended_at is None, states)


def can_be_undone(job: BulkJob, lines: Sequence[Line]) -> bool:
    """Something waits that can be stopped, or was done that can be taken back."""
    open_or_made = (line.item.state == State.WAITING or bool(line.item.made) for line in lines)
    return job.undone_at is None and any(open_or_made)
