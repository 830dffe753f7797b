"""Searches that somebody keeps: theirs alone, under a name of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from inbox.models import SavedSearch
from inbox.services.conversations import Refused
from inbox.services.storable import storable

MOST = 50  # of one person
UNDO = timedelta(minutes=10)  # as long as a page offers to bring a deleted one back
_KEPT = timedelta(days=1)
_GONE = gettext_noop("This saved search is gone. Somebody deleted it, in another window maybe.")


def of(*, owner: int | OuterRef | None) -> QuerySet[SavedSearch]:
    """One's own, by name."""
    return SavedSearch.objects.filter(owner_id=owner, deleted_at=None).order_by("name", "pk")


def just_deleted(*, owner: AbstractBaseUser) -> SavedSearch | None:
    """The latest that one deleted, while it can be brought back."""
    since = timezone.now() - UNDO
    return SavedSearch.objects.filter(owner_id=owner.pk, deleted_at__gt=since).order_by("-deleted_at").first()


def save(*, owner: AbstractBaseUser, name: str, query: str) -> SavedSearch:
    """Keep a search. Raises Refused."""
    if not query or len(query) > 1000:
        raise Refused(gettext("There is nothing to save yet. Search for something, or choose a filter."))
    if of(owner=owner.pk).count() >= MOST:
        raise Refused(gettext("You have %(most)s saved searches. Delete one that you no longer need.") % {"most": MOST})
    return _saved(SavedSearch(owner_id=owner.pk, query=query), name)


def rename(*, owner: AbstractBaseUser, saved_id: int, name: str) -> SavedSearch:
    """Raises Refused."""
    found = SavedSearch.objects.filter(pk=saved_id, owner_id=owner.pk, deleted_at=None).first()
    if found is None:
        raise Refused(_GONE)
    return _saved(found, name)


def _saved(row: SavedSearch, name: str) -> SavedSearch:
    row.name = " ".join(storable(name).split())
    if not 1 <= len(row.name) <= 60:
        raise Refused(gettext("Give the search a name of 1 to 60 characters."))
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused(
            gettext("You have a saved search “%(name)s” already. Choose another name.") % {"name": row.name}
        ) from error
    return row


def delete(*, owner: AbstractBaseUser, saved_id: int) -> SavedSearch:
    """Raises Refused."""
    own = SavedSearch.objects.filter(pk=saved_id, owner_id=owner.pk)
    own.filter(deleted_at=None).update(deleted_at=timezone.now())
    found = own.first()
    if found is None:
        raise Refused(_GONE)
    return found


def restore(*, owner: AbstractBaseUser, saved_id: int) -> SavedSearch:
    """Bring back what one deleted. Raises Refused."""
    found = SavedSearch.objects.filter(pk=saved_id, owner_id=owner.pk).first()
    if found is None:
        raise Refused(gettext("It was deleted too long ago to be brought back. Save the search again."))
    found.deleted_at = None
    return _saved(found, found.name)


def prune() -> int:
    """Forget what was deleted a day ago."""
    return SavedSearch.objects.filter(deleted_at__lt=timezone.now() - _KEPT).delete()[0]


def with_tag(tag_id: int) -> QuerySet[SavedSearch]:
    """Everybody's that ask for this tag."""
    return SavedSearch.objects.filter(query__regex=rf"(^|&)tag={int(tag_id)}(&|$)")


def replace_tag(*, old: int, new: int) -> list[Any]:
    """Let them ask for another one. Returns what was changed, for put_back()."""
    changed = []
    for row in with_tag(old).select_for_update().order_by("pk"):
        query = QueryDict(row.query, mutable=True)
        query["tag"] = str(new)
        changed.append([row.pk, row.query, query.urlencode()])
        SavedSearch.objects.filter(pk=row.pk).update(query=changed[-1][2])
    return changed


def put_back(changed: Sequence[Any]) -> None:
    """As they were, where nobody has changed them since."""
    for pk, before, after in changed:
        SavedSearch.objects.filter(pk=pk, query=after).update(query=before)
