"""GET /healthz: is the desk whole? For load balancers and people; says nothing that a stranger may not know."""

from __future__ import annotations

import time
from collections.abc import Callable

import redis
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from inbox.services import pauses, restored
from socialdesk import broker, heartbeat

# Silent for longer than this, a part is not at work.
LONGEST_SILENCE = {"worker": 15.0, "beat": 15.0, "poller": heartbeat.LONGEST_TURN}

State = dict[str, bool | str]
UNKNOWN: State = {"ok": False, "detail": "unknown without a database"}
UNREADABLE: State = {"ok": False, "detail": "its table cannot be read: run migrate"}


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    database = _timed(_ask_database)
    parts = {"database": database, "broker": _timed(broker.ping)}
    for name, limit in LONGEST_SILENCE.items():
        parts[name] = _seen(name, limit) if database["ok"] else UNKNOWN
    if parts["poller"]["ok"] and _seen(heartbeat.HANGING, LONGEST_SILENCE["worker"])["ok"]:
        parts["poller"] = {"ok": False, "detail": "a reading thread hangs: restart the worker whose log says so"}
    parts["sending"] = _sending() if database["ok"] else UNKNOWN
    ok = all(part["ok"] for part in parts.values())
    return JsonResponse({"ok": ok, **parts}, status=200 if ok else 503)


def _timed(ask: Callable[[], None]) -> State:
    start = time.monotonic()
    try:
        ask()
    except (Error, redis.RedisError, OSError):
        # The error's own words may hold an address with a password.
        return {"ok": False, "detail": "does not answer"}
    return {"ok": True, "detail": f"answers in {(time.monotonic() - start) * 1000:.0f} ms"}


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _sending() -> State:
    try:
        at_home = restored.at_home()
    except Error:
        return UNREADABLE
    if at_home:
        paused = pauses.running()
        what = "everything" if paused and not paused[0].brand else f"{len(paused)} brand{'s' * (len(paused) > 1)}"
        return {"ok": True, "detail": f"a person paused {what}" if paused else "may send"}
    return {"ok": False, "detail": "stopped, because the database was restored or moved: run `manage.py restored`"}


def _seen(name: str, limit: float) -> State:
    try:
        seconds = heartbeat.seconds_since(name)
    except Error:
        return UNREADABLE
    if seconds is None:
        return {"ok": False, "detail": "never seen"}
    return {"ok": seconds <= limit, "detail": f"last seen {seconds:.0f} s ago"}
