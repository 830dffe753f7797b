"""The demo's story: complete, told once whatever is killed, and answering to what the desk does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from connectors.models import StreamState
from connectors.sandbox.harness import Sandbox, running_sandbox
from inbox.models import Conversation, Message, Note, OutboxHold
from inbox.services import locks, outbox, poll, replies, sending
from routing.demo import company
from routing.demo.colleagues import Colleagues
from routing.demo.player import PREFIX, Player
from routing.demo.story import Beat, Place, Say
from routing.demo.stream import NOOR, STORY
from routing.models import QueueEntry
from routing.services.assignment import route_due

FAST = 10_000
BEATS = tuple(STORY)
# Networks, providers, makers and shops of the real world; the story's company and places are invented.
REAL = frozenset({
    "twitter", "facebook", "instagram", "mastodon", "bluesky", "tiktok", "whatsapp", "google", "apple", "amazon",
    "microsoft", "netflix", "spotify", "zoom", "samsung", "huawei", "ericsson", "nokia", "cisco", "telia", "tele2",
    "telenor", "vodafone", "orange", "telekom", "verizon", "comcast", "ikea", "stockholm", "gothenburg", "göteborg",
    "oslo", "berlin", "paris", "london", "madrid",
})  # fmt: skip


def says(say: Say | None) -> Iterator[Say]:
    if say is not None:
        yield say
        yield from (*says(say.public), *says(say.private))


def every_text() -> list[str]:
    reactions = [say.text for beat in BEATS for first in (beat.public, beat.private) for say in says(first)]
    return [*(beat.text for beat in BEATS), *reactions, *(answer.text + answer.note for answer in STORY.answers)]


def test_every_beat_has_a_key_of_its_own_and_answers_something_told_before_it() -> None:
    seen: set[str] = set()
    for beat in BEATS:
        assert beat.key not in seen
        assert beat.below in seen or not beat.below, beat.key
        assert beat.below or beat.place is not Place.COMMENT, beat.key
        assert (beat.who is None) == (beat.place is Place.PAGE_POST), beat.key
        seen.add(beat.key)
    assert {answer.to for answer in STORY.answers} <= seen
    assert {answer.by for answer in STORY.answers} <= {person.username for person in company.PEOPLE}


def test_the_story_holds_what_a_day_holds() -> None:
    minutes = sum(beat.wait for beat in STORY.live) / 60
    assert 15 < minutes < 25, minutes
    assert all(5 <= beat.wait <= 45 for beat in STORY.live)
    assert [beat.ago for beat in STORY.before] == sorted((beat.ago for beat in STORY.before), reverse=True)
    assert {beat.place for beat in STORY.before} == {beat.place for beat in STORY.live} == set(Place)
    assert len({beat.language for beat in BEATS}) >= 6
    pile = [beat for beat in STORY.live if beat.below == "outage" and beat.wait < 10]
    assert len(pile) >= 12
    assert sum(beat.wait for beat in pile) <= 120
    assert max(beat.who.followers for beat in BEATS if beat.who) == 48_000
    assert [beat.place for beat in STORY.live if beat.who == NOOR] == [Place.MENTION, Place.DM, Place.VISITOR]


def test_nobody_in_it_is_real_and_every_handle_address_and_number_is_its_own() -> None:
    handles = {beat.who.handle for beat in BEATS if beat.who}
    assert all(re.fullmatch(r"[a-z0-9_]{1,15}", handle) for handle in handles)
    for text in every_text():
        assert set(re.findall(r"@(\w+)", text)) <= {company.HANDLE, *handles}, text
        assert not set(re.findall(r"\w+", text.lower())) & REAL, text
        assert all(name.endswith(".example") for name in re.findall(r"\b[a-z0-9-]+\.[a-z]{2,}\b", text)), text
        assert all(number.startswith("0700 000 ") for number in re.findall(r"\b07\d\d \d{3} \d{3}\b", text)), text
    people = {(beat.who.handle, beat.who.name) for beat in BEATS if beat.who}
    assert len(people) == len(handles), "one name is one customer"


class Stage:
    """A desk that was set up once, its sandbox, and the story's player."""

    def __init__(self, network: Sandbox) -> None:
        self.network = network
        self.player = Player(network, STORY, speed=FAST)
        self.colleagues = Colleagues(STORY.answers, speed=FAST)

    def tell(self, *, last: str = "") -> None:
        """Tell all, or up to and with a beat."""
        while self.player.step() and PREFIX + last not in self.player.known:
            pass

    def read(self) -> None:
        StreamState.objects.update(next_poll_at=timezone.now(), lease_until=None)
        poll.poll_due(limit=8)
        route_due()

    def answer(self, beat: str, text: str, *, direct: bool = False) -> None:
        """What alice answers to a beat, out at once."""
        conversation = self.conversation(beat)
        item = replies.compose(
            author=User.objects.get(username="alice"),
            conversation_id=conversation.pk,
            visibility="direct" if direct else "public",
            text=text,
            client_key=f"{beat}-{text}"[:64],
            seen_message_id=conversation.last_incoming_id,
            undo_seconds=0,
        )
        self.send()
        item.refresh_from_db()
        assert item.state == "sent", item.reason

    def send(self) -> None:
        outbox.release_due()
        sending.send_due()

    def conversation(self, beat: str) -> Conversation:
        return Conversation.objects.get(messages__external_id=self.id(beat))

    def id(self, beat: str) -> str:
        return str(self.network.keys(PREFIX)[PREFIX + beat]["id"])

    def last_words(self, beat: str) -> tuple[str, str]:
        message = self.conversation(beat).last_incoming
        assert message is not None
        return message.visibility, message.text


