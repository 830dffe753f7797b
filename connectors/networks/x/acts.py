"""Acts on posts: done once, and whether it is so now.

Sources: X's reference of PUT /2/tweets/:id/hidden ("trying to hide a Tweet that's already hidden (or unhide a
Tweet that is not hidden) will result in a successful call"), tweepy on DELETE /2/users/:id/likes, and X's changelog
of 16 April 2026 (likes left all self-serve access). API v2 has no way of blocking a person: what it calls blocking
concerns direct messages alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.errors import GoneError, RejectedError, UnknownOutcome
from connectors.networks.x.client import XClient
from connectors.networks.x.parse import ID, identifiers, items
from connectors.networks.x.problems import UNDONE
from connectors.networks.x.walk import next_token
from connectors.types import Absent, Act, Action, ActSpec, Denied, Receipt, Target, Unknown

ENTERPRISE = "X takes likes through its API only from apps with an Enterprise agreement; like it at x.com."
NO_POST = "There is no post on X to do this to."
UNSEEN = "X does not show which replies are hidden; do it again, which changes nothing where it is done already."
TOO_MANY = "X does not show enough of what this account likes to tell whether this post is among it."
NOT_SHOWN = "X does not say whether this post is still there."
HIDDEN = "X moves a hidden reply behind a click; everybody can still open it."

ACTS = (
    ActSpec(Act.HIDE, Target.THEIRS, repeatable=True, note=HIDDEN, own_threads=True),
    ActSpec(Act.UNHIDE, Target.THEIRS, repeatable=True, own_threads=True),
    ActSpec(Act.LIKE, Target.THEIRS, needs="enterprise", without=ENTERPRISE),
    ActSpec(Act.UNLIKE, Target.THEIRS, repeatable=True, needs="enterprise", without=ENTERPRISE),
    ActSpec(Act.DELETE, Target.OURS),
)
SAID = {  # what X answers where it is done
    Act.HIDE: ("hidden", True),
    Act.UNHIDE: ("hidden", False),
    Act.LIKE: ("liked", True),
    Act.UNLIKE: ("liked", False),
    Act.DELETE: ("deleted", True),
}


def refusal(action: Action) -> Denied | None:
    """Why X would not do it to this post, as far as is known here."""
    return None if ID.fullmatch(action.target_id) else Denied(NO_POST)


def act(client: XClient, action: Action) -> Receipt:
    if action.kind not in SAID or not ID.fullmatch(action.target_id):
        raise RejectedError(NO_POST)
    calls: dict[Act, Callable[[str], Mapping[str, Any]]] = {
        Act.HIDE: lambda post: client.hide(post, hidden=True),
        Act.UNHIDE: lambda post: client.hide(post, hidden=False),
        Act.LIKE: lambda post: client.like(post, liked=True),
        Act.UNLIKE: lambda post: client.like(post, liked=False),
        Act.DELETE: client.delete,
    }
    data = calls[action.kind](action.target_id).get("data")
    name, wanted = SAID[action.kind]
    if not isinstance(data, Mapping) or data.get(name) is not wanted:
        raise UnknownOutcome(UNDONE)
    return Receipt(action.target_id)


def find_acted(client: XClient, action: Action) -> Receipt | Absent | Unknown:
    if not ID.fullmatch(action.target_id):
        return Unknown(NO_POST)
    if action.kind in (Act.HIDE, Act.UNHIDE):
        return Unknown(UNSEEN)
    found = _deleted(client, action) if action.kind is Act.DELETE else _liked(client, action)
    if isinstance(found, Unknown):
        return found
    return Receipt(action.target_id) if found else Absent(1)


def _deleted(client: XClient, action: Action) -> bool | Unknown:
    try:
        answer = client.thread(action.target_id)
    except GoneError:
        return True
    if isinstance(answer.get("data"), Mapping):
        return False
    errors = [error for error in answer.get("errors") or () if isinstance(error, Mapping)]
    gone = any(str(error.get("type", "")).endswith("/resource-not-found") for error in errors)
    return True if gone else Unknown(NOT_SHOWN)


def _liked(client: XClient, action: Action) -> bool | Unknown:
    """Whether it is as was wanted: the post among what we like, or not."""
    answer = client.liked()
    liked = int(action.target_id) in identifiers(items(answer))
    if not liked and next_token(answer):
        return Unknown(TOO_MANY)
    return liked is (action.kind is Act.LIKE)
