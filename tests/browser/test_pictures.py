"""Pictures in a browser: a customer's is shown without a request to anybody else, an agent's is added and described."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from inbox.models import Attachment, Conversation, Message
from inbox.services import media
from tests import factories
from tests.browser.conftest import Desk, Person
from tests.browser.test_hostile import CORPUS

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def near(desk: Desk, settings: Any) -> str:
    """The sandbox's pictures may be fetched, as in `make run`."""
    settings.MEDIA_ON_LOOPBACK = [urlsplit(desk.network.x_url).netloc]
    return settings.MEDIA_ON_LOOPBACK[0]


def sends(desk: Desk, *alts: str, kind: str = "JPEG") -> Conversation:
    data = base64.b64encode(factories.picture(kind, size=(900, 600))).decode()
    desk.network.post("carol", "@norrline It arrived like this", media=[{"data": data, "alt": one} for one in alts])
    desk.read()
    return Conversation.objects.get(identity__handle="carol")


def look(alice: Person, carol: Conversation) -> None:
    """The first look lets a worker fetch them; the cards ask again until they are there."""
    with alice.page.expect_response(re.compile(r"/media/\d+/\d+/$")):
        alice.opens(carol)
    assert media.fetch_due() >= 1


def loaded(pictures: Locator, number: int) -> None:
    """So many are there, and each is a picture that the browser could read."""
    expect(pictures).to_have_count(number)
    for one in pictures.all():
        expect(one).to_have_js_property("complete", True)
        assert one.evaluate("one => one.naturalWidth") > 0


def fetch(message: Message) -> None:
    """Everything of it, looked at or not."""
    for file in media.shown([message])[message.pk]:
        if file.fetched:
            media.want(file)
    media.fetch_due()


def test_a_customers_picture_is_shown_and_nobody_else_is_asked(desk: Desk, near: str, sign_in: SignIn) -> None:
    carol = sends(desk, "A parcel with a torn side", "")
    alice = sign_in("alice")
    look(alice, carol)
    shown = alice.page.get_by_role("img", name="A parcel with a torn side")
    expect(shown).to_be_visible()
    loaded(alice.page.locator(".pic img"), 2)
    expect(alice.page.get_by_role("img", name="Picture without description")).to_be_visible()
    assert near not in alice.page.content()
    with alice.page.expect_popup() as opened:
        shown.click()
    opened.value.wait_for_load_state()
    assert opened.value.url.startswith(f"{alice.address}/media/")
    alice.open(f"/inbox/mine/{carol.pk}/")  # the second look needs no worker
    expect(alice.page.get_by_role("img", name="A parcel with a torn side")).to_be_visible()
    assert media.fetch_due() == 0
    assert alice.complaints == []  # any request to another origin would be one


def test_what_cannot_be_shown_says_why(desk: Desk, sign_in: SignIn) -> None:
    """Without leave to ask this machine, the sandbox's picture is a stranger's in a private network."""
    carol = sends(desk, "A parcel")
    alice = sign_in("alice")
    look(alice, carol)
    card = alice.page.locator(".file")
    expect(card).to_contain_text("Picture cannot be shown")
    expect(card).to_contain_text("It lies at no https address, and others are not asked.")
    expect(card.get_by_role("link", name="Open at the network")).to_be_visible()
    assert alice.complaints == []


