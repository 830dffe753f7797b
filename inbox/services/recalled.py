"""A muted post becomes a case after all, when a person says so."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext

from connectors.types import Audience, Author, Post
from inbox.models import Message
from inbox.services import events, muting, noise
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.ingest import ingest


@transaction.atomic
def make_case(*, message_id: int, actor: AbstractBaseUser) -> int:
    """The conversation in which a muted post waits for an answer now, as if it had just come. Raises Refused.

    It goes where it would have gone, and is routed from there; the mute itself stays.
    """
    held = Message.objects.select_for_update(of=("self",)).select_related("connection", "author")
    message = held.filter(pk=message_id, conversation=None, facts__has_key=muting.MARK).first()
    if message is None or message.author is None:
        raise Refused(gettext("Somebody made a case of it already."))
    if message.deleted_at:
        raise Refused(gettext("It was deleted at the network, so there is nothing to answer."))
    facts = {key: value for key, value in message.facts.items() if key not in (muting.MARK, noise.MARK)}
    Message.objects.filter(pk=message_id).update(facts=facts)
    made = ingest(connection=message.connection, posts=[_post(message)], heed_mutes=False)
    (conversation_id,) = made.conversation_ids
    data = {"visibility": message.visibility}
    events.emit([Fact("message.recalled", conversation_id, actor.pk, "message", made.message_ids[0], data)])
    return conversation_id


def _post(message: Message) -> Post:
    """What says where it belongs; its words, files and facts are stored already and stay as they are."""
    author = message.author
    if author is None:
        raise ValueError(f"{message} has no author.")
    return Post(
        external_id=message.external_id,
        author=Author(external_id=author.external_id, scope=author.scope, handle=author.handle, name=author.name),
        text=message.text,
        published_at=message.published_at,
        root_id=message.root,
        audience=Audience(message.audience),
        in_reply_to=message.in_reply_to,
    )
