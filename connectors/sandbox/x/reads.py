"""The endpoints that read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.sandbox.answers import Answer, bend
from connectors.sandbox.snowflake import first_of, now_ms
from connectors.sandbox.x import messages
from connectors.sandbox.x.calls import Call, page_token, read_token
from connectors.sandbox.x.facts import DM_REACH_DAYS, MENTIONS_REACH, SEARCH_REACH_DAYS, TIMELINE_REACH
from connectors.sandbox.x.people import User, find_handle, find_user
from connectors.sandbox.x.posts import COLUMNS, find_tweet, find_tweets, load
from connectors.sandbox.x.problems import bad, forbidden, missing

DAY_MS = 86_400_000
Where = list[tuple[str, Any]]


def me(call: Call) -> Answer:
    return _one_user(call, call.account)


def user(call: Call) -> Answer:
    return _one_user(call, find_user(call.store, int(call.path["id"])))


def user_by_handle(call: Call) -> Answer:
    return _one_user(call, find_handle(call.store, call.path["username"]))


def _one_user(call: Call, found: User | None) -> Answer:
    if found is None:
        name, value = next(iter(call.path.items()))
        return Answer(200, {"errors": [missing("user", name, value)]})
    return Answer(200, {"data": call.writer().user(found)})


def tweet(call: Call) -> Answer:
    found = find_tweet(call.store, int(call.path["id"]))
    if found is None:
        return Answer(200, {"errors": [missing("tweet", "id", call.path["id"])]})
    writer = call.writer()
    document = {"data": writer.tweet(found), **writer.includes()}
    return Answer(200, document)


def tweets(call: Call) -> Answer:
    ids = call.query["ids"]
    found = find_tweets(call.store, ids)
    there = {item.id for item in found}
    writer = call.writer()
    document: dict[str, Any] = {}
    if found:
        document = {"data": [writer.tweet(item) for item in found], **writer.includes()}
    if errors := [missing("tweet", "ids", str(item)) for item in ids if item not in there]:
        document["errors"] = errors
    return Answer(200, document)


def mentions(call: Call) -> Answer:
    """Mentions, newest first. Only the last 800 are reachable, whatever is asked for."""
    owner = int(call.path["id"])
    source = "(SELECT tweet_id FROM mentions WHERE user_id = ?)"
    values: list[Any] = [owner]
    if "own_posts_echo" in call.faults:
        source = "(SELECT tweet_id FROM mentions WHERE user_id = ? UNION SELECT id FROM tweets WHERE author_id = ?)"
        values.append(owner)
    return _timeline(call, source, values, MENTIONS_REACH)


def timeline(call: Call) -> Answer:
    source = "(SELECT id AS tweet_id FROM tweets WHERE author_id = ?)"
    extra: Where = []
    if "replies" in (call.query.get("exclude") or ()):
        extra = [("tweets.parent_id IS NULL AND 0 = ?", 0)]
    return _timeline(call, source, [int(call.path["id"])], TIMELINE_REACH, extra)


def _timeline(call: Call, source: str, values: list[Any], reach: int, extra: Where | None = None) -> Answer:
    floor = call.store.one(
        f"SELECT tweets.id FROM {source} JOIN tweets ON tweets.id = tweet_id WHERE gone = 0 "
        "ORDER BY tweet_id DESC LIMIT 1 OFFSET ?",
        [*values, reach - 1],
    )
    where = [*_window(call.query), *(extra or ())]
    if floor:
        where.append(("tweets.id >= ?", floor[0]))
    return _page(call, f"{source} JOIN tweets ON tweets.id = tweet_id", values, where, "pagination_token")


def _window(query: Mapping[str, Any]) -> Where:
    where: Where = []
    for name, test in (("since_id", "tweets.id > ?"), ("until_id", "tweets.id < ?")):
        if query.get(name) is not None:
            where.append((test, query[name]))
    for name, test in (("start_time", "tweets.id >= ?"), ("end_time", "tweets.id < ?")):
        if query.get(name) is not None:
            where.append((test, first_of(int(query[name].timestamp() * 1000))))
    return where


def _page(call: Call, source: str, values: list[Any], where: Where, token_name: str) -> Answer:
    """One page of posts with smaller ids than the token's, and the token of the next one."""
    size = call.query.get("max_results") or 10
    where = [*where, ("tweets.gone = ?", 0)]
    for name in ("pagination_token", "next_token"):
        if token := call.query.get(name):
            where.append(("tweets.id < ?", read_token(call.endpoint, name, token)))
    tests = " AND ".join(test for test, _ in where)
    columns = ", ".join(f"tweets.{name}" for name in COLUMNS.split(", "))
    rows = call.store.rows(
        f"SELECT {columns} FROM {source} WHERE {tests} ORDER BY tweets.id DESC LIMIT ?",
        [*values, *(value for _, value in where), size + 1],
    )
    more, found = len(rows) > size, [load(row) for row in rows[:size]]
    following = page_token(call.endpoint, found[-1].id) if more else None
    found = bend(found, call.faults)
    ids = [item.id for item in found]
    meta: dict[str, Any] = {"result_count": len(found)}
    if ids:
        meta = {"newest_id": str(max(ids)), "oldest_id": str(min(ids)), **meta}
    if following:
        meta["next_token"] = following
    _remember(call, ids)
    writer = call.writer()
    return Answer(200, writer.answer([writer.tweet(item) for item in found], meta), note=f"{len(found)} shown")