def test_hostile_names_and_descriptions_run_nowhere(desk: Desk, near: str, sign_in: SignIn) -> None:
    carol = sends(desk, "A parcel")
    message = Message.objects.get(conversation=carol)
    [file] = message.facts["media"]
    message.facts["media"] = [file | {"alt": evil, "kind": evil} for evil in CORPUS]
    astray = CORPUS[: media.MOST - len(CORPUS)]
    message.facts["media"] += [file | {"alt": evil, "url": evil} for evil in astray]
    message.save()
    alice = sign_in("alice")
    look(alice, carol)
    fetch(message)
    alice.open(f"/inbox/mine/{carol.pk}/")
    expect(alice.page.locator(".pic img")).to_have_count(len(CORPUS))
    expect(alice.page.locator(".file.not")).to_have_count(len(astray))
    assert alice.page.evaluate("window.hit") is None
    assert alice.page.locator("iframe, base, [onerror], [onload], [onfocus], [srcdoc]").count() == 0
    assert alice.page.locator("a[href^='javascript:' i], img[src^='http']").count() == 0
    assert alice.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_pictures_keep_the_looks(desk: Desk, near: str, sign_in: SignIn, scheme: str, width: int) -> None:
    carol = sends(desk, "A parcel with a torn side", "", "word" * 60)
    message = Message.objects.get(conversation=carol)
    message.facts["media"] += [
        {"id": "9", "kind": "video", "url": "https://127.0.0.1/film", "alt": ""},
        {"id": "8", "kind": "file", "alt": "x" * 90},
    ]
    message.save()
    for name in ("IMG_0001.png", "word" * 40):
        factories.attachment(carol, desk.people.alice, name=name)
    alice = sign_in("alice", color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    fetch(message)
    alice.open(f"/inbox/mine/{carol.pk}/")
    expect(alice.page.locator(".pic")).to_have_count(3)
    expect(alice.page.locator(".file")).to_have_count(2)
    expect(tray_of(alice).locator(".att")).to_have_count(2)
    assert alice.page.evaluate("document.documentElement.scrollWidth") <= width
    wide = (
        "[...document.querySelectorAll('#timeline, .files')].filter((one) => one.scrollWidth > one.clientWidth).length"
    )
    assert alice.page.evaluate(wide) == 0
    found = Axe().run(alice.page, options={"runOnly": {"type": "tag", "values": TAGS}})
    if folder := os.environ.get("PICTURES"):  # to look at
        alice.page.screenshot(path=f"{folder}/{scheme}-{width}.png")
    assert [one["id"] for one in found.response["violations"]] == []


def tray_of(alice: Person) -> Locator:
    """The composer asks for it once its page is there."""
    tray = alice.page.locator("#attachments")
    expect(tray.locator("[data-choose]")).to_be_attached()
    return tray


def test_a_picture_is_added_described_and_removed(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "Where is my router?")
    alice = sign_in("alice")
    alice.opens(carol)
    tray = tray_of(alice)
    files = [{"name": f"IMG_{n}.jpg", "mimeType": "image/jpeg", "buffer": factories.picture("JPEG")} for n in (1, 2)]
    tray.locator("[data-choose]").set_input_files(files)
    expect(tray.locator(".att")).to_have_count(2)
    assert [one.name for one in Attachment.objects.order_by("position")] == ["IMG_1.jpg", "IMG_2.jpg"]
    loaded(tray.locator("img"), 2)
    with alice.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        tray.get_by_label("What it shows").first.fill("The router and its two cables")
    assert Attachment.objects.get(name="IMG_1.jpg").alt == "The router and its two cables"
    tray.get_by_role("button", name="Remove IMG_2.jpg").click()
    expect(tray.locator(".att")).to_have_count(1)
    expect(tray.get_by_label("What it shows")).to_have_value("The router and its two cables")
    broken = {"name": "a.png", "mimeType": "image/png", "buffer": b"<svg onload='window.hit=1'/>"}
    with alice.page.expect_response(lambda answer: answer.status == 400):
        tray.locator("[data-choose]").set_input_files([broken])
    expect(tray.get_by_role("status")).to_contain_text("This is no picture")
    assert alice.page.evaluate("window.hit") is None
    assert [said for said in alice.complaints if "400" not in said] == []


def test_a_picture_is_pasted_and_dropped(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "Where is my router?")
    alice = sign_in("alice")
    alice.opens(carol)
    tray = tray_of(alice)
    data = base64.b64encode(factories.picture()).decode()
    for number, (kind, holder) in enumerate((("paste", "clipboardData"), ("drop", "dataTransfer")), 1):
        alice.page.evaluate(
            """([data, kind, holder]) => {
                const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
                const carried = new DataTransfer();
                carried.items.add(new File([bytes], `${kind}.png`, { type: 'image/png' }));
                const Kind = kind === 'paste' ? ClipboardEvent : DragEvent;
                const event = new Kind(kind, { bubbles: true, cancelable: true, [holder]: carried });
                document.querySelector('#text').dispatchEvent(event);
            }""",
            [data, kind, holder],
        )
        expect(tray.locator(".att")).to_have_count(number)
    assert {one.name for one in Attachment.objects.all()} == {"paste.png", "drop.png"}
    assert alice.complaints == []
