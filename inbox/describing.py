"""How conversations and people are described: tags, the desk's own fields, lists of people who matter.

Written out as SQL, so that each rides along with what is read anyway: a page asks nothing more for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from inbox.models import Contact, VipEntry

Described = Mapping[str, Any]

_SHOWN = """CASE WHEN o.id IS NOT NULL THEN o.name || coalesce(' (' || nullif(o.code, '') || ')', '')
    WHEN v.number IS NOT NULL THEN trim_scale(v.number)::text WHEN v.day IS NOT NULL THEN v.day::text ELSE v.text END"""
# What fields say of conversation {0}, in {1} of its rows.
_VALUES = f"""
    SELECT coalesce(json_agg(json_build_object('id', v.id, 'field', f.id, 'name', f.name, 'kind', f.kind,
        'shown', {_SHOWN}, 'option', v.option_id, 'text', v.text, 'number', trim_scale(v.number)::text, 'day', v.day,
        'at', v.at, 'ended_at', v.ended_at) ORDER BY lower(f.name), v.id), '[]')
    FROM inbox_fieldvalue v JOIN inbox_customfield f ON f.id = v.field_id
    LEFT JOIN inbox_fieldoption o ON o.id = v.option_id WHERE v.conversation_id = {{0}} {{1}}
"""
_TAGS = """
    SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'colour', t.colour, 'at', u.at)
        ORDER BY lower(t.name)), '[]')
    FROM inbox_conversationtag u JOIN inbox_tag t ON t.id = u.tag_id WHERE u.conversation_id = {0}
"""
# Every entry of the person who contact {0} is, in {1} of them.
_ENTRIES = """
    FROM (SELECT coalesce(own.person_id, own.id) AS id FROM inbox_contact own WHERE own.id = {0}) p
    CROSS JOIN LATERAL (SELECT p.id UNION ALL SELECT m.id FROM inbox_contact m WHERE m.person_id = p.id) same
    JOIN inbox_vipentry e ON e.contact_id = same.id JOIN inbox_viplist l ON l.id = e.list_id AND l.archived_at IS NULL
    WHERE true {1}
"""
_VIPS = f"""
    SELECT coalesce(json_agg(json_build_object('id', l.id, 'name', l.name, 'why', e.why, 'at', e.at,
        'ended_at', e.ended_at, 'entry', e.id) ORDER BY lower(l.name), e.id), '[]') {_ENTRIES}
"""
_NOW_VALUES, _NOW_ENTRIES = "AND v.ended_at IS NULL", "AND e.ended_at IS NULL"
# The lists that mark contact {0} now, each once.
MARKS = f"""
    SELECT coalesce(json_agg(json_build_object('id', marks.id, 'name', marks.name) ORDER BY lower(marks.name)), '[]')
    FROM (SELECT DISTINCT l.id, l.name {_ENTRIES.replace("{1}", _NOW_ENTRIES)}) marks
"""
# Their names alone, neither sorted nor each once: in a row of a queue the page does that, and no plan sorts.
MARK_NAMES = "SELECT coalesce(json_agg(l.name), '[]')" + _ENTRIES.replace("{1}", _NOW_ENTRIES)
_OPTIONS = """coalesce((SELECT json_agg(json_build_object('id', o.id, 'name', o.name ||
    coalesce(' (' || nullif(o.code, '') || ')', '')) ORDER BY lower(o.name)) FROM inbox_fieldoption o
    WHERE o.field_id = f.id AND ({0})), '[]')"""


def _column(sql: str) -> RawSQL:
    # Django reads jsonb by itself, and the driver reads json.
    return RawSQL(f"SELECT ({sql})::jsonb", (), output_field=JSONField())  # nosec B611: the text is fixed, there are no values


def values_of_conversation(*, past: bool = False) -> RawSQL:
    """To annotate conversations: what their fields say; with what they said before, where ``past``."""
    return _column(_VALUES.format('"inbox_conversation"."id"', "" if past else _NOW_VALUES))


def tags_of_conversation() -> RawSQL:
    return _column(_TAGS.format('"inbox_conversation"."id"'))


def vips_of_identity() -> RawSQL:
    """To annotate what joins its identity: every entry of its person, in force or not."""
    return _column(_VIPS.format('"inbox_identity"."contact_id"', ""))


def marks_of_identity() -> RawSQL:
    """The same: the lists that its person is on."""
    return _column(MARKS.format('"inbox_identity"."contact_id"'))


def marks_of_contact() -> RawSQL:
    """To annotate contacts: the lists that they are on."""
    return _column(MARKS.format('"inbox_contact"."id"'))


def on_list(list_id: int | None) -> RawSQL:
    """The contacts of everybody on this list, or (None) on any; for ``contact__in``."""
    sql = """
        SELECT same.id FROM inbox_vipentry e JOIN inbox_viplist l ON l.id = e.list_id
        JOIN inbox_contact c ON c.id = e.contact_id
        CROSS JOIN LATERAL (SELECT coalesce(c.person_id, c.id) AS id UNION ALL
            SELECT m.id FROM inbox_contact m WHERE m.person_id = coalesce(c.person_id, c.id)) same
        WHERE e.ended_at IS NULL AND l.archived_at IS NULL AND (%s::bigint IS NULL OR e.list_id = %s)
    """
    return RawSQL(sql, [list_id, list_id])  # nosec B611: the text is fixed, the id is a parameter


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What may be said, and so what may be asked: for forms."""

    tags: Sequence[Described]  # id, name, archived
    fields: Sequence[Described]  # id, name, kind, archived, options
    lists: Sequence[Described]  # id, name, archived


