"""At 100,000 conversations every hot query uses the index that was made for it.

What is explained is the SQL that the selectors and services really issue, captured as it goes out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox import contacts, describing, held
from inbox import selectors as inbox_selectors
from inbox.api.contacts import contacts_of
from inbox.downstream import policy
from inbox.models import Conversation, CustomField, FieldOption, Identity, OutboxItem, Tag
from inbox.services import counts, events, fields, locks, outbox, poll, sending, settling, tags, vips
from routing import finding, selectors
from routing.api import conversations_of
from routing.models import AgentProfile, Membership, Team
from routing.selectors import Place
from routing.services import jobs, queue, returns
from tests.bench.load import Loaded, load, settle, unload

SIZE = 100_000
BIG = (
    "inbox_contact", "inbox_conversation", "inbox_message", "inbox_identity", "inbox_event", "inbox_outboxitem",
    "routing_queueentry", "routing_assignment", "routing_routingjob", "inbox_searchentry",
    "inbox_conversationtag", "inbox_fieldvalue",
)  # fmt: skip


@pytest.fixture(scope="module")
def loaded(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Loaded]:
    with django_db_blocker.unblock():
        unload()  # files without what earlier tests left in them: plans are weighed by their size, too
        _autovacuum("false")
        desk = load(SIZE)
        _outbox(desk)
        _words()
        _described(desk)
        settle()
        yield desk
        locks.forget()
        unload()
        _autovacuum("true")
        connection.close()


def _autovacuum(enabled: str) -> None:
    """Statistics are those of the fixture: none are gathered by the server on its own while plans are looked at."""
    with connection.cursor() as cursor:
        for table in BIG:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = {enabled})")


@pytest.fixture
def desk(loaded: Loaded, db: Any) -> Loaded:
    AgentProfile.objects.update(seen_at=timezone.now())  # loading takes its time; here is said once a minute
    return loaded


def _outbox(desk: Loaded) -> None:
    """A sent reply for every fifth conversation, with a few in every other state, and jobs in the future."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inbox_outboxitem (kind, state, author_id, client_key, connection_id, conversation_id, payload,
                    run_at, created_at, attempt, checks, external_id, reason, lease_until, check_at)
                SELECT 'reply', (ARRAY['queued', 'unknown', 'failed'])[CASE WHEN id %% 2500 < 20 THEN id %% 3 + 1 END],
                    %s, id::text, connection_id, id, '{}', opened_at, opened_at, 1, 0, '', '', now(), now()
                FROM inbox_conversation WHERE id %% 2500 < 20;
            INSERT INTO inbox_outboxitem (kind, state, author_id, client_key, connection_id, conversation_id, payload,
                    run_at, created_at, attempt, checks, external_id, reason)
                SELECT 'reply', 'sent', %s, 's' || id, connection_id, id, '{}', opened_at, opened_at, 1, 0,
                    's' || id, ''
                FROM inbox_conversation WHERE id %% 5 = 0;
            UPDATE inbox_outboxitem SET state = 'sending' WHERE state = 'queued' AND id %% 7 = 0;
            INSERT INTO routing_routingjob (conversation_id, due_at, attempts, last_error)
                SELECT id, now() + interval '1 hour', 0, '' FROM inbox_conversation WHERE id %% 10 = 0;
            UPDATE routing_queueentry SET team_id = NULL, assignee_id = NULL WHERE conversation_id %% 1000 = 7;
            UPDATE routing_queueentry SET first_for = %s, first_until = now() + interval '1 hour'
                WHERE assignee_id IS NULL AND status = 'open' AND conversation_id %% 500 = 3
            """,
            [desk.agent.pk, desk.agent.pk, desk.agent.pk],
        )


def _words() -> None:
    """Everything findable, each customer by their number; every 5,000th message says something rare."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inbox_searchentry (identity_id, at, words)
                SELECT id, now(), array_to_tsvector(ARRAY['customer', handle]) FROM inbox_identity ORDER BY id;
            INSERT INTO inbox_searchentry (message_id, at, words)
                SELECT id, published_at, to_tsvector('simple', CASE WHEN id %% 5000 = 0 THEN text || ' zither' ELSE text
                END) FROM inbox_message ORDER BY id
            """,
            [],
        )


def _described(desk: Loaded) -> None:
    """A tag and a value of each kind on every conversation; of 100,000 some forty are what is looked for."""
    made = {kind: fields.create(name=kind, kind=kind) for kind in CustomField.Kind.values}
    fields.add_options(field_id=made["choice"].pk, lines="Usual\nRare")
    usual, rare = FieldOption.objects.order_by("pk").values_list("pk", flat=True)
    common, seldom = (tags.create(name=name, colour="grey") for name in ("Common", "Seldom"))
    press = vips.create(name="Press")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inbox_conversationtag (conversation_id, tag_id, at)
                SELECT id, CASE WHEN id %% 2500 = 0 THEN %s ELSE %s END, now() FROM inbox_conversation ORDER BY id;
            INSERT INTO inbox_fieldvalue (conversation_id, field_id, option_id, text, by_id, at)
                SELECT id, %s, CASE WHEN id %% 2500 = 0 THEN %s ELSE %s END, '', %s, now()
                FROM inbox_conversation ORDER BY id;
            INSERT INTO inbox_fieldvalue (conversation_id, field_id, text, by_id, at)
                SELECT id, %s, 'Order ' || id, %s, now() FROM inbox_conversation ORDER BY id;
            INSERT INTO inbox_fieldvalue (conversation_id, field_id, text, number, by_id, at)
                SELECT id, %s, '', id, %s, now() FROM inbox_conversation ORDER BY id;
            INSERT INTO inbox_fieldvalue (conversation_id, field_id, text, day, by_id, at)
                SELECT id, %s, '', '2026-01-01'::date + (id %% 3000)::int, %s, now()
                FROM inbox_conversation ORDER BY id;
            INSERT INTO inbox_vipentry (list_id, contact_id, why, by_id, at)
                SELECT %s, id, 'x', %s, now() FROM inbox_contact WHERE id %% 2500 = 0
            """,
            [
                seldom.pk, common.pk, made["choice"].pk, rare, usual, desk.agent.pk, made["text"].pk, desk.agent.pk,
                made["number"].pk, desk.agent.pk, made["date"].pk, desk.agent.pk, press.pk, desk.agent.pk,
            ],
        )  # fmt: skip