@pytest.fixture
def stage(passwords: Path, settings: Any, tmp_path: Path, transactional_db: Any) -> Iterator[Stage]:
    with running_sandbox(tmp_path / "network") as network:
        network.rates_off()
        settings.SANDBOX_URL = network.url
        call_command("setup_demo")
        yield Stage(network)
        locks.forget()


def of(key: str) -> Beat:
    return next(beat for beat in BEATS if beat.key == key)


def test_each_kind_of_item_becomes_what_it_should(stage: Stage) -> None:
    stage.read()  # once before the rest comes, as a desk that runs
    stage.tell()
    stage.read()
    written = [beat for beat in BEATS if beat.who and not beat.quiet]
    known = stage.network.keys(PREFIX)
    arrived = dict(Message.objects.filter(direction="in").values_list("external_id", "visibility"))
    assert arrived == {known[PREFIX + b.key]["id"]: "direct" if b.place.direct else "public" for b in written}

    bystanders = {stage.id(key) for key in ("nils", "cleo")}
    context = set(Message.objects.filter(conversation=None, direction="context").values_list("external_id", flat=True))
    assert bystanders <= context
    assert stage.conversation("pelle") != stage.conversation("priya")

    pile = [stage.conversation(beat.key) for beat in BEATS if beat.below == "outage"]
    assert {conversation.root for conversation in pile} == {stage.id("outage")}
    assert len({conversation.identity_id for conversation in pile}) == len(pile) >= 13

    noor = stage.conversation("noor")
    assert noor == stage.conversation("noor-dm"), "from public to private is one case on one network"
    assert stage.conversation("noor-fb").connection.network == "facebook"
    assert stage.conversation("mirja").identity.followers == 48_000
    french = Message.objects.get(external_id=stage.id("theo"))
    assert french.language == "fr"
    expected = {
        "mirja": company.SUPPORT, "ingrid": company.BILLING, "marek": company.NETWORK, "hedda": company.CONTRACTS,
        "theo": company.SUPPORT, "olena": company.CONTRACTS, "tobias": company.HELP_DESK,
    }  # fmt: skip
    entries = {
        key: QueueEntry.objects.select_related("team").get(conversation=stage.conversation(key)) for key in expected
    }
    assert {key: entry.team.name for key, entry in entries.items() if entry.team} == expected


def test_told_again_after_kills_nothing_is_written_twice(stage: Stage) -> None:
    stage.tell(last="c3")
    stage.network.restart()
    again = Stage(stage.network)
    again.tell()
    again.tell()
    state = stage.network.state()
    facebook = state["facebook"]
    assert state["posts"] + state["dms"] + sum(facebook[n] for n in ("posts", "comments", "messages")) == len(BEATS)
    assert set(stage.network.keys(PREFIX)) == {PREFIX + beat.key for beat in BEATS}


