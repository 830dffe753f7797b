"""One tag instead of two: on conversations, in saved searches and in what the stage below has. It can be undone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext

from inbox.downstream import downstream
from inbox.models import ConversationTag, Tag, TagMerge
from inbox.services import savedsearches, tags
from inbox.services.conversations import Refused

UNDO = timedelta(days=30)  # as long as a merge offers its undo; what it moved is forgotten then

_MOVE = """
UPDATE inbox_conversationtag t SET tag_id = %s WHERE tag_id = %s AND NOT EXISTS (
    SELECT FROM inbox_conversationtag o WHERE o.conversation_id = t.conversation_id AND o.tag_id = %s)
RETURNING conversation_id
"""
_BACK = "UPDATE inbox_conversationtag SET tag_id = %s WHERE tag_id = %s AND conversation_id = ANY(%s)"
# What had both gets the other one back where it still has the one, by who put it there then.
_BOTH = """
INSERT INTO inbox_conversationtag (conversation_id, tag_id, by_id, at)
SELECT had.conversation_id, %s, had.by_id, had.at
FROM json_to_recordset(%s) AS had(conversation_id bigint, by_id int, at timestamptz)
WHERE EXISTS (SELECT FROM inbox_conversationtag t WHERE t.conversation_id = had.conversation_id AND t.tag_id = %s)
"""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would change."""

    gone: Tag
    into: Tag
    conversations: int
    both: int  # of them have both already
    searches: int
    rules: int


def preview(*, tag_id: int, into_id: int) -> Preview:
    """Raises Refused. Nothing is changed by looking."""
    found = Tag.objects.in_bulk([tag_id, into_id])
    if tag_id == into_id or len(found) < 2:
        raise Refused(gettext("Choose another tag to merge this one into."))
    having = ConversationTag.objects.filter(tag=tag_id)
    both = having.filter(conversation__in=ConversationTag.objects.filter(tag=into_id).values("conversation"))
    return Preview(
        found[tag_id],
        found[into_id],
        having.count(),
        both.count(),
        savedsearches.with_tag(tag_id).filter(deleted_at=None).count(),
        downstream().asks_for_tag(tag_id),
    )


@transaction.atomic
def merge(*, tag_id: int, into_id: int, actor: AbstractBaseUser | None = None) -> TagMerge:
    """Every conversation with one tag has the other instead, and the one is gone. Raises Refused."""
    if tag_id == into_id:
        raise Refused(gettext("Choose another tag to merge this one into."))
    found = tags.locked(tag_id, into_id)
    gone, into = found[tag_id], found[into_id]
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [into_id, tag_id, into_id])
        moved = [pk for (pk,) in cursor.fetchall()]
    both = ConversationTag.objects.filter(tag=tag_id).values_list("conversation_id", "by_id", "at")
    done = TagMerge.objects.create(
        gone=gone.pk,
        name=gone.name,
        colour=gone.colour,
        archived_at=gone.archived_at,
        into=into.pk,
        moved=moved,
        both=[{"conversation_id": pk, "by_id": by, "at": at.isoformat()} for pk, by, at in both],
        searches=savedsearches.replace_tag(old=tag_id, new=into_id),
        below=list(downstream().tag_merged(tag_id, into_id)),
        by_id=actor.pk if actor else None,
    )
    tags.record(into, actor, f"took in “{gone.name}”")
    gone.delete()
    return done


@transaction.atomic
def undo(*, merge_id: int, actor: AbstractBaseUser | None = None) -> Tag:
    """Two tags again. What somebody changed since stays as they left it. Raises Refused."""
    done = TagMerge.objects.select_for_update().filter(pk=merge_id).first()
    if done is None or done.at < timezone.now() - UNDO:
        raise Refused(gettext("This merge is too old to be undone. Make the tag anew."))
    if done.undone_at is not None:
        raise Refused(gettext("Somebody has undone this merge already."))
    into = Tag.objects.select_for_update().filter(pk=done.into).first()
    if into is None:
        raise Refused(gettext("The tag that it was merged into is gone since. If it was merged, undo that first."))
    gone = Tag(pk=done.gone, name=done.name, colour=done.colour, archived_at=done.archived_at)
    try:
        with transaction.atomic():
            gone.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(
            gettext("Somebody made a tag “%(name)s” anew. Rename that one first.") % {"name": done.name}
        ) from error
    _give_back(done)
    savedsearches.put_back(done.searches)
    downstream().tag_separated(done.below)
    done.undone_by_id, done.undone_at = actor.pk if actor else None, timezone.now()
    done.save(update_fields=["undone_by", "undone_at"])
    tags.record(gone, actor, f"separated from “{into.name}” again")
    return gone


def _give_back(done: TagMerge) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BACK, [done.gone, done.into, done.moved])
        cursor.execute(_BOTH, [done.gone, json.dumps(done.both), done.into])


def undoable(*, limit: int = 5) -> list[TagMerge]:
    """The latest merges that can be undone, each with the tag that it went ``into_name``."""
    rows = TagMerge.objects.filter(undone_at=None, at__gt=timezone.now() - UNDO).defer("moved", "both")
    found = list(rows.select_related("by").order_by("-pk")[:limit])
    names = dict(Tag.objects.filter(pk__in=[row.into for row in found]).values_list("pk", "name"))
    for row in found:
        row.into_name = names.get(row.into, "")  # type: ignore[attr-defined]
    return [row for row in found if row.into in names]


def prune() -> int:
    """Forget what can no longer be undone."""
    return TagMerge.objects.filter(at__lt=timezone.now() - UNDO).delete()[0]