def _remember(call: Call, ids: list[int]) -> None:
    now = now_ms()
    for item_id in ids:
        call.store.handed_out(item_id, now)


_TERM = re.compile(r"^(conversation_id|from|to):(\w{1,19})$")


def search(call: Call) -> Answer:
    """The last seven days. Only conversation_id:, from: and to: are understood, joined by blanks (and)."""
    where = [("tweets.id >= ?", first_of(now_ms() - SEARCH_REACH_DAYS * DAY_MS)), *_window(call.query)]
    for term in call.query["query"].split():
        match = _TERM.match(term)
        if match is None:
            message = f"The sandbox understands conversation_id:, from: and to:, not [{term}]"
            raise bad("query", call.query["query"], message)
        where.append(_term(call, match[1], match[2]))
    return _page(call, "tweets", [], where, "next_token")


def _term(call: Call, operator: str, value: str) -> tuple[str, Any]:
    if operator == "conversation_id":
        if not value.isdigit():
            raise bad("query", call.query["query"], f"[{value}] is not a conversation id")
        return "tweets.conversation_id = ?", int(value)
    found = find_user(call.store, int(value)) if value.isdigit() else find_handle(call.store, value)
    user_id = found.id if found else -1
    if operator == "from":
        return "tweets.author_id = ?", user_id
    return "tweets.parent_id IN (SELECT id FROM tweets AS above WHERE above.author_id = ?)", user_id


def dm_events(call: Call) -> Answer:
    source = "dm_sides JOIN dms ON dms.id = dm_id AND user_id = ?"
    return _dm_page(call, source, [("dms.id > ?", 0)], [call.account.id])


def dm_events_with(call: Call) -> Answer:
    conversation = messages.conversation_of(call.account.id, int(call.path["participant_id"]))
    return _dm_page(call, "dms", [("conversation = ?", conversation)], [])


def dm_events_of(call: Call) -> Answer:
    conversation = call.path["id"]
    if "-" in conversation and call.account.id not in messages.sides_of(conversation):
        raise forbidden("You are not a participant of this conversation.")
    return _dm_page(call, "dms", [("conversation = ?", conversation)], [])


def _dm_page(call: Call, source: str, where: Where, values: list[Any]) -> Answer:
    """Newest first, thirty days back; there is no since_id on X."""
    size = call.query.get("max_results") or 100
    kinds = call.query.get("event_types") or ["MessageCreate"]
    where = [*where, ("dms.id >= ?", first_of(now_ms() - DM_REACH_DAYS * DAY_MS))]
    if token := call.query.get("pagination_token"):
        where.append(("dms.id < ?", read_token(call.endpoint, "pagination_token", token)))
    tests = " AND ".join(test for test, _ in where)
    rows = call.store.rows(
        f"SELECT dms.id, conversation, sender_id, doc FROM {source} WHERE {tests} ORDER BY dms.id DESC LIMIT ?",
        [*values, *(value for _, value in where), size + 1 if "MessageCreate" in kinds else 0],
    )
    more, found = len(rows) > size, [messages.load(row) for row in rows[:size]]
    meta: dict[str, Any] = {}
    if more:
        meta["next_token"] = page_token(call.endpoint, found[-1].id)
    found = bend(found, call.faults)
    _remember(call, [item.id for item in found])
    writer = call.writer()
    document = writer.answer([writer.message(item) for item in found], {"result_count": len(found), **meta})
    return Answer(200, document, note=f"{len(found)} shown")