def _of_field(kind: str, said: str) -> Callable[[Loaded], Any]:
    """Conversations of which the field of this kind says ``said``; of a choice it is the option's name."""

    def work(desk: Loaded) -> Any:
        option = FieldOption.objects.filter(name=said).first()
        field = CustomField.objects.get(kind=kind)
        hits = _found(desk, "lead", fields=f"{field.pk}:{option.pk if option else said}")
        assert hits
        return hits

    return work


def _tagged(desk: Loaded) -> list[finding.Hit]:
    return _found(desk, "lead", tag=Tag.objects.get(name="Seldom").pk)


def _found(desk: Loaded, person: str, **query: Any) -> list[finding.Hit]:
    read = finding.SearchQuery(data=query)
    assert read.is_valid()
    return finding.page(getattr(desk, person), read.validated_data, after=None, limit=25)[0]


def _plans(work: Callable[[], Any]) -> list[dict[str, Any]]:
    """The plans of every statement that ``work`` issues on a big table."""
    with CaptureQueriesContext(connection) as captured:
        work()
    found = []
    for query in captured.captured_queries:
        sql = query["sql"]
        if sql.lstrip().startswith(("SELECT", "UPDATE", "WITH")) and any(table in sql for table in BIG):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (FORMAT JSON) " + sql.replace("%", "%%"), [])
                found.append(cursor.fetchone()[0][0]["Plan"])
    return found


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _of_queue(**place: Any) -> Callable[[Loaded], Any]:
    return lambda desk: selectors.queue_rows(
        place=Place(**{k: v(desk) if callable(v) else v for k, v in place.items()})
    )


def _team(desk: Loaded) -> int:
    return desk.team_id


