"""What somebody began to write: kept at every pause, found again on another machine, gone once it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from inbox.models import OutboxItem, SavedDraft
from inbox.services.storable import storable

LONGEST = 100_000  # characters of one text
POSTS = 24  # of a thread, after the first


def of(*, author: AbstractBaseUser, conversation_id: int) -> dict[str, SavedDraft]:
    """One's drafts of a conversation, by audience, in one statement."""
    rows = SavedDraft.objects.filter(author_id=author.pk, conversation=conversation_id)
    return {row.audience: row for row in rows}


def save(
    *,
    author: AbstractBaseUser,
    conversation_id: int,
    audience: str,
    text: str,
    more: Sequence[str] = (),
    line: str = "",
    fallback: str = "",
    client_key: str = "",
) -> None:
    """Keep it as it stands; nothing written is no draft.

    ``client_key`` is that of the form: what arrives after the form was sent is old, and is not kept.
    """
    if client_key and OutboxItem.objects.filter(author_id=author.pk, client_key=client_key).exists():
        return
    texts = [storable(part)[:LONGEST] for part in (text, line, fallback, *more[:POSTS])]
    if not any(part.strip() for part in texts):
        forget(author=author, conversation_id=conversation_id, audience=audience)
        return
    row = SavedDraft(
        author_id=author.pk, conversation_id=conversation_id, audience=audience, saved_at=timezone.now(),
        text=texts[0], line=texts[1], fallback=texts[2], more=texts[3:],
    )  # fmt: skip
    SavedDraft.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["author", "conversation", "audience"],
        update_fields=["text", "line", "fallback", "more", "saved_at"],
    )  # fmt: skip


def forget(*, author: AbstractBaseUser, conversation_id: int, audience: str) -> None:
    SavedDraft.objects.filter(author_id=author.pk, conversation=conversation_id, audience=audience).delete()
