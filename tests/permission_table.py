"""Who may do what: one row for every endpoint, method and kind of id. tests/test_permission_map.py asks them all.

Columns: nobody signed in, deactivated, no profile, agent of the team, agent of another team, lead of the team, lead
of another team, admin. 302 leads to the sign-in page, 404 says nothing of what exists, 303 did it and leads back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests import factories

ROLES = ("anonymous", "inactive", "bare", "agent", "foreign", "lead", "foreign_lead", "admin")
API = {"content_type": "application/json"}


@dataclass(frozen=True)
class Row:
    """``path`` with {names} of the desk under test; ``allowed`` as in the module's text."""

    route: str
    method: str
    path: str
    allowed: str
    data: Mapping[str, Any] = field(default_factory=dict)
    api: bool = False
    form: bool = False  # of the API and sent as a form, with files

    @property
    def expected(self) -> dict[str, int]:
        return dict(zip(ROLES, map(int, self.allowed.split()), strict=True))


EVERYBODY = "200 200 200 200 200 200 200 200"
GONE = "404 404 404 404 404 404 404 404"
TEAM_ACTS = "302 302 404 303 404 303 404 404"
TEAM_SEES = "302 302 404 200 404 200 404 404"
NOBODY = "302 302 404 404 404 404 404 404"
# The API says 401 where a page leads to the sign-in.
TEAM_API = "401 401 404 200 404 200 404 404"
CANNOT_API = TEAM_API.replace("200", "409")
UNROUTED_API = "401 401 404 404 404 200 200 404"
NOBODY_API = "401 401 404 404 404 404 404 404"
ANYBODY_API = "401 401 200 200 200 200 200 200"
ADMIN_API = "401 401 403 403 403 403 403 200"
KEEPS_TAGS = "401 401 403 403 403 200 200 200"
LEADS_API = "401 401 403 403 403 200 200 403"
DECIDES_API = "401 401 404 403 404 409 404 404"
PAUSES_API = "401 401 403 403 403 200 200 200"
BOTH_SEEN = "302 302 404 404 404 200 404 404"
ADMIN_ACTS = "302 302 403 403 403 403 403 303"
ADMIN_SEES = "302 302 403 403 403 403 403 200"

_C = "conversations/<int:conversation_id>"
_Q = "inbox/<slug:queue>/<int:conversation_id>/"
_A = "api/v1/conversations/<int:conversation_id>"
_P = "contacts/<int:contact_id>/"
_M = "messages/<int:message_id>/"
_J = f"{_C}/join/<int:other_id>/"
_N = "connections/<int:connection_id>/<slug:action>/"
_ABSENT = "999999999"


def _acts(route: str, path: str, **data: Any) -> list[Row]:
    """An action on a conversation: on the team's own one, on one that nobody has, on one that does not exist."""
    return [
        Row(route, "POST", path.format(id="{own}"), TEAM_ACTS, data),
        Row(route, "POST", path.format(id="{unrouted}"), "302 302 404 404 404 303 303 404", data),
        Row(route, "POST", path.format(id=_ABSENT), NOBODY, data),
    ]


def _settles(action: str) -> list[Row]:
    route = "outbox/<int:item_id>/<slug:action>/"
    return [
        Row(route, "POST", f"/outbox/{{item}}/{action}/", TEAM_ACTS),
        Row(route, "POST", f"/outbox/{_ABSENT}/{action}/", NOBODY),
    ]


def _decides(action: str, **data: Any) -> list[Row]:
    """What a lead does with a reply that waits for one."""
    route = "held/<int:item_id>/<slug:action>/"
    return [
        Row(route, "POST", f"/held/{{item}}/{action}/", "302 302 404 403 404 303 404 404", data),
        Row(route, "POST", f"/held/{_ABSENT}/{action}/", NOBODY, data),
    ]


# A picture that waits in a composer is its author's alone.
AUTHOR_SEES = "302 302 404 200 404 404 404 404"
# Whoever else may decide over a reply may not change its words.
AUTHOR_ACTS = "302 302 404 303 404 403 404 404"
PICTURES: list[Row] = [
    *(
        Row(f"media/<int:message_id>/<int:position>/{size}", "GET", f"/media/{{own_message}}/0/{size}", TEAM_SEES)
        for size in ("", "full/", "small/")
    ),
    *(
        Row(f"media/<int:message_id>/<int:position>/{size}", "GET", f"/media/{message}/{size}", NOBODY)
        for size in ("", "full/", "small/") for message in ("{own_message}/1", f"{_ABSENT}/0")
    ),
    Row("media/<int:message_id>/<int:position>/full/", "GET", "/media/{foreign_message}/0/full/",
        "302 302 404 404 200 404 200 404"),
    Row(f"{_C}/attachments/", "GET", "/conversations/{own}/attachments/", TEAM_SEES),
    Row(f"{_C}/attachments/", "GET", f"/conversations/{_ABSENT}/attachments/", NOBODY),
    Row(f"{_C}/attachments/", "POST", "/conversations/{own}/attachments/", TEAM_SEES.replace("200", "400")),
    Row(f"{_C}/attachments/", "POST", f"/conversations/{_ABSENT}/attachments/", NOBODY),
    Row("attachments/<int:attachment_id>/", "PATCH", "/attachments/{attachment}/", AUTHOR_SEES),
    Row("attachments/<int:attachment_id>/", "DELETE", "/attachments/{attachment}/", AUTHOR_SEES),
    Row("attachments/<int:attachment_id>/", "DELETE", f"/attachments/{_ABSENT}/", NOBODY),
    *(
        Row(f"attachments/<int:attachment_id>/{size}/", "GET", f"/attachments/{{{one}}}/{size}/", who)
        for size in ("full", "small")
        for one, who in (("attachment", AUTHOR_SEES), ("left_attachment", TEAM_SEES))
    ),
]  # fmt: skip

