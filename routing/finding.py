"""Finding messages, notes and people: what may be asked, whose it is to see, and what a page or a program is shown.

Everything goes through the access policy as it is at that moment. A page costs the same wherever it lies, and nothing
is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from inbox import asks, describing, words
from inbox.api.fields import RowId
from inbox.api.pages import PageQuery
from inbox.downstream import downstream, policy
from inbox.marks import Pieces
from inbox.models import Conversation, ConversationTag, SearchEntry
from routing import selectors
from routing.models import Assignment

VISIBILITIES = ["public", "direct"]
KINDS = ["messages", "people"]
_LONGEST = 4000  # ms that a search may take
_RARE = 1000  # entries with what is looked for
_CANCELLED = "57014"
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


VIP = "Of people on this list, by its id, or on `any`."
FIELDS = (
    "Of what fields say: `ID:VALUE`, several with `;` between them. An option by its id, the beginning of a text, a "
    "number or a day, or a range of them: `10..20`, `2026-01-01..`."
)


class Described(PageQuery):
    """What may be asked of how conversations and people are described."""

    tag = RowId(required=False)
    vip = serializers.CharField(required=False, max_length=20, help_text=VIP)
    fields = serializers.CharField(required=False, max_length=asks.LONGEST, help_text=FIELDS)  # type: ignore[assignment]

    def validate_vip(self, value: str) -> str:
        if value != "any" and not (value.isascii() and value.isdigit() and len(value) < 19):
            raise ValidationError("Send a list's id, or `any`.")
        return value

    def validate_fields(self, value: str) -> Sequence[asks.Ask]:
        try:
            return asks.read(value)
        except asks.Unasked as error:
            raise ValidationError(str(error)) from None


class SearchQuery(Described):
    """What a search may say, in an address of a page as in a call. Values that are none are refused."""

    q = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text=f"Words, at most {words.MOST}; all of them are found together, the last one also as a beginning. "
        "In quotation marks they stand in this order. Without words: conversations, by the filters alone.",
    )
    kind = serializers.ChoiceField(
        KINDS, default="messages", help_text="`messages`, with notes; or `people`, by name and handle."
    )
    network = serializers.CharField(required=False, max_length=32)
    visibility = serializers.ChoiceField(
        VISIBILITIES, required=False, help_text="Of the message; of people and conversations: of the newest message."
    )
    status = serializers.ChoiceField(Conversation.Status.choices, required=False)
    team = RowId(required=False, help_text="The team that has it.")
    assignee = serializers.CharField(
        required=False, max_length=20, help_text="A colleague's id, `me`, or `none` for what nobody has."
    )
    since = serializers.DateField(required=False, help_text="A day in your own time zone, and later.")
    until = serializers.DateField(required=False, help_text="A day in your own time zone, and earlier.")

    def validate_q(self, value: str) -> words.Asked | None:
        try:
            return words.read(value) if value else None
        except words.Unasked as error:
            raise ValidationError(str(error)) from None

    def validate_assignee(self, value: str) -> str:
        return valid_assignee(value)

    def validate_since(self, value: date) -> date:
        if not _EARLIEST <= value <= _LATEST:
            raise ValidationError(gettext("Choose a day between 2000 and 2100."))
        return value

    validate_until = validate_since


def valid_assignee(value: str) -> str:
    if value not in ("me", "none") and not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ValidationError(gettext("Send a colleague's id, `me` or `none`."))
    return value


# Filter: the condition it is. What asks for an assignment or a tag is in narrowed.
_PLAIN = {"status": "status", "connection": "connection_id", "network": "connection__network"}
_NEWEST = {
    "visibility": "last_message__visibility",
    "contact": "identity__contact_id",
    "since": "last_incoming_at__gte",
    "until": "last_incoming_at__lt",
}


def narrowed(rows: QuerySet[Conversation], user: User, asked: Mapping[str, Any]) -> QuerySet[Conversation]:
    """``rows`` that fit the filters in ``asked``."""
    names = _PLAIN | _NEWEST
    rows = rows.filter(**{names[name]: value for name, value in asked.items() if name in names})
    if "tag" in asked:
        rows = rows.filter(Exists(ConversationTag.objects.filter(conversation=OuterRef("pk"), tag=asked["tag"])))
    if "vip" in asked:
        on_list = describing.on_list(None if asked["vip"] == "any" else int(asked["vip"]))
        rows = rows.filter(identity__contact__in=on_list)
    for ask in asked.get("fields", ()):
        rows = rows.filter(ask.fits())
    current = Assignment.objects.filter(conversation=OuterRef("pk"), ended_at=None)
    if "team" in asked:
        rows = rows.filter(Exists(current.filter(team=asked["team"])))
    if (who := asked.get("assignee")) == "none":
        rows = rows.exclude(Exists(current.filter(agent__isnull=False)))
    elif who is not None:
        rows = rows.filter(Exists(current.filter(agent=user.pk if who == "me" else int(who))))
    return rows


def rows_of(user: User, asked: Mapping[str, Any]) -> QuerySet[Any]:
    """What fits and ``user`` may see, each with its conversation as ``talk``. The newest has the highest id."""
    limits = {**asked, **_moments(asked)}
    visible = policy().filter(user, Conversation.objects.all())
    query: words.Asked | None = asked.get("q")
    if query is None:
        return narrowed(visible, user, limits).annotate(talk=F("pk"))
    entries = SearchEntry.objects.filter(words__finds=query.tsquery).defer("words")
    if asked["kind"] == "people":
        theirs = narrowed(visible, user, limits).filter(identity=OuterRef("identity")).order_by("-pk")
        return (
            entries.filter(identity__isnull=False)
            .annotate(talk=Subquery(theirs.values("pk")[:1]))
            .filter(talk__isnull=False)
        )
    entries = entries.filter(identity__isnull=True, message__deleted_at__isnull=True)
    if "visibility" in asked:
        entries = entries.filter(message__visibility=asked["visibility"])
    if "since" in limits:
        entries = entries.filter(at__gte=limits["since"])
    if "until" in limits:
        entries = entries.filter(at__lt=limits["until"])
    of_talk = {name: value for name, value in asked.items() if name not in _NEWEST}
    talks = narrowed(visible, user, of_talk).filter(pk=OuterRef("talk"))
    return (
        entries.annotate(talk=Coalesce("message__conversation_id", "note__conversation_id"))
        # A value and not EXISTS: of that PostgreSQL makes a join, and reads every conversation for a few words.
        .alias(seen=Subquery(talks.values("pk")[:1]))
        .filter(seen__isnull=False)
        .select_related("message__agent", "note__author")
    )


def _moments(asked: Mapping[str, Any]) -> dict[str, datetime]:
    """Days as moments: from the beginning of the first one to the end of the last one, where the reader lives."""
    found = {}
    for name, later in (("since", 0), ("until", 1)):
        if name in asked:
            day = datetime.combine(asked[name] + timedelta(days=later), datetime.min.time())
            found[name] = timezone.make_aware(day)
    return found


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found, as it is shown: a message, a note, a person or a conversation."""

    kind: str
    id: int
    conversation: Conversation
    at: datetime | None
    visibility: str  # "" where no customer reads it
    said_by: str  # who of us wrote it, where we did
    pieces: Pieces
    current: Assignment | None
    message_id: int | None = None
    spot: str = ""  # where in its conversation, as timeline.Line names it

    @property
    def address(self) -> str:
        """Of its conversation, which opens where it was said."""
        return downstream().address(self.conversation.pk) + (f"?at={self.spot}" if self.spot else "")

    @property
    def vips(self) -> list[str]:
        """The lists of people who matter that the customer is on."""
        return [row["name"] for row in self.conversation.vips]  # type: ignore[attr-defined]

    @property
    def text(self) -> str:
        return "".join(piece for piece, _ in self.pieces)

    @property
    def marks(self) -> list[tuple[int, int]]:
        """Where the words stand in ``text``, in code points."""
        found, at = [], 0
        for piece, why in self.pieces:
            if why:
                found.append((at, at + len(piece)))
            at += len(piece)
        return found


