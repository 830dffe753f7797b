"""Tags: making them, and putting them on conversations."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from inbox.models import ConversationTag, Tag
from inbox.services import events
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.storable import storable


def named(name: str) -> Tag | None:
    """The tag of this name, whatever its capitals and spaces."""
    return Tag.objects.filter(name__iexact=_plain(name)).first()


def _plain(name: str) -> str:
    return " ".join(storable(name).split())


def create(*, name: str, colour: str) -> Tag:
    """Make a tag. Raises Refused where one of this name exists, whatever its capitals."""
    return _save(Tag(), name, colour)


def change(*, tag_id: int, name: str, colour: str) -> Tag:
    """Give a tag another name or colour, on every conversation that has it."""
    return _save(Tag.objects.get(pk=tag_id), name, colour)


def _save(tag: Tag, name: str, colour: str) -> Tag:
    tag.name, tag.colour = _plain(name), colour
    if not 1 <= len(tag.name) <= 40:
        raise Refused("Give the tag a name of 1 to 40 characters.")
    if colour not in Tag.Colour.values:
        raise Refused(f"Choose one of these colours: {', '.join(Tag.Colour.values)}.")
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError as error:
        raise Refused(f"There is a tag “{tag.name}” already. Use that one, or choose another name.") from error
    return tag


def delete(*, tag_id: int) -> None:
    """Remove a tag from the desk and from every conversation."""
    Tag.objects.filter(pk=tag_id).delete()


def put(*, conversation_id: int, tag_id: int, actor: AbstractBaseUser) -> bool:
    """Put a tag on a conversation. False when it is there already."""
    with transaction.atomic():
        if Tag.objects.select_for_update(no_key=True).filter(pk=tag_id).first() is None:
            raise Refused("This tag was removed meanwhile. Choose another one.")
        _, new = ConversationTag.objects.get_or_create(
            conversation_id=conversation_id, tag_id=tag_id, defaults={"by_id": actor.pk}
        )
        if new:
            _tell("conversation.tagged", conversation_id, tag_id, actor)
        return new


def remove(*, conversation_id: int, tag_id: int, actor: AbstractBaseUser) -> bool:
    """Take a tag off a conversation. False when it was not there."""
    with transaction.atomic():
        gone, _ = ConversationTag.objects.filter(conversation_id=conversation_id, tag_id=tag_id).delete()
        if gone:
            _tell("conversation.untagged", conversation_id, tag_id, actor)
        return bool(gone)


def _tell(kind: str, conversation_id: int, tag_id: int, actor: AbstractBaseUser) -> None:
    events.emit([Fact(kind, conversation_id=conversation_id, actor_id=actor.pk, subject="tag", subject_id=tag_id)])