# Leads and admins; what a lead may change there, the services say: tests/routing/test_settings_pages.py.
SETS = "302 302 403 403 403 200 200 200"
SAVES = "302 302 403 403 403 303 303 303"
_S = "settings/"
SETTINGS: list[Row] = [
    Row(_S, "GET", "/settings/", "302 302 403 403 403 302 302 302"),
    Row(f"{_S}teams/", "GET", "/settings/teams/", SETS),
    Row(f"{_S}teams/", "POST", "/settings/teams/", "302 302 403 403 403 200 200 302", {"name": "A", "kind": "support"}),
    Row(f"{_S}teams/<int:team_id>/", "GET", "/settings/teams/{team}/", SETS),
    Row(f"{_S}teams/<int:team_id>/", "GET", f"/settings/teams/{_ABSENT}/", "302 302 403 403 403 404 404 404"),
    Row(f"{_S}teams/<int:team_id>/", "POST", "/settings/teams/{team}/", "302 302 403 403 403 302 400 302",
        {"name": "Help desk", "kind": "help_desk", "returns_after": "45"}),
    Row(f"{_S}teams/<int:team_id>/members/", "POST", "/settings/teams/{team}/members/", SAVES, {"add": "{stranger}"}),
    Row(f"{_S}teams/<int:team_id>/members/", "POST", f"/settings/teams/{_ABSENT}/members/", SAVES, {"add": "1"}),
    Row(f"{_S}topics/", "POST", "/settings/topics/", SAVES, {"name": "Invoices"}),
    Row(f"{_S}people/", "GET", "/settings/people/", SETS),
    Row(f"{_S}people/add/", "GET", "/settings/people/add/", ADMIN_SEES),
    Row(f"{_S}people/add/", "POST", "/settings/people/add/", ADMIN_SEES,
        {"username": "nora", "first_name": "Nora", "role": "agent", "capacity": "8", "teams": "{team}"}),
    Row(f"{_S}people/add/", "POST", "/settings/people/add/", ADMIN_SEES.replace("200", "400"), {"username": "a b"}),
    Row(f"{_S}people/<int:user_id>/link/", "POST", "/settings/people/{stranger}/link/", ADMIN_SEES),
    Row(f"{_S}people/<int:user_id>/link/", "POST", f"/settings/people/{_ABSENT}/link/",
        "302 302 403 403 403 403 403 302"),
    Row(f"{_S}people/<int:user_id>/", "GET", "/settings/people/{stranger}/", "302 302 403 403 403 404 200 200"),
    Row(f"{_S}people/<int:user_id>/", "GET", f"/settings/people/{_ABSENT}/", "302 302 403 403 403 404 404 404"),
    Row(f"{_S}people/<int:user_id>/", "POST", "/settings/people/{stranger}/", "302 302 403 403 403 404 302 302",
        {"role": "agent", "active": "on", "capacity": "3", "takes_conversations": "on"}),
    Row(f"{_S}rules/", "GET", "/settings/rules/", SETS),
    Row(f"{_S}rules/new/", "GET", "/settings/rules/new/", SETS),
    Row(f"{_S}rules/new/", "POST", "/settings/rules/new/", "302 302 403 403 403 302 400 302",
        {"name": "A rule", "words": "refund", "team": "{team}"}),
    Row(f"{_S}rules/preview/", "GET", "/settings/rules/preview/?words=parcel", SETS),
    Row(f"{_S}rules/<int:rule_id>/", "GET", "/settings/rules/{rule}/", "302 302 403 403 403 200 404 200"),
    Row(f"{_S}rules/<int:rule_id>/", "GET", f"/settings/rules/{_ABSENT}/", "302 302 403 403 403 404 404 404"),
    Row(f"{_S}rules/<int:rule_id>/", "POST", "/settings/rules/{rule}/", "302 302 403 403 403 302 404 302",
        {"name": "A rule", "words": "refund", "team": "{team}"}),
    *(
        Row(f"{_S}rules/<int:rule_id>/<slug:action>/", "POST", f"/settings/rules/{{rule}}/{action}/", SAVES)
        for action in ("up", "down", "on", "off", "delete", "restore")
    ),
    Row(f"{_S}rules/<int:rule_id>/<slug:action>/", "POST", "/settings/rules/{rule}/destroy/",
        "302 302 403 403 403 404 404 404"),
    Row(f"{_S}knowledge/", "GET", "/settings/knowledge/", SETS),
    Row(f"{_S}knowledge/", "POST", "/settings/knowledge/", SETS.replace("200", "400"), {"title": "Restart"}),
    Row(f"{_S}knowledge/<int:article_id>/", "GET", "/settings/knowledge/{article}/", SETS),
    Row(f"{_S}knowledge/<int:article_id>/", "GET", f"/settings/knowledge/{_ABSENT}/",
        "302 302 403 403 403 404 404 404"),
    Row(f"{_S}knowledge/<int:article_id>/", "POST", "/settings/knowledge/{article}/", SAVES, {"version": _ABSENT}),
    Row(f"{_S}macros/", "GET", "/settings/macros/", SETS),
    Row(f"{_S}macros/", "POST", "/settings/macros/", SETS.replace("200", "400"), {"name": "Restart"}),
    Row(f"{_S}macros/<int:macro_id>/", "GET", "/settings/macros/{macro}/", SETS),
    Row(f"{_S}macros/<int:macro_id>/", "GET", f"/settings/macros/{_ABSENT}/", "302 302 403 403 403 404 404 404"),
    Row(f"{_S}macros/<int:macro_id>/", "POST", "/settings/macros/{macro}/", SAVES, {"version": _ABSENT}),
    Row(f"{_S}records/", "GET", "/settings/records/", ADMIN_SEES),
    Row(f"{_S}records/", "POST", "/settings/records/", ADMIN_SEES.replace("200", "400")),
    Row(f"{_S}records/<int:upload_id>/", "GET", f"/settings/records/{_ABSENT}/", "302 302 403 403 403 403 403 302"),
    Row(f"{_S}records/<int:upload_id>/", "POST", f"/settings/records/{_ABSENT}/", "302 302 403 403 403 403 403 302"),
    Row(f"{_S}public/", "GET", "/settings/public/", ADMIN_SEES),
    Row(f"{_S}public/", "POST", "/settings/public/", ADMIN_ACTS, {"value": "+49 30 901820"}),
    Row(f"{_S}answers/", "GET", "/settings/answers/", SETS),
    Row(f"{_S}tags/", "GET", "/settings/tags/", SETS),
    Row(f"{_S}tags/", "POST", "/settings/tags/", SAVES, {"name": "Delivery", "colour": "red"}),
    *[
        Row(f"{_S}tags/<int:tag_id>/<slug:action>/", "POST", f"/settings/tags/{{tag}}/{action}/", SAVES)
        for action in ("change", "archive", "restore", "delete")
    ],
    Row(f"{_S}tags/<int:tag_id>/merging/", "GET", "/settings/tags/{tag}/merging/?into={other_tag}",
        "302 302 403 403 403 302 302 302"),
    Row(f"{_S}tags/<int:tag_id>/merge/<int:into_id>/", "GET", "/settings/tags/{tag}/merge/{other_tag}/", SETS),
    Row(f"{_S}tags/<int:tag_id>/merge/<int:into_id>/", "POST", "/settings/tags/{tag}/merge/{other_tag}/", SAVES),
    Row(f"{_S}tags/<int:tag_id>/merge/<int:into_id>/", "GET", f"/settings/tags/{{tag}}/merge/{_ABSENT}/", SAVES),
    Row(f"{_S}tags/merges/<int:merge_id>/undo/", "POST", "/settings/tags/merges/{tag_merge}/undo/", SAVES),
    Row(f"{_S}tags/merges/<int:merge_id>/undo/", "POST", f"/settings/tags/merges/{_ABSENT}/undo/", SAVES),
    Row(f"{_S}fields/", "GET", "/settings/fields/", SETS),
    Row(f"{_S}fields/", "POST", "/settings/fields/", SAVES, {"name": "Order", "kind": "text"}),
    Row(f"{_S}fields/<int:field_id>/", "GET", "/settings/fields/{field}/", SETS),
    Row(f"{_S}fields/<int:field_id>/", "GET", f"/settings/fields/{_ABSENT}/", "302 302 403 403 403 404 404 404"),
    *[
        Row(f"{_S}fields/<int:field_id>/<slug:action>/", "POST", f"/settings/fields/{one}/{action}/", SAVES)
        for action in ("rename", "archive", "restore", "add", "option", "option-archive", "option-restore")
        for one in ("{field}", _ABSENT)
    ],
    Row(f"{_S}fields/<int:field_id>/<slug:action>/", "POST", "/settings/fields/{field}/destroy/",
        "302 302 403 403 403 404 404 404"),
    Row(f"{_S}vips/", "GET", "/settings/vips/", SETS),
    Row(f"{_S}vips/", "POST", "/settings/vips/", SAVES, {"name": "Press"}),
    *[
        Row(f"{_S}vips/<int:list_id>/<slug:action>/", "POST", f"/settings/vips/{one}/{action}/", SAVES)
        for action in ("rename", "archive", "restore") for one in ("{list}", _ABSENT)
    ],
    Row(f"{_S}vips/<int:list_id>/<slug:action>/", "POST", "/settings/vips/{list}/destroy/",
        "302 302 403 403 403 404 404 404"),
    Row(f"{_S}tags/<int:tag_id>/<slug:action>/", "POST", "/settings/tags/{tag}/destroy/",
        "302 302 403 403 403 404 404 404"),
    Row(f"{_S}answers/<int:connection_id>/", "POST", "/settings/answers/{connection}/", SAVES, {"team-{team}": "both"}),
]  # fmt: skip


