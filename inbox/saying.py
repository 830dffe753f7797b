"""English that was written down or is declared outside of any language, said in the reader's."""

from __future__ import annotations

from django.utils.translation import get_language, gettext, override


def stored(sentence: object) -> str:
    """A whole sentence that stands in the database, or that a network or the guard declares, in English.

    In the reader's language where the catalogue knows it, else as it stands: one with a name in it stays English.
    """
    return gettext(str(sentence)) if sentence else ""


def english(words: object) -> str:
    """Words of the catalogue as they are written down: in English, whoever acts."""
    with override("en"):
        return str(words)


def inside(words: object) -> str:
    """Words as they stand inside of a sentence: in small letters, but in German, whose nouns keep their capital."""
    return str(words) if get_language() == "de" else str(words).lower()
