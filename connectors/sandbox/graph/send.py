"""Messenger's Send API: who may be written to, and when."""

from __future__ import annotations

import json
from typing import Any

from connectors.sandbox.answers import Answer
from connectors.sandbox.graph import facts, ids, items, people, talks
from connectors.sandbox.graph.calls import Call
from connectors.sandbox.graph.items import Item
from connectors.sandbox.graph.ledger import record
from connectors.sandbox.graph.people import Person
from connectors.sandbox.graph.problems import invalid, no_object, refused, said
from connectors.sandbox.snowflake import now_ms


def message(call: Call) -> Answer:
    """A message to a person who wrote lately, or one private reply to what they wrote in public."""
    recipient = _object(call, "recipient")
    kind, tag = _kind(call)
    if len(recipient) != 1:
        raise invalid("The parameter recipient must have exactly one key")
    if "sender_action" in call.params:
        return _action(call, recipient)
    text = _text(call)
    if "id" in recipient:
        person = _person(call, recipient["id"])
        _check_window(call, person, kind, tag)
        return _deliver(call, person, text, None)
    if "comment_id" in recipient or "post_id" in recipient:
        answered = _answered(call, recipient)
        return _deliver(call, _author(call, answered), text, answered)
    raise invalid(f"The sandbox does not play recipients by '{next(iter(recipient))}' yet")


def _object(call: Call, name: str) -> dict[str, Any]:
    """A parameter that holds a JSON object."""
    try:
        found = json.loads(call.params.get(name, ""))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise invalid(f"param {name} must be a JSON object")
    return found


def _kind(call: Call) -> tuple[str, str]:
    kind, tag = call.params.get("messaging_type", ""), call.params.get("tag", "")
    if kind and kind not in facts.MESSAGING_TYPES:
        raise invalid(f"param messaging_type must be one of {{{', '.join(sorted(facts.MESSAGING_TYPES))}}}")
    if kind == "UTILITY":
        raise invalid("The sandbox does not play messaging_type UTILITY yet")
    if tag and tag not in facts.TAGS:
        raise invalid(f"param tag must be one of {{{', '.join(sorted(facts.TAGS))}}}")
    if kind == "MESSAGE_TAG" and not tag:
        raise invalid("A message tag is required where messaging_type is MESSAGE_TAG")
    return kind, tag


def _text(call: Call) -> str:
    given = _object(call, "message")
    if unplayed := sorted(given.keys() - {"text", "metadata"}):
        raise invalid(f"The sandbox does not play message[{unplayed[0]}] yet")
    text = given.get("text")
    if not isinstance(text, str) or not text.strip():
        raise invalid("The parameter message[text] must not be empty")
    if len(text) > facts.MESSAGE_LENGTH:
        raise invalid(f"Length of param message[text] must be less than or equal to {facts.MESSAGE_LENGTH}")
    return text


def _person(call: Call, psid: Any) -> Person:
    person = people.unscoped(call.store, call.page.id, ids.read_number(str(psid)))
    if person is None:
        raise said(100, 2018001)
    return person


def _action(call: Call, recipient: dict[str, Any]) -> Answer:
    if call.params["sender_action"].upper() not in facts.SENDER_ACTIONS or "message" in call.params:
        raise invalid("param sender_action stands alone and must be one of typing_on, typing_off, mark_seen")
    _person(call, recipient.get("id"))
    return Answer(200, {"recipient_id": str(recipient["id"])}, note="seen or typing")


def _check_window(call: Call, person: Person, kind: str, tag: str) -> None:
    """24 hours after the person's last message; with the tag HUMAN_AGENT seven days, if Meta approved it."""
    heard = talks.last_heard(call.store, talks.thread_with(call.store, call.page.id, person.id))
    ago = None if heard is None else now_ms() - heard
    if not person.doc["accepts_dm"]:
        raise said(551, 1545041)
    if kind == "MESSAGE_TAG" and not call.page.doc["human_agent"]:
        raise refused(
            10,
            "(#10) To use 'Human Agent' tag, your use of this endpoint must be reviewed and approved by Facebook. "
            "To submit this 'Human Agent' feature for review please read our documentation on reviewable features: "
            "https://developers.facebook.com/docs/apps/review.",
        )
    longest = talks.HUMAN_AGENT_MS if kind == "MESSAGE_TAG" else talks.STANDARD_MS
    if ago is None or ago > longest:
        raise said(10, 2018278)


def _answered(call: Call, recipient: dict[str, Any]) -> Item:
    """The comment or post of a person that is answered in private: once, within seven days."""
    name, value = next(iter(recipient.items()))
    found = items.find(call.store, str(value))
    if found is None or found.page_id != call.page.id or found.is_comment != (name == "comment_id"):
        raise no_object("POST", str(value))
    if found.ours or found.kind == "tagged":
        raise said(10902)
    if talks.private_reply_to(call.store, found) is not None:
        raise said(10900)
    if now_ms() - found.created_ms > talks.PRIVATE_REPLY_MS:
        raise said(10901)
    return found


def _author(call: Call, item: Item) -> Person:
    person = people.find(call.store, item.author_id)
    if person is None or not person.doc["accepts_dm"]:
        raise said(10903)
    return person


def _deliver(call: Call, person: Person, text: str, answered: Item | None) -> Answer:
    store = call.store
    with store.writing():
        thread = talks.ensure_thread(store, call.page.id, person.id)
        made = talks.new(store, thread, text, ours=True, created_ms=now_ms(), answers=answered)
        talks.insert(store, made)
        psid = people.scoped(store, call.page.id, person.id)
        line = record(
            call,
            "private_reply" if answered else "message",
            made.mid,
            made.created_ms,
            text=text,
            recipient_id=str(psid),
            object_id=answered.name if answered else None,
            item_id=answered.id if answered else None,
            tag=call.params.get("tag"),
            row=made.id,
        )
    store.seal(line)
    return Answer(200, {"recipient_id": str(psid), "message_id": made.mid}, written=made.mid, note="sent")