def _of_conversation(path: str, method: str, done: str = "200", **data: Any) -> list[Row]:
    """A call on a conversation: on the team's own one, on one that nobody has, on one that does not exist."""
    route = f"{_A}/{path}"
    filled = path.replace("<int:tag_id>", "{tag}").replace("<int:field_id>", "{field}")
    return [
        Row(route, method, f"/api/v1/conversations/{{own}}/{filled}", TEAM_API.replace("200", done), data, api=True),
        Row(route, method, f"/api/v1/conversations/{{unrouted}}/{filled}", UNROUTED_API.replace("200", done), data,
            api=True),
        Row(route, method, f"/api/v1/conversations/{_ABSENT}/{filled}", NOBODY_API, data, api=True),
    ]  # fmt: skip


def _of_api(path: str, method: str, allowed: str, **data: Any) -> Row:
    """A call whose address holds {names}: <int:…> in its route."""
    route = re.sub(r"\{(\w+)\}", r"<int:\1_id>", path)
    route = re.sub(rf"(contact|merge|move)s/{_ABSENT}", r"\1s/<int:\1_id>", route)
    return Row(f"api/v1/{route}", method, f"/api/v1/{path}", allowed, data, api=True)


@dataclass(frozen=True)
class File:
    """A picture that a form sends, however often it is read."""

    name: str = "parcel.png"

    def read(self) -> bytes:
        return factories.picture()