def page(user: User, asked: Mapping[str, Any], *, after: int | None, limit: int) -> tuple[list[Hit], int | None]:
    """The next hits behind ``after``, and where the page after them begins. Raises words.Unasked where it takes long.

    Five statements, whatever is found.
    """
    rows = rows_of(user, asked)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {_LONGEST}; SET LOCAL enable_seqscan = off")
            rows = _few(rows, asked.get("q"))
            found = list(rows.order_by("-pk")[: limit + 1])
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != _CANCELLED:
            raise
        raise words.Unasked(
            gettext("This search takes too long. Add a word or a filter, for example a team.")
        ) from error
    return _hits(found[:limit], asked.get("q")), found[limit - 1].pk if len(found) > limit else None


def _few(rows: QuerySet[Any], query: words.Asked | None) -> QuerySet[Any]:
    """Of a rare word only its own entries; of a common one all rows, to be walked from the newest.

    PostgreSQL cannot know how rare the beginning of a word is, and would walk them all for it.
    """
    if query is None:
        return rows
    ids = SearchEntry.objects.filter(words__finds=query.tsquery).values_list("pk", flat=True)[: _RARE + 1]
    few = list(ids)
    return rows.filter(pk__in=few) if len(few) <= _RARE else rows


def _hits(rows: Sequence[Any], query: words.Asked | None) -> list[Hit]:
    ids = {row.talk for row in rows}
    rows_of_them = Conversation.objects.select_related("identity", "connection", "last_message")
    talks = rows_of_them.annotate(vips=describing.marks_of_identity()).in_bulk(ids)
    current = selectors.assignments_of(ids)
    return [_hit(row, talks[row.talk], current.get(row.talk), query) for row in rows]


def _hit(row: Any, talk: Conversation, current: Assignment | None, query: words.Asked | None) -> Hit:
    newest = talk.last_message
    visibility = newest.visibility if newest else "public"
    if isinstance(row, Conversation):
        text = newest.text if newest else ""
        return Hit(
            "conversation", row.pk, talk, talk.last_incoming_at, visibility, "", words.excerpt(text, None), current
        )
    if row.identity_id is not None:
        who = talk.identity
        said = words.excerpt(f"{who.name} {'@' if who.handle else ''}{who.handle}".strip(), query)
        return Hit("person", row.pk, talk, talk.last_incoming_at, visibility, "", said, current)
    if row.note_id is not None:
        said_by = _name(row.note.author)
        return Hit("note", row.pk, talk, row.at, "", said_by, words.excerpt(row.note.text, query), current,
                   spot=f"n{row.note_id}")  # fmt: skip
    one = row.message
    said_by = "" if one.direction == "in" else _name(one.agent) if one.agent else talk.connection.name
    pieces = words.excerpt(one.text, query)
    return Hit("message", row.pk, talk, row.at, one.visibility, said_by, pieces, current, one.pk, f"m{one.pk}")


def _name(user: User) -> str:
    return user.get_full_name() or user.get_username()
