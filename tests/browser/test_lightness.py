"""What the first view weighs, and that what is typed stands there whatever the network does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from playwright.sync_api import Response, Route

from tests.browser.conftest import Desk, Person

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]
MOST = 200_000  # bytes of CSS and JavaScript, compressed
# From the key to the frame that shows its letter.
TIMED = """() => {
    window.took = [];
    let begun = 0;
    addEventListener("keydown", () => { begun = performance.now(); }, true);
    addEventListener("input", () => {
        const from = begun;
        requestAnimationFrame(() => window.took.push(performance.now() - from));
    }, true);
}"""


@pytest.fixture
def shipped(settings: Any, tmp_path: Path) -> Path:
    """The files as a production desk prepares them, each beside its compressed twin."""
    settings.STATIC_ROOT = tmp_path / "static"
    backend = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path / "static"


def _sent(folder: Path, address: str) -> int:
    """The bytes that a browser gets of it: the compressed twin, where there is one."""
    names = json.loads((folder / "staticfiles.json").read_text())["paths"]
    file = folder / names[urlsplit(address).path.removeprefix("/static/")]
    return min(one.stat().st_size for one in (file, file.with_name(file.name + ".gz")) if one.exists())


def test_the_first_view_is_light(desk: Desk, sign_in: SignIn, shipped: Path) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    loaded: dict[str, str] = {}

    def came(answer: Response) -> None:
        kind = answer.request.resource_type
        if kind in ("script", "stylesheet"):
            loaded[answer.url] = kind

    fresh = alice.page.context.new_page()
    fresh.on("response", came)
    fresh.goto(f"{alice.address}/inbox/mine/{carol.pk}/")
    fresh.wait_for_selector("#live span:text-is('Live')")
    weights = {address: _sent(shipped, address) for address in loaded}
    assert set(loaded.values()) == {"script", "stylesheet"}
    print(f"{len(weights)} files, {sum(weights.values()):,} bytes compressed")
    assert sum(weights.values()) <= MOST, weights


def test_typing_never_waits_for_the_network(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    held: list[Route] = []
    alice.page.route("**/*", lambda asked: held.append(asked))  # nothing is answered any more
    alice.page.evaluate(TIMED)
    alice.page.keyboard.press("r")
    said = "We look at it now, and tell you within the hour what it was."
    alice.page.keyboard.type(said, delay=20)
    assert alice.page.get_by_label("Your text").input_value() == said
    alice.page.wait_for_function("() => document.querySelector('#text').value && window.took.length > 50")
    took = alice.page.evaluate("window.took")
    print(f"a letter stands there after {median(took):.1f} ms, at worst {max(took):.1f} ms")
    alice.page.wait_for_timeout(500)
    assert {urlsplit(one.request.url).path for one in held} & {"/api/v1/measure/"}
    alice.page.unroute_all()