def _agent(desk: Loaded) -> int:
    return desk.agent.pk


def _smallest(desk: Loaded) -> int:
    """The team that has least; the lead works there, too."""
    team = Team.objects.order_by("pk").last()
    assert team is not None
    Membership.objects.get_or_create(team=team, user=desk.lead)
    return team.pk


def _next_page(desk: Loaded) -> None:
    place = Place(team_id=desk.team_id)
    last = selectors.queue_rows(place=place)[-1]
    selectors.queue_rows(place=place, after=(last.waiting_since, last.conversation_id))


def _visible(desk: Loaded) -> None:
    policy().filter(desk.agent, Conversation.objects.all()).filter(pk=desk.thread_id).first()


# What runs, the index that it must use, and whether it may sort the handful of rows that the index found.
HOT: dict[str, tuple[Callable[[Loaded], Any], str, bool]] = {
    "queue of a team": (_of_queue(team_id=_team), "queue_of_team", False),
    "queue of an audience": (_of_queue(team_id=_team, visibility="direct"), "queue_of_audience", False),
    "my work": (_of_queue(agent_id=_agent), "queue_of_agent", False),
    "unassigned": (_of_queue(team_id=_team, unassigned=True), "queue_unassigned", False),
    "not routed": (_of_queue(unrouted=True), "queue_unrouted", True),
    "next page": (_next_page, "queue_of_team", False),
    "access, one conversation": (_visible, "inbox_conversation_pkey", False),
    "access, many ids": (
        lambda desk: policy().allowed(desk.agent, "reply_publicly", range(1, 50)), "inbox_conversation_pkey", False,
    ),
    "timeline": (
        lambda desk: inbox_selectors.messages_of(Conversation.objects.get(pk=desk.thread_id)), "message_timeline", True,
    ),
    "conversations, the API": (
        lambda desk: list(conversations_of(desk.agent, {}).order_by("-id")[:51]), "inbox_conversation_pkey", True,
    ),
    "a team's conversations, for a lead": (
        lambda desk: list(conversations_of(desk.lead, {"team": desk.team_id}).order_by("-id")[:51]),
        "inbox_conversation_pkey", True,
    ),
    "a small team's conversations, for a lead": (
        lambda desk: list(conversations_of(desk.lead, {"team": _smallest(desk)}).order_by("-id")[:51]),
        "assignment_of_team", True,
    ),
    "what nobody has, for a lead": (
        lambda desk: list(conversations_of(desk.lead, {"assignee": "none"}).order_by("-id")[:51]),
        "inbox_conversation_pkey", True,
    ),
    "contacts, for an agent": (
        lambda desk: list(contacts_of(desk.agent).order_by("-id")[:51]), "inbox_contact_pkey", True,
    ),
    "contacts, for a lead": (
        lambda desk: list(contacts_of(desk.lead).order_by("-id")[:51]), "inbox_contact_pkey", True,
    ),
    "a rare word": (lambda desk: _found(desk, "lead", q="zither"), "search_words", True),
    "a rare word, for an agent, filtered": (
        lambda desk: _found(desk, "agent", q="zither", status="resolved", since="2020-01-01"), "search_words", True,
    ),
    "the beginning of a word": (lambda desk: _found(desk, "agent", q="zith"), "search_words", True),
    "a common word": (lambda desk: _found(desk, "lead", q="order"), "inbox_searchentry_pkey", True),
    "a person": (lambda desk: _found(desk, "lead", q="customer77123", kind="people"), "search_words", True),
    "filters alone": (lambda desk: _found(desk, "agent", status="open"), "inbox_conversation_pkey", True),
    "a rare tag": (_tagged, "conversation_of_tag", True),
    "a rare option": (_of_field("choice", "Rare"), "conversation_of_option", True),
    "a text by its beginning": (_of_field("text", "order 1234"), "conversation_of_text", True),
    "a number": (_of_field("number", "500..520"), "conversation_of_number", True),
    "a day": (_of_field("date", "2026-02-01"), "conversation_of_day", True),
    "who is on a list": (lambda desk: _found(desk, "lead", vip="any"), "conversation_once", True),
    "beside a conversation": (
        lambda desk: describing.beside(desk.thread_id, _known(desk).contact_id), "field_values_of", True,
    ),
    "a person's conversations": (
        lambda desk: contacts.conversations_of(desk.lead, _known(desk).contact_id), "conversation_once", True,
    ),
    "a person, searched for": (
        lambda desk: contacts.search(desk.lead, _known(desk).handle, besides=0), "identity_handle", True,
    ),
    "who may be the same": (
        lambda desk: contacts.suggestions(desk.lead, 0, [_known(desk)]), "identity_handle", True,
    ),
    "events, read": (lambda _: events.read(after=SIZE - 1000), "inbox_event_pkey", False),
    "replies to be sent": (lambda _: list(sending.due(limit=50)), "outbox_due", True),
    "jobs due": (lambda _: _atomic(lambda: jobs.claim(limit=100, now=timezone.now())), "routing_due", False),
    "waiting for an agent": (
        lambda desk: _atomic(
            lambda: queue.lock_waiting(team_ids=[desk.team_id], limits=[3], now=timezone.now())
        ), "queue_unassigned", True,
    ),
    "kept for an agent": (
        lambda _: _atomic(lambda: queue.lock_kept(limit=100, now=timezone.now())), "queue_kept", True,
    ),
}  # fmt: skip


