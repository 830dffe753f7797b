"""The people and posts that tests speak of, made through the product's own services.

alice: agent in the help desk; bob: lead of both teams; erin: agent in Billing; dana: admin;
carol: the contact who writes to us.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from PIL import Image

from connectors.models import Connection
from connectors.types import Audience, Author, Media, Post
from inbox.models import Attachment, Conversation, MediaCopy, Message
from inbox.services import attachments, pictures
from inbox.services.ingest import ingest
from routing.models import AgentProfile, Membership, Rule, Team
from routing.services.assignment import route_due

_numbers = itertools.count(1_000_000)
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Desk:
    """A small company: two teams and five people."""

    help_desk: Team
    billing: Team
    alice: User
    bob: User
    erin: User
    dana: User
    connection: Connection


def person(
    username: str,
    *teams: Team,
    role: str = "agent",
    capacity: int = 8,
    availability: str = "available",
    first_name: str = "",
    password: str | None = None,
) -> User:
    """A user with a profile, as a member of ``teams``. A password costs time: only for signing in."""
    user = User(username=username, first_name=first_name or username.title())
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    takes = AgentProfile.takes_by_itself(role)
    AgentProfile.objects.create(
        user=user, role=role, capacity=capacity, availability=availability, takes_conversations=takes
    )
    Membership.objects.bulk_create(Membership(team=team, user=user) for team in teams)
    return user


def team(name: str, *, is_help_desk: bool = False, kind: str = "support") -> Team:
    return Team.objects.create(name=name, kind=Team.Kind.HELP_DESK if is_help_desk else kind)


def connection(name: str = "Norrline on X", *, network: str = "x") -> Connection:
    """An account without credentials: nothing can be sent or fetched with it."""
    number = next(_numbers)
    return Connection.objects.create(network=network, name=name, account_id=str(number), handle="norrline")


def desk(*, capacity: int = 8, availability: str = "available", password: str | None = None) -> Desk:
    """Everybody, with bob busy, so that new work goes to alice and erin."""
    help_desk, billing = team("Help desk", is_help_desk=True), team("Billing")
    shared: dict[str, Any] = {"capacity": capacity, "password": password}
    return Desk(
        help_desk=help_desk,
        billing=billing,
        alice=person("alice", help_desk, availability=availability, **shared),
        bob=person("bob", help_desk, billing, role="lead", availability="busy", **shared),
        erin=person("erin", billing, availability=availability, **shared),
        dana=person("dana", role="admin", availability="away", **shared),
        connection=connection(),
    )


def signed_in(user: Any) -> Client:
    """A browser in which ``user`` has signed in."""
    client = Client()
    client.force_login(user)
    return client


def rule(name: str, team: Team, *words: str, **conditions: Any) -> Rule:
    return Rule.objects.create(position=next(_numbers), name=name, words=list(words), team=team, **conditions)


def author(name: str = "carol") -> Author:
    return Author(external_id=f"id-{name}", handle=name, name=name.title())


def post(
    text: str = "My order has not arrived",
    *,
    by: str = "carol",
    direct: bool = False,
    root: str = "",
    published_at: datetime | None = None,
    language: str = "",
    followers: int | None = None,
    media: Sequence[Media] = (),
) -> Post:
    """A post as a connector hands it over."""
    number = str(next(_numbers))
    return Post(
        external_id=number,
        author=replace(author(by), followers=followers),
        text=text,
        published_at=published_at or timezone.now(),
        root_id=root or number,
        audience=Audience.DIRECT if direct else Audience.PUBLIC,
        language=language,
        media=media,
    )


def arrives(desk: Desk | SimpleNamespace, *posts: Post) -> list[int]:
    """These posts come in, in one batch. Returns their conversations."""
    return ingest(connection=desk.connection, posts=posts or (post(),)).conversation_ids


def conversation(desk: Desk | SimpleNamespace, text: str = "My order has not arrived", **facts: Any) -> Conversation:
    """One post came in; nobody has it yet."""
    return Conversation.objects.get(pk=arrives(desk, post(text, **facts))[0])


def routed(desk: Desk | SimpleNamespace, text: str = "My order has not arrived", **facts: Any) -> Conversation:
    """One post came in and was routed."""
    made = conversation(desk, text, **facts)
    route_due()
    return made


def many(number: int, **facts: Any) -> list[Post]:
    """Posts of as many customers."""
    return [post(f"Question {index}", by=f"customer{index}", **facts) for index in range(number)]


def picture(kind: str = "PNG", *, size: tuple[int, int] = (60, 40)) -> bytes:
    """A file with a picture in it: red and blue."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def attachment(conversation: Conversation, author: User, *, name: str = "IMG_0001.png") -> Attachment:
    """A picture that waits in the author's composer."""
    return attachments.add(author=author, conversation=conversation, data=picture(), name=name)


def pictured(conversation: Conversation) -> int:
    """The conversation's message, with a picture that was fetched."""
    message = Message.objects.get(conversation=conversation)
    listed = [{"id": "1", "kind": "photo", "url": "https://pictures.example/a.png", "alt": "A parcel"}]
    Message.objects.filter(pk=message.pk).update(facts={**message.facts, "media": listed})
    found = pictures.clean(picture())
    MediaCopy.objects.create(
        message=message, position=0, state="kept", settled_at=timezone.now(), mime=found.mime, width=found.width,
        height=found.height, data=found.data, small=found.small, small_mime=found.small_mime, size=len(found.data),
    )  # fmt: skip
    return message.pk
