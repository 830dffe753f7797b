"""Tells a story on a sandbox, by its control API alone.

The position is the sandbox's: every beat is written under a key of its own, so that whoever is killed may
begin again and nothing is written twice; and where the sandbox was told to forget, the story begins anew.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox.harness import Control, ControlError
from routing.demo.company import HANDLE
from routing.demo.story import Beat, Place, Say, Story

PREFIX = "story:"
REACTION_SECONDS = 25.0  # between our answer and what the customer says to it
# An answer in public that asks the customer to write in private, in the languages of the story.
ASKS_FOR_PRIVATE = re.compile(
    r"\b(DMs?|PN|MP|private(ly)?|direct message|message us|send us a message|inbox|messenger|privat\w*|"
    r"message privé|en privé|mensaje (directo|privado)|por privado|direktmeddelande|mp)\b|プライベート|رسالة",
    re.IGNORECASE,
)


class Player:
    """Where a story is, and its next step. ``speed`` 2 tells it in half the time."""

    def __init__(
        self, network: Control, story: Story, *, speed: float = 1.0, say: Callable[[str], object] = lambda line: None
    ) -> None:
        self.network, self.story, self.speed, self.say = network, story, speed, say
        self.known: dict[str, Any] = {}
        self.refused: set[str] = set()
        self.began = time.time()

    def before(self, network: str) -> None:
        """What has happened on ``network`` before the first start."""
        self._look()
        for beat in self.story.before:
            if beat.place.network == network and PREFIX + beat.key not in self.known:
                self._tell(PREFIX + beat.key, beat, at=datetime.now(UTC) - timedelta(minutes=beat.ago))

    def step(self) -> bool:
        """Tell what is due. False where nothing is left but to react."""
        self._look()
        told = sum(self._is_over(beat) for beat in self.story.told)
        wish = self.network.story(told=told, of=len(self.story.told))
        beat = self._next()
        if beat is not None and (told < wish["until"] or (not wish["paused"] and time.time() >= self._due(beat))):
            self._tell(PREFIX + beat.key, beat)
        if not wish["paused"]:
            self._react()
        return self._next() is not None

    @property
    def is_told(self) -> bool:
        """All that has a place in the script was told; only the trickle goes on."""
        return all(self._is_over(beat) for beat in self.story.live)

    def _look(self) -> None:
        self.known = self.network.keys(PREFIX)

    def _is_over(self, beat: Beat) -> bool:
        return PREFIX + beat.key in self.known or beat.key in self.refused

    def _next(self) -> Beat | None:
        return next((beat for beat in self.story.told if not self._is_over(beat)), None)

    def _due(self, beat: Beat) -> float:
        """So long after the beat before, whenever that was; after our own start where there was none."""
        told = [self.known[PREFIX + one.key]["at"] for one in self.story.told if PREFIX + one.key in self.known]
        return (max(told) / 1000 if told else self.began) + beat.wait / self.speed

    def _tell(self, key: str, beat: Beat, *, at: datetime | None = None, below: str = "") -> None:
        """Write a beat. One that the sandbox refuses (what it answers is gone) is passed over."""
        below = below or self.known.get(PREFIX + beat.below, {}).get("id", "")
        if beat.below and not below:
            self.refused.add(beat.key)
            return
        try:
            [written] = write(self.network, beat, key, below, at)
        except ControlError as error:
            self.say(f"{beat.key} was not told: {error}")
            self.refused.add(beat.key)
            return
        self.known[key] = {"id": written, "at": int(time.time() * 1000)}

    def _react(self) -> None:
        """What customers say to our answers."""
        answers = self.network.answers()
        for beat in self.story:
            if (beat.public or beat.private) and PREFIX + beat.key in self.known:
                self._follow(PREFIX + beat.key, beat, beat.public, beat.private, answers)

    def _follow(
        self, key: str, beat: Beat, public: Say | None, private: Say | None, answers: list[dict[str, Any]]
    ) -> None:
        """The customer's next word to our first answer to what they wrote under ``key``, and so on from there."""
        written, handle = self.known[key], beat.who.handle if beat.who else ""
        answer = next(
            (
                found
                for found in answers
                if found["network"] == beat.place.network
                and found["handle"].lower() == handle.lower()
                and found["at"] >= written["at"]
                and found["below"] in ("", written["id"])
            ),
            None,
        )
        if answer is None:
            return
        direct = not answer["below"]
        privately = direct or (private is not None and ASKS_FOR_PRIVATE.search(answer["text"]) is not None)
        say = private if privately else public
        if say is None:
            return
        again = f"{key}/{'private' if privately else 'public'}"
        if again in self.known:
            self._follow(again, beat, say.public, say.private, answers)
        elif again not in self.refused and time.time() >= answer["at"] / 1000 + REACTION_SECONDS / self.speed:
            place = _place(beat.place.network, privately)
            words = Beat(again, beat.who, place, say.text, language=beat.language)
            self._tell(again, words, below="" if privately else answer["id"])


def _place(network: str, direct: bool) -> Place:
    if network == Place.DM.network:
        return Place.DM if direct else Place.MENTION
    return Place.MESSENGER if direct else Place.COMMENT


def write(network: Control, beat: Beat, key: str, below: str, at: datetime | None) -> list[str]:
    """One beat by the control API, under its key."""
    item: dict[str, Any] = {"key": key, "text": beat.text}
    if at is not None:
        item["created_at"] = at.isoformat()
    if beat.who is not None:
        item |= {"handle": beat.who.handle, "name": beat.who.name, "followers": beat.who.followers}
    match beat.place:
        case Place.MENTION:
            item |= {"wire": {"lang": beat.language}, "mention": not beat.quiet}
            return network.posts([item | ({"in_reply_to": below} if below else {})])
        case Place.DM:
            return network.dms([item])
        case Place.PAGE_POST:
            return network.page_posts([{"page": HANDLE, **item}])
        case Place.COMMENT:
            return network.comments([{"post": below, **item}])
        case Place.VISITOR:
            return network.visitor_posts([{"page": HANDLE, **item}])
        case Place.MESSENGER:
            return network.page_messages([{"page": HANDLE, **item}])
