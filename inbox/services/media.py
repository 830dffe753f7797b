"""Copies of customers' pictures and files: wanted when somebody looks, fetched once by a worker, kept for a while.

A row of MediaCopy is the job. Nothing here runs in a web process except ``want`` and ``look``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db import connection as database
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from connectors.models import Lane
from connectors.wake import wake
from inbox.models import MediaCopy, Message
from inbox.services import pictures, strangers
from inbox.services.strangers import Unreachable

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than strangers.SECONDS, a silent name server, and reading a large picture
REFUSED_FOR = timedelta(minutes=10)  # then whoever looks lets it be tried again
KEPT_DAYS = 30
MOST = 20  # files of one message that are shown; networks allow up to 10
State = MediaCopy.State


# What networks call their files, by how the word begins: what a page calls it, and its icon.
KINDS = (
    ("photo", gettext_lazy("Picture"), "photo"),
    ("image", gettext_lazy("Picture"), "photo"),
    ("animated", gettext_lazy("Moving picture"), "gif"),
    ("video", gettext_lazy("Film"), "movie"),
    ("sticker", gettext_lazy("Sticker"), "sticker"),
    ("audio", gettext_lazy("Sound"), "volume"),
    ("share", gettext_lazy("Link"), "link"),
    ("", gettext_lazy("File"), "file"),
)
MOVING = ("animated", "video")


@dataclass(frozen=True, slots=True)
class File:
    """One file of a message, as its network described it."""

    message_id: int
    position: int
    kind: str
    alt: str
    fetched: bool  # whether it can be fetched at all
    where: str  # the message at its network, "" for none
    copy: MediaCopy | None = None

    @property
    def named(self) -> str:
        return str(next(name for start, name, _ in KINDS if self.kind.startswith(start)))

    @property
    def icon(self) -> str:
        return next(icon for start, _, icon in KINDS if self.kind.startswith(start))

    @property
    def without(self) -> str:
        """What a screen reader says of one that nobody described."""
        return gettext("%(file)s without description") % {"file": self.named}

    @property
    def still(self) -> bool:
        """Of what moves, networks show one picture."""
        return self.kind.startswith(MOVING) and bool(self.copy and self.copy.mime != "image/gif")


def files_of(message: Message) -> list[Mapping[str, Any]]:
    """What the network said of the message's files."""
    listed = message.facts.get("media")
    files = (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()
    return list(islice(files, MOST))


def shown(messages: Sequence[Message]) -> dict[int, list[File]]:
    """The files of these messages with our copies, by message: one statement, none where there are no files."""
    listed = {row.pk: files_of(row) for row in messages if row.conversation_id and "media" in row.facts}
    if not any(listed.values()):
        return {}
    rows = MediaCopy.objects.filter(message__in=listed).defer("data", "small")
    copies = {(row.message_id, row.position): row for row in rows}
    return {
        row.pk: [_file(row, number, one, copies.get((row.pk, number))) for number, one in enumerate(listed[row.pk])]
        for row in messages
        if row.pk in listed
    }


def _file(message: Message, position: int, one: Mapping[str, Any], copy: MediaCopy | None) -> File:
    return File(
        message_id=message.pk,
        position=position,
        kind=str(one.get("kind", "")),
        alt=str(one.get("alt", "")).strip(),
        fetched=bool(one.get("url")) and message.deleted_at is None,
        where=message.url if message.url.startswith("https://") else "",
        copy=copy,
    )


def look(message: Message, position: int) -> File | None:
    """One file with its copy; None where the message has no such file."""
    files = shown([message]).get(message.pk, [])
    return files[position] if position < len(files) else None


def want(file: File) -> None:
    """Let it be fetched. One that was refused a while ago is tried again."""
    old = timezone.now() - REFUSED_FOR
    MediaCopy.objects.filter(
        message=file.message_id, position=file.position, state=State.REFUSED, settled_at__lt=old
    ).delete()
    with database.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inbox_mediacopy (message_id, position, state, asked_at, reason, mime, width, height, size,
                small_mime)
            VALUES (%s, %s, 'wanted', %s, '', '', 0, 0, 0, '') ON CONFLICT (message_id, position) DO NOTHING
            """,
            [file.message_id, file.position, timezone.now()],
        )
        if cursor.rowcount:
            wake("inbox.fetch")


def waiting() -> dict[int, int]:
    """How many files are to be fetched; they all stand in one lane."""
    count = _due().count()
    return {int(Lane.QUICK): count} if count else {}


def _due() -> QuerySet[MediaCopy]:
    now = timezone.now()
    wanted = MediaCopy.objects.filter(state=State.WANTED)
    return wanted.filter(lease_until__isnull=True) | wanted.filter(lease_until__lt=now)


def fetch_due() -> int:
    """Fetch what is wanted. Returns how many files were taken up."""
    done = 0
    while turn():
        done += 1
    return done


def turn(lane: int = Lane.QUICK) -> bool:
    """Fetch the file that is wanted for longest; False where none is."""
    copy = _claim()
    if copy is None:
        return False
    try:
        found = _fetched(copy)
    except (Unreachable, pictures.NotAPicture) as error:
        found = {"state": State.REFUSED, "reason": str(error)}
    except OperationalError:
        raise
    except Exception as error:  # one strange file must not come back for ever
        log.exception("file %s of message %s: fetching failed unexpectedly", copy.position, copy.message_id)
        sentence = f"Something unexpected happened while it was fetched ({type(error).__name__})."
        found = {"state": State.REFUSED, "reason": sentence}
    _settle(copy, found)
    return True


def _claim() -> MediaCopy | None:
    now = timezone.now()
    for row in _due().defer("data", "small").select_related("message").order_by("asked_at")[:10]:
        mine = MediaCopy.objects.filter(pk=row.pk, state=State.WANTED, lease_until=row.lease_until)
        if mine.update(lease_until=now + LEASE):
            row.lease_until = now + LEASE
            return row
    return None


def _fetched(copy: MediaCopy) -> dict[str, Any]:
    files = files_of(copy.message)
    url = str(files[copy.position].get("url", "")) if copy.position < len(files) else ""
    if not url or copy.message.deleted_at:
        raise Unreachable(gettext_noop("The network no longer shows it."))
    data = strangers.fetch(url)
    if mime := _download(data):
        return {"state": State.KEPT, "mime": mime, "data": data, "size": len(data)}
    picture = pictures.clean(data)
    return {
        "state": State.KEPT, "mime": picture.mime, "width": picture.width, "height": picture.height,
        "data": picture.data, "small": picture.small, "small_mime": picture.small_mime,
        "size": len(picture.data) + len(picture.small),
    }  # fmt: skip


def _download(data: bytes) -> str:
    """What is kept as it came and only ever downloaded; "" for everything else."""
    if data[4:8] == b"ftyp" and data[8:12] not in (b"avif", b"avis"):
        return "video/mp4"
    return "application/pdf" if data.startswith(b"%PDF-") else ""


def _settle(copy: MediaCopy, found: Mapping[str, Any]) -> None:
    """What became of it, unless another worker has taken it over meanwhile."""
    mine = MediaCopy.objects.filter(pk=copy.pk, state=State.WANTED, lease_until=copy.lease_until)
    mine.update(**found, lease_until=None, settled_at=timezone.now())
    _make_room()


def _make_room() -> None:
    """The oldest copies go where all of them together take too much."""
    with database.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM inbox_mediacopy WHERE id IN (
                SELECT id FROM (
                    SELECT id, sum(size) OVER (ORDER BY settled_at DESC, id DESC) AS so_far
                    FROM inbox_mediacopy WHERE settled_at IS NOT NULL
                ) newest WHERE so_far > %s)
            """,
            [settings.MEDIA_MEGABYTES * 2**20],
        )


def prune(*, limit: int = 100) -> int:
    """Forget copies after KEPT_DAYS, in a batch."""
    old: datetime = timezone.now() - timedelta(days=KEPT_DAYS)
    rows = MediaCopy.objects.filter(settled_at__lt=old).order_by("settled_at").values("pk")[:limit]
    return MediaCopy.objects.filter(pk__in=rows).delete()[0]
