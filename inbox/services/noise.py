"""Noise: public posts with certain words are stored and make no case, as if their author were muted.

Private messages always make one. So does what somebody writes who has a case that is not resolved, or whom the desk has
answered before: words alone never silence a customer whom we know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection as database
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from connectors.models import Connection
from connectors.types import Post
from inbox import phrases
from inbox.downstream import policy
from inbox.models import Conversation, Message, NoiseRule
from inbox.services import counts, events
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.storable import storable

MARK = "noise"  # in a message's facts: the rule that kept it from becoming a case
LONGEST, MOST_WORDS, MOST_RULES = 80, 50, 100
DAYS, LOOK, SHOWN, COUNTED = 7, 10_000, 20, 100  # of a preview
BACK = timedelta(days=1)  # so long an ended rule can be brought back

_KNOWN = """
SELECT DISTINCT i.id FROM inbox_identity i
JOIN inbox_contact c ON c.id = i.contact_id
JOIN inbox_contact same ON coalesce(same.person_id, same.id) = coalesce(c.person_id, c.id)
JOIN inbox_identity theirs ON theirs.contact_id = same.id
JOIN inbox_conversation talk ON talk.identity_id = theirs.id
WHERE i.id = ANY(%s) AND (talk.status <> 'resolved' OR talk.resolution = 'answered')
"""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would have kept: how many of the last days' posts (COUNTED + 1: more), and the newest of them."""

    count: int
    hits: Sequence[Message]

    @property
    def shown_count(self) -> str:
        return f"{COUNTED}+" if self.count > COUNTED else str(self.count)


def count_key(rule_id: int) -> str:
    return f"noise:{rule_id}"


def found(connection: Connection, posts: Mapping[str, Post], authors: Mapping[str, int]) -> dict[str, int]:
    """The rule that keeps a post from becoming a case, by the post's id. Counts them.

    ``authors`` are their identities. One statement where no rule is in force or none matches, else three.
    """
    rules = [(rule.pk, _ready(rule.words)) for rule in in_force().filter(_of(connection.pk))]
    hits: dict[str, int] = {}
    for key, post in posts.items() if rules else ():
        if not post.own and not post.context and post.audience.visibility.value == "public":
            text = phrases.plain(post.text)
            rule = next((pk for pk, words in rules if _any(words, text)), None)
            if rule is not None:
                hits[key] = rule
    known = _known({authors[key] for key in hits}) if hits else set()
    hits = {key: rule for key, rule in hits.items() if authors[key] not in known}
    counts.add({count_key(rule): list(hits.values()).count(rule) for rule in set(hits.values())})
    return hits


def in_force() -> QuerySet[NoiseRule]:
    return NoiseRule.objects.filter(ended_at=None).order_by("pk")


def _of(connection_id: int) -> Q:
    return Q(connection=None) | Q(connection=connection_id)


def _known(identities: Collection[int]) -> set[int]:
    with database.cursor() as cursor:
        cursor.execute(_KNOWN, [list(identities)])
        return {pk for (pk,) in cursor.fetchall()}


def _ready(words: Iterable[str]) -> list[str]:
    return [phrases.plain(word) for word in words]


def _any(words: Iterable[str], text: str) -> bool:
    return any(phrases.contains(text, word) for word in words)


def read(text: str) -> list[str]:
    """Words and phrases, one a line or with commas between them. Raises Refused with what is wrong."""
    parts = (" ".join(part.split()) for part in storable(text).replace(",", "\n").splitlines())
    words = list(dict.fromkeys(part for part in parts if part))
    if not words:
        raise Refused(gettext("Write at least one word or phrase, one a line."))
    if len(words) > MOST_WORDS:
        raise Refused(
            gettext("A rule has at most {most} words and phrases. Make a second one for the rest.").format(
                most=MOST_WORDS
            )
        )
    for word in words:
        if len(word) > LONGEST:
            raise Refused(
                gettext("“{word}…” has more than {most} characters. Shorten it to what always stands there.").format(
                    word=word[:30], most=LONGEST
                )
            )
        if not any(sign.isalnum() for sign in word):
            raise Refused(gettext("“{word}” has no letter or digit in it: it would match too much.").format(word=word))
    return words


def preview(*, words: Sequence[str], connection_id: int | None, viewer: AbstractBaseUser) -> Preview:
    """What of the last days, and of what ``viewer`` may see, has these words. Who wrote it is not asked here."""
    ready = _ready(words)
    seen = policy().filter(viewer, Conversation.objects.all())
    since = timezone.now() - timedelta(days=DAYS)
    rows = Message.objects.filter(
        direction=Message.Direction.IN, visibility="public", arrived_at__gte=since, conversation__in=seen
    )
    if connection_id is not None:
        rows = rows.filter(connection=connection_id)
    hits: list[int] = []
    for pk, text in rows.order_by("-pk").values_list("pk", "text")[:LOOK]:
        if _any(ready, phrases.plain(text)):
            hits.append(pk)
            if len(hits) > COUNTED:
                break
    newest = Message.objects.filter(pk__in=hits[:SHOWN]).select_related("author", "connection").order_by("-pk")
    return Preview(len(hits), list(newest))


@transaction.atomic
def keep_out(*, words: Sequence[str], connection_id: int | None, actor: AbstractBaseUser) -> NoiseRule:
    """From now on, public posts with any of ``words`` make no case. Raises Refused."""
    if in_force().count() >= MOST_RULES:
        raise Refused(
            gettext("There are {most} rules already. End one that is no longer needed first.").format(most=MOST_RULES)
        )
    if connection_id is not None and not Connection.objects.filter(pk=connection_id).exists():
        raise Refused(gettext("There is no such account. Choose one of the list."))
    rule = NoiseRule.objects.create(words=list(words), connection_id=connection_id, by_id=actor.pk)
    _tell("noise.kept_out", rule, actor)
    return rule


@transaction.atomic
def end(*, rule_id: int, actor: AbstractBaseUser) -> None:
    """Such posts make cases again. What came meanwhile stays without one. Raises Refused."""
    rows = NoiseRule.objects.filter(pk=rule_id, ended_at=None)
    if not rows.update(ended_at=timezone.now(), ended_by=actor.pk):
        raise Refused(gettext("Somebody has ended this rule already."))
    _tell("noise.ended", NoiseRule.objects.get(pk=rule_id), actor)


@transaction.atomic
def bring_back(*, rule_id: int, actor: AbstractBaseUser) -> None:
    """Undo an end. Raises Refused."""
    if not ended().filter(pk=rule_id).update(ended_at=None, ended_by=None):
        raise Refused(gettext("It is in force, or it ended too long ago. Make the rule again."))
    _tell("noise.kept_out", NoiseRule.objects.get(pk=rule_id), actor)


def ended() -> QuerySet[NoiseRule]:
    """What can still be brought back, the latest first."""
    return NoiseRule.objects.filter(ended_at__gt=timezone.now() - BACK).order_by("-ended_at")


def _tell(kind: str, rule: NoiseRule, actor: AbstractBaseUser) -> None:
    data = {"words": rule.words, "connection": rule.connection_id}
    events.emit([Fact(kind, None, actor.pk, "noise", rule.pk, data)])
