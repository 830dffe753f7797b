"""The contract, part six: pictures travel with their alternative text and without the name of anybody's file."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import NotReachable, RejectedError, UnknownOutcome
from connectors.testing.sending import SILENT
from connectors.testing.world import Contract, World
from connectors.types import Absent, Allowed, Denied, Draft, Receipt, Unknown, Upload, Visibility

# One grey dot, as small as a PNG can be.
DOT = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
ALT = "The router’s lamp, <b>red</b> & blinking"


def picture(visibility: Visibility, alt: str = ALT) -> Upload:
    return Upload("u", "image/png", DOT, visibility, alt)


class UploadingContract(Contract):
    """What upload promises, and drafts with pictures; and that one is told who takes no private message."""

    def pictured(self, world: World, text: str = "Look at this lamp, please.") -> list[Draft]:
        """The drafts with which the network takes pictures, each with one that it has been handed."""
        connector = world.connector()
        kept = [draft for draft in self.drafts(world, text) if draft.visibility in connector.capabilities.media]
        return [replace(draft, media=[connector.upload(picture(draft.visibility))]) for draft in kept]

    def test_a_picture_arrives_with_its_alternative_text_and_a_neutral_name(self, world: World) -> None:
        connector = world.connector()
        for draft in self.pictured(world):
            [seen] = [one for one in world.uploaded() if one.external_id == draft.media[0].external_id]
            assert (seen.alt, seen.file_name) in ((ALT, ""), (ALT, "picture.png"))
            prepared = connector.prepare(draft)
            assert isinstance(connector.can_send(draft, datetime.now(UTC)), Allowed)
            assert isinstance(connector.find_sent(draft, prepared, ()), Absent)
            receipt = connector.send(draft, prepared)
            assert (world.sent()[-1].external_id, world.sent()[-1].alts) == (receipt.external_id, (ALT,))
            found = connector.find_sent(draft, prepared, ())
            assert isinstance(found, Receipt)
            assert found.external_id == receipt.external_id

    def test_a_picture_needs_no_text(self, world: World) -> None:
        connector = world.connector()
        for draft in self.pictured(world, text=" "):
            assert isinstance(connector.can_send(draft, datetime.now(UTC)), Allowed)
            receipt = connector.send(draft, connector.prepare(draft))
            found = connector.find_sent(draft, connector.prepare(draft), ())
            assert isinstance(found, Receipt)
            assert found.external_id == receipt.external_id

    def test_the_same_text_without_the_picture_is_for_a_person_to_judge(self, world: World) -> None:
        connector = world.connector()
        for draft in self.pictured(world):
            bare = replace(draft, media=())
            connector.send(bare, connector.prepare(bare))
            assert isinstance(connector.find_sent(draft, connector.prepare(draft), ()), Unknown)

    def test_what_the_network_would_not_take_is_refused_here(self, world: World) -> None:
        connector = world.connector()
        for visibility in Visibility:
            limits = connector.capabilities.media.get(visibility)
            if limits is None:
                with pytest.raises(RejectedError):
                    connector.upload(picture(visibility))
                continue
            for wrong in (
                replace(picture(visibility), mime="image/svg+xml"),
                replace(picture(visibility), data=b""),
                replace(picture(visibility), data=b"0" * (limits.max_bytes + 1)),
                picture(visibility, "a" * (limits.alt + 1)),
            ):
                with pytest.raises(RejectedError):
                    connector.upload(wrong)
        assert world.uploaded() == []

    def test_more_pictures_than_the_network_takes_and_forgotten_ones_are_denied(self, world: World) -> None:
        connector, now = world.connector(), datetime.now(UTC)
        for draft in self.drafts(world):
            limits = connector.capabilities.media.get(draft.visibility)
            [ref, *_] = [one.media[0] for one in self.pictured(world)]
            many = replace(draft, media=[ref] * ((limits.count if limits else 0) + 1))
            assert isinstance(connector.can_send(many, now), Denied)
            if limits:
                old = replace(draft, media=[replace(ref, expires_at=now - timedelta(seconds=1))])
                assert isinstance(connector.can_send(old, now), Denied)

    @pytest.mark.parametrize("fault", ["lost_answer", "broken_answer", "late_error", "never_written", "closed"])
    def test_an_upload_without_an_answer_is_doubtful_and_may_be_repeated(self, world: World, fault: str) -> None:
        for visibility in world.connector().capabilities.media:
            connector = world.connector(deadline=1.5 if fault in SILENT else 20)
            world.fault(fault)
            with pytest.raises(UnknownOutcome, match="nothing was sent"):
                connector.upload(picture(visibility))
            world.heal()
            assert connector.upload(picture(visibility)).alt == ALT
        assert world.sent() == []

    def test_who_takes_no_private_message_is_told_apart(self, world: World) -> None:
        connector = world.connector()
        if not connector.capabilities.direct_message:
            return
        draft = self.drafts(world)[1]
        world.close_messages()
        with pytest.raises(NotReachable):
            connector.send(draft, connector.prepare(draft))
        assert world.sent() == []

    def test_the_way_into_a_private_message_holds_nothing_but_our_own_id(self, world: World) -> None:
        link = world.connector().capabilities.deep_link
        if link:
            assert link.startswith("https://")
            assert link.format(account_id="4711").count("4711") == 1
