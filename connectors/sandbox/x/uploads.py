"""Handing pictures over to X, describing them, and checking them when they are attached."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.sandbox import pictures
from connectors.sandbox.answers import Answer
from connectors.sandbox.snowflake import now_ms
from connectors.sandbox.x import photos
from connectors.sandbox.x.bodies import ID_PATTERN
from connectors.sandbox.x.calls import Call
from connectors.sandbox.x.facts import PICTURE_BYTES, PICTURE_SECONDS
from connectors.sandbox.x.photos import Picture
from connectors.sandbox.x.problems import bad, problem

INVALID = "Your media IDs are invalid."


def upload(call: Call) -> Answer:
    """One picture in one request, as base64."""
    category = call.body["media_category"]
    if category not in (photos.POST, photos.MESSAGE):
        raise problem(400, "Not in the sandbox", f"The sandbox does not play '{category}' yet.")
    try:
        data = pictures.decoded(call.body["media"])
    except ValueError:
        raise bad("$.media", "", "$.media: is not base64") from None
    if len(data) > PICTURE_BYTES:
        raise bad("$.media", "", f"$.media: File size exceeds {PICTURE_BYTES} bytes.")
    mime = pictures.kind_of(data)
    if not mime or call.body.get("media_type", mime) != mime:
        raise bad("$.media", "", "$.media: media type unrecognized.")
    made = Picture(call.store.ids.next(), call.account.id, category, mime, now_ms(), "")
    with call.store.writing():
        photos.insert(call.store, made, data)
        line = call.enter("media", made.id, made.at_ms, category=category, mime=mime, alt="", **pictures.facts(data))
    call.store.seal(line)
    answer = {"id": str(made.id), "media_key": made.key, "size": len(data), "expires_after_secs": PICTURE_SECONDS}
    return Answer(200, {"data": answer}, written=str(made.id), note="uploaded")


def describe(call: Call) -> Answer:
    found = photos.find(call.store, int(call.body["id"]))
    if found is None or found.owner_id != call.account.id:
        raise problem(400, "Invalid Request", INVALID)
    metadata = call.body.get("metadata", {})
    text = metadata.get("alt_text", {}).get("text")
    if text is not None:
        with call.store.writing() as db:
            db.execute("UPDATE media SET alt = ? WHERE id = ?", (text, found.id))
            line = call.enter("describe", found.id, now_ms(), text)
        call.store.seal(line)
    return Answer(200, {"data": {"id": str(found.id), "associated_metadata": metadata}}, written=str(found.id))


def attached(call: Call, ids: Sequence[str], category: str, most: int) -> list[Picture]:
    """The account's own uploads, still fresh and for this use."""
    found = [photos.find(call.store, int(one)) if re.match(ID_PATTERN, one) else None for one in ids]
    fresh = now_ms() - PICTURE_SECONDS * 1000
    usable = [one for one in found if one and one.owner_id == call.account.id and one.at_ms > fresh]
    if len(usable) != len(ids) or len(ids) > most or any(one.category != category for one in usable):
        raise problem(400, "Invalid Request", INVALID)
    return usable
