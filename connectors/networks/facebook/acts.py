"""Acts on comments, posts and people: done once, and whether it is so now.

Sources: Meta's node descriptions of Comment, PagePost and Page (``is_hidden``, ``likes``, ``blocked``), and its
guide to managing pages. Meta does not say of any of them that repeating does no harm; each can be read back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.errors import GoneError, RejectedError, UnknownOutcome
from connectors.networks.facebook.client import FacebookClient
from connectors.networks.facebook.parse import NODE, PERSON, following, items, mapping
from connectors.networks.facebook.problems import UNDONE
from connectors.text import clean
from connectors.types import Absent, Act, Action, ActSpec, Denied, Receipt, Target, Unknown

NO_PLACE = "There is no comment or post on Facebook to do this to."
NOBODY = "Facebook does not say who wrote this, so nobody can be blocked for it."
GONE = "Facebook no longer shows this, so nobody can tell."
NOT_SAID = "Facebook does not say whether this is done."
HIDDEN = "Facebook keeps showing a hidden comment to its writer and to the writer's friends."
BLOCKED = "A blocked person cannot comment on the page or write to it."

ACTS = (
    ActSpec(Act.HIDE, Target.THEIRS, note=HIDDEN),
    ActSpec(Act.UNHIDE, Target.THEIRS),
    ActSpec(Act.LIKE, Target.THEIRS),
    ActSpec(Act.UNLIKE, Target.THEIRS),
    ActSpec(Act.DELETE, Target.OURS),
    ActSpec(Act.BLOCK, Target.PERSON, note=BLOCKED),
    ActSpec(Act.UNBLOCK, Target.PERSON),
)
UNDOING = (Act.UNHIDE, Act.UNLIKE, Act.UNBLOCK)


def subject(action: Action) -> str:
    """The id of what the action is done to; RejectedError where there is none. It becomes part of a path."""
    if action.kind in (Act.BLOCK, Act.UNBLOCK):
        if not PERSON.fullmatch(action.author_id):
            raise RejectedError(NOBODY)
        return action.author_id
    if not NODE.fullmatch(action.target_id) or set(action.target_id) <= {"."}:
        raise RejectedError(NO_PLACE)
    return action.target_id


def refusal(action: Action) -> Denied | None:
    try:
        subject(action)
    except RejectedError as error:
        return Denied(str(error))
    return None


def act(client: FacebookClient, action: Action) -> Receipt:
    done_to, undo = subject(action), action.kind in UNDOING
    calls: dict[Act, Callable[[], Mapping[str, Any]]] = {
        Act.HIDE: lambda: client.hide(done_to, hidden=not undo),
        Act.LIKE: lambda: client.like(done_to, liked=not undo),
        Act.BLOCK: lambda: client.block(done_to, blocked=not undo),
        Act.DELETE: lambda: client.delete(done_to),
    }
    answer = calls[_positive(action.kind)]()
    if answer.get("success") is not True and answer.get(done_to) is not True:  # blocking answers {person: true}
        raise UnknownOutcome(UNDONE)
    return Receipt(done_to)


def _positive(kind: Act) -> Act:
    return {Act.UNHIDE: Act.HIDE, Act.UNLIKE: Act.LIKE, Act.UNBLOCK: Act.BLOCK}.get(kind, kind)


def find_acted(client: FacebookClient, action: Action) -> Receipt | Absent | Unknown:
    try:
        done_to = subject(action)
    except RejectedError as error:
        return Unknown(str(error))
    looks: dict[Act, Callable[[FacebookClient, str], bool | None]] = {
        Act.HIDE: _hidden,
        Act.LIKE: _liked,
        Act.BLOCK: _blocked,
        Act.DELETE: _deleted,
    }
    try:
        found = looks[_positive(action.kind)](client, done_to)
    except GoneError:
        return Unknown(GONE)
    if found is None:
        return Unknown(NOT_SAID)
    return Receipt(done_to) if found is not (action.kind in UNDOING) else Absent(1)


def _hidden(client: FacebookClient, node: str) -> bool | None:
    return _flag(client.node(node, ("id", "is_hidden")).get("is_hidden"))


def _liked(client: FacebookClient, node: str) -> bool | None:
    """A comment says whether we like it; of a post it is read who does."""
    if not client.is_post(node):
        return _flag(client.node(node, ("id", "user_likes")).get("user_likes"))
    answer = client.likes(node)
    if client.page in _ids(answer):
        return True
    return None if following(answer) else False


def _blocked(client: FacebookClient, person: str) -> bool | None:
    answer = client.blocked(person)
    return person in _ids(answer) if isinstance(answer.get("data"), list) else None


def _deleted(client: FacebookClient, node: str) -> bool | None:
    """Facebook says the same of what is deleted and of what one may not see; what is ours we may see."""
    try:
        return not client.node(node, ("id",)).get("id")
    except GoneError:
        return True


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _ids(answer: Mapping[str, Any]) -> set[str]:
    return {clean(mapping(item).get("id")) for item in items(answer)}