def _adds_picture(conversation: str, allowed: str) -> Row:
    route, path = f"{_A}/attachments/", f"/api/v1/conversations/{conversation}/attachments/"
    return Row(route, "POST", path, allowed, {"picture": File(), "alt": "A parcel"}, api=True, form=True)


API_ROWS = [
    _adds_picture("{own}", TEAM_API.replace("200", "201")),
    _adds_picture("{unrouted}", UNROUTED_API.replace("200", "201")),
    _adds_picture(_ABSENT, NOBODY_API),
    # A picture that waits is its author's alone.
    _of_api("attachments/{attachment}/", "DELETE", "401 401 404 204 404 404 404 404"),
    _of_api("conversations/", "GET", ANYBODY_API),
    *_of_conversation("", "GET"),
    *_of_conversation("messages/", "GET"),
    *_of_conversation("notes/", "GET"),
    *_of_conversation("notes/", "POST", "201", text="A note"),
    *_of_conversation("assignments/", "GET"),
    *_of_conversation("assignments/", "POST", me=True, seen_agent="{alice}"),
    *_of_conversation("resolve/", "POST", resolution="answered"),
    *_of_conversation("reopen/", "POST"),
    *_of_conversation("snooze/", "POST", until="2100-01-01T00:00:00Z"),
    *_of_conversation("tags/<int:tag_id>/", "PUT"),
    *_of_conversation("tags/<int:tag_id>/", "DELETE", "204"),
    # Allowed, and then stopped: the account has no credentials, or the item is past taking back.
    *_of_conversation("replies/", "POST", "409", visibility="public", text="Hello", confirmed=True),
    _of_api("measure/", "POST", TEAM_API.replace("200", "409"), conversation="{own}", visibility="public", text="Hi"),
    _of_api("measure/", "POST", NOBODY_API, conversation=_ABSENT, visibility="public", text="Hello"),
    _of_api("outbox/{item}/", "GET", TEAM_API),
    _of_api("outbox/{item}/cancel/", "POST", TEAM_API.replace("200", "409")),
    # Allowed, and then: nothing of it is held, or the account has no credentials.
    _of_api("outbox/{item}/approve/", "POST", DECIDES_API, seen="0"),
    _of_api("outbox/{item}/override/", "POST", DECIDES_API, seen="0", reason="Hers"),
    _of_api("outbox/{item}/return/", "POST", DECIDES_API, comment="Kinder"),
    _of_api("outbox/{item}/edit/", "POST", "401 401 404 409 404 403 404 404", text="Hello"),
    _of_api("outbox/{item}/schedule/", "POST", TEAM_API.replace("200", "409"), send_at="2100-01-01T09:00:00Z"),
    _of_api("held/", "GET", LEADS_API),
    _of_api("pauses/", "GET", PAUSES_API),
    _of_api("pauses/", "POST", PAUSES_API.replace("200", "201"), brand="", reason="An outage"),
    Row(
        "api/v1/pauses/<int:pause_id>/",
        "DELETE",
        f"/api/v1/pauses/{_ABSENT}/",
        PAUSES_API.replace("200", "404"),
        api=True,
    ),
    *_of_conversation("acts/", "POST", "409", act="hide", message="{own_message}"),
    *_of_conversation("corrections/", "POST", "409", message="{own_message}", text="Hello"),
    _of_api("contacts/", "GET", ANYBODY_API),
    _of_api("contacts/{contact}/", "GET", TEAM_API),
    _of_api("contacts/{contact}/mutes/", "GET", TEAM_API),
    _of_api("contacts/{contact}/mutes/", "POST", TEAM_API.replace("200", "201"), connection="{connection}"),
    _of_api("mutes/{mute}/", "DELETE", "401 401 404 204 404 204 204 404"),
    _of_api("noise-rules/", "GET", LEADS_API),
    _of_api("noise-rules/", "POST", LEADS_API.replace("200", "201"), words=["giveaway"]),
    Row(
        "api/v1/noise-rules/<int:rule_id>/",
        "DELETE",
        f"/api/v1/noise-rules/{_ABSENT}/",
        LEADS_API.replace("200", "409"),
        api=True,
    ),
    _of_api("contacts/{contact}/merges/", "GET", TEAM_API),
    # Nobody but a lead of the team sees both of them.
    _of_api("contacts/{contact}/merges/", "POST", "401 401 404 404 404 201 404 404", contact="{other_contact}"),
    _of_api("contacts/{contact}/merges/", "POST", NOBODY_API, contact=_ABSENT),
    _of_api("merges/{merge}/undo/", "POST", TEAM_API),
    # Neither can be done: nothing would stay, and they are two people's.
    Row(
        f"api/v1/{_M}split/", "POST", "/api/v1/messages/{own_message}/split/", TEAM_API.replace("200", "409"), api=True
    ),
    Row(f"api/v1/{_M}split/", "POST", f"/api/v1/messages/{_ABSENT}/split/", NOBODY_API, api=True),
    Row(
        f"{_A}/join/",
        "POST",
        "/api/v1/conversations/{own}/join/",
        TEAM_API.replace("200", "409"),
        {"into": "{twin}"},
        api=True,
    ),
    Row(f"{_A}/join/", "POST", "/api/v1/conversations/{own}/join/", NOBODY_API, {"into": "{foreign}"}, api=True),
    _of_api("moves/{move}/undo/", "POST", TEAM_API),
    _of_api(f"moves/{_ABSENT}/undo/", "POST", NOBODY_API),
    _of_api(f"merges/{_ABSENT}/undo/", "POST", NOBODY_API),
    _of_api("contacts/{contact}/record/", "GET", "401 401 404 200 404 200 404 200"),
    _of_api("contacts/{contact}/record/", "PUT", ADMIN_API, fields=[]),
    _of_api("contacts/{contact}/record/", "DELETE", ADMIN_API.replace("200", "204")),
    _of_api(f"contacts/{_ABSENT}/record/", "GET", NOBODY_API),
    _of_api("articles/", "GET", "401 401 403 200 200 200 200 200"),
    _of_api(
        "articles/", "POST", KEEPS_TAGS.replace("200", "201"), title="Returns", text="Within 30 days.", audience="staff"
    ),
    _of_api("articles/{article}/", "GET", "401 401 403 200 200 200 200 200"),
    _of_api("articles/{article}/", "PUT", KEEPS_TAGS, title="Returns", text="Within 14 days.", audience="public"),
    _of_api("tags/", "GET", "401 401 403 200 200 200 200 200"),
    _of_api("tags/", "POST", KEEPS_TAGS.replace("200", "201"), name="Delivery"),
    _of_api("tags/{tag}/", "GET", "401 401 403 200 200 200 200 200"),
    _of_api("tags/{tag}/", "PUT", KEEPS_TAGS, name="Delivery"),
    _of_api("tags/{tag}/", "DELETE", KEEPS_TAGS.replace("200", "204")),
    _of_api("tags/{tag}/merges/", "POST", KEEPS_TAGS.replace("200", "201"), into="{other_tag}"),
    Row(
        "api/v1/tags/merges/<int:tagmerge_id>/undo/",
        "POST",
        "/api/v1/tags/merges/{tag_merge}/undo/",
        KEEPS_TAGS,
        api=True,
    ),
    _of_api("fields/", "GET", "401 401 403 200 200 200 200 200"),
    _of_api("fields/", "POST", KEEPS_TAGS.replace("200", "201"), name="Order", kind="text"),
    _of_api("fields/{field}/", "GET", "401 401 403 200 200 200 200 200"),
    _of_api("fields/{field}/", "PUT", KEEPS_TAGS, name="Order"),
    *_of_conversation("fields/", "GET"),
    *_of_conversation("fields/<int:field_id>/", "PUT", "204", value="AB-1"),
    _of_api("vip-lists/", "GET", "401 401 403 200 200 200 200 200"),
    _of_api("vip-lists/", "POST", KEEPS_TAGS.replace("200", "201"), name="Press"),
    Row("api/v1/vip-lists/<int:list_id>/", "PUT", "/api/v1/vip-lists/{list}/", KEEPS_TAGS, {"name": "Press"}, api=True),
    _of_api("contacts/{contact}/vips/", "GET", TEAM_API),
    _of_api("contacts/{contact}/vips/", "POST", TEAM_API.replace("200", "201"), list="{list}", why="Because"),
    Row("api/v1/vips/<int:entry_id>/", "DELETE", "/api/v1/vips/{entry}/", TEAM_API.replace("200", "204"), api=True),
    Row("api/v1/vips/<int:entry_id>/", "DELETE", f"/api/v1/vips/{_ABSENT}/", NOBODY_API, api=True),
    _of_api("search/", "GET", ANYBODY_API),
    _of_api("connections/", "GET", "401 401 403 403 403 200 200 200"),
    _of_api("metrics/handled/", "GET", ANYBODY_API),
    _of_api("metrics/handled/", "GET", "401 401 403 403 403 200 404 403", team="{team}"),
    _of_api("heartbeat/", "POST", TEAM_API, conversation="{own}"),
    _of_api("heartbeat/", "POST", NOBODY_API, conversation=_ABSENT),
    # Takes away one's own sign and says nothing of what exists.
    _of_api("heartbeat/", "POST", ANYBODY_API, conversation=_ABSENT, left=True),
    Row("api/schema/", "GET", "/api/schema/", ANYBODY_API, api=True),
    Row("api/<anything:rest>", "GET", "/api/v2/conversations/", NOBODY_API, api=True),
    Row("api/<anything:rest>", "GET", "/api/v1/conversations/1/fields/a%0A/", NOBODY_API, api=True),
]

