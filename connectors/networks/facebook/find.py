"""Did an earlier send arrive? Facebook takes no key, so the thread or dialogue is read back.

``Absent`` is said only where the list was read to its end from before the first attempt on. Among several equal
candidates the oldest is taken, so that identical twins are told apart by what other items have claimed.
Refusals and time-outs are raised, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import GoneError, RejectedError
from connectors.items import Sorted
from connectors.networks.facebook.client import FacebookClient
from connectors.networks.facebook.parse import NODE, PERSON, Reader, following, items, mapping, moment
from connectors.networks.facebook.text import comparable
from connectors.text import alike, clean
from connectors.types import Absent, Draft, Post, Receipt, Unknown

MARGIN = timedelta(minutes=2)  # by which Facebook's clock may be behind ours
PAGES = 50  # of one list, before a person is asked instead

NO_START = "It is not recorded when this was first sent, so Facebook's list cannot be searched."
TOO_FAR = "Facebook does not show far enough back to tell whether this was sent."
SIMILAR = "Facebook holds a very similar text in the same place; look whether it is this one."
NO_THREAD = "Facebook no longer shows what this answers, so nobody can tell whether it arrived."
NO_DIALOGUE = "Facebook does not show this dialogue, so nobody can tell whether the message arrived."

Json = Mapping[str, Any]


class Search:
    """One look for one item: everything of ours from ``since`` on in the place where it would stand."""

    def __init__(self, client: FacebookClient, draft: Draft, prepared: Json, claimed_ids: Collection[str]) -> None:
        self.client, self.prepared, self.claimed = client, prepared, set(claimed_ids)
        self.since = (draft.started_at or datetime.now(UTC)).astimezone(UTC) - MARGIN
        self.person = draft.recipient_id
        self.reader = Reader(client.page, datetime.now(UTC))
        self.posts: list[Post] = []

    def comment(self) -> Receipt | Absent | Unknown:
        """Our replies to a comment; Facebook may hang a reply to a reply on the comment above both."""
        target = str(self.prepared["object_id"])
        try:
            above = "" if self.client.is_post(target) else self._above(target)
        except GoneError:
            return Unknown(NO_THREAD)
        places = [target, *([above] if NODE.fullmatch(above) else [])]
        whole = all(self._comments(place) for place in places)
        return self._judge([post for post in self.posts if post.in_reply_to in places], whole)

    def _above(self, comment: str) -> str:
        try:
            return clean(mapping(self.client.node(comment, ("id", "parent{id}")).get("parent")).get("id"))
        except GoneError:
            raise
        except RejectedError:  # a post that is not the page's own has no such field
            return ""

    def message(self) -> Receipt | Absent | Unknown:
        answer = self.client.conversations(person=self.person) if PERSON.fullmatch(self.person) else {}
        found = [mapping(item) for item in items(answer)]
        if not found:
            return Unknown(NO_DIALOGUE)
        return self._judge(self.posts, all(self._messages(conversation) for conversation in found))

    def private_reply(self) -> Receipt | Absent | Unknown:
        """The comment says whether it has had its private reply, and which dialogue that began."""
        about = str(self.prepared["answers"])
        wanted = ("id", "can_reply_privately") + (() if "post_id" in self.prepared else ("private_reply_conversation",))
        try:
            answer = self.client.node(about, wanted)
        except GoneError:
            return Unknown(NO_THREAD)
        begun = mapping(answer.get("private_reply_conversation"))
        if NODE.fullmatch(clean(begun.get("id"))):
            return self._judge(self.posts, self._messages({"id": begun["id"]}))
        if answer.get("can_reply_privately") is True:
            return Absent(1)
        return self.message()

    def _comments(self, place: str) -> bool:
        def ask(after: str) -> Json:
            return self.client.comments(place, since=int(self.since.timestamp()), after=after, stream="find")

        return self._read(ask, lambda raw: self.reader.comments(raw, place))

    def _messages(self, conversation: Json) -> bool:
        identifier = clean(conversation.get("id"))
        if not NODE.fullmatch(identifier):
            return False
        return self._read(
            lambda after: self.client.messages(identifier, after=after),
            lambda raw: self.reader.messages(raw, conversation),
        )

    def _read(self, ask: Callable[[str], Json], read: Callable[[list[Any]], Sorted]) -> bool:
        """Take a list, newest first, back to ``since``; whether all of it could be read that far."""
        after = ""
        for _ in range(PAGES):
            answer = ask(after)
            raw = items(answer)
            young = [item for item in raw if not self._old(item)]
            posts, unreadable = read(young)
            self.posts += posts
            after = following(answer)
            if unreadable:  # what cannot be read might be ours
                return False
            if not after or (raw and not young):
                return True
        return False

    def _old(self, item: Any) -> bool:
        at = moment(mapping(item).get("created_time"))
        return at is not None and at < self.since

    def _judge(self, posts: list[Post], whole: bool) -> Receipt | Absent | Unknown:
        ours = [p for p in posts if p.own and p.published_at >= self.since and p.external_id not in self.claimed]
        wanted, picture = comparable(str(self.prepared["text"])), bool(self.prepared.get("media"))
        equal = [post for post in ours if comparable(post.text) == wanted and _pictured(post) == picture]
        if equal:
            # Facebook's times are whole seconds; within one, the list itself tells which is older.
            oldest = min(reversed(equal), key=lambda post: post.published_at)
            return receipt(oldest)
        near = sum(alike(comparable(post.text), wanted) for post in ours)
        if near:
            return Unknown(SIMILAR, len(ours), near)
        return Absent(len(posts), len(ours)) if whole else Unknown(TOO_FAR, len(ours))


def _pictured(post: Post) -> bool:
    """Whether it has a picture of ours; Facebook hangs a preview on a text with a link too."""
    return any(item.kind == "photo" for item in post.media)


def find(
    client: FacebookClient, draft: Draft, prepared: Json, claimed_ids: Collection[str]
) -> Receipt | Absent | Unknown:
    if draft.started_at is None:
        return Unknown(NO_START)
    search = Search(client, draft, prepared, claimed_ids)
    looks = {"comment": search.comment, "message": search.message, "private_reply": search.private_reply}
    return looks[str(prepared["kind"])]()


def receipt(post: Post) -> Receipt:
    direct = post.peer is not None or post.root_id.startswith("t_")
    return Receipt(
        post.external_id,
        url="" if direct else post.url,
        published_at=post.published_at,
        dialogue_id=post.root_id if direct else "",
    )
