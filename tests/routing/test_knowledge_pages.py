"""The settings pages of knowledge, and what of it the composer's list offers for whom."""

from __future__ import annotations

import pytest

from inbox.models import Article
from inbox.services import knowledge
from tests import factories

pytestmark = pytest.mark.django_db
PATH = "/settings/knowledge/"
NEW = {
    "title": "Restart <b>",
    "text": "Hold the <i>button</i>.",
    "audience": "public",
    "address": "https://a.example/r",
}


def test_a_lead_writes_changes_archives_and_restores() -> None:
    bob = factories.signed_in(factories.desk().bob)
    assert "No article yet" in bob.get(PATH).content.decode()
    assert bob.post(PATH, NEW).status_code == 302
    article = Article.objects.get()
    address = f"{PATH}{article.pk}/"
    bob.post(address, {**NEW, "text": "Wait."})
    bob.post(address, {"archive": "on"})
    assert "Archived" in bob.get(PATH).content.decode()
    bob.post(address, {"archive": "off"})
    bob.post(address, {"version": knowledge.versions(article.pk)[-1].pk})
    article.refresh_from_db()
    assert (article.text, article.archived_at) == (NEW["text"], None)
    page = bob.get(address).content.decode()
    assert "Hold the &lt;i&gt;button&lt;/i&gt;." in page
    assert "<i>button" not in page


def test_what_cannot_be_kept_stays_in_its_form() -> None:
    bob = factories.signed_in(factories.desk().bob)
    answer = bob.post(PATH, {**NEW, "audience": "staff"})
    assert answer.status_code == 400
    assert "Only a public article has an address" in answer.content.decode()
    assert "Hold the &lt;i&gt;button" in answer.content.decode()
    assert not Article.objects.exists()


def test_the_list_offers_what_is_for_staff_to_insert_only_where_no_public_reads() -> None:
    desk = factories.desk()
    carol = factories.routed(desk)
    alice = factories.signed_in(desk.alice)
    knowledge.save(title="Angry router customers", text="Give them three months.", audience="staff")
    knowledge.save(**NEW)

    def inserted(query: str, audience: str) -> list[str]:
        rows = alice.get(f"/conversations/{carol.pk}/macros/", {"q": query, "audience": audience}).json()["macros"]
        return [row["insert"] for row in rows]

    for audience in ("public", "", "anything"):
        assert inserted("angry", audience) == [""]
    assert inserted("angry", "direct") == inserted("angry", "note") == ["Give them three months."]
    assert inserted("button", "public") == [NEW["text"], NEW["address"]]
