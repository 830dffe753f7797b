"""`make screenshots`: every page of the demo desk, in both themes and at a phone's width.

They lie below build/screenshots/ then. A desk is started in a data folder of its own and stopped again; `--desk` looks
at one that runs already, as it is. The pictures that README.md and docs/ show are written anew into docs/images/: look
at them before you commit them.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from connectors.sandbox.harness import Control
from scripts import chromium

ROOT = Path(__file__).resolve().parents[1]
INTO = ROOT / "build" / "screenshots"
# What README.md and docs/ show, by page and view.
SHOWN = {
    ("inbox", "light"): "inbox.png",
    ("composer-guard", "dark"): "guard.png",
    ("dashboard", "dark"): "dashboard.png",
}
PORT = 18700
READY = 180  # seconds that a new desk may take, and then its story
LIVELY = 6  # conversations of alice
CALM = "Found it, your line comes on Friday. The details are in your messages."
LEAK = "Confirmed for Friday: we will call you on +49 30 5550 1234 or write to noor@example.com."
Step = Callable[[Page], None]


@dataclass(frozen=True)
class View:
    """How a page is looked at."""

    name: str
    width: int
    height: int
    dark: bool = False


VIEWS = (View("light", 1440, 900), View("dark", 1440, 900, True), View("phone", 390, 844),
         View("phone-dark", 390, 844, True))  # fmt: skip


@dataclass(frozen=True)
class Shot:
    """One page: what it is called, who looks at it, where it is, and what is done before.

    Without a path it is the conversation that lively() found.
    """

    name: str
    who: str
    path: str
    step: Step | None = None


def _on(page: Page, path: str) -> str:
    return re.sub(r"^(https?://[^/]+).*", r"\1", page.url) + path


def _addresses(page: Page, links: str) -> list[str]:
    """Of all these links at once: lists are live, and a row may be gone a moment later."""
    found: list[str] = page.locator(links).evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    return found


def _told(page: Page) -> str:
    """The path of a conversation of the queue that went from public to private; "" while there is none."""
    for path in _addresses(page, "#rows a.q"):
        text = page.request.get(_on(page, path)).text()
        if 'class="seg-pub"' in text and 'class="seg-dir"' in text:
            return path
    return ""


def _send(page: Page, text: str) -> None:
    page.get_by_role("group", name="Who will read this").get_by_text("Publicly", exact=True).click()
    page.get_by_label("Your text", exact=True).fill(text)
    page.keyboard.press("Control+Enter")


def asks(page: Page, conversation: str) -> None:
    """A reply of alice waits for a lead."""
    page.goto(_on(page, conversation))
    _send(page, LEAK)
    page.get_by_role("dialog", name="Not sent yet").get_by_role("button", name="Ask a lead").click()
    page.locator("#timeline p.b", has_text=LEAK).wait_for()


def fails(page: Page, sandbox: Control) -> None:
    """Another one was not taken by the network: what it answers is gone."""
    page.goto(_on(page, "/inbox/mine/?audience=public"))
    page.locator("#rows a.q", has=page.get_by_label("X", exact=True)).first.click()
    seen_at = str(page.locator("#timeline .m.in a.lk", has_text="View on X").last.get_attribute("href"))
    sandbox.delete(seen_at.rpartition("/")[2])
    _send(page, CALM)
    page.locator("#timeline p.b", has_text=CALM).wait_for()
    page.goto(_on(page, "/inbox/mine/"))
    page.locator("#unsent").wait_for(timeout=90_000)


def _writing(audience: str, text: str, told: str = "#len:not([hidden])") -> Step:
    """Somebody begins to write, as far as the guard has looked at it."""

    def write(page: Page) -> None:
        page.get_by_role("group", name="Who will read this").get_by_text(audience, exact=True).click()
        page.get_by_label("Your text", exact=True).fill(text)
        page.locator(told).wait_for()

    return write


def _follows(selector: str, within: str = "#main") -> Step:
    """The first such link of the page."""

    def follow(page: Page) -> None:
        page.goto(_on(page, str(page.locator(f"{within} {selector}").first.get_attribute("href"))))

    return follow


def _choosing(page: Page) -> None:
    """Some are chosen, and what can be done with them is open."""
    for box in page.locator("#rows .pick").all()[:3]:
        box.check(force=True)
    page.locator("#m-bulk summary").click()
    page.locator("#m-bulk").get_by_label("Tag", exact=True).wait_for()


def _searching(page: Page) -> None:
    """A search for a word of the first row, once its words can be found."""
    words = page.locator("#rows .q .tx").first.inner_text().split()
    word = max((word.strip(".,!?#@:") for word in words if word.isascii() and word[:1].isalpha()), key=len)
    until = time.monotonic() + READY
    while True:
        page.goto(_on(page, f"/search/?q={word}"))
        if page.locator("#rows .hit").count():
            return
        if time.monotonic() > until:
            raise SystemExit(f"After {READY} seconds “{word}” is not found.")
        page.wait_for_timeout(1000)


def _under_a_post(page: Page) -> None:
    """The first post of ours that several customers wrote under, once there is one in any queue."""
    until = time.monotonic() + READY
    queues = _addresses(page, "#queues a")
    while time.monotonic() < until:
        for queue in queues:
            page.goto(_on(page, queue))
            if found := _addresses(page, "#rows a.on-post"):
                page.goto(_on(page, found[0]))
                return
        page.wait_for_timeout(1000)
    raise SystemExit(f"After {READY} seconds no conversation leads to a post.")


def _jumping(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("a")
    page.locator("#palette-list [role=option]").first.wait_for()


SHOTS = (
    Shot("sign-in", "", "/accounts/login/"),
    Shot("inbox-list", "alice", "/inbox/mine/"),
    Shot("inbox", "alice", "", _writing("Publicly", CALM)),
    Shot("composer-private", "alice", "", _writing("Privately", CALM)),
    Shot("composer-guard", "alice", "", _writing("Publicly", LEAK, "#guard:not([hidden])")),
    Shot("search", "alice", "/inbox/mine/", _searching),
    Shot("palette", "alice", "/inbox/mine/", _jumping),
    Shot("contact", "alice", "", _follows("a[href^='/contacts/']", "#context")),
    Shot("bulk", "alice", "/inbox/mine/", _choosing),
    Shot("notifications", "alice", "/notifications/"),
    Shot("notification-settings", "alice", "/me/notifications/"),
    Shot("my-figures", "alice", "/metrics/me/"),
    Shot("me", "alice", "/me/"),
    Shot("forbidden", "alice", "/settings/teams/"),
    Shot("not-found", "alice", "/nothing/"),
    Shot("post", "bob", "/inbox/mine/", _under_a_post),
    Shot("held", "bob", "/held/"),
    Shot("trouble", "bob", "/trouble/"),
    Shot("dashboard", "bob", "/metrics/"),
    Shot("rows", "bob", "/metrics/rows/"),
    Shot("waiting", "bob", "/metrics/waiting/"),
    Shot("teams", "bob", "/settings/teams/"),
    Shot("people", "bob", "/settings/people/"),
    Shot("rules", "bob", "/settings/rules/"),
    Shot("rule", "bob", "/settings/rules/", _follows(".set a.n")),
    Shot("answers", "bob", "/settings/answers/"),
    Shot("tags", "bob", "/settings/tags/"),
    Shot("fields", "bob", "/settings/fields/"),
    Shot("vips", "bob", "/settings/vips/"),
    Shot("macros", "bob", "/settings/macros/"),
    Shot("macro", "bob", "/settings/macros/", _follows("#macro-set a.btn")),
    Shot("knowledge", "bob", "/settings/knowledge/"),
    Shot("article", "bob", "/settings/knowledge/", _follows("#article-set a.lk")),
    Shot("noise-words", "bob", "/muted/words/"),
    Shot("connections", "dana", "/connections/"),
    Shot("connection", "dana", "/connections/", _follows("a.n")),
    Shot("connection-add", "dana", "/connections/add/x/"),
    Shot("rule-as-admin", "dana", "/settings/rules/", _follows(".set a.n")),
    Shot("records", "dana", "/settings/records/"),
    Shot("public-numbers", "dana", "/settings/public/"),
)


@contextmanager
def desk() -> Iterator[tuple[str, Path]]:
    """A new demo desk: its address and its data folder. Its data stays until the next one."""
    data = INTO / "desk"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    environment = {**os.environ, "PORT": str(PORT), "SANDBOX_PORT": str(PORT + 1), "SOCIALDESK_DATA": str(data)}
    with (INTO / "desk.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "socialdesk.embedded.run"], cwd=ROOT, env=environment, stdout=log
        )
    try:
        until = time.monotonic() + READY
        while b"is ready" not in (INTO / "desk.log").read_bytes():
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"The demo desk did not come up: see {INTO / 'desk.log'}.")
            time.sleep(0.5)
        yield f"http://127.0.0.1:{PORT}", data
    finally:
        process.terminate()
        process.wait(60)


def signed_in(browser: Browser, address: str, who: str, password: str, view: View) -> Page:
    scheme: Literal["light", "dark"] = "dark" if view.dark else "light"
    size: ViewportSize = {"width": view.width, "height": view.height}
    page = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce").new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{address}/accounts/login/")
    if who:
        page.get_by_label("Name").fill(who)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector("#side", state="attached")
    return page


def lively(page: Page, address: str) -> str:
    """Waits until the story has begun. Returns the path of a conversation that went from public to private."""
    until = time.monotonic() + READY
    while True:
        page.goto(f"{address}/inbox/mine/")
        if page.locator("#rows a.q").count() >= LIVELY and (path := _told(page)):
            return path
        if time.monotonic() > until:
            raise SystemExit(f"After {READY} seconds the story has not come far enough for alice.")
        page.wait_for_timeout(2000)


def photograph(page: Page, address: str, shot: Shot, view: View) -> None:
    page.goto(address + shot.path)
    if shot.step:
        shot.step(page)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(500)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.save(INTO / f"{shot.name}-{view.name}.png")
    if (shot.name, view.name) in SHOWN:
        small = image.quantize(128, dither=Image.Dither.NONE)
        small.save(ROOT / "docs" / "images" / SHOWN[shot.name, view.name], optimize=True)


def take(
    browser: Browser, address: str, passwords: Mapping[str, str], shots: Sequence[Shot], views: Sequence[View]
) -> None:
    for view in views:
        for who in dict.fromkeys(shot.who for shot in shots):
            page = signed_in(browser, address, who, passwords.get(who, ""), view)
            for shot in shots:
                if shot.who == who:
                    photograph(page, address, shot, view)
            page.goto("about:blank")  # a page that is left saves its draft
            page.context.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desk", help="The address of a desk that runs already, such as http://127.0.0.1:8000.")
    parser.add_argument("--data", type=Path, help="The data folder of that desk.")
    parser.add_argument("--views", default="", help="Names of views, with commas between them.")
    parser.add_argument("--only", default="", help="Names of pages, with commas between them.")
    options = parser.parse_args()
    if bool(options.desk) != bool(options.data):
        parser.error("--desk and --data belong together.")
    INTO.mkdir(parents=True, exist_ok=True)
    views = [view for view in VIEWS if not options.views or view.name in options.views.split(",")]
    wanted = [shot for shot in SHOTS if not options.only or shot.name in options.only.split(",")]
    with (
        nullcontext((options.desk, options.data)) if options.desk else desk() as (address, data),
        sync_playwright() as play,
    ):
        passwords = json.loads((data / "demo-passwords.json").read_text())
        browser = play.chromium.launch(executable_path=chromium.find(), args=[*chromium.ARGS])
        alice = signed_in(browser, address, "alice", passwords["alice"], VIEWS[0])
        conversation = lively(alice, address)
        wanted = [replace(shot, path=shot.path or conversation) for shot in wanted]
        hers = [shot for shot in wanted if shot.who in ("", "alice")]
        take(browser, address, passwords, hers, views)
        if not options.desk:
            asks(alice, conversation)
            fails(alice, Control(f"http://127.0.0.1:{PORT + 1}"))
        take(browser, address, passwords, [shot for shot in wanted if shot not in hers], views)
        browser.close()
    print(f"{len(wanted)} pages, each in {len(views)} views: {INTO}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