def test_after_start_afresh_the_story_is_told_again_and_what_has_no_place_is_passed_over(stage: Stage) -> None:
    stage.tell()
    stage.network.reset()
    again = Stage(stage.network)
    again.tell()
    told = set(stage.network.keys(PREFIX))
    lost = {beat.key for beat in STORY.told if beat.below in {earlier.key for earlier in STORY.before}}
    assert told == {PREFIX + beat.key for beat in STORY.told if beat.key not in lost}
    assert lost
    assert again.player.refused == lost


def test_beats_wait_for_their_time_pause_and_come_at_once_when_asked_for(stage: Stage) -> None:
    slow = Player(stage.network, STORY, speed=0.001)
    before = len(stage.network.keys(PREFIX))
    slow.step()
    assert len(stage.network.keys(PREFIX)) == before
    stage.network.call("PUT", "/story", {"told": 0, "of": 1})
    next_button(stage.network)
    slow.step()
    slow.step()
    assert len(stage.network.keys(PREFIX)) == before + 1


def next_button(network: Sandbox) -> None:
    assert requests.post(f"{network.url}/_page/story", data={"do": "next"}, timeout=5).status_code == 200


def test_customers_answer_to_what_the_desk_says(stage: Stage) -> None:
    stage.tell(last="mirja")
    stage.read()
    stage.answer("gus", "6, always. Sorry for today!")
    stage.answer("mirja", "It is booked for 16:00 today. Send us a direct message for the slot.")
    stage.answer("casper", "Ja, en störning. Klart 16:00.")
    stage.player.step()
    stage.read()
    assert stage.last_words("gus") == ("public", "Thank you, that helps 🙏")
    assert stage.last_words("casper") == ("public", "Tack! Då väntar jag.")
    asked = of("mirja").private
    assert asked is not None
    assert asked.private is not None
    assert stage.last_words("mirja") == ("direct", asked.text), "who is asked for a private message comes along"
    stage.answer("mirja", "17:00 or 19:00?", direct=True)
    stage.player.step()
    stage.player.step()
    stage.read()
    assert stage.last_words("mirja") == ("direct", asked.private.text)
    assert stage.conversation("mirja").messages.filter(direction="in").count() == 3


def test_colleagues_answer_and_resolve_through_the_outbox_once(stage: Stage) -> None:
    stage.read()
    for _ in range(3):
        stage.colleagues.work(stage.network.keys(PREFIX))
        release(stage)
    again = Colleagues(STORY.answers, speed=FAST)
    again.work(stage.network.keys(PREFIX))
    release(stage)
    told = {beat.key for beat in STORY.before}
    here = [answer for answer in STORY.answers if answer.to in told]
    sent = {row["text"] for row in stage.network.answers()}
    assert sent == {answer.text for answer in here if answer.text}
    assert len(stage.network.ledger()) == len(sent)
    for answer in here:
        conversation = stage.conversation(answer.to)
        assert conversation.resolution == answer.resolution, answer.to
        assert Note.objects.filter(conversation=conversation).count() == bool(answer.note)
        if answer.text:
            item = conversation.outbox.get()
            assert (item.author.username, item.state) == (answer.by, "sent")


def release(stage: Stage) -> None:
    """Let the undo time be over."""
    OutboxHold.objects.filter(released_at=None).update(release_at=timezone.now())
    stage.send()


def test_a_colleague_leaves_alone_what_somebody_else_has_answered(stage: Stage) -> None:
    stage.read()
    stage.answer("jamal", "Yes, switch it on in the router.")
    stage.colleagues.work(stage.network.keys(PREFIX))
    assert stage.conversation("jamal").outbox.get().author.username == "alice"


def test_the_command_tells_the_story_to_its_end(stage: Stage, settings: Any, capsys: Any) -> None:
    call_command("demo_stream", "--once", "--speed", str(FAST))
    assert {PREFIX + beat.key for beat in STORY.live} <= set(stage.network.keys(PREFIX))
    with pytest.raises(CommandError, match="no speed"):
        call_command("demo_stream", "--speed", "-1")
    settings.SANDBOX_URL = ""
    with pytest.raises(CommandError, match="SANDBOX_URL"):
        call_command("demo_stream", "--once")
