"""A lead's page of figures, read off and clicked through as a person would."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from tests.independent.figures import Figures, said

TABLE = """table => ({
    head: [...table.querySelectorAll('thead th')].map(cell => cell.textContent.trim()),
    rows: [...table.querySelectorAll('tbody tr, tfoot tr')].map(row => [...row.children].map(
        cell => (cell.querySelector('bdi') || cell).textContent.replace('so far', '').trim())),
})"""
LEDGER = """part => Object.fromEntries([...part.querySelectorAll('.fig')].map(fig => {
    const value = fig.querySelector('.v').cloneNode(true);
    for (const small of value.querySelectorAll('small')) small.remove();
    return [fig.querySelector('h2').textContent, value.textContent.trim()];
}))"""
COUNTS = {"Arrivals": "arrivals", "Handled": "handled", "Publicly": "publicly", "Privately": "privately",
          "No reply due": "no_reply_due", "Resolutions": "resolutions", "Reopenings": "reopenings"}  # fmt: skip
TIMES = {"First response": "first_arrived_median", "First response p90": "first_arrived_p90",
         "Next response": "next_arrived_median", "Next response p90": "next_arrived_p90"}  # fmt: skip
FIGURES = {"Arrivals": "arrivals", "Handled interactions": "handled", "Resolutions": "resolutions",
           "Reopenings": "reopenings"}  # fmt: skip
CLOCKS = {"First response, arrived here": "first_arrived_median", "First response, published": "first_published_median",
          "Next response, arrived here": "next_arrived_median",
          "Next response, published": "next_published_median"}  # fmt: skip
NETWORKS = {"x": "X", "facebook": "Facebook"}
Line = dict[str, Any]


@dataclass(frozen=True)
class Dashboard:
    """The page that is open, and where its tables stand."""

    page: Page

    def table(self, place: str) -> list[dict[str, str]]:
        """Its rows by the words of their heads; a p90 is called after the time before it."""
        found = self.page.locator(f"{place} table").evaluate(TABLE)
        heads = [f"{found['head'][n - 1]} p90" if head == "p90" else head for n, head in enumerate(found["head"])]
        return [dict(zip(heads, row, strict=True)) for row in found["rows"]]

    def named(self, place: str) -> dict[str, dict[str, str]]:
        """Rows by their first cell."""
        return {next(iter(row.values())): row for row in self.table(place)}

    def ledger(self) -> dict[str, str]:
        return dict(self.page.locator("#figures").evaluate(LEDGER))

    def opened(self, link: Locator) -> tuple[str, int]:
        """The head and the number of rows of what a figure opens, in a tab of its own: the page stays as it is."""
        with self.page.context.expect_page() as waiting:
            link.click(modifiers=["ControlOrMeta"])
        tab = waiting.value
        tab.wait_for_load_state("domcontentloaded")
        head, rows = tab.get_by_role("heading", level=1).inner_text(), tab.locator("tbody tr").count()
        tab.close()
        return head, rows

    def download(self, table: str, folder: Path) -> dict[str, dict[str, str]]:
        """A table's CSV by a click; rows by their first column."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name=f"CSV of the table: {table}").click()
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        rows = list(csv.DictReader(io.StringIO(path.read_text())))
        return {next(iter(row.values())): row for row in rows}


def cells(line: Line, heads: list[str]) -> dict[str, str]:
    """What a table must show of a line of figures."""
    shown = {}
    for head in heads:
        if head in COUNTS:
            shown[head] = str(line[COUNTS[head]])
        elif head in TIMES:
            shown[head] = said(line[TIMES[head]])
        elif head == "Active":
            shown[head] = said(line["active"] or None)
    return shown


def ledger(line: Line, backlog: int | None) -> dict[str, str]:
    """What the ledger on top must show. Somebody's own has no arrivals, reopenings and backlog."""
    counted = FIGURES if backlog is not None else {name: what for name, what in FIGURES.items()
                                                   if what in ("handled", "resolutions")}  # fmt: skip
    shown = {name: str(line[what]) for name, what in counted.items()}
    shown |= {name: said(line[what]) for name, what in CLOCKS.items()}
    shown["Active handle time"] = said(line["active"] or None)
    return shown if backlog is None else {**shown, "Backlog now": str(backlog)}


