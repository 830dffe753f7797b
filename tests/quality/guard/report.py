"""The guard's figures, each beside its target."""

from __future__ import annotations

import pytest

from tests.quality.guard import open_sets
from tests.quality.guard.locales import LOCALES
from tests.quality.guard.measure import ALARMS_TARGET, TARGETS, Group, Recall, Result, measure
from tests.quality.guard.replies import EVERYTHING, KINDS, ORDINARY, replies

ALARM_ROWS = (("sealed", "templates never shown"), ("open", "the open half"), (ORDINARY, "further open templates"))


def show(*, seed: int, times: int, misses: bool) -> bool:
    """Prints the figures; true when every target is met."""
    written = list(replies(seed=seed, times=times, halves=EVERYTHING))
    result = measure(written)
    print(f"The guard on {len(written):,} generated replies with records and direct threads (seed {seed})")
    good = _by_kind(result)
    _by_locale(result)
    _hostile(result)
    good &= _alarms(result)
    if misses:
        _misses(result)
    _open_sets()
    return good


def _by_kind(result: Result) -> bool:
    print(
        f"\n  {'Recall':14}{'templates never shown':>23}{'the open half':>15}{'held at all':>13}   target (never shown)"
    )
    good = True
    for kind in KINDS:
        sealed, opened = result.recall(kind=kind, half="sealed"), result.recall(kind=kind, half="open")
        both = Recall()
        both += sealed
        both += opened
        target = TARGETS.get(kind)
        met = target is None or sealed.share >= target
        good &= met
        wanted = f">= {target:.2f}{'' if met else '  MISSED'}" if target else ""
        print(f"  {kind:14}{sealed.share:23.3f}{opened.share:15.3f}{both.held_share:13.3f}   {wanted}")
    return good


def _by_locale(result: Result) -> None:
    print(f"\n  {'by locale':14}" + "".join(f"{locale:>8}" for locale in LOCALES))
    for kind in KINDS:
        cells = []
        for locale in LOCALES:
            both = result.recall(kind=kind, half="sealed", locale=locale)
            both += result.recall(kind=kind, half="open", locale=locale)
            cells.append(f"{both.share:8.2f}")
        print(f"  {kind:14}" + "".join(cells))


def _hostile(result: Result) -> None:
    print(f"\n  {'hostile forms':30}{'named':>8}{'held':>8}   of")
    for form in sorted({group.form for group in result.groups if group.half == "hostile"}):
        recall = result.recall(half="hostile", form=form)
        kinds = sorted({group.kind for group in result.groups if group.half == "hostile" and group.form == form})
        print(f"  {form:30}{recall.share:8.3f}{recall.held_share:8.3f}   {', '.join(kinds)}")


def _alarms(result: Result) -> bool:
    print(f"\n  {'false alarms per 1,000':30}{'held':>8}{'warned':>8}{'of':>8}   target: held <= {ALARMS_TARGET}")
    good = True
    for half, name in ALARM_ROWS:
        alarms = result.alarms[half]
        met = alarms.per_thousand <= ALARMS_TARGET
        good &= met
        cells = f"{alarms.per_thousand:8.1f}{alarms.warned_per_thousand:8.0f}{alarms.texts:8,}"
        print(f"  {name:30}{cells}   {'' if met else 'MISSED'}")
    return good


def _misses(result: Result) -> None:
    """Groups only; a text is shown of the open half alone."""
    print("\n  What was missed: kind, half, locale, form")

    def order(one: tuple[Group, Recall]) -> tuple[int, str, str]:
        return KINDS.index(one[0].kind), one[0].half, one[0].locale

    for group, recall in sorted(result.groups.items(), key=order):
        if recall.named < recall.planted:
            lost = f"{recall.planted - recall.named} of {recall.planted}, {recall.planted - recall.held} not held"
            sample = result.samples.get(group, "")
            print(f"    {group.kind} / {group.half} / {group.locale} / {group.form}: {lost}   {sample}")
    for (half, locale, kind), number in sorted(result.alarm_kinds.items()):
        print(f"    alarm / {half} / {locale} / {kind}: {number}")
    for sample in result.alarm_samples.values():
        print(f"    alarm: {sample}")


def _open_sets() -> None:
    print("\nThe guard on open sets, for information: made-up sentences, and people who are no company")
    try:
        recalls, alarms = open_sets.presidio()
        print(f"  {'presidio':16}{'recall':>8}{'held':>8}{'of':>6}")
        for row, recall in recalls.items():
            print(f"  {row:16}{recall.share:8.3f}{recall.held_share:8.3f}{recall.planted:6}")
        print("  False alarms per 1,000 texts that hold no personal data")
        print(f"  {'presidio rows':20}{alarms.per_thousand:8.1f}  of {alarms.texts:,}")
        for name, alarms in open_sets.people():
            print(f"  {name:20}{alarms.per_thousand:8.1f}  of {alarms.texts:,}")
    except pytest.skip.Exception as absent:
        print(f"  NOT MEASURED. {absent}")
