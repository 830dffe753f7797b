"""The poller: reads what is due, one page and its cursor a transaction.

A row of StreamState is the job. A lease keeps two workers apart; whoever lost it saves nothing. Its lane says
how the latest turn went: what takes long is read by a bounded share of the readers (crew.py), so that nobody who
answers at once waits for it.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.db import connection as database
from django.db.models import F
from django.utils import timezone

from connectors.base import Connector
from connectors.errors import AuthError, ConnectorError, RateLimited, TransientError
from connectors.models import Lane, StreamGap, StreamState
from connectors.types import InvalidPost, Page, Post
from inbox.health import FAILING
from inbox.models import Message
from inbox.services import events, tokens
from inbox.services.connections import unauthorised
from inbox.services.events import Fact
from inbox.services.ingest import ingest
from inbox.services.outbox import backoff

log = logging.getLogger(__name__)

# One turn of a stream; what is left is due again at once, behind everybody else who is due.
PAGES_PER_TURN = 20
SECONDS_PER_TURN = 5.0
LONG = 2.0  # a turn of so many seconds is no quick one
CONTEXTS_PER_PAGE = 10
RATE_PAUSE = timedelta(minutes=1)  # where a network says "too many" and names no time


class LeaseLost(Exception):
    """Another worker took the stream over; what it saves counts."""


def poll_due(*, limit: int = 20, lane: int = Lane.BROKEN) -> int:
    """Read the streams that are due up to this lane, the longest due first. Returns how many were read."""
    done = 0
    while done < limit and turn(lane):
        done += 1
    return done


def turn(lane: int) -> bool:
    """Read the stream that is due for longest up to this lane; False where none is."""
    state = _claim(lane)
    if state is not None:
        poll_stream(state)
    return state is not None


def waiting() -> dict[int, int]:
    """How many streams are due, by lane."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT s.lane, count(*) FROM {_DUE} GROUP BY s.lane", [timezone.now()] * 2)
        return dict(cursor.fetchall())


_DUE = """
    connectors_streamstate s JOIN connectors_connection c ON c.id = s.connection_id
    WHERE s.next_poll_at <= %s AND (s.lease_until IS NULL OR s.lease_until < %s) AND c.state = 'active'
"""