def differences(board: Dashboard, wanted: Figures) -> list[str]:
    """Everything that the open page says otherwise than the second count."""
    found = []

    def compare(where: str, shown: Any, expected: Any) -> None:
        if shown != expected:
            found.append(f"{where}: the page says {shown}, counted {expected}")

    open_now = sum(team["open"] for team in wanted.backlog.values())
    compare("the ledger", board.ledger(), ledger(wanted.total, open_now))
    networks = {NETWORKS[key]: line for key, line in wanted.by("network").items()}
    for place, lines in (("#by-network", networks), ("#by-team", wanted.by("team")), ("#by-agent", wanted.workers)):
        rows = board.named(place)
        compare(f"names in {place}", set(rows) - {"All"}, set(lines))
        for name, line in [*lines.items(), *([("All", wanted.total)] if len(lines) > 1 else [])]:
            row = rows.get(name, {})
            heads = [head for head in row if head in COUNTS or head in TIMES or head == "Active"]
            compare(f"{name} in {place}", {head: row[head] for head in heads}, cells(line, heads))
    compare("the hours", _hours(board), {
        hour: (str(line["arrivals"]), str(line["handled"])) for hour, line in wanted.by("hour").items()
        if line["arrivals"] or line["handled"]
    })  # fmt: skip
    compare("the ages", {row["Waiting"]: row["Open"] for row in board.table("#ages-table")}["Under 1 h"], str(open_now))
    for team, row in board.named("#queues-now").items():
        mine = wanted.backlog.get(team, dict.fromkeys(("open", "unassigned", "pending", "snoozed"), 0))
        shown = [row["Open"], row["Unassigned"], row["Waiting for the customer"], row["Snoozed"]]
        compare(f"the backlog of {team}", shown, [str(number) for number in mine.values()])
    clocks = [
        f"{name}: {said(line['first_arrived_median'])} from arrival, "
        f"{said(line['first_published_median'])} from publishing"
        for name, line in networks.items()
        if line["first_arrived_median"] is not None
    ]
    compare("the two clocks", sorted(board.page.locator("#clocks a title").all_text_contents()), sorted(clocks))
    return found


def _hours(board: Dashboard) -> dict[str, tuple[str, str]]:
    rows = {row["Hour"]: (row["Arrivals"], row["Handled"]) for row in board.table("#time-table")}
    return {hour: numbers for hour, numbers in rows.items() if numbers != ("0", "0")}


def opens_to_its_rows(board: Dashboard, wanted: Figures) -> int:
    """Every figure of the ledger and of the tables is clicked. Returns how many were."""
    clicked = 0
    total = {**FIGURES, **{name: what.split("_")[0] + "_responses" for name, what in CLOCKS.items()}}
    for name, what in total.items():
        figure = board.page.locator("#figures .fig").filter(
            has=board.page.get_by_role("heading", name=name, exact=True)
        )
        clicked += _opens(board, figure.locator(".v a"), wanted.total[what], f"{name} of all")
    networks = {NETWORKS[key]: line for key, line in wanted.by("network").items()}
    for place, lines in (("#by-network", networks), ("#by-team", wanted.by("team")), ("#by-agent", wanted.workers)):
        for name, line in lines.items():
            row = board.page.locator(f"{place} tbody tr").filter(has=board.page.get_by_text(name, exact=True))
            for number, head in enumerate(board.named(place)[name]):
                what = COUNTS.get(head) or {"First response": "first_responses", "Next response": "next_responses"}.get(
                    head
                )
                if what:
                    link = row.locator("th, td").nth(number).locator("a")
                    clicked += _opens(board, link, line[what], f"{head} of {name}")
    return clicked


def _opens(board: Dashboard, link: Locator, number: int, what: str) -> int:
    if number == 0:
        assert link.count() == 0, f"{what} is 0 and opens something"
        return 0
    head, rows = board.opened(link)
    counted = re.match(r"\d+", head)
    assert counted is not None, f"{what} opens “{head}”"
    assert (int(counted[0]), rows) == (number, number), f"{what} is {number}, and opens “{head}” with {rows} rows"
    return 1


def csv_differences(board: Dashboard, wanted: Figures, folder: Path) -> list[str]:
    """What the downloads say otherwise than the tables above them and the second count."""
    found = []
    networks = {NETWORKS[key]: line for key, line in wanted.by("network").items()}
    for table, lines in (("networks", networks), ("teams", wanted.by("team")), ("agents", wanted.workers)):
        rows = board.download(table, folder)
        shown = board.named(f"#by-{table[:-1]}")
        if set(rows) != set(lines) or set(rows) != set(shown) - {"All"}:
            found.append(f"{table}: {sorted(rows)} in the file, {sorted(shown)} in the table, {sorted(lines)} counted")
            continue
        for name, line in lines.items():
            for what, number in line.items():
                text = rows[name][what]
                if (text == "") != (number is None) or (text and abs(float(text) - float(number)) > 0.002):
                    found.append(f"{table}, {what} of {name}: “{text}” in the file, {number} counted")
            for head, what in {**COUNTS, **TIMES}.items():
                if head in shown[name]:
                    text = rows[name][what]
                    if shown[name][head] not in (_times(text) if head in TIMES else (text,)):
                        found.append(f"{table}, {head} of {name}: {text} in the file, {shown[name][head]} in the table")
    return found


def _times(text: str) -> tuple[str, ...]:
    """What a table may show for a time of the file, which is rounded to thousandths of a second."""
    return tuple(said(float(text) + off) for off in (-0.0005, 0.0, 0.0005)) if text else (said(None),)