def _known(desk: Loaded) -> Identity:
    return Conversation.objects.select_related("identity").get(pk=desk.thread_id).identity


def _atomic(work: Callable[[], Any]) -> None:
    with transaction.atomic():
        work()


@pytest.mark.parametrize("name", HOT)
def test_a_hot_query_uses_its_index(desk: Loaded, name: str) -> None:
    work, index, may_sort = HOT[name]
    _check(_plans(lambda: work(desk)), index, may_sort)


def _check(plans: list[dict[str, Any]], index: str, may_sort: bool) -> None:
    nodes = [node for plan in plans for node in _nodes(plan)]
    whole = json.dumps(plans, indent=1)  # a plan that surprises must be readable in the log of whoever met it
    assert index in {node.get("Index Name") for node in nodes}, whole
    scans = [node for node in nodes if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG]
    assert scans == [], whole
    if not may_sort:
        assert [node for node in nodes if "Sort" in node["Node Type"]] == [], whole


def test_the_ends_of_an_old_conversation_are_found_among_its_own_rows(desk: Loaded) -> None:
    """A bare max(id) makes PostgreSQL walk the primary key from the newest row of the desk backwards."""
    nodes = [node for plan in _plans(lambda: inbox_selectors.ends_of(desk.thread_id)) for node in _nodes(plan)]
    reads = [node for node in nodes if node.get("Relation Name") in BIG and "Bitmap Heap" not in node["Node Type"]]
    assert reads
    assert [node for node in reads if "Index Cond" not in node] == []


def test_the_check_meets_a_query_without_its_index(desk: Loaded) -> None:
    """A self-test: an order that no index has must not pass."""
    plans = _plans(lambda: list(Conversation.objects.order_by("answered_at", "opened_at")[:10]))
    with pytest.raises(AssertionError):
        _check(plans, "conversation_once", may_sort=False)


def test_what_is_due_reads_few_rows(desk: Loaded) -> None:
    """Sweeps run every two seconds: none of them may read a table from end to end."""
    AgentProfile.objects.update(in_hand=150, seen_at=timezone.now())
    AgentProfile.objects.filter(user=desk.agent).update(seen_at=timezone.now() - timedelta(hours=1))
    work = (outbox.release_due, settling.settle_doubtful, lambda: poll.poll_due(limit=0), returns.find)
    for plan in (plan for step in work for plan in _plans(step)):
        scans = [node for node in _nodes(plan) if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG]
        assert scans == []


