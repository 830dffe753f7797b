"""Words and phrases in what people write, as whoever sets up a rule means them."""

from __future__ import annotations

import unicodedata

# Scripts written without spaces: there a word may stand inside a run of letters.
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF),
             (0xF900, 0xFAFF), (0x20000, 0x3FFFF))  # fmt: skip


def plain(text: str) -> str:
    """One spelling for what people read as the same: case, width, apostrophes, spaces, invisible marks."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    visible = "".join(sign for sign in folded if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", visible).split())


def contains(text: str, word: str) -> bool:
    """Whether ``word`` (or phrase) stands in ``text`` as a whole. Both are plain()."""
    start = text.find(word) if word else -1
    while start >= 0:
        end = start + len(word)
        if _boundary(text[start - 1 : start], word[0]) and _boundary(text[end : end + 1], word[-1]):
            return True
        start = text.find(word, start + 1)
    return False


def _boundary(outside: str, edge: str) -> bool:
    if not outside or not _letter(edge) or _unspaced(edge):
        return True
    return not _letter(outside)


def _letter(sign: str) -> bool:
    return sign.isalnum() or sign == "_" or unicodedata.category(sign).startswith("M")


def _unspaced(sign: str) -> bool:
    return any(low <= ord(sign) <= high for low, high in _UNSPACED)
