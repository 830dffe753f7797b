"""How much of its quota a Page has used: the headers that tell, and the error when there is none left.

Meta: a page token may make 4,800 calls in 24 hours for each person engaged with the Page, and 200 for each
person engaged in Messenger. The sandbox counts every customer it knows as engaged with every Page, and ENGAGED
where there are fewer.
"""

from __future__ import annotations

import json
import math
import time

from connectors.sandbox.graph.problems import said
from connectors.sandbox.network import Network

DAY = 86_400.0
ENGAGED = 500
CALLS = {"pages": 4800, "messenger": 200}  # in 24 hours for each engaged person
CODES = {"pages": 80001, "messenger": 80006}
APP_HEADER, PAGE_HEADER, BUSINESS_HEADER = "x-app-usage", "x-page-usage", "x-business-use-case-usage"


def count(network: Network, page_id: int, kind: str, headers: dict[str, str]) -> None:
    """Counts one call of ``kind`` and adds the headers; Refused where the quota is used up."""
    limits = network.limits
    if not limits.on:
        return
    engaged = max(ENGAGED, network.store.one("SELECT count(*) FROM fb_people")[0])
    limit = max(1, limits.own.get(kind, CALLS[kind] * engaged))
    window = limits.window(kind, page_id, DAY)
    window.used += 1
    percent = min(100, math.floor(100 * window.used / limit))
    over = window.used > limit
    minutes = math.ceil((window.start + DAY - time.time()) / 60) if over else 0
    headers.update(business(page_id, kind, percent, minutes))
    headers[APP_HEADER] = plain(percent)
    if over:
        raise said(CODES[kind])


def plain(percent: int) -> str:
    return json.dumps({"call_count": percent, "total_cputime": 0, "total_time": 0})


def business(page_id: int | str, kind: str, percent: int, minutes: int) -> dict[str, str]:
    one = {
        "type": kind,
        "call_count": percent,
        "total_cputime": 0,
        "total_time": 0,
        "estimated_time_to_regain_access": minutes,
    }
    return {BUSINESS_HEADER: json.dumps({str(page_id): [one]})}


def exhausted(code: int, page_id: int | str, minutes: int) -> dict[str, str]:
    """The headers beside a rate limit's error: only those of business use cases tell for how long."""
    if code in (4, 17):
        return {APP_HEADER: plain(100)}
    if code == 32:
        return {PAGE_HEADER: plain(100)}
    kinds = {number: kind for kind, number in CODES.items()}
    return business(page_id, kinds[code], 100, minutes) if code in kinds else {}
