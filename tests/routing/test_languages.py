"""The desk in the reader's language: every page, mails, and who decides which language it is."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inbox.services import conversations, macros
from routing.models import AgentProfile, Topic
from scripts import messages
from tests import factories
from tests.factories import Desk, signed_in
from tests.test_languages import Shown

pytestmark = pytest.mark.django_db
# What a page says somewhere, by its address: a sample in each language.
SAMPLE = {
    "/inbox/mine/": ("Am längsten wartend zuerst", "الأطول انتظارًا أولًا"),
    "/search/": ("Finden, was gesagt wurde", "ابحث عما قيل"),
    "/held/": ("Nichts wartet auf Sie", "لا شيء بانتظارك"),
    "/trouble/": ("Nichts ist ungewiss", "لا شيء مشكوك فيه"),
    "/muted/": ("Wer stummgeschaltet ist", "من هم المكتومون"),
    "/connections/": ("Verbindungen", "الاتصالات"),
    "/connections/add/": ("Konto hinzufügen", "إضافة حساب"),
    "/metrics/": ("Heute auf einen Blick", "اليوم في لمحة"),
    "/metrics/me/": ("Meine Zahlen", "أرقامي"),
    "/metrics/rows/": ("Keine Zeilen", "لا صفوف"),
    "/metrics/arrivals/": ("Eingetroffene Nachrichten", "الرسائل الواردة"),
    "/metrics/resolutions/": ("Abschlüsse", "المنتهية"),
    "/metrics/reopenings/": ("Wiederöffnungen", "المعاد فتحها"),
    "/metrics/waiting/": ("Am längsten wartend zuerst", "الأطول انتظارًا أولًا"),
    "/metrics/touches/": ("Aktive Zeit", "الوقت النشط"),
    "/me/": ("Farbschema", "المظهر"),
    "/me/away/": ("Abwesend gehen", "المغادرة"),
    "/me/notifications/": ("Per E-Mail", "بالبريد الإلكتروني"),
    "/notifications/": ("Benachrichtigungen", "الإشعارات"),
    "/settings/teams/": ("Ein Team teilt sich eine Warteschlange", "يتشارك الفريق قائمة انتظار"),
    "/settings/people/": ("Personen", "الأشخاص"),
    "/settings/rules/": ("Regel hinzufügen", "إضافة قاعدة"),
    "/settings/rules/new/": ("Neue Regel", "قاعدة جديدة"),
    "/settings/rules/preview/?words=line": ("Vorschau einer Regel", "معاينة قاعدة"),
    "/settings/answers/": ("Wer antworten darf", "من يجوز له الرد"),
    "/settings/tags/": ("Es gibt noch kein Schlagwort", "لا يوجد وسم بعد"),
    "/settings/fields/": ("Es gibt noch kein Feld", "لا يوجد حقل بعد"),
    "/settings/vips/": ("Es gibt noch keine Liste", "لا توجد قائمة بعد"),
    "/settings/macros/": ("Platzhalter", "العناصر النائبة"),
    "/settings/records/": ("Wie eine Datei aussieht", "شكل الملف"),
    "/settings/public/": ("Noch nichts", "لا شيء بعد"),
}
NAMES = {"Help desk"}  # a team of the tests
ADMIN = ("/connections/add/", "/settings/records/", "/settings/public/")


@pytest.fixture
def pages(desk: Desk) -> dict[str, tuple[str, str]]:
    """A desk with a little of everything, and where its pages are."""
    talk = factories.routed(desk, "The line is dead since Monday")
    conversations.add_note(conversation_id=talk.pk, author=desk.bob, text="She phoned twice.")
    Topic.objects.create(name="Invoices")
    rule = factories.rule("Refunds", desk.billing, "refund", "money back", languages=["fr"], min_followers=100)
    macros.save(name="Greeting", text="Good morning.", actor=desk.bob)
    team = f"/inbox/team-{desk.help_desk.pk}/"
    return SAMPLE | {
        team: ("Am längsten wartend zuerst", "الأطول انتظارًا أولًا"),
        f"{team}{talk.pk}/": ("Verlauf, Ältestes zuerst", "التسلسل الزمني، الأقدم أولًا"),
        f"/conversations/{talk.pk}/assign/": ("An ein Team", "إلى فريق"),
        f"/contacts/{talk.identity.contact_id}/": ("Wer das ist", "من هو"),
        f"/settings/teams/{desk.billing.pk}/": ("Was das Team ist", "ما هو الفريق"),
        f"/settings/people/{desk.alice.pk}/": ("Kapazität", "السعة"),
        f"/settings/rules/{rule.pk}/": ("Eines dieser Wörter", "أي من هذه الكلمات"),
        f"/connections/{desk.connection.pk}/": ("Zustand", "الحالة"),
    }


def _english(language: str) -> set[str]:
    """What would be English on a page of this language: whole sentences, which no name or number is like."""
    known = messages.read(language, "django")
    return {one.id for one in known if isinstance(one.id, str) and " " in one.id.strip() and one.string != one.id}


@pytest.mark.parametrize(("place", "language"), [(0, "de"), (1, "ar")])
def test_every_page_speaks_the_language_of_its_reader(
    place: int, language: str, desk: Desk, pages: dict[str, tuple[str, str]]
) -> None:
    AgentProfile.objects.update(language=language)
    bob, dana = signed_in(desk.bob), signed_in(desk.dana)
    english, wrong = _english(language), {}
    head = f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"'
    for address, phrases in pages.items():
        answer = (dana if address in ADMIN or address.startswith("/connections/") else bob).get(address)
        text, shown = answer.content.decode(), Shown()
        shown.feed(text)
        left = ({words.strip() for words in shown.shown} - NAMES) & english
        if answer.status_code != 200 or head not in text or phrases[place] not in text or left:
            wrong[address] = (answer.status_code, head in text, phrases[place] in text, left)
    assert wrong == {}


def test_a_drawing_is_written_with_points_in_every_language(desk: Desk) -> None:
    factories.routed(desk, "The line is dead since Monday")
    AgentProfile.objects.update(language="de")
    drawn = (
        signed_in(desk.bob).get("/metrics/").content.decode().partition('<svg class="chart')[2].partition("</svg>")[0]
    )
    assert 'y1="' in drawn
    assert ',0"' not in drawn


def test_the_profile_goes_before_the_browser(desk: Desk) -> None:
    client = Client(headers={"accept-language": "de-AT,de;q=0.9"})
    assert '<html lang="de"' in client.get("/accounts/login/").content.decode()
    client.force_login(desk.alice)
    german = client.get("/me/")
    assert '<html lang="de"' in german.content.decode()
    assert "Accept-Language" in german["Vary"]
    sent = {"theme": "", "time_zone": "UTC", "language": "ar", "single_keys": "on"}
    assert client.post("/me/", sent).status_code == 302
    assert '<html lang="ar" dir="rtl"' in client.get("/me/").content.decode()
    refused = client.post("/me/", sent | {"language": "tlh"})
    assert "اختر لغة من القائمة." in refused.content.decode()
    assert AgentProfile.objects.get(user=desk.alice).language == "ar"


def test_programs_read_english(desk: Desk) -> None:
    AgentProfile.objects.update(language="ar")
    answer = signed_in(desk.bob).get("/api/v1/conversations/999999/", headers={"accept-language": "de"})
    assert answer.status_code == 404
    assert answer.content.decode().isascii()


def test_the_words_of_scripts_are_of_one_language(desk: Desk) -> None:
    client = Client()
    assert "Noch" not in client.get("/words/en.js").content.decode()
    said = client.get("/words/de.js")
    assert said["Content-Type"].startswith("text/javascript")
    assert "Alle ausgew\\u00e4hlt" in said.content.decode()
    assert client.get("/words/tlh.js").status_code == 404


def test_a_language_costs_no_statement(desk: Desk) -> None:
    factories.routed(desk, "The line is dead since Monday")
    client, counts = signed_in(desk.alice), []
    for code, _ in [("", ""), *settings.LANGUAGES]:
        AgentProfile.objects.update(language=code)
        client.get("/inbox/mine/")
        with CaptureQueriesContext(database) as statements:
            client.get("/inbox/mine/")
        counts.append(len(statements))
    assert len(set(counts)) == 1, counts
