"""The endpoints that write. Each is committed and in the ledger file before its answer exists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.sandbox.answers import Answer, Refused
from connectors.sandbox.snowflake import first_of, now_ms
from connectors.sandbox.x import messages, photos, posts
from connectors.sandbox.x import text as texts
from connectors.sandbox.x.calls import Call
from connectors.sandbox.x.facts import DM_LIMIT, PICTURES, TWEET_LIMIT
from connectors.sandbox.x.people import User, find_user
from connectors.sandbox.x.problems import (
    DUPLICATE,
    NO_DM,
    NOT_MENTIONED,
    PARENT_GONE,
    TOO_LONG,
    bad,
    forbidden,
    problem,
)
from connectors.sandbox.x.uploads import attached

DUPLICATE_HOURS = 24


def create_tweet(call: Call) -> Answer:
    asked = call.body.get("media", {}).get("media_ids", [])
    pictures = [one.id for one in attached(call, asked, photos.POST, PICTURES)]
    written = _checked_text(call, pictures)
    reply = call.body.get("reply")
    parent_id = int(reply["in_reply_to_tweet_id"]) if reply else None
    if parent_id is not None:
        _check_parent(call, parent_id)
    _check_duplicate(call, written, parent_id, pictures)
    tweet, line = posts.add_own_post(call.store, call.account, call.body, pictures, request_id=call.request_id)
    call.store.seal(line)
    data = {"id": str(tweet.id), "text": tweet.text, "edit_history_tweet_ids": [str(tweet.id)]}
    return Answer(201, {"data": data}, written=str(tweet.id), note="written")


def _checked_text(call: Call, pictures: Sequence[int]) -> str:
    written = call.body.get("text", "")
    if not written.strip() and not pictures:
        raise bad("$.text", written, "$.text: must not be empty without media, poll or card")
    if not texts.well_formed(written) or "\0" in written:
        raise bad("$.text", "", "$.text: holds characters that are not allowed")
    if texts.weighted_length(written) > TWEET_LIMIT:
        raise problem(400, "Invalid Request", TOO_LONG)
    return str(written)


def _check_parent(call: Call, parent_id: int) -> None:
    """Self-serve keys may answer only those who mentioned or quoted the account, and the account itself."""
    parent = posts.find_tweet(call.store, parent_id)
    if parent is None:
        raise forbidden(PARENT_GONE)
    if parent.author_id == call.account.id:
        return
    mentioned = call.store.one(
        "SELECT 1 FROM mentions WHERE user_id = ? AND tweet_id = ?", (call.account.id, parent_id)
    )
    if mentioned:
        return
    quoted = posts.find_tweet(call.store, int(parent.doc.get("quotes") or 0))
    if quoted is None or quoted.author_id != call.account.id:
        raise forbidden(NOT_MENTIONED)


def _check_duplicate(call: Call, written: str, parent_id: int | None, pictures: Sequence[int]) -> None:
    """The same text in the same place within a day. (Two customers may both get "Thanks!".)"""
    same = call.store.one(
        "SELECT 1 FROM tweets WHERE author_id = ? AND digest = ? AND gone = 0 AND id > ?",
        (call.account.id, posts.digest(written, parent_id, pictures), first_of(now_ms() - DUPLICATE_HOURS * 3_600_000)),
    )
    if same:
        raise forbidden(DUPLICATE)


def delete_tweet(call: Call) -> Answer:
    found = posts.find_tweet(call.store, int(call.path["id"]))
    if found is None:
        return Answer(200, {"data": {"deleted": False}})
    if found.author_id != call.account.id:
        raise forbidden("You are not permitted to perform this action.")
    line = posts.remove(call.store, found, call.account.id, request_id=call.request_id)
    if line:
        call.store.seal(line)
    return Answer(200, {"data": {"deleted": True}}, written=str(found.id), note="deleted")


def dm_to(call: Call) -> Answer:
    return _send(call, int(call.path["participant_id"]))


def dm_in(call: Call) -> Answer:
    try:
        sides = messages.sides_of(call.path["dm_conversation_id"])
    except ValueError:
        sides = []
    if len(sides) != 2 or call.account.id not in sides:
        raise forbidden("You are not a participant of this conversation.")
    return _send(call, sides[0] if sides[1] == call.account.id else sides[1])


def _send(call: Call, recipient_id: int) -> Answer:
    written = call.body.get("text", "")
    asked = [one["media_id"] for one in call.body.get("attachments", [])]
    pictures = [one.id for one in attached(call, asked, photos.MESSAGE, 1)]
    if not written and not pictures:
        raise bad("$.text", "", "$.text: is missing but it is required")
    if not texts.well_formed(written):
        raise bad("$.text", "", "$.text: holds characters that are not allowed")
    if len(written) > DM_LIMIT:
        raise bad("$.text", written[:40], f"$.text: may only be {DM_LIMIT} characters long")
    recipient = _recipient(call, recipient_id)
    message, line = messages.add_own_message(
        call.store, call.account, recipient, written, pictures, request_id=call.request_id
    )
    call.store.seal(line)
    data: dict[str, Any] = {"dm_conversation_id": message.conversation, "dm_event_id": str(message.id)}
    return Answer(201, {"data": data}, written=str(message.id), note="written")


def _recipient(call: Call, recipient_id: int) -> User:
    recipient = find_user(call.store, recipient_id)
    if recipient is None:
        raise Refused(
            400,
            {
                "title": "Invalid Request",
                "detail": "One or more parameters to your request was invalid.",
                "type": "https://api.twitter.com/2/problems/invalid-request",
                "errors": [
                    {
                        "parameters": {"participant_id": [str(recipient_id)]},
                        "message": f"User [{recipient_id}] does not exist",
                    }
                ],
            },
        )
    if not recipient.doc["accepts_dm"]:
        raise forbidden(NO_DM)
    return recipient
