"""What axe finds on a page, in the words of its rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1440, 390)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_OF_COLOURS = ["color-contrast", "link-in-text-block"]
_ASKED = """async runOnly => {
    const options = {runOnly, resultTypes: ['violations']};
    const found = await axe.run(options);
    return found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`);
}"""


def violations(page: Page, *, of_colours: bool = False) -> list[str]:
    """Axe is injected as a script of the test's own; the page's policy stays as it is for everything else."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    rules = {"type": "rule", "values": _OF_COLOURS} if of_colours else {"type": "tag", "values": TAGS}
    found: list[str] = page.evaluate(_ASKED, rules)
    return found


def in_every_look(page: Page) -> Iterator[tuple[str, list[str]]]:
    """On a desk and on a phone, light and dark: the look, and what axe finds in it. A theme changes colours alone."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            yield f"{width} {scheme}", violations(page, of_colours=scheme == "dark")
