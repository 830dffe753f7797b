"""Muting: what somebody writes is stored and makes no case. Asked before a case exists, whatever way a post came.

A muted post is kept like what others write in a thread: without a conversation, a turn, an event or routing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone
from django.utils.translation import gettext

from connectors.models import Connection
from connectors.types import Post
from inbox.models import Contact, Mute
from inbox.services import events, noise
from inbox.services.conversations import Refused
from inbox.services.events import Fact

MARK = "muted"  # in a message's facts

_MUTED = """
SELECT i.id FROM inbox_mute m
JOIN inbox_contact muted ON muted.id = m.contact_id
JOIN inbox_contact c ON c.id = coalesce(muted.person_id, muted.id) OR c.person_id = coalesce(muted.person_id, muted.id)
JOIN inbox_identity i ON i.contact_id = c.id
WHERE m.ended_at IS NULL AND (m.connection_id IS NULL OR m.connection_id = %s) AND i.id = ANY(%s)
"""


def heeded(connection: Connection, posts: Mapping[str, Post], authors: Mapping[str, int]) -> dict[str, Post]:
    """``posts``, those of muted people and noise as what they become: somebody's words beside a thread, marked.

    ``authors`` are their identities, by the post's id. Two statements, where there is noise four.
    """
    muted = _muted(connection, set(authors.values()))
    silent = {key: _kept(post) for key, post in posts.items() if authors[key] in muted and not post.own}
    heard = {key: post for key, post in posts.items() if key not in silent}
    for key, rule in noise.found(connection, heard, authors).items():
        silent[key] = _kept(posts[key], {noise.MARK: rule})
    return {key: silent.get(key, post) for key, post in posts.items()}


def _muted(connection: Connection, identities: Collection[int]) -> set[int]:
    with database.cursor() as cursor:
        cursor.execute(_MUTED, [connection.pk, list(identities)])
        return {pk for (pk,) in cursor.fetchall()}


def _kept(post: Post, more: Mapping[str, int] = MappingProxyType({})) -> Post:
    """A post that would have been context anyway stays plain context: there is no case to be made of it."""
    return post if post.context else replace(post, context=True, extra={**post.extra, MARK: True, **more})


@transaction.atomic
def mute(*, contact_id: int, connection_id: int | None, actor: AbstractBaseUser) -> Mute:
    """From now on nothing that this person writes makes a case: to one account, or (None) to all. Raises Refused.

    What is open stays open and is answered as before.
    """
    person = Contact.objects.values_list("person", flat=True).get(pk=contact_id) or contact_id
    try:
        with transaction.atomic():
            done = Mute.objects.create(contact_id=person, connection_id=connection_id, by_id=actor.pk)
    except IntegrityError as error:
        raise Refused(gettext("This person is muted there already.")) from error
    _tell("contact.muted", done, actor)
    return done


@transaction.atomic
def listen(*, mute_id: int, actor: AbstractBaseUser) -> None:
    """Hear this person again. What came meanwhile stays without a case. Raises Refused if somebody did so already."""
    ended = Mute.objects.filter(pk=mute_id, ended_at=None).update(ended_at=timezone.now(), ended_by=actor.pk)
    if not ended:
        raise Refused(gettext("Somebody has taken this mute away already."))
    _tell("contact.heard", Mute.objects.get(pk=mute_id), actor)


def _tell(kind: str, done: Mute, actor: AbstractBaseUser) -> None:
    data = {"mute": done.pk, "connection": done.connection_id}
    events.emit([Fact(kind, None, actor.pk, "contact", done.contact_id, data)])