_VOCABULARY = f"""
SELECT (SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'archived', t.archived_at IS NOT NULL)
        ORDER BY lower(t.name)), '[]') FROM inbox_tag t),
    (SELECT coalesce(json_agg(json_build_object('id', f.id, 'name', f.name, 'kind', f.kind, 'archived',
        f.archived_at IS NOT NULL, 'options', {_OPTIONS.format("true")}) ORDER BY lower(f.name)), '[]')
        FROM inbox_customfield f),
    (SELECT coalesce(json_agg(json_build_object('id', l.id, 'name', l.name, 'archived', l.archived_at IS NOT NULL)
        ORDER BY lower(l.name)), '[]') FROM inbox_viplist l)
"""


def vocabulary() -> Vocabulary:
    """One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_VOCABULARY)
        return Vocabulary(*cursor.fetchone())


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a conversation."""

    tags: Sequence[Described]  # all that may be put there, and what is there
    fields: Sequence[Described]
    vips: Sequence[Described]


_FIRST = "(SELECT coalesce(nullif(u.first_name, ''), u.username) FROM auth_user u WHERE u.id = {0})"
_BESIDE = f"""
SELECT (SELECT coalesce(json_agg(json_build_object('pk', t.id, 'name', t.name, 'colour', t.colour,
        'there', u.id IS NOT NULL) ORDER BY lower(t.name)), '[]')
        FROM inbox_tag t LEFT JOIN inbox_conversationtag u ON u.tag_id = t.id AND u.conversation_id = c.id
        WHERE t.archived_at IS NULL OR u.id IS NOT NULL),
    (SELECT coalesce(json_agg(json_build_object('id', f.id, 'name', f.name, 'kind', f.kind, 'archived',
        f.archived_at IS NOT NULL, 'options', {_OPTIONS.format("o.archived_at IS NULL OR o.id = v.option_id")},
        'value', v.id, 'option', v.option_id, 'shown', {_SHOWN}, 'past', coalesce((
            SELECT json_agg(said ORDER BY said.at DESC) FROM (
                SELECT {_SHOWN} AS shown, v.at, v.ended_at, {_FIRST.format("v.by_id")} AS by,
                    {_FIRST.format("v.ended_by_id")} AS ended_by
                FROM inbox_fieldvalue v LEFT JOIN inbox_fieldoption o ON o.id = v.option_id
                WHERE v.conversation_id = c.id AND v.field_id = f.id ORDER BY v.id DESC LIMIT 10) said), '[]')
        ) ORDER BY lower(f.name)), '[]')
        FROM inbox_customfield f
        LEFT JOIN inbox_fieldvalue v ON v.field_id = f.id AND v.conversation_id = c.id AND v.ended_at IS NULL
        LEFT JOIN inbox_fieldoption o ON o.id = v.option_id
        WHERE f.archived_at IS NULL OR v.id IS NOT NULL),
    ({_VIPS.format("c.contact_id", _NOW_ENTRIES)})
FROM (SELECT %s::bigint AS id, %s::bigint AS contact_id) c
"""


def beside(conversation_id: int, contact_id: int) -> Beside:
    """Tags, fields with their last ten changes, and the lists that the customer is on. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_BESIDE, [conversation_id, contact_id])
        return Beside(*cursor.fetchone())


def entries_of(contact_id: int) -> Sequence[VipEntry]:
    """Every entry of a person, the newest first: those in force and what was."""
    theirs = VipEntry.objects.filter(contact__in=Contact.same_person(contact_id))
    return list(theirs.select_related("list", "by", "ended_by").order_by("-pk")[:50])
