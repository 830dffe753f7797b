"""What every page must keep: no violation that axe finds, no sideways scrolling at 320 pixels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inbox.models import OutboxItem
from inbox.services import conversations
from routing.models import Membership, Topic
from routing.services import answering, notices, ruling
from tests import factories
from tests.browser import axe
from tests.browser.conftest import Desk, Person

pytestmark = pytest.mark.browser

TAGS = axe.TAGS


def _axe(person: Person) -> list[str]:
    return axe.violations(person.page)


@pytest.fixture
def full(desk: Desk) -> list[str]:
    """A desk with something in every state. Returns the pages to look at."""
    carol = desk.writes("carol", "The line is dead since Monday")
    desk.writes("dora", "My number ends in 605", privately=True)
    conversations.add_note(conversation_id=carol.pk, author=desk.people.bob, text="She phoned twice, @alice and @bob.")
    while notices.collect():
        continue
    for state in OutboxItem.State.values:
        OutboxItem.objects.create(
            kind="reply", state=state, author=desk.people.bob, client_key=state, reason="X timed out.",
            connection=desk.connection, conversation=carol, payload={"text": f"It is {state}", "visibility": "public"},
        )  # fmt: skip
    team = f"team-{desk.people.help_desk.pk}"
    pages = ["/inbox/mine/", f"/inbox/{team}/", f"/inbox/{team}/{carol.pk}/", "/held/", "/trouble/", "/connections/"]
    pages += [
        "/metrics/",
        "/metrics/rows/",
        "/metrics/arrivals/",
        "/metrics/resolutions/",
        "/metrics/reopenings/",
        "/metrics/waiting/",
        "/metrics/touches/",
        "/metrics/me/",
        "/me/",
        "/me/notifications/",
        "/notifications/",
        f"/conversations/{carol.pk}/assign/",
        *_settings(desk),
    ]
    return [*pages, "/nothing/"]


def _settings(desk: Desk) -> list[str]:
    """The settings pages, with something wrong on each."""
    experts = factories.team("Billing experts", kind="experts")
    topic = Topic.objects.create(name="Invoices")
    experts.topics.add(topic)
    Membership.objects.create(team=experts, user=desk.people.bob)
    rule = factories.rule("Refunds", experts, "refund", "phoned", languages=["fr"], topic=topic)
    factories.rule("Widely read", factories.team("Empty"), min_followers=10_000, enabled=False)
    ruling.delete(rule_id=factories.rule("Gone", experts, "gone").pk, actor=desk.people.bob)
    answering.set_answers(connection_id=desk.connection.pk, levels={experts.pk: "nothing"}, actor=desk.people.dana)
    return [
        "/settings/teams/", f"/settings/teams/{experts.pk}/", "/settings/people/",
        f"/settings/people/{desk.people.bob.pk}/", "/settings/rules/", f"/settings/rules/{rule.pk}/",
        "/settings/rules/new/", "/settings/rules/preview/?words=line", "/settings/answers/", "/me/away/",
        "/settings/macros/",
    ]  # fmt: skip


def test_axe_finds_nothing(full: list[str], sign_in: Callable[..., Person]) -> None:
    bob = sign_in("bob", bypass_csp=True)
    found: dict[tuple[str, str], list[str]] = {}
    for path in full:
        bob.open(path)
        found |= {(path, look): said for look, said in axe.in_every_look(bob.page) if said}
    assert found == {}


def test_nothing_scrolls_sideways_at_320(full: list[str], sign_in: Callable[..., Person]) -> None:
    bob = sign_in("bob", viewport={"width": 320, "height": 640})
    for path in full:
        bob.open(path)
        assert bob.page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_no_page_is_a_dead_end_on_a_phone(full: list[str], sign_in: Callable[..., Person]) -> None:
    bob = sign_in("bob", viewport={"width": 390, "height": 844})
    for path in full[:-1]:
        bob.open(path)
        bob.page.locator("a[href='#side'], a.back").filter(visible=True).first.wait_for()
    dana = sign_in("dana", viewport={"width": 390, "height": 844})
    for path in ("/trouble/", "/connections/", "/connections/add/", "/settings/teams/", "/me/"):
        dana.open(path)
        dana.page.get_by_role("link", name="Queues and pages").click()
        dana.page.get_by_role("navigation", name="Main").get_by_role("link", name="Connections").click()
        dana.page.wait_for_url("**/connections/")


def _edge(person: Person, selector: str, side: str) -> float:
    found: float = person.page.evaluate(
        "([one, side]) => document.querySelector(one).getBoundingClientRect()[side]", [selector, side]
    )
    return found


def test_the_sidebar_is_the_same_on_every_page(desk: Desk, sign_in: Callable[..., Person]) -> None:
    bob = sign_in("bob", viewport={"width": 1440, "height": 900})
    ends = set()
    for path in ("/inbox/mine/", "/metrics/", "/settings/teams/", "/connections/"):
        bob.open(path)
        ends.add(
            bob.page.evaluate("Math.round(document.querySelector('#queues .sub .n').getBoundingClientRect().right)")
        )
    assert len(ends) == 1
    dana = sign_in("dana", viewport={"width": 1440, "height": 900})
    dana.open("/connections/")
    assert _edge(dana, ".presence .who", "left") - _edge(dana, ".presence .av", "right") < 16


def test_the_tag_field_and_its_button_stand_in_one_line(desk: Desk, sign_in: Callable[..., Person]) -> None:
    carol = desk.writes("carol", "The line is dead since Monday")
    bob = sign_in("bob", viewport={"width": 1440, "height": 900})
    bob.open(f"/inbox/team-{desk.people.help_desk.pk}/{carol.pk}/")
    for side in ("top", "bottom"):
        assert abs(_edge(bob, "#tag-name", side) - _edge(bob, ".tag-add .btn", side)) < 1


@pytest.mark.parametrize("width", [390, 1280, 1440])
def test_the_cells_of_my_figures_fill_their_frame(width: int, desk: Desk, sign_in: Callable[..., Person]) -> None:
    bob = sign_in("bob", viewport={"width": width, "height": 900})
    bob.open("/metrics/me/")
    assert abs(_edge(bob, ".ledger > .fig:last-child", "right") - _edge(bob, ".ledger", "right")) < 2
    assert " ," not in bob.page.locator("#against").inner_text()


@pytest.mark.parametrize("width", [1101, 1241, 1280, 1366])
def test_the_name_and_every_button_above_a_conversation_are_in_sight(
    width: int, desk: Desk, sign_in: Callable[..., Person]
) -> None:
    carol = desk.writes("carol", "The line is dead since Monday")
    bob = sign_in("bob", viewport={"width": width, "height": 720})
    bob.open(f"/inbox/team-{desk.people.help_desk.pk}/{carol.pk}/")
    head = bob.page.locator("#head")
    end = bob.page.evaluate("document.querySelector('#conversation').getBoundingClientRect().right")
    for part in (
        head.get_by_role("heading", name="Carol"),
        *head.locator("button, summary").filter(visible=True).all(),
    ):
        box = part.bounding_box()
        assert box is not None
        assert box["width"] >= 24, part
        assert box["x"] + box["width"] <= end, part


def test_the_sign_in_page_is_clean(address: str, page: object) -> None:
    who = Person(page, address)  # type: ignore[arg-type]
    who.open("/accounts/login/")
    assert _axe(who) == []