def _claim(lane: int) -> StreamState | None:
    token, now = uuid.uuid4(), timezone.now()
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE connectors_streamstate SET lease_token = %s, lease_until = %s,
                late = extract(epoch FROM %s - next_poll_at)
            WHERE id = (
                SELECT s.id FROM {_DUE} AND s.lane <= %s ORDER BY s.next_poll_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED
            ) RETURNING id
            """,
            [token, now + timedelta(seconds=settings.POLL_LEASE), now, now, now, lane],
        )
        row = cursor.fetchone()
    return StreamState.objects.select_related("connection").get(pk=row[0]) if row else None


def poll_stream(state: StreamState) -> None:
    """Read one stream from its cursor on, and say on its row how that went. Raises only for the database."""
    began = time.monotonic()
    state.connection.patience = _patience(state.lane)
    try:
        more = tokens.using(state.connection, lambda connector: _walk(state, connector))
    except LeaseLost:
        return
    except ConnectorError as error:
        _failed(state, error, time.monotonic() - began)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("stream %s: reading failed unexpectedly", state.pk)
        strange = ConnectorError(f"Something unexpected happened while reading ({type(error).__name__}).")
        _failed(state, strange, time.monotonic() - began)
    else:
        _finished(state, more, time.monotonic() - began)


def _walk(state: StreamState, connector: Connector[Any]) -> bool:
    """Save page after page. Returns whether more is waiting after this turn."""
    ends = time.monotonic() + SECONDS_PER_TURN
    try:
        for number, page in enumerate(connector.fetch(state.stream, state.cursor), 1):
            new = _save(state, page)
            _add_context(state, connector, new, ends)
            if page.complete:
                return False
            if number >= PAGES_PER_TURN or time.monotonic() > ends:
                return True
        return False
    finally:
        _note_budget(state, connector)


def _save(state: StreamState, page: Page) -> list[Post]:
    """A page and its cursor in one transaction. Returns the posts that were not known before."""
    try:
        with transaction.atomic():
            _move_cursor(state, page)
            result = ingest(connection=state.connection, posts=page.items)
        bad: Sequence[InvalidPost] = ()
    except OperationalError:
        raise
    except (DatabaseError, ValueError, TypeError):
        log.exception("stream %s: a page could not be stored whole; storing its items one by one", state.pk)
        result, bad = None, _save_singly(state, page)
    _note_invalid(state, [*page.invalid, *bad])
    if result is None or not result.message_ids:
        return []
    stored = set(Message.objects.filter(pk__in=result.message_ids).values_list("external_id", flat=True))
    return [post for post in page.items if post.external_id in stored]


def _save_singly(state: StreamState, page: Page) -> list[InvalidPost]:
    """One item that cannot be stored must not keep the others out: it is counted and named instead."""
    bad = []
    with transaction.atomic():
        _move_cursor(state, page)
        for post in page.items:
            try:
                with transaction.atomic():
                    ingest(connection=state.connection, posts=[post])
            except OperationalError:
                raise
            except (DatabaseError, ValueError, TypeError) as error:
                bad.append(InvalidPost(post.external_id, f"It could not be stored ({type(error).__name__})."))
    return bad


def _move_cursor(state: StreamState, page: Page) -> None:
    held = StreamState.objects.filter(pk=state.pk, lease_token=state.lease_token).update(
        cursor=page.cursor, lease_until=timezone.now() + timedelta(seconds=settings.POLL_LEASE)
    )
    if not held:
        raise LeaseLost
    state.cursor = dict(page.cursor)
    if page.gap:
        StreamGap.objects.get_or_create(
            stream=state, after_id=page.gap.after_id, before_id=page.gap.before_id,
            defaults={"reason": page.gap.reason[:400]},
        )  # fmt: skip


def _add_context(state: StreamState, connector: Connector[Any], posts: Sequence[Post], ends: float) -> None:
    """Fetch what stands above new posts, as long as the turn lasts. Only for show: a failure is logged."""
    above = {post.in_reply_to: post for post in posts if post.in_reply_to and not post.own}
    known = Message.objects.filter(connection=state.connection, external_id__in=list(above))
    for external_id in set(known.values_list("external_id", flat=True)):
        above.pop(external_id)
    for post in list(above.values())[:CONTEXTS_PER_PAGE]:
        if time.monotonic() > ends:
            return
        try:
            ingest(connection=state.connection, posts=connector.context(post))
        except ConnectorError as error:
            log.info("stream %s: the thread above a post could not be read: %s", state.pk, error)
            return


# How it went ------------------------------------------------------------------------------------


def _own(state: StreamState) -> Any:
    return StreamState.objects.filter(pk=state.pk, lease_token=state.lease_token)


def _finished(state: StreamState, more: bool, took: float) -> None:
    now = timezone.now()
    _own(state).update(
        next_poll_at=now if more else _next(state, now), lease_until=None, last_success_at=now, last_error="",
        failures=0, took=took, lane=max(_lane(took), Lane.BUSY if more else Lane.QUICK),
    )  # fmt: skip


def _next(state: StreamState, now: datetime) -> datetime:
    """An interval after it was due, so that a turn that began late makes no later one late."""
    interval = timedelta(seconds=state.interval)
    return max(state.next_poll_at + interval, now + interval / 2)


def _failed(state: StreamState, error: ConnectorError, took: float) -> None:
    """Only an AuthError disconnects. Everything else is tried again, ever more slowly."""
    if isinstance(error, AuthError):
        unauthorised(connection_id=state.connection_id, reason=str(error))
    elif _cut_off(state, error, took):
        _own(state).update(next_poll_at=timezone.now(), lease_until=None, took=took, lane=state.lane + 1)
        return
    with transaction.atomic():
        ours = _own(state).update(
            next_poll_at=_retry_at(state, error), lease_until=None, last_error=str(error)[:400],
            last_error_at=timezone.now(), failures=F("failures") + 1, took=took,
            lane=_lane(took),
        )  # fmt: skip
        if ours and state.failures + 1 == FAILING and not isinstance(error, AuthError):
            told = Fact("connection.failing", None, None, "connection", state.connection_id, {"stream": state.stream})
            events.emit([told])


def _patience(lane: int) -> float | None:
    """How many seconds a read of this lane may take before the next lane has it; in the last one, all there are."""
    return {Lane.QUICK: settings.POLL_PATIENCE, Lane.BUSY: 3 * settings.POLL_PATIENCE}.get(Lane(lane))


def _lane(took: float) -> Lane:
    if took <= LONG:
        return Lane.QUICK
    return Lane.BUSY if took <= 3 * settings.POLL_PATIENCE else Lane.BROKEN


def _cut_off(state: StreamState, error: ConnectorError, took: float) -> bool:
    """Whether it was only given less time than the network may need: the next lane gives it all."""
    patience = state.connection.patience
    waited = patience is not None and took >= patience
    return waited and isinstance(error, TransientError) and not isinstance(error, RateLimited)


def _retry_at(state: StreamState, error: ConnectorError) -> datetime:
    now = timezone.now()
    if isinstance(error, RateLimited):
        return error.retry_at or now + RATE_PAUSE
    return now + max(timedelta(seconds=state.interval), backoff(state.failures + 1))


def _note_invalid(state: StreamState, bad: Sequence[InvalidPost]) -> None:
    if bad:
        StreamState.objects.filter(pk=state.pk).update(
            invalid_items=F("invalid_items") + len(bad),
            last_invalid=f"{bad[-1].external_id}: {bad[-1].reason}"[:400].replace("\0", ""),
        )


def _note_budget(state: StreamState, connector: Connector[Any]) -> None:
    budget = connector.budget(state.stream)
    if budget:
        StreamState.objects.filter(pk=state.pk).update(
            rate_limit=budget.limit, rate_remaining=budget.remaining, rate_reset_at=budget.reset_at
        )
