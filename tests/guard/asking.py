"""How these tests ask the guard: what it says about a text, as pairs of kind and found piece."""

from __future__ import annotations

from collections.abc import Sequence

from inbox.guard import Field, Finding, Level, Protection, Surroundings, find

NOTHING = Surroundings()


def found(
    texts: str | Sequence[str], around: Surroundings = NOTHING, level: Level | None = None
) -> set[tuple[str, str]]:
    """Kind and piece of every finding; the pieces are cut from the texts as they were written."""
    parts = [texts] if isinstance(texts, str) else texts
    return {
        (finding.kind.value, parts[finding.part][finding.start : finding.end])
        for finding in findings(parts, around)
        if level is None or finding.level is level
    }


def kinds(texts: str | Sequence[str], around: Surroundings = NOTHING, level: Level | None = None) -> set[str]:
    return {kind for kind, _ in found(texts, around, level)}


def held(texts: str | Sequence[str], around: Surroundings = NOTHING) -> set[str]:
    return kinds(texts, around, Level.HOLD)


def findings(parts: Sequence[str], around: Surroundings = NOTHING) -> list[Finding]:
    answer = find(parts, around)
    for finding in answer:
        assert 0 <= finding.start < finding.end <= len(parts[finding.part]), "a finding points into its text"
    return answer


def secret(name: str, value: str) -> Field:
    return Field(name, value, Protection.SECRET)


def soft(name: str, value: str) -> Field:
    return Field(name, value, Protection.SOFT)