@pytest.mark.parametrize("rows", [25, 100])
def test_the_queue_takes_one_statement_for_any_number_of_rows(desk: Loaded, rows: int) -> None:
    with CaptureQueriesContext(connection) as captured:
        found = selectors.queue_rows(place=Place(team_id=desk.team_id), limit=rows)
        for row in found:
            assert (row.name, row.network) == (f"Customer {row.conversation_id}", "x")
            assert row.text.startswith(f"Where is my order {row.conversation_id}?")
            assert row.why == "The rule for orders fits."
    assert (len(found), len(captured)) == (rows, 1)


@pytest.mark.parametrize(("unsent", "most"), [(True, 7), (False, 6)])
def test_the_page_takes_few_statements(desk: Loaded, unsent: bool, most: int) -> None:
    """What the reader could not send is read where there is any."""
    if not unsent:
        OutboxItem.objects.filter(author=desk.agent, state__in=OutboxItem.TROUBLE).update(owner=desk.lead)
    client = Client()
    client.force_login(desk.agent)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(f"/inbox/team-{desk.team_id}/")
        statements = [query["sql"] for query in captured.captured_queries]
    assert response.status_code == 200
    assert ("may not have been" in response.content.decode()) is unsent
    assert len(response.context["rows"]) == 25
    assert len(statements) <= most, statements
    assert len([sql for sql in statements if "routing_queueentry" in sql]) == 1
    _renders_without_a_statement(response)


def _renders_without_a_statement(response: Any) -> None:
    """The page's rows, four times over: showing 100 asks no more than showing 25."""
    names = ("rows", "more", "queue_url", "audience", "selected", "me", "total", "elsewhere", "request")
    context = {name: response.context[name] for name in names}
    context["rows"] *= 4
    with CaptureQueriesContext(connection) as captured:
        shown = render_to_string("routing/_rows.html", context)
    assert (shown.count('class="q'), len(captured)) == (100, 0)


def test_a_conversation_of_500_messages_takes_a_fixed_number_of_statements(desk: Loaded) -> None:
    client = Client()
    client.force_login(desk.agent)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/inbox/team-{desk.team_id}/{desk.thread_id}/").status_code == 200
        statements = len(captured)
    assert statements <= 20  # of them one for what its reader could not send


def test_counts_are_read_in_one_statement(desk: Loaded) -> None:
    keys = selectors.count_keys(team_ids=[desk.team_id], agent_id=desk.agent.pk, unrouted=True)
    with CaptureQueriesContext(connection) as captured:
        numbers = counts.read(keys)
    assert len(captured) == 1
    assert numbers[f"team:{desk.team_id}:open"] > 1000


def test_what_waits_for_a_lead_is_counted_from_the_few_that_wait(desk: Loaded) -> None:
    """Every reply ever sent has had its holds: the count walks the open ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inbox_outboxhold (item_id, kind, created_at, released_at, found)
                SELECT id, 'undo', now(), now(), '[]' FROM inbox_outboxitem WHERE state = 'sent';
            UPDATE inbox_outboxitem SET state = 'held' WHERE state = 'failed';
            INSERT INTO inbox_outboxhold (item_id, kind, created_at, found)
                SELECT id, 'approval', now(), '[]' FROM inbox_outboxitem WHERE state = 'held';
            ANALYZE inbox_outboxhold, inbox_outboxitem
            """
        )
    assert held.count(desk.lead) > 0
    plans = _plans(lambda: held.count(desk.lead))
    nodes = [node for plan in plans for node in _nodes(plan)]
    assert "hold_for_people" in {node.get("Index Name") for node in nodes}
    large = ("inbox_conversation", "inbox_outboxitem", "inbox_outboxhold", "routing_assignment")
    assert [node for node in nodes if node["Node Type"] == "Seq Scan" and node["Relation Name"] in large] == []


def test_replies_in_trouble_are_found_by_their_index(desk: Loaded) -> None:
    assert OutboxItem.objects.filter(state="unknown").exists()
    plans = _plans(lambda: list(inbox_selectors.in_trouble(desk.lead)[:100]))
    nodes = [node for plan in plans for node in _nodes(plan)]
    assert "outbox_trouble" in {node.get("Index Name") for node in nodes}