TABLE: list[Row] = [
    Row("accounts/login/", "GET", "/accounts/login/", EVERYBODY),
    Row("accounts/login/", "POST", "/accounts/login/", EVERYBODY),
    Row("accounts/login/", "PUT", "/accounts/login/", EVERYBODY),  # Django reads it as an empty form
    Row("words/<slug:language>.js", "GET", "/words/de.js", EVERYBODY),
    Row("words/<slug:language>.js", "GET", "/words/tlh.js", GONE),
    # A link that works leads on: tests/routing/test_passwords.py.
    Row("accounts/welcome/<str:token>/", "GET", "/accounts/welcome/abc/", GONE),
    Row("accounts/welcome/", "GET", "/accounts/welcome/", GONE),
    Row("accounts/welcome/", "POST", "/accounts/welcome/", GONE, {"new_password1": "a", "new_password2": "a"}),
    Row("accounts/logout/", "POST", "/accounts/logout/", "302 302 302 302 302 302 302 302"),
    Row("events", "GET", "/events", "302 302 200 200 200 200 200 200"),
    Row("", "GET", "/", "302 302 302 302 302 302 302 302"),
    Row("inbox/", "GET", "/inbox/", "302 302 200 200 200 200 200 200"),
    Row("inbox/<slug:queue>/", "GET", "/inbox/mine/", "302 302 200 200 200 200 200 200"),
    Row("inbox/<slug:queue>/", "GET", "/inbox/team-{team}/", "302 302 200 200 404 200 404 200"),
    Row("inbox/<slug:queue>/", "GET", "/inbox/team-{team}-unassigned/", "302 302 200 200 404 200 404 200"),
    Row("inbox/<slug:queue>/", "GET", "/inbox/unrouted/", "302 302 200 404 404 200 200 200"),
    Row(_Q, "GET", "/inbox/mine/{own}/", "302 302 200 200 404 200 404 200"),
    Row(_Q, "GET", "/inbox/team-{team}/{own}/", "302 302 200 200 404 200 404 200"),
    Row(_Q, "GET", "/inbox/mine/{unrouted}/", "302 302 200 404 404 200 200 200"),
    Row(_Q, "GET", f"/inbox/mine/{_ABSENT}/", "302 302 200 404 404 404 404 200"),
    # What is not theirs is left out: tests/routing/test_bulk.py.
    Row("bulk/", "POST", "/bulk/", "302 302 404 303 303 303 303 404",
        {"pick": "{own}.0.0", "act": "resolve", "key": "k"}),
    Row("bulk/choices/", "GET", "/bulk/choices/", "302 302 404 200 200 200 200 404"),
    Row("bulk/choices/", "POST", "/bulk/choices/", "302 302 404 200 200 200 200 404", {"pick": "{own}.0.0"}),
    Row("bulk/<int:job_id>/", "GET", "/bulk/{job}/", AUTHOR_SEES),
    Row("bulk/<int:job_id>/", "GET", f"/bulk/{_ABSENT}/", NOBODY),
    *(
        Row("bulk/<int:job_id>/<slug:action>/", "POST", f"/bulk/{{job}}/{action}/", AUTHOR_SEES.replace("200", "303"))
        for action in ("undo", "close")
    ),
    Row("bulk/<int:job_id>/<slug:action>/", "POST", "/bulk/{job}/destroy/", NOBODY),
    Row("posts/<int:connection_id>/", "GET", "/posts/{connection}/?post=norrline-1", TEAM_SEES),
    Row("posts/<int:connection_id>/", "GET", "/posts/{connection}/", NOBODY),
    Row("posts/<int:connection_id>/", "GET", f"/posts/{_ABSENT}/?post=norrline-1", NOBODY),
    # What is not theirs is not found: tests/routing/test_finding.py.
    Row("search/", "GET", "/search/?q=Hemmelig", "302 302 200 200 200 200 200 200"),
    Row("search/", "GET", "/search/?team={team}", "302 302 200 200 200 200 200 200"),
    Row("search/people/", "GET", "/search/people/?q=carol", "302 302 200 200 200 200 200 200"),
    Row("search/saved/", "POST", "/search/saved/", "302 302 303 303 303 303 303 303", {"name": "A", "query": "q=b"}),
    *(
        Row("search/saved/<int:saved_id>/<slug:action>/", "POST", f"/search/saved/{_ABSENT}/{action}/",
            "302 302 303 303 303 303 303 303", {"name": "A"})
        for action in ("rename", "delete", "restore")
    ),
    Row("search/saved/<int:saved_id>/<slug:action>/", "POST", f"/search/saved/{_ABSENT}/destroy/", NOBODY),
    Row(f"{_C}/assign/", "GET", "/conversations/{own}/assign/", TEAM_SEES),
    Row(f"{_C}/assign/", "GET", f"/conversations/{_ABSENT}/assign/", NOBODY),
    *_acts(f"{_C}/assign/", "/conversations/{id}/assign/", to="me"),
    *_acts(f"{_C}/assign/", "/conversations/{id}/assign/", to="team:{other_team}"),
    *_acts(f"{_C}/assign/", "/conversations/{id}/assign/", to="agent:{stranger}"),
    Row("me/", "GET", "/me/", "302 302 403 200 200 200 200 200"),
    Row("me/", "POST", "/me/", "302 302 403 302 302 302 302 302", {"time_zone": "Europe/Oslo", "theme": ""}),
    Row("me/notifications/", "GET", "/me/notifications/", "302 302 403 200 200 200 200 200"),
    Row("me/notifications/", "POST", "/me/notifications/", "302 302 403 302 302 302 302 302", {"hour": "8"}),
    Row("notifications/", "GET", "/notifications/", "302 302 403 200 200 200 200 200"),
    Row("notifications/new/", "GET", "/notifications/new/?after=0", "302 302 403 200 200 200 200 200"),
    # What is another's is not touched: tests/routing/test_notices.py.
    Row("notifications/read/", "POST", "/notifications/read/", "302 302 303 303 303 303 303 303",
        {"first": "0", "last": "9"}),
    *(
        Row("notifications/<int:notification_id>/<slug:action>/", "POST", f"/notifications/{_ABSENT}/{action}/",
            "302 302 303 303 303 303 303 303")
        for action in ("read", "unread")
    ),
    Row("notifications/<int:notification_id>/<slug:action>/", "POST", f"/notifications/{_ABSENT}/destroy/", NOBODY),
    # The signed link of a mail: tests/routing/test_digests.py.
    Row("notifications/stop/<str:token>/", "GET", "/notifications/stop/abc/", GONE),
    Row("notifications/stop/<str:token>/", "POST", "/notifications/stop/abc/", GONE),
    Row("me/password/", "POST", "/me/password/", "302 302 403 400 400 400 400 400", {"old_password": "a guess"}),
    Row("me/availability/", "POST", "/me/availability/", "302 302 403 303 303 303 303 303", {"availability": "busy"}),
    Row("me/here/", "GET", "/me/here/", "302 302 204 204 204 204 204 204"),
    Row("me/away/", "GET", "/me/away/", "302 302 403 200 200 200 200 200"),
    *_acts(f"{_C}/accept/", "/conversations/{id}/accept/"),
    *_acts(f"{_C}/give-back/", "/conversations/{id}/give-back/", line="Not ours"),
    *SETTINGS,
    *_acts(f"{_C}/compose/", "/conversations/{id}/compose/", audience="note", text="A note"),
    *_acts(f"{_C}/compose/", "/conversations/{id}/compose/", audience="public", text="Hello", seen="{foreign_message}"),
    Row(f"{_C}/draft/", "PUT", "/conversations/{own}/draft/", TEAM_SEES.replace("200", "400")),
    Row(f"{_C}/draft/", "PUT", f"/conversations/{_ABSENT}/draft/", NOBODY),
    Row(f"{_C}/macros/", "GET", "/conversations/{own}/macros/", TEAM_SEES),
    Row(f"{_C}/macros/", "GET", f"/conversations/{_ABSENT}/macros/", NOBODY),
    Row(f"{_C}/colleagues/", "GET", "/conversations/{own}/colleagues/?q=a", TEAM_SEES),
    Row(f"{_C}/colleagues/", "GET", f"/conversations/{_ABSENT}/colleagues/", NOBODY),
    Row("outbox/<int:item_id>/edit/", "POST", "/outbox/{item}/edit/", AUTHOR_ACTS, {"text": "Other words"}),
    Row("outbox/<int:item_id>/edit/", "POST", f"/outbox/{_ABSENT}/edit/", NOBODY, {"text": "Other words"}),
    Row("outbox/<int:item_id>/schedule/", "POST", "/outbox/{item}/schedule/", TEAM_ACTS,
        {"send_at": "2100-01-01T09:00"}),
    Row("outbox/<int:item_id>/schedule/", "POST", f"/outbox/{_ABSENT}/schedule/", NOBODY),
    *_acts(f"{_C}/resolve/", "/conversations/{id}/resolve/", resolution="answered"),
    *_acts(f"{_C}/reopen/", "/conversations/{id}/reopen/"),
    *_acts(f"{_C}/snooze/", "/conversations/{id}/snooze/", **{"for": "1"}),
    *_acts(f"{_C}/acts/", "/conversations/{id}/acts/", kind="hide", message="1", key="act-1"),
    *_acts(f"{_C}/correct/", "/conversations/{id}/correct/", message="1", text="Hello", key="mend-1"),
    *_acts(f"{_C}/tags/", "/conversations/{id}/tags/", name="Table"),
    *_acts(f"{_C}/tags/", "/conversations/{id}/tags/", remove="{tag}"),
    *_acts(f"{_C}/fields/", "/conversations/{id}/fields/", **{"field-1": "x"}),
    Row(f"{_P}vips/", "POST", "/contacts/{contact}/vips/", TEAM_ACTS, {"list": "{list}", "why": "Because"}),
    Row(f"{_P}vips/", "POST", f"/contacts/{_ABSENT}/vips/", NOBODY),
    Row("vips/<int:entry_id>/end/", "POST", "/vips/{entry}/end/", TEAM_ACTS),
    Row("vips/<int:entry_id>/end/", "POST", f"/vips/{_ABSENT}/end/", NOBODY),
    Row("search/export/", "GET", "/search/export/?q=Hemmelig", "302 302 403 403 403 200 200 403"),
    Row("search/export/", "GET", "/search/export/", "302 302 403 403 403 302 302 403"),
    *PICTURES,
    *_settles("undo"), *_settles("send-now"), *_settles("check-again"), *_settles("send-anyway"),
    *_settles("give-up"), *_settles("retry"),
    Row("outbox/<int:item_id>/<slug:action>/", "POST", "/outbox/{item}/destroy/", NOBODY),
    *_decides("approve"), *_decides("edit"), *_decides("pass", reason="Hers"), *_decides("return", comment="Kinder"),
    Row("held/<int:item_id>/<slug:action>/", "POST", "/held/{item}/destroy/", NOBODY),
    Row("held/", "GET", "/held/", "302 302 403 403 403 200 200 403"),
    Row(_P, "GET", "/contacts/{contact}/", TEAM_SEES),
    Row(_P, "GET", f"/contacts/{_ABSENT}/", NOBODY),
    # Nobody but a lead of the team sees both of them.
    Row(f"{_P}merge/<int:other_id>/", "GET", "/contacts/{contact}/merge/{other_contact}/", BOTH_SEEN),
    Row(f"{_P}merge/<int:other_id>/", "POST", "/contacts/{contact}/merge/{other_contact}/",
        BOTH_SEEN.replace("200", "303")),
    Row(f"{_P}merge/<int:other_id>/", "POST", f"/contacts/{{contact}}/merge/{_ABSENT}/", NOBODY),
    Row(f"{_P}mute/", "POST", "/contacts/{contact}/mute/", TEAM_ACTS),
    Row(f"{_P}mute/", "POST", f"/contacts/{_ABSENT}/mute/", NOBODY),
    # A lead sees all that was muted, and so may hear anybody again.
    Row("mutes/<int:mute_id>/end/", "POST", "/mutes/{mute}/end/", "302 302 404 303 404 303 303 404"),
    Row("mutes/<int:mute_id>/end/", "POST", f"/mutes/{_ABSENT}/end/", NOBODY),
    Row("muted/", "GET", "/muted/", "302 302 403 403 403 200 200 403"),
    Row("muted/<int:message_id>/case/", "POST", f"/muted/{_ABSENT}/case/", "302 302 403 403 403 303 303 403"),
    Row("muted/words/", "GET", "/muted/words/", "302 302 403 403 403 200 200 403"),
    *(
        Row(f"muted/words/{what}", "POST", f"/muted/words/{there}", "302 302 403 403 403 302 302 403")
        for what, there in (
            ("new/", "new/"), ("<int:rule_id>/end/", f"{_ABSENT}/end/"), ("<int:rule_id>/back/", f"{_ABSENT}/back/"),
        )
    ),
    Row("contacts/merges/<int:merge_id>/undo/", "POST", "/contacts/merges/{merge}/undo/", TEAM_ACTS),
    Row("contacts/merges/<int:merge_id>/undo/", "POST", f"/contacts/merges/{_ABSENT}/undo/", NOBODY),
    Row(f"{_M}split/", "GET", "/messages/{own_message}/split/", TEAM_SEES),
    Row(f"{_M}split/", "POST", "/messages/{own_message}/split/", TEAM_ACTS),
    Row(f"{_M}split/", "POST", f"/messages/{_ABSENT}/split/", NOBODY),
    Row(_J, "GET", "/conversations/{own}/join/{twin}/", TEAM_SEES),
    Row(_J, "POST", "/conversations/{own}/join/{twin}/", TEAM_ACTS),
    Row(_J, "POST", "/conversations/{own}/join/{foreign}/", NOBODY),
    Row("moves/<int:move_id>/undo/", "POST", "/moves/{move}/undo/", TEAM_ACTS),
    Row("moves/<int:move_id>/undo/", "POST", f"/moves/{_ABSENT}/undo/", NOBODY),
    Row("pauses/", "POST", "/pauses/", "302 302 403 403 403 303 303 303", {"brand": "", "reason": "An outage"}),
    Row("pauses/", "POST", "/pauses/", "302 302 403 403 403 303 303 303", {"brand": "nowhere"}),
    Row("pauses/<int:pause_id>/resume/", "POST", f"/pauses/{_ABSENT}/resume/", "302 302 403 403 403 303 303 303"),
    Row("trouble/", "GET", "/trouble/", "302 302 403 403 403 200 200 200"),
    Row("connections/", "GET", "/connections/", "302 302 403 403 403 200 200 200"),
    Row("connections/<int:connection_id>/", "GET", "/connections/{connection}/", "302 302 403 403 403 200 200 200"),
    Row("connections/<int:connection_id>/", "GET", "/connections/{connection}/?show=failed",
        "302 302 403 403 403 200 200 200"),
    Row("connections/<int:connection_id>/", "GET", f"/connections/{_ABSENT}/", "302 302 403 403 403 404 404 404"),
    Row("connections/add/", "GET", "/connections/add/", "302 302 403 403 403 403 403 200"),
    Row("connections/add/<slug:network>/", "GET", "/connections/add/x/", "302 302 403 403 403 403 403 200"),
    Row("connections/add/<slug:network>/", "POST", "/connections/add/x/", "302 302 403 403 403 403 403 400"),
    Row("connections/add/<slug:network>/", "GET", "/connections/add/nowhere/", "302 302 403 403 403 403 403 404"),
    Row(_N, "POST", "/connections/{connection}/check/", ADMIN_ACTS),
    Row(_N, "POST", "/connections/{connection}/rename/", ADMIN_ACTS, {"name": "Renamed"}),
    Row(_N, "POST", "/connections/{connection}/voice/", ADMIN_ACTS, {"voice": "First names, no emoji."}),
    Row(_N, "POST", "/connections/{connection}/brand/", ADMIN_ACTS, {"brand": "Norrline"}),
    Row(_N, "POST", "/connections/{connection}/authorise/", "302 302 403 403 403 403 403 400"),
    Row(_N, "POST", "/connections/{connection}/remove/", "302 302 403 403 403 403 403 400", {"confirm": "no"}),
    Row(_N, "POST", "/connections/{connection}/remove/", ADMIN_ACTS, {"confirm": "Norrline on X"}),
    Row(_N, "POST", "/connections/{connection}/acknowledge/", ADMIN_ACTS, {"gap": "1"}),
    Row(_N, "POST", "/connections/{connection}/destroy/", "302 302 403 403 403 403 403 404"),
    Row("connections/<int:connection_id>/<slug:action>/", "POST", "/connections/{connection}/pause/", ADMIN_ACTS),
    Row("connections/<int:connection_id>/<slug:action>/", "POST", "/connections/{connection}/resume/", ADMIN_ACTS),
    Row("connections/<int:connection_id>/<slug:action>/", "POST", f"/connections/{_ABSENT}/pause/",
        "302 302 403 403 403 403 403 404"),
    *API_ROWS,
    Row("metrics/", "GET", "/metrics/", "302 302 403 403 403 200 200 403"),
    Row("metrics/rows/", "GET", "/metrics/rows/", "302 302 200 200 200 200 200 200"),
    Row("metrics/arrivals/", "GET", "/metrics/arrivals/", "302 302 403 403 403 200 200 403"),
    Row("metrics/resolutions/", "GET", "/metrics/resolutions/", "302 302 200 200 200 200 200 200"),
    Row("metrics/reopenings/", "GET", "/metrics/reopenings/", "302 302 403 403 403 200 200 403"),
    Row("metrics/waiting/", "GET", "/metrics/waiting/", "302 302 403 403 403 200 200 403"),
    Row("metrics/csv/<slug:name>/", "GET", "/metrics/csv/agents/?team={team}", "302 302 403 403 403 200 200 403"),
    Row("metrics/csv/<slug:name>/", "GET", "/metrics/csv/waiting/", "302 302 403 403 403 200 200 403"),
    Row("metrics/csv/<slug:name>/", "GET", "/metrics/csv/interactions/", "302 302 200 200 200 200 200 200"),
    Row("metrics/csv/<slug:name>/", "GET", "/metrics/csv/passwords/", "302 302 404 404 404 404 404 404"),
    Row("metrics/touches/", "GET", "/metrics/touches/", "302 302 200 200 200 200 200 200"),
    Row("metrics/me/", "GET", "/metrics/me/", "302 302 200 200 200 200 200 200"),
]  # fmt: skip

# The state of the whole, for whoever keeps it running: 503 while no worker runs.
PUBLIC_STATE = "healthz"
