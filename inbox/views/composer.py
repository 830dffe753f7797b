"""The composer: what it shows, and what its form says. Nothing that was written is lost, whatever stops it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors.errors import ConnectorError
from inbox import marks, mentions, selectors
from inbox.downstream import REPLIES, policy
from inbox.models import Article, Conversation
from inbox.parameters import moment, snooze_end, whole
from inbox.permissions import conversation_for, item_for, person
from inbox.selectors import Ends
from inbox.services import attachments, conversations, editing, knowledge, macros, networks, replies, saved
from inbox.services.stops import NO_TIME
from inbox.views.back import back
from inbox.views.kept import keep, take

UNSENT = "unsent"  # what was not sent
AUDIENCES = ("public", "direct", "note")
LINE = "We have sent you a private message, {customer}."
FALLBACK, INVITATION = "Please write to us privately here: {link}", "Please send us a private message, {customer}."


@dataclass(frozen=True, slots=True)
class Written:
    """The words of the form, as its boxes hold them."""

    audience: str
    text: str
    more: Sequence[str] = ()
    line: str = ""
    fallback: str = ""

    @classmethod
    def of(cls, form: QueryDict) -> Written:
        more = [part for part in form.getlist("more") if part.strip()]
        return cls(
            form.get("audience") or "", form.get("text") or "", more[: saved.POSTS], form.get("line") or "",
            form.get("fallback") or "",
        )  # fmt: skip

    def turned(self, audience: str, line: str = "", fallback: str = "") -> Written:
        """The same words for another audience: a thread becomes one text, and what was for the other side goes."""
        return Written(audience, "\n\n".join(filter(None, (self.text, *self.more))), (), line, fallback)


@require_POST
def compose(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """A reply or a note. What cannot be sent keeps its text: the next page shows it with everything that stops it."""
    conversation = conversation_for(request.user, conversation_id, "note")  # who may reply, replies.compose asks
    written = Written.of(request.POST)
    turn = request.POST.get("turn")
    if turn == "direct":  # without scripts: the text goes over to the private frame, with its public line
        _keep(request, conversation_id, written.turned("direct", **_pair(conversation, request)))
    elif turn == "post":
        _keep(request, conversation_id, Written(written.audience, written.text, [*written.more, ""]))
    else:
        try:
            _send(request, conversation_id, written)
        except replies.Stopped as stopped:
            _keep(request, conversation_id, written, _stopped(stopped))
        except (conversations.Refused, ConnectorError) as error:
            _keep(request, conversation_id, written, {"plain": [str(error)]})
    return back(request)


def _keep(
    request: HttpRequest, conversation_id: int, written: Written, stopped: Mapping[str, Any] | None = None
) -> None:
    keep(request, UNSENT, conversation_id, {**asdict(written), "stopped": stopped})


def _stopped(stopped: replies.Stopped) -> dict[str, Any]:
    """Everything that stands in the way, as the session keeps it until the next page shows it."""
    why = stopped.reasons
    return {
        "plain": [sentence for sentence in (*why.plain, why.connection) if sentence],
        "news": why.news,
        "messages": [row.pk for row in why.messages] if why.news else [],
        "items": [row.pk for row in why.items] if why.news else [],
        "texts": list(why.texts),
        "findings": [[one.part, one.start, one.end, one.why] for one in why.findings],
    }


def _send(request: HttpRequest, conversation_id: int, written: Written) -> None:
    author, form = person(request), request.POST
    if written.audience not in AUDIENCES:
        raise replies.Refused(gettext("Choose who will read this: publicly, privately or a note."))
    if written.audience == "note":
        conversations.add_note(conversation_id=conversation_id, author=author, text=written.text)
        saved.forget(author=author, conversation_id=conversation_id, audience="note")
        return
    if written.audience == "direct" and written.more:
        written = written.turned("direct", written.line, written.fallback)
    direct = written.audience == "direct"
    replies.compose(
        author=author,
        conversation_id=conversation_id,
        visibility=written.audience,
        text=written.text,
        more=written.more,
        line=written.line if direct else "",
        fallback=written.fallback if direct and written.line.strip() else "",
        then=_then(form),
        send_at=_send_at(form),
        client_key=form.get("client_key", "")[:64],
        seen_message_id=whole(form.get("seen")),
        seen_outbox_id=whole(form.get("seen_outbox")),
        override=form.get("reason", "") if form.get("pass") else "",
        ask=bool(form.get("ask")),
        pictures=[pk for one in form.getlist("attachment") if (pk := whole(one))],
    )


def _then(form: QueryDict) -> dict[str, str] | None:
    """What is done once it is sent: ``then`` is "resolve", or "snooze:" and one of the known ends."""
    do, _, end = form.get("then", "").partition(":")
    if not do:
        return None
    if do == "resolve":
        return {"do": "resolve"}
    until = snooze_end(end, form.get("snooze_until", "")) if do == "snooze" else None
    if until is None or until <= timezone.now():
        raise replies.Refused(gettext("Choose until when it sleeps once this is sent."))
    return {"do": "snooze", "until": until.isoformat()}


def _send_at(form: QueryDict) -> datetime | None:
    if form.get("when") != "later":
        return None
    at = moment(form.get("send_at", ""))
    if at is None:
        raise replies.Refused(NO_TIME)
    return at


@require_http_methods(["PUT"])
def draft(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Keep what stands in the form, for its audience."""
    conversation_for(request.user, conversation_id, "note")
    form = QueryDict(request.body)
    written = Written.of(form)
    if written.audience not in AUDIENCES:
        return JsonResponse({"error": gettext("A draft is public, direct or a note.")}, status=400)
    saved.save(
        author=person(request), conversation_id=conversation_id, client_key=form.get("client_key", "")[:64],
        **asdict(written),
    )  # fmt: skip
    return HttpResponse(status=204)


