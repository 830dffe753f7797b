"""Finding: who finds what, the filters, the page, the call, and what somebody keeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Conversation, Message, Note, SavedSearch
from inbox.services import conversations, findable, tags
from routing.services import handing
from tests import factories
from tests.api.conftest import problem, program
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: Any) -> factories.Desk:
    return factories.desk(capacity=500)


@pytest.fixture
def talks(desk: factories.Desk) -> dict[str, int]:
    """The same word in every place: public and private at the help desk, at billing, and where nobody is yet."""
    public = factories.routed(desk, "My zither is broken", by="carol")
    private = factories.routed(desk, "The zither was sent to Elm Street", by="dora", direct=True)
    billing = factories.routed(desk, "Who pays for the zither?", by="edgar")
    handing.assign(conversation_id=billing.pk, actor=desk.bob, team_id=desk.billing.pk)
    nobodys = factories.conversation(desk, "A zither for nobody", by="frida")
    conversations.add_note(conversation_id=public.pk, author=desk.alice, text="Her zither is an old one")
    take_in()
    return {"public": public.pk, "private": private.pk, "billing": billing.pk, "nobodys": nobodys.pk}


def take_in() -> None:
    """Make all there is findable. The log itself is read in tests/inbox/test_findable.py."""
    messages, notes = Message.objects.values_list("pk", flat=True), Note.objects.values_list("pk", flat=True)
    findable.index(message_ids=list(messages), note_ids=list(notes))


def hits(user: Any, **query: Any) -> list[tuple[str, int]]:
    return [(hit["kind"], hit["conversation"]) for hit in program(user).all("search/", **query)]


def page(user: Any, address: str) -> str:
    answer = signed_in(user).get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_everybody_finds_what_they_may_view_and_nothing_else(desk: factories.Desk, talks: dict[str, int]) -> None:
    public, private, billing, nobodys = talks["public"], talks["private"], talks["billing"], talks["nobodys"]
    alices = [("note", public), ("message", private), ("message", public)]
    assert hits(desk.alice, q="zither") == alices
    assert hits(desk.erin, q="zither") == [("message", billing)]
    assert sorted(hits(desk.bob, q="zither")) == sorted([*alices, ("message", billing), ("message", nobodys)])
    assert hits(desk.dana, q="zither") == []
    expert = factories.person("expert", desk.help_desk, role="expert")
    assert hits(expert, q="zither") == []
    lead = factories.person("lead", desk.billing, role="lead")
    assert sorted(hits(lead, q="zither")) == sorted([("message", billing), ("message", nobodys)])


@pytest.mark.parametrize("query", [{"q": "elm"}, {"q": "dora", "kind": "people"}, {"visibility": "direct"}])
def test_a_private_conversation_is_found_by_its_team_alone(
    desk: factories.Desk, talks: dict[str, int], query: dict[str, str]
) -> None:
    assert [talk for _, talk in hits(desk.alice, **query)] == [talks["private"]]
    assert hits(desk.erin, **query) == hits(desk.dana, **query) == []
    address = "/search/?" + "&".join(f"{key}={value}" for key, value in query.items())
    assert "Elm Street" not in page(desk.erin, address)
    assert "Dora" not in page(desk.erin, address)


def test_what_is_handed_on_is_found_by_who_has_it_now(desk: factories.Desk, talks: dict[str, int]) -> None:
    handing.assign(conversation_id=talks["private"], actor=desk.bob, team_id=desk.billing.pk)
    assert hits(desk.alice, q="elm") == []
    assert hits(desk.erin, q="elm") == [("message", talks["private"])]


def test_filters_narrow(desk: factories.Desk, talks: dict[str, int]) -> None:
    public, private = talks["public"], talks["private"]
    tag = tags.create(name="Music", colour="teal")
    tags.put(conversation_id=public, tag_id=tag.pk, actor=desk.alice)
    conversations.resolve(conversation_id=private, actor=desk.alice, resolution="answered")
    today = timezone.localdate().isoformat()

    def of(**query: Any) -> list[int]:
        return [talk for kind, talk in hits(desk.bob, q="zither", **query) if kind == "message"]

    assert of(visibility="direct") == [private]
    assert of(status="resolved") == [private]
    assert of(tag=tag.pk) == [public]
    assert of(team=desk.billing.pk) == [talks["billing"]]
    assert of(assignee="none") == [talks["nobodys"], talks["billing"]]
    assert set(of(assignee=desk.alice.pk)) == {public, private}
    assert of(network="facebook") == []
    assert len(of(network="x")) == len(of(since=today, until=today)) == 4
    assert of(until="2020-01-01") == of(since="2099-01-01") == []


def test_filters_alone_list_conversations(desk: factories.Desk, talks: dict[str, int]) -> None:
    assert hits(desk.alice, status="open") == [("conversation", talks["private"]), ("conversation", talks["public"])]


def test_a_deleted_message_is_not_found(desk: factories.Desk, talks: dict[str, int]) -> None:
    Message.objects.filter(conversation=talks["private"]).update(deleted_at=timezone.now())
    assert hits(desk.alice, q="elm") == []


def test_a_call_says_where_the_words_stand(desk: factories.Desk, talks: dict[str, int]) -> None:
    hit = program(desk.alice).get("search/", q="elm str")["results"][0]
    assert [hit["text"][start:end] for start, end in hit["marks"]] == ["Elm", "Street"]
    assert (hit["visibility"], hit["team"]["name"], hit["said_by"]) == ("direct", "Help desk", "")
    person = program(desk.alice).get("search/", q="dor", kind="people")["results"][0]
    assert (person["kind"], person["text"], person["conversation"]) == ("person", "Dora @dora", talks["private"])


@pytest.mark.parametrize("kind", ["messages", "people"])
def test_pages_follow_each_other_without_a_gap(desk: factories.Desk, kind: str) -> None:
    factories.arrives(desk, *factories.many(7))
    factories.route_due()
    take_in()
    query = {"q": "question" if kind == "messages" else "customer", "kind": kind}
    whole = program(desk.alice).all("search/", **query)
    assert len(whole) == 7
    assert program(desk.alice).all("search/", limit=2, **query) == whole


def test_the_page_goes_on_where_it_ended(desk: factories.Desk) -> None:
    factories.arrives(desk, *factories.many(30))
    factories.route_due()
    take_in()
    client = signed_in(desk.alice)
    first = client.get("/search/?q=question")
    assert first.content.decode().count('class="q hit"') == 25
    more = client.get(f"/search/?q=question&after={first.context['more']}", headers={"HX-Request": "true"})
    assert more.content.decode().count('class="q hit"') == 5
    assert "<html" not in more.content.decode()


def long_talk(desk: factories.Desk) -> Conversation:
    """A word, 90 others after it, with a note among the first of them."""
    row = factories.routed(desk, "the zither came broken", by="zoe")
    conversations.add_note(conversation_id=row.pk, author=desk.alice, text="a spare zither is in stock")
    factories.arrives(desk, *(factories.post(f"and {n}", by="zoe", root=row.root) for n in range(90)))
    take_in()
    return row


def test_a_hit_opens_its_conversation_where_it_was_said(desk: factories.Desk) -> None:
    row = long_talk(desk)
    client = signed_in(desk.alice)
    hits = client.get("/search/?q=zither").content.decode()
    first, note = row.messages.order_by("pk").first(), Note.objects.get()
    assert first is not None
    for spot, words in ((f"m{first.pk}", "came broken"), (f"n{note.pk}", "a spare")):
        address = f"/inbox/mine/{row.pk}/?at={spot}"
        assert f'href="{address}"' in hits
        opened = client.get(address).content.decode()
        sought = opened.split("data-sought")
        assert len(sought) == 2
        assert words in sought[1][:1500]
        assert "and 89" in opened


def test_a_spot_that_is_not_there_opens_the_conversation_as_ever(desk: factories.Desk) -> None:
    row, other = long_talk(desk), factories.routed(desk, "quite another", by="yan")
    client = signed_in(desk.alice)
    elsewhere = other.messages.get().pk
    for spot in ("", "m", "x1", "m-1", "m99999999999999999999", f"m{elsewhere}", "n0", "%00", "m1%00"):
        opened = client.get(f"/inbox/mine/{row.pk}/?at={spot}").content.decode()
        assert "data-sought" not in opened
        assert "and 89" in opened
        assert "came broken" not in opened


def test_what_is_sought_costs_five_statements_however_far_back(desk: factories.Desk) -> None:
    row = long_talk(desk)
    client = signed_in(desk.alice)
    counted = []
    ids = list(row.messages.order_by("pk").values_list("pk", flat=True))
    for address in (f"/inbox/mine/{row.pk}/", *(f"/inbox/mine/{row.pk}/?at=m{pk}" for pk in (ids[0], ids[-1]))):
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        counted.append(len(captured))
    assert counted[1] == counted[2] == counted[0] + 5


def test_the_page_says_the_audience_and_marks_the_words(desk: factories.Desk, talks: dict[str, int]) -> None:
    shown = page(desk.alice, "/search/?q=zither")
    assert "My <mark>zither</mark> is broken" in shown
    assert shown.count("Private</span>") == shown.count("Public</span>") == shown.count("Note, staff only</span>") == 1


def test_nothing_that_was_written_is_read_as_markup(desk: factories.Desk) -> None:
    factories.routed(desk, "<script>alert(1)</script> <mark>zither</mark> & <img src=x onerror=y>", by="mallory")
    take_in()
    shown = page(desk.alice, "/search/?q=zither+alert")
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "&lt;script&gt;<mark>alert</mark>(1)" in shown
    assert "&lt;mark&gt;<mark>zither</mark>" in shown


HOSTILE = [
    "a" * 10_000, "%", "%%%", "_", ":*", "a:*", "'", "''", '"', '"""', "\\", "\0", "a\0b", "\u202e\u200f", "( & | !",
    "<-> <2>", "'a':*", "$1", "%s %(x)s", "{0}", "😀", "\ufdfa" * 200, "a " * 100, "\ud7ff", "ﬀ", "İ" * 50,
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_get_one_sentence_or_an_answer(desk: factories.Desk, talks: dict[str, int], words: str) -> None:
    answer = signed_in(desk.alice).get("/search/", {"q": words})
    assert answer.status_code == 200
    assert answer.content.decode().count('role="alert"') <= 1
    assert signed_in(desk.alice).get("/search/people/", {"q": words}).status_code == 200
    called = program(desk.alice)("GET", "search/", q=words)
    if called.status_code != 200:
        assert problem(called) == (400, "invalid")
        assert len(called.json()["error"]["fields"]["q"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        "team=x", "team=99999999999999999999", "tag=-1", "tag=0", "status=gone", "visibility=secret", "since=yesterday",
        "since=0001-01-01", "until=9999-12-31", "assignee=everybody", "kind=all&q=a", "network=" + "x" * 99,
        "since=2020-02-31",
    ],
)  # fmt: skip
def test_a_filter_that_is_none_gets_one_sentence(desk: factories.Desk, query: str) -> None:
    assert page(desk.alice, f"/search/?{query}").count('role="alert"') == 1
    assert program(desk.alice)("GET", f"search/?{query}").status_code in (200, 400)


