"""Records from a CSV file: uploaded, looked at column by column, then saved row by row. A bad row stops no other.

Between the upload and the decision the file is kept sealed, for its uploader alone and for an hour at most.
"""

from __future__ import annotations

import base64
import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext

from connectors.secrets import open_sealed, seal
from inbox.guard import Field, Protection
from inbox.models import Identity, RecordField, RecordUpload
from inbox.services import events, records
from inbox.services.conversations import Refused
from inbox.services.events import Fact

LARGEST = 10 * 2**20  # bytes of a file
MOST_ROWS = 50_000
MOST_REFUSED = 500  # bad rows that are told one by one
BATCH = 500  # rows of one transaction
KEPT = timedelta(hours=1)
IGNORED = "ignored"
_KEYS = ("network", "handle", "external_id")
_SAID = re.compile(r"^(?P<name>.*?)\s*[:(\[]\s*(?P<as>secret|soft|open|ignored?)\s*[)\]]?$", re.IGNORECASE)
_SOFT = re.compile(
    r"city|town|country|state|region|plan|tariff|product|segment|language|since|status|stadt|ort|land|tarif|ville|pays|"
    r"ciudad|pais|citta|paese|stad|miasto|kraj|joined|renewal"
)
_UNREADABLE = re.compile("[\udc80-\udcff]")  # bytes that are no UTF-8, as surrogateescape keeps them


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its name, and what it is taken for."""

    number: int
    name: str
    meaning: str  # network, handle or external_id; secret, soft, open; or ignored

    @property
    def is_key(self) -> bool:
        return self.meaning in _KEYS


@dataclass(slots=True)
class Outcome:
    """What became of the rows of a file."""

    saved: int = 0
    refused: int = 0
    why: list[tuple[int, str]] = field(default_factory=list)  # line of the file, one sentence

    def refuse(self, line: int, why: str) -> None:
        self.refused += 1
        if len(self.why) < MOST_REFUSED:
            self.why.append((line, why))


@dataclass(frozen=True, slots=True)
class Row:
    """One customer of a file."""

    line: int
    key: tuple[str, str, str]  # network, "handle" or "external_id", its value
    fields: list[Field]


def keep(*, data: bytes, name: str, by: AbstractBaseUser) -> RecordUpload:
    """Keep a file until its columns are decided. Raises Refused where it is no file of records."""
    if len(data) > LARGEST:
        raise Refused(
            gettext("The file has %(data)s MB; the most is %(largest)s MB. Split it.")
            % {"data": len(data) // 2**20 + 1, "largest": LARGEST // 2**20}
        )
    columns(data)
    with transaction.atomic():
        prune()
        RecordUpload.objects.filter(by_id=by.pk).delete()
        upload = RecordUpload.objects.create(by_id=by.pk, name=name[:200], sealed=b"")
        upload.sealed = seal(base64.b64encode(data).decode(), binding=_binding(upload.pk))
        upload.save(update_fields=["sealed"])
    return upload


def kept(*, upload_id: int, by: AbstractBaseUser) -> tuple[RecordUpload, bytes]:
    """A file that waits for its uploader's decision. Raises Refused where it waits no longer."""
    upload = RecordUpload.objects.filter(pk=upload_id, by_id=by.pk, made_at__gt=timezone.now() - KEPT).first()
    if upload is None:
        raise Refused(gettext("This file is no longer kept. Upload it again."))
    return upload, base64.b64decode(open_sealed(bytes(upload.sealed), binding=_binding(upload.pk)))


def drop(*, upload_id: int, by: AbstractBaseUser) -> None:
    RecordUpload.objects.filter(pk=upload_id, by_id=by.pk).delete()


def prune() -> int:
    """Remove files that nobody decided about."""
    gone, _ = RecordUpload.objects.filter(made_at__lte=timezone.now() - KEPT).delete()
    return gone


def _binding(upload_id: int) -> str:
    return f"inbox.recordupload:{upload_id}"


def columns(data: bytes) -> list[Column]:
    """What each column of a file seems to mean. Raises Refused where no row of it could be read."""
    head = next(_lines(data), (0, []))[1]
    named = [" ".join(cell.split()) for cell in head]
    if not any(named):
        raise Refused(gettext("The file is empty: its first line names the columns."))
    if any(_UNREADABLE.search(name) for name in named):
        raise Refused(gettext("The names of the columns are not UTF-8. Save the file as “CSV UTF-8”."))
    found = [Column(number, *_meaning(name)) for number, name in enumerate(named)]
    _asked_for(found)
    return found


def _meaning(name: str) -> tuple[str, str]:
    key = name.lower().replace(" ", "_").replace("-", "_").lstrip("@")
    if key in _KEYS:
        return key, key
    if not name:
        return name, IGNORED
    said = _SAID.match(name)
    if said:
        meaning = said["as"].lower()
        return said["name"].strip() or name, IGNORED if meaning.startswith("ignore") else meaning
    return name, Protection.SOFT.value if _SOFT.search(key) else Protection.SECRET.value


def _asked_for(found: Sequence[Column]) -> None:
    keys = [column.meaning for column in found if column.is_key]
    if "network" not in keys or not {"handle", "external_id"} & set(keys):
        raise Refused(
            gettext("A column “network” and a column “handle” or “external_id” must say whose record a row is.")
        )
    fields = [column.name.lower() for column in found if not column.is_key and column.meaning != IGNORED]
    doubled = next((name for name in [*keys, *fields] if [*keys, *fields].count(name) > 1), None)
    if doubled:
        raise Refused(gettext("Two columns are called “%(name)s”. Give each its own name.") % {"name": doubled})