@require_safe
def macro_list(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What holds ``q``: macros, filled for this conversation; articles; and what was answered in public before.

    What is for staff goes to the page with the text to read, and for a public reply without anything to insert.
    """
    conversation = conversation_for(request.user, conversation_id, "note")
    agent, query = person(request), request.GET.get("q", "")
    private = request.GET.get("audience") in ("direct", "note")
    rows = [_offer("", row.name, macros.fill(row.text, conversation, agent)) for row in macros.find(query)]
    for article in knowledge.find(query):
        if article.audience == Article.Audience.STAFF:
            label = gettext("For staff only") if private else gettext("For staff only: to read, not to say in public")
            rows.append(_offer(label, article.title, article.text, insert=article.text if private else ""))
            continue
        rows.append(_offer(gettext("Article"), article.title, article.text))
        if article.address:
            rows.append(_offer(gettext("Link"), article.title, article.address))
    for answer in knowledge.answers(agent, query):
        rows.append(_offer(gettext("Past answer"), answer.text[:60], answer.text))
    return JsonResponse({"macros": rows})


def _offer(label: str, name: str, text: str, insert: str | None = None) -> dict[str, str]:
    return {"label": label, "name": name, "text": text, "insert": text if insert is None else insert}


@require_safe
def colleague_list(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Whom a note here may mention, by the beginning of a name."""
    conversation_for(request.user, conversation_id, "note")
    found = mentions.offer(request.GET.get("q", ""), conversation_id, besides=person(request).pk)
    return JsonResponse({"colleagues": [{"username": one.username, "name": one.name} for one in found]})


@require_POST
def edit(request: HttpRequest, item_id: int) -> HttpResponse:
    """Other words for one's own reply that is still held. What cannot be sent so stays in its form, with the reason."""
    item = item_for(request.user, item_id, "settle")
    if item.author_id != person(request).pk:
        raise PermissionDenied(gettext("Only who wrote it changes it. Take it back instead."))
    words = {name: request.POST.get(name, "") for name in ("text", "fallback")}
    try:
        if not editing.edit(item_id=item.pk, actor=person(request), **words):
            messages.warning(request, gettext("It has left, or was settled, and cannot be changed any more."))
    except (conversations.Refused, ConnectorError) as error:
        keep(request, UNSENT, item.conversation_id, {"item": item.pk, **words, "why": str(error)})
    return back(request)


# What the pane shows ----------------------------------------------------------------------------


def shown(request: HttpRequest, conversation: Conversation, ends: Ends, may: frozenset[str]) -> dict[str, Any]:
    """The composer as it opens: with what was refused just now, or else with one's draft of its audience."""
    stash = take(request, UNSENT, conversation.pk)
    rewriting, stash = (stash, {}) if "item" in stash else ({}, stash)
    network = networks.shown(conversation.connection.network)
    offered = {"public": network.public_reply and ends.public, "direct": network.direct_message}
    silenced = {
        audience: policy().silenced(request.user, audience, conversation.connection_id)
        for audience, there in offered.items()
        if there and REPLIES[audience] not in may
    }
    usable = [audience for audience, there in offered.items() if there and audience not in silenced]
    drafts = saved.of(author=person(request), conversation_id=conversation.pk)
    returned = [row for row in drafts.values() if row.comment]
    wanted = (
        stash.get("audience"), request.GET.get("audience_hint"), *(row.audience for row in returned), ends.visibility,
        *usable,
    )  # fmt: skip
    audience = next((one for one in wanted if one in (*usable, "note")), "note")
    kept = {row.audience: {name: getattr(row, name) for name in _WORDS} for row in drafts.values()}
    both = "public" in usable and "direct" in usable
    return {
        "audience": audience,
        **(kept.get(audience, _EMPTY) if not stash else {name: stash.get(name, _EMPTY[name]) for name in _WORDS}),
        "stopped": _told(conversation, stash.get("stopped")),
        "kept": bool(stash),
        "rewriting": rewriting,
        "drafts": json.dumps({key: {**kept[key], "at": row.saved_at.isoformat()} for key, row in drafts.items()}),
        "returned": returned,
        "pair": _pair(conversation, request) if both else None,
        "threads": network.threads,
        "pictures": attachments.offer(conversation) is not None,
        "may_pass": "override_guard" in may,
        "may_time": "approve" in may,
        "now": timezone.now(),
        "seen": ends.seen or "",
        "seen_outbox": ends.seen_outbox,
        "client_key": uuid.uuid4().hex,
        "public": "public" in usable,
        "direct": "direct" in usable,
        "silenced": silenced,
    }  # fmt: skip


_EMPTY: Mapping[str, Any] = {"text": "", "more": [], "line": "", "fallback": ""}
_WORDS = tuple(_EMPTY)


def _pair(conversation: Conversation, request: HttpRequest) -> dict[str, str]:
    """What is said in public beside a private message, and instead of it, as a proposal."""
    linked = bool(networks.shown(conversation.connection.network).deep_link)
    words = {"line": LINE, "fallback": FALLBACK if linked else INVITATION}
    return {name: macros.fill(text, conversation, person(request)) for name, text in words.items()}


def _told(conversation: Conversation, stopped: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Everything that stopped it, with the texts of what came meanwhile and of what was found."""
    if not stopped:
        return None
    findings = stopped.get("findings", [])
    return {
        "plain": stopped.get("plain", []),
        "news": stopped.get("news", ""),
        "messages": selectors.messages_by_id(conversation, stopped.get("messages", [])),
        "items": selectors.replies_by_id(conversation, stopped.get("items", [])),
        "why": list(dict.fromkeys(why for *_, why in findings)),
        "passages": [
            {"part": part, "start": found[0][1], "end": found[0][2], "cut": marks.cut(text, found)}
            for part, text in enumerate(stopped.get("texts", []))
            if (found := marks.of(part, findings))
        ],
    }
