"""The catalogues of locale/ are whole and in step with the sources, and no template says anything past them."""

from __future__ import annotations

import gettext
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages import Catalog
from django.conf import settings
from django.template.base import Lexer, TokenType

from scripts import messages

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
FILES = [(language, domain) for language in LANGUAGES for domain in messages.DOMAINS]
HOLE = re.compile(r"%\((\w+)\)s|\{(\w*)\}")
TAG = re.compile(r"</?\w+")


def _both(said: object) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, tuple | list) else (str(said),)


def _entries(catalog: Catalog) -> dict[tuple[tuple[str, ...], str | None], tuple[str, ...]]:
    return {(_both(one.id), one.context): _both(one.string) for one in catalog if one.id}


def test_every_language_of_the_settings_has_catalogues() -> None:
    assert set(LANGUAGES) == set(messages.PLURALS) == {path.name for path in messages.LOCALE.iterdir()}


@pytest.mark.parametrize("domain", messages.DOMAINS)
def test_every_catalogue_says_what_the_sources_say_today(domain: str) -> None:
    now = {(_both(one.id), one.context) for one in messages.gather(domain) if one.id}
    assert len(now) > 40
    for language in LANGUAGES:
        assert set(_entries(messages.read(language, domain))) ^ now == set(), "run make messages, and translate"


@pytest.mark.parametrize(("language", "domain"), FILES)
def test_everything_is_translated_with_the_same_holes_and_tags(language: str, domain: str) -> None:
    catalog = messages.read(language, domain)
    assert [one.id for one in catalog if one.fuzzy and one.id] == []
    wrong = []
    for (ids, _), said in _entries(catalog).items():
        wrong += [ids[-1] for words in said if not words.strip()]
        assert len(said) == (catalog.num_plurals if len(ids) > 1 else 1), ids
        for form, words in enumerate(said):
            holes, asked = sorted(HOLE.findall(words)), sorted(HOLE.findall(ids[-1]))
            # "One message", "two messages": a form that stands for one number may leave the number out.
            counted = len(ids) > 1 and form < len(said) - 1 and form < 3
            fits = set(holes) <= set(asked) if counted else holes == asked
            if not fits or sorted(TAG.findall(words)) != sorted(TAG.findall(ids[-1])):
                wrong.append(words)
            if words.count("%%") != ids[-1].count("%%") or (words[0] == " ") != (ids[-1][0] == " "):
                wrong.append(words)
    assert wrong == []


@pytest.mark.parametrize(("language", "domain"), FILES)
def test_the_compiled_catalogue_is_the_written_one(language: str, domain: str) -> None:
    stored = (messages.LOCALE / language / "LC_MESSAGES" / f"{domain}.mo").read_bytes()
    assert stored == messages.compiled(language, domain), "run make messages"
    spoken = gettext.GNUTranslations(io.BytesIO(stored))
    for (ids, context), said in _entries(messages.read(language, domain)).items():
        if len(ids) == 1:
            assert (spoken.pgettext(context, ids[0]) if context else spoken.gettext(ids[0])) == said[0]
        else:
            assert {spoken.ngettext(*ids, number) for number in range(200)} == set(said)


# Templates ---------------------------------------------------------------------------------------

# The block "layout" is a class of the page.
BLOCK = re.compile(r"(blocktranslate|blocktrans|comment|block(?= layout))\b")
WORDY = re.compile(r"[^\W\d_]{2,}")
SAID = {"title", "aria-label", "placeholder", "alt", "label", "content"}
# Names, formats and keys, which are the same in every language.
SAME = {"socialdesk", "CSV", "p90", "Shift", "Esc", "Enter", "Ctrl", "Alt", "handle", "network", "plan", "shop"}


class Shown(HTMLParser):
    """What a page shows: its text, and the attributes that are read out or shown."""

    def __init__(self) -> None:
        super().__init__()
        self.within: list[str] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "pre", "code"):
            self.within.append(tag)
        names = dict(attributes)
        if tag != "meta":
            self.shown += [value for name, value in attributes if name in SAID and value]
        if tag == "input" and names.get("type") == "submit":
            self.shown.append(names.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self.within and tag == self.within[-1]:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.shown.append(data)


def untranslated(source: str) -> list[str]:
    """The words that a template shows outside of translate tags."""
    kept, inside = [], ""
    for token in Lexer(source).tokenize():
        if token.token_type is TokenType.BLOCK:
            if not inside and (found := BLOCK.match(token.contents)):
                inside = found[1]
            elif inside and token.contents.split()[0] == f"end{inside}":
                inside = ""
        elif token.token_type is TokenType.TEXT and not inside:
            kept.append(token.contents)
    parser = Shown()
    parser.feed("".join(kept))
    parser.close()
    return [word for text in parser.shown for word in WORDY.findall(text) if word not in SAME]


def test_what_a_template_shows_is_looked_through() -> None:
    said = '{% translate "Fine" %}{% blocktranslate %}Fine {{ x }}{% endblocktranslate %} <b title="Odd">Wrong</b>'
    assert untranslated(said + '<a class="no" href="/no/">1 · J</a><script>no</script>') == ["Odd", "Wrong"]


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.*")), ids=lambda path: path.name)
def test_no_template_says_anything_past_the_catalogues(path: Path) -> None:
    assert untranslated(path.read_text(encoding="utf-8")) == []