def load(*, data: bytes, meanings: Mapping[int, str], by: AbstractBaseUser) -> Outcome:
    """Save a file's rows: a cell is the field's value, an empty cell removes the field, other fields stay.

    ``meanings`` overrules by the column's number what a column is taken for.
    """
    found = [
        column if column.is_key else Column(column.number, column.name, meanings.get(column.number, column.meaning))
        for column in columns(data)
    ]
    outcome, first_lines = Outcome(), dict[int, int]()
    rows = _rows(data, found, outcome)
    while batch := list(islice(rows, BATCH)):
        with transaction.atomic():
            outcome.saved += _save(batch, found, outcome, first_lines)
    outcome.why.sort()
    if outcome.saved or outcome.refused:
        with transaction.atomic():
            said = {"saved": outcome.saved, "refused": outcome.refused}
            events.emit([Fact("records.imported", actor_id=by.pk, subject="records", data=said)])
    return outcome


def _lines(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file with their numbers, comma or semicolon between the cells."""
    text = data.decode("utf-8-sig", errors="surrogateescape").replace("\0", "")
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise Refused(
            gettext("Line %(line_num)s cannot be read as CSV, and nothing after it: %(error)s.")
            % {"line_num": reader.line_num, "error": error}
        ) from error


def _rows(data: bytes, found: Sequence[Column], outcome: Outcome) -> Iterator[Row]:
    lines = _lines(data)
    next(lines)
    number = 0
    while True:
        try:
            line, cells = next(lines)
        except StopIteration:
            return
        except Refused as error:
            outcome.refuse(0, str(error))
            return
        if not any(cell.strip() for cell in cells):
            continue
        number += 1
        if number > MOST_ROWS:
            outcome.refuse(
                line,
                gettext("From here on nothing was read: a file has at most %(most_rows)s rows. Split it.")
                % {"most_rows": MOST_ROWS},
            )
            return
        try:
            yield _row(line, cells, found)
        except Refused as error:
            outcome.refuse(line, str(error))


def _row(line: int, cells: Sequence[str], found: Sequence[Column]) -> Row:
    if len(cells) != len(found):
        raise Refused(
            gettext("It has %(cells)s cells, and there are %(found)s columns.")
            % {"cells": len(cells), "found": len(found)}
        )
    if any(_UNREADABLE.search(cell) for cell in cells):
        raise Refused(gettext("It is not UTF-8. Save the file as “CSV UTF-8”."))
    by_key = {column.meaning: cells[column.number].strip() for column in found if column.is_key}
    network, external_id, handle = by_key["network"].lower(), by_key.get("external_id", ""), by_key.get("handle", "")
    if not network or not (external_id or handle):
        raise Refused(gettext("It does not say whose record it is: network, and handle or external_id."))
    key = (network, "external_id", external_id) if external_id else (network, "handle", handle.lstrip("@").lower())
    kept = [column for column in found if not column.is_key and column.meaning != IGNORED]
    fields = [Field(column.name, cells[column.number], Protection(column.meaning)) for column in kept]
    return Row(line, key, [records.checked(one) for one in fields])


def _save(batch: Sequence[Row], found: Sequence[Column], outcome: Outcome, first_lines: dict[int, int]) -> int:
    """One batch of rows, each to the one contact that it names."""
    contacts = _contacts(batch)
    wanted: dict[int, list[Field]] = {}
    emptied: dict[str, list[int]] = defaultdict(list)
    for row in batch:
        known = contacts.get(row.key, set())
        if len(known) != 1:
            outcome.refuse(row.line, _nobody(row.key) if not known else _several(row.key))
            continue
        contact = next(iter(known))
        if contact in first_lines:
            outcome.refuse(
                row.line,
                gettext("Line %(contact)s is about the same customer and was saved.")
                % {"contact": first_lines[contact]},
            )
            continue
        first_lines[contact] = row.line
        wanted[contact] = [one for one in row.fields if one.value]
        for one in row.fields:
            if not one.value:
                emptied[one.name].append(contact)
    records.lock(wanted)
    for name, ids in emptied.items():
        RecordField.objects.filter(contact__in=ids, name=name).delete()
    records.write(wanted)
    return len(wanted)


def _contacts(batch: Sequence[Row]) -> dict[tuple[str, str, str], set[int]]:
    """Whom the rows name: two statements for a batch."""
    found: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    networks = {row.key[0] for row in batch}
    handles = {row.key[2] for row in batch if row.key[1] == "handle"}
    ids = {row.key[2] for row in batch if row.key[1] == "external_id"}
    named = Identity.objects.filter(network__in=networks)
    by_id = named.filter(external_id__in=ids).values_list("network", "external_id", "contact")
    for network, external_id, contact in by_id if ids else ():
        found[network, "external_id", external_id].add(contact)
    by_handle = named.annotate(low=Lower("handle")).filter(low__in=handles).values_list("network", "low", "contact")
    for network, handle, contact in by_handle if handles else ():
        found[network, "handle", handle].add(contact)
    return found


def _nobody(key: tuple[str, str, str]) -> str:
    return gettext("Nobody with this %(replace)s has written to us on %(key)s yet.") % {
        "replace": key[1].replace("_", " "),
        "key": key[0][:32],
    }


def _several(key: tuple[str, str, str]) -> str:
    return gettext("Several customers have this %(replace)s on %(key)s. Use external_id.") % {
        "replace": key[1].replace("_", " "),
        "key": key[0][:32],
    }