def test_what_no_filter_is_called_is_not_read(desk: factories.Desk, talks: dict[str, int]) -> None:
    answer = signed_in(desk.alice).get("/search/?q=zither&connection__name=x&after=junk&order=text&team=")
    assert answer.context["state"] == "q=zither"
    assert len(answer.context["hits"]) == 3
    assert problem(program(desk.alice)("GET", "search/", order="text"))[0] == 400
    assert problem(program(desk.alice)("GET", "search/", cursor="junk"))[0] == 400


def test_each_empty_state_says_what_to_do(desk: factories.Desk) -> None:
    assert "Find what was said" in page(desk.alice, "/search/")
    nothing = page(desk.alice, "/search/?q=nothing&status=open")
    assert "Nothing found that you may see" in nothing
    assert 'href="/search/?q=nothing">Without filters' in nothing
    assert "No inbox here yet" in page(desk.dana, "/search/")


@pytest.mark.parametrize("number", [2, 20])
def test_a_page_takes_the_same_statements_however_much_it_shows(desk: factories.Desk, number: int) -> None:
    factories.arrives(desk, *factories.many(number))
    factories.route_due()
    take_in()
    client = signed_in(desk.alice)
    for query in ("q=question", "q=customer&kind=people", "status=open"):
        client.get(f"/search/?{query}")
        with CaptureQueriesContext(connection) as captured:
            assert len(client.get(f"/search/?{query}").context["hits"]) == number
        asked = [row["sql"] for row in captured.captured_queries if "SAVEPOINT" not in row["sql"]]
        assert len(asked) == (14 if "q=" in query else 13), "\n".join(asked)


