"""Text of strangers through every field, into every page, under the product's own policy: nothing runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from connectors.models import Connection, StreamGap, StreamState
from connectors.types import Audience, Author, Post
from inbox.models import Conversation, Macro, Message, OutboxItem, SavedDraft
from inbox.services import conversations
from inbox.services.ingest import ingest
from routing.services.assignment import route_due
from tests import factories
from tests.browser.conftest import Desk, Person

pytestmark = pytest.mark.browser

CORPUS = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "' onfocus=window.hit=1 autofocus='",
    "javascript:window.hit=1",
    "</textarea></title></style><script>window.hit=1</script>",
    "{{7*7}}{% load static %}${window.hit=1}",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<div hx-get=/me/ hx-trigger=load hx-on:htmx:load=window.hit=1>",
    "<base href=//evil.example><meta http-equiv=refresh content=0;url=//evil.example>",
    "\u202egnp.exe\u2066 \u200f\u200e RTL",
    "<a href=javascript:window.hit=1>x</a>\u2028\u2029",
]


def _posts() -> list[Post]:
    now = timezone.now()
    return [
        Post(
            external_id=f"9{index}",
            author=Author(external_id=f"h{index}", handle=evil[:180], name=evil, followers=3, avatar_url="https://evil.example/a"),
            text=evil,
            published_at=now,
            root_id=f"r{index}{evil[:60]}",
            audience=Audience.DIRECT if index % 3 == 2 else Audience.PUBLIC,
            url=evil if index % 2 else f"https://evil.example/{evil[:40]}",
            language=evil[:16],
        )
        for index, evil in enumerate(CORPUS)
    ]  # fmt: skip


def _everything_else(desk: Desk) -> None:
    evil = " ".join(CORPUS)
    Connection.objects.update(name=evil[:120], handle=evil[:120], state_reason=evil[:400])
    StreamState.objects.update(last_error=evil[:400], failures=2, last_invalid=evil[:400])
    stream = StreamState.objects.first()
    StreamGap.objects.create(stream=stream, after_id=CORPUS[0], before_id=CORPUS[1], reason=CORPUS[2])
    first = Conversation.objects.order_by("pk").first()
    assert first is not None
    conversations.add_note(conversation_id=first.pk, author=desk.people.bob, text=evil)
    for state in ("unknown", "rejected", "failed"):
        OutboxItem.objects.create(
            kind="reply", state=state, author=desk.people.bob, client_key=state, reason=CORPUS[1],
            connection=first.connection, conversation=first, payload={"text": evil, "visibility": "public"},
        )  # fmt: skip
    Message.objects.create(
        connection=first.connection, external_id="ctx", root=first.root, direction="context", visibility="public",
        audience="public", author=first.identity, text=evil, published_at=timezone.now(),
    )  # fmt: skip
    desk.people.alice.first_name = CORPUS[1]
    desk.people.alice.save()
    desk.people.help_desk.name = CORPUS[0]
    desk.people.help_desk.save()


def test_nothing_that_is_written_or_put_in_runs_in_the_composer(desk: Desk, sign_in: Callable[..., Person]) -> None:
    """Drafts, macros, what the guard marks, the dialog's passages and the names in the public line."""
    evil = " ".join(CORPUS)
    carol = desk.writes("carol", evil, name=CORPUS[1])
    Macro.objects.create(name=CORPUS[0], text=f"{evil} {{customer}}")
    draft = SavedDraft(author=desk.people.alice, conversation=carol, audience="direct", text=evil, comment=CORPUS[2])
    draft.line, draft.fallback = CORPUS[1], CORPUS[5]
    draft.save()
    alice = sign_in("alice")
    alice.opens(carol)
    editor = alice.page.get_by_label("Your text")
    assert editor.input_value() == evil
    assert CORPUS[2] in alice.page.locator(".returned:visible").inner_text()
    editor.fill("/")
    alice.page.get_by_role("option").click()
    editor.press("Control+Enter")
    alice.page.locator("#undo .undo").wait_for()
    alice.page.get_by_role("group", name="Who will read this").get_by_text("Publicly", exact=True).click()
    editor.fill(f"{CORPUS[1]} carol.lind@example.org {CORPUS[5]}")
    alice.page.locator(".mirror mark").wait_for()
    editor.press("Control+Enter")
    alice.page.get_by_role("dialog").locator("mark").wait_for()
    assert alice.page.evaluate("window.hit") is None
    assert alice.page.locator("iframe, base, [onerror], [onload], [onfocus], [srcdoc]").count() == 0
    assert alice.complaints == []


def test_no_text_of_a_stranger_runs_anywhere(desk: Desk, sign_in: Callable[..., Person]) -> None:
    desk.people.alice.profile.capacity = 50
    desk.people.alice.profile.save()
    factories.rule(CORPUS[1], desk.people.help_desk, "window")
    ingest(connection=desk.connection, posts=_posts())
    route_due()
    _everything_else(desk)
    bob = sign_in("bob")
    team = f"team-{desk.people.help_desk.pk}"
    ids = list(Conversation.objects.values_list("pk", flat=True))
    assert len(ids) == len(CORPUS)
    paths = [f"/inbox/{team}/", "/trouble/", "/connections/", "/metrics/", "/metrics/rows/", "/me/"]
    paths += [f"/inbox/{team}/{pk}/" for pk in ids]
    for path in paths:
        bob.open(path)
        bob.page.wait_for_load_state()
        assert bob.page.evaluate("window.hit") is None, path
        assert bob.page.locator("iframe, base, [onerror], [onload], [onfocus], [srcdoc]").count() == 0, path
        bad = "a[href^='javascript:' i], [href*='evil.example']:not([rel~=noopener])"
        assert bob.page.locator(bad).count() == 0, path
    assert bob.complaints == []
