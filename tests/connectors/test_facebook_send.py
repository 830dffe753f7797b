"""What leaves for Facebook and when: windows, private replies, lengths, and what is found again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import registry
from connectors.base import Connector
from connectors.errors import GoneError, RejectedError, WindowClosed
from connectors.http import Http
from connectors.testing import Items
from connectors.types import Absent, Allowed, Denied, Draft, Receipt, Unknown, Visibility
from tests.connectors.facebook_world import FacebookWorld

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DIRECT = Draft("k", Visibility.DIRECT, "Hello", recipient_id="7", started_at=NOW)
ABOUT = {"public_id": "5_6", "public_at": NOW - HOUR}


def offline(**config: Any) -> Connector[Any]:
    """A connector for what needs no network."""
    given = {"account_id": "100", "base_url": "http://127.0.0.1:1", **config}
    return registry.build("facebook", given, {"access_token": "t", "app_secret": "s"}, Http(deadline=1))


@pytest.mark.parametrize(
    ("ago", "human_agent", "allowed"),
    [
        (23 * HOUR, False, True),
        (24 * HOUR, False, False),
        (25 * HOUR, True, True),
        (7 * DAY - HOUR, True, True),
        (7 * DAY, True, False),
    ],
)
def test_a_message_needs_an_open_window(ago: timedelta, human_agent: bool, allowed: bool) -> None:
    verdict = offline(human_agent=human_agent).can_send(replace(DIRECT, last_direct_at=NOW - ago), NOW)
    assert isinstance(verdict, Allowed if allowed else Denied)
    if isinstance(verdict, Denied):
        assert ("7 days" if human_agent else "24 hours") in verdict.reason


def test_without_a_window_a_comment_takes_one_private_reply_within_seven_days() -> None:
    facebook = offline()
    assert isinstance(facebook.can_send(DIRECT, NOW), Denied)
    verdict = facebook.can_send(replace(DIRECT, **ABOUT), NOW)
    assert isinstance(verdict, Allowed)
    assert "one private reply" in verdict.warnings[0]
    for change, word in (({"public_at": NOW - 7 * DAY}, "7 days"), ({"can_reply_privately": False}, "has had")):
        denied = facebook.can_send(replace(DIRECT, **{**ABOUT, **change}), NOW)
        assert isinstance(denied, Denied)
        assert word in denied.reason


def test_what_was_said_in_an_open_window_is_a_message_and_else_a_private_reply() -> None:
    facebook = offline()
    prepared = facebook.prepare(replace(DIRECT, **ABOUT, last_direct_at=NOW - HOUR))
    assert prepared["kind"] == "message"
    assert "answers" not in prepared
    late = facebook.prepare(replace(DIRECT, **ABOUT, last_direct_at=NOW - 2 * DAY))
    assert late == {"kind": "private_reply", "text": "Hello", "comment_id": "5_6", "answers": "5_6"}
    visitor = facebook.prepare(replace(DIRECT, public_id="100_9"))
    assert visitor["post_id"] == visitor["answers"] == "100_9"


def test_a_window_that_has_shut_since_is_not_tried() -> None:
    wrote = datetime.now(UTC) - 2 * DAY
    facebook = offline()
    prepared = facebook.prepare(replace(DIRECT, last_direct_at=wrote, started_at=wrote + HOUR))
    assert prepared["kind"] == "message"
    with pytest.raises(WindowClosed):
        facebook.send(DIRECT, prepared)


def test_public_and_private_are_never_swapped() -> None:
    facebook, public = offline(), Draft("k", Visibility.PUBLIC, "Hello", in_reply_to="5_6")
    for draft, other in ((public, DIRECT), (DIRECT, replace(public, in_reply_to="5_6"))):
        with pytest.raises(RejectedError):
            facebook.send(draft, facebook.prepare(other))


@pytest.mark.parametrize("target", ["", "..", "5/6", "5?fields=x", "../me", "5_6\n"])
def test_what_is_no_id_never_becomes_a_path(target: str) -> None:
    draft = Draft("k", Visibility.PUBLIC, "Hello", in_reply_to=target)
    facebook = offline()
    with pytest.raises(RejectedError):
        facebook.send(draft, facebook.prepare(draft))


def test_lengths_are_facebook_s() -> None:
    facebook = offline()
    assert facebook.measure("", Visibility.PUBLIC).limit == 8_000
    assert facebook.measure(" ä\r\nb ", Visibility.DIRECT).used == 3
    long = replace(DIRECT, text="x" * 2_001, last_direct_at=NOW)
    verdict = facebook.can_send(long, NOW)
    assert isinstance(verdict, Denied)
    assert "2001 of 2000" in verdict.reason


def private(facebook: FacebookWorld, comment: str, text: str = "Write to us here.") -> Draft:
    now = datetime.now(UTC)
    return Draft("p", Visibility.DIRECT, text, recipient_id="7", started_at=now, public_id=comment, public_at=now)


def test_a_comment_takes_one_private_reply_and_it_is_found(facebook: FacebookWorld) -> None:
    [comment] = facebook.publish(["my bill is wrong"])
    connector = facebook.connector()
    draft = private(facebook, comment)
    prepared = connector.prepare(draft)
    assert isinstance(connector.find_sent(draft, prepared, ()), Absent)
    receipt = connector.send(draft, prepared)
    assert receipt.external_id.startswith("m_")
    found = connector.find_sent(draft, prepared, ())
    assert isinstance(found, Receipt)
    assert found.external_id == receipt.external_id
    assert found.dialogue_id
    with pytest.raises(WindowClosed, match="one private reply"):
        connector.send(draft, prepared)
    assert len(facebook.sent()) == 1


def test_a_visitor_post_takes_one_too(facebook: FacebookWorld) -> None:
    [post] = facebook.sandbox.visitor_posts([{"page": "norrline", "handle": "carol", "text": "where is my router?"}])
    connector = facebook.connector()
    items = Items()
    assert items.poll(connector, "comments")
    assert items.posts[post].root_id == post
    draft = replace(private(facebook, post), recipient_id=items.posts[post].author.external_id)
    prepared = connector.prepare(draft)
    assert isinstance(connector.find_sent(draft, prepared, ()), Absent)
    receipt = connector.send(draft, prepared)
    found = connector.find_sent(draft, prepared, ())
    assert isinstance(found, Receipt)
    assert found.external_id == receipt.external_id


def test_the_dialogue_of_a_private_reply_is_the_commenter_s(facebook: FacebookWorld) -> None:
    """The number in a comment's ``from`` is the one in Messenger: so both meet in one case."""
    [comment] = facebook.comment([{"handle": "carol", "text": "my bill is wrong"}])
    connector = facebook.connector()
    connector.send(draft := private(facebook, comment), connector.prepare(draft))
    facebook.write_direct(["It is 4471."])
    public, direct = Items(), Items()
    public.poll(connector, "comments")
    direct.poll(connector, "messages")
    [own] = [post for post in direct.posts.values() if post.own]
    [answer] = [post for post in direct.posts.values() if not post.own]
    author = public.posts[comment].author
    assert (answer.author.external_id, answer.author.scope) == (author.external_id, facebook.page["page_id"])
    assert own.peer is not None
    assert own.peer.external_id == author.external_id