def test_a_search_is_kept_renamed_deleted_and_brought_back(desk: factories.Desk, talks: dict[str, int]) -> None:
    client = signed_in(desk.alice)
    client.post("/search/saved/", {"name": " Broken  things ", "query": "q=zither&status=open&evil=1&team="})
    row = SavedSearch.objects.get()
    assert (row.owner, row.name, row.query) == (desk.alice, "Broken things", "q=zither&status=open")
    shown = client.get(f"/search/?{row.query}").content.decode()
    assert '<a href="/search/?q=zither&amp;status=open" aria-current="true">' in shown
    client.post(f"/search/saved/{row.pk}/rename/", {"name": "<b>Zithers</b>"})
    shown = client.get("/inbox/").content.decode()
    assert "&lt;b&gt;Zithers&lt;/b&gt;" in shown
    client.post(f"/search/saved/{row.pk}/delete/")
    assert 'id="saved"' not in client.get("/inbox/").content.decode()
    assert "was deleted" in client.get("/search/").content.decode()
    client.post(f"/search/saved/{row.pk}/restore/")
    assert 'id="saved"' in client.get("/inbox/").content.decode()


def test_what_somebody_keeps_is_nobody_elses(desk: factories.Desk) -> None:
    signed_in(desk.alice).post("/search/saved/", {"name": "Mine", "query": "q=zither"})
    row = SavedSearch.objects.get()
    other = signed_in(desk.bob)
    for action in ("rename", "delete", "restore"):
        other.post(f"/search/saved/{row.pk}/{action}/", {"name": "Theirs"})
    assert list(SavedSearch.objects.values_list("name", "deleted_at")) == [("Mine", None)]
    assert "Mine" not in other.get("/search/").content.decode()


@pytest.mark.parametrize(
    ("name", "query", "told"),
    [
        ("", "q=a", "1 to 60 characters"),
        ("x" * 61, "q=a", "1 to 60 characters"),
        ("kept", "q=b", "already"),
        ("Nothing", "", "nothing to save"),
        ("Nothing", "evil=1", "nothing to save"),
        ("Long", "q=" + "ж" * 2000, "nothing to save"),
    ],
)
def test_what_cannot_be_kept_gets_one_sentence(desk: factories.Desk, name: str, query: str, told: str) -> None:
    client = signed_in(desk.alice)
    client.post("/search/saved/", {"name": "Kept", "query": "q=a"})
    answer = client.post("/search/saved/", {"name": name, "query": query}, follow=True)
    assert told in answer.content.decode()
    assert SavedSearch.objects.count() == 1


def test_the_palette_finds_people_that_one_may_see(desk: factories.Desk, talks: dict[str, int]) -> None:
    def names(user: Any) -> list[str]:
        return [one["name"] for one in signed_in(user).get("/search/people/?q=do").json()["people"]]

    assert names(desk.alice) == ["Dora @dora"]
    assert names(desk.erin) == names(desk.dana) == []