def test_a_reply_to_a_reply_is_found_wherever_facebook_hangs_it(facebook: FacebookWorld) -> None:
    [comment] = facebook.publish(["help"])
    [reply] = facebook.comment([{"handle": "dave", "text": "me too", "parent": comment}])
    connector = facebook.connector()
    draft = Draft("r", Visibility.PUBLIC, "We look into it.", in_reply_to=reply, started_at=datetime.now(UTC))
    prepared = connector.prepare(draft)
    assert isinstance(connector.find_sent(draft, prepared, ()), Absent)
    receipt = connector.send(draft, prepared)
    found = connector.find_sent(draft, prepared, ())
    assert isinstance(found, Receipt)
    assert found.external_id == receipt.external_id


def test_a_very_similar_text_is_for_a_person_to_judge(facebook: FacebookWorld) -> None:
    [comment] = facebook.publish(["help"])
    connector = facebook.connector()
    draft = Draft("r", Visibility.PUBLIC, "We look into it now.", in_reply_to=comment, started_at=datetime.now(UTC))
    connector.send(draft, connector.prepare(draft))
    other = replace(draft, text="We look into it now!")
    assert isinstance(connector.find_sent(other, connector.prepare(other), ()), Unknown)


def test_more_than_facebook_shows_of_a_dialogue_proves_nothing(facebook: FacebookWorld) -> None:
    facebook.write_direct(["hello"])
    connector, now = facebook.connector(), datetime.now(UTC)
    draft = replace(DIRECT, recipient_id=facebook.customer_id(), started_at=now, last_direct_at=now)
    prepared = connector.prepare(draft)
    facebook.sandbox.page_messages([{"page": "norrline", "handle": "carol", "text": f"and {n}"} for n in range(30)])
    assert isinstance(connector.find_sent(draft, prepared, ()), Unknown)


def test_a_dialogue_that_facebook_does_not_show_proves_nothing(facebook: FacebookWorld) -> None:
    connector, now = facebook.connector(), datetime.now(UTC)
    draft = replace(DIRECT, recipient_id="987654321", started_at=now, last_direct_at=now)
    assert isinstance(connector.find_sent(draft, connector.prepare(draft), ()), Unknown)


def test_a_private_reply_to_a_deleted_comment_is_gone(facebook: FacebookWorld) -> None:
    [comment] = facebook.publish(["help"])
    facebook.remove(comment)
    connector, draft = facebook.connector(), private(facebook, comment)
    with pytest.raises(GoneError):
        connector.send(draft, connector.prepare(draft))
    assert isinstance(connector.find_sent(draft, connector.prepare(draft), ()), Unknown)
