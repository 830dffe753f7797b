"""Who may answer where: the permissions as routing looks at them, and changing them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from connectors.models import Connection
from inbox.saying import english
from inbox.services.conversations import Refused
from routing.models import AnswerPermission, Team
from routing.services import changes
from routing.services.roles import require_admin

OPEN, NOTHING = "open", "nothing"
# What a settings page offers for one team on one connection.
LEVELS = {
    NOTHING: gettext_lazy("View and note only"),
    "private": gettext_lazy("Reply privately"),
    "public": gettext_lazy("Reply publicly"),
    "both": gettext_lazy("Reply publicly and privately"),
}


class Answers:
    """Every permission, read once per batch."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[int, tuple[bool, bool]]] = {}
        self.names = dict(Connection.objects.values_list("pk", "name"))
        for row in AnswerPermission.objects.all():
            given = (row.may_reply_publicly, row.may_reply_privately)
            self.rows.setdefault(row.connection_id, {})[row.team_id] = given

    def silence(
        self, connection_id: int, team: str, people: Collection[int], members: Mapping[int, Collection[int]]
    ) -> list[str]:
        """A reason where nobody of these ``people`` may answer on the connection, or only in one audience."""
        given = self.rows.get(connection_id)
        if given is None:
            return []
        where = self.names.get(connection_id, gettext("this account"))
        theirs = [rights for team_id, rights in given.items() if set(people) & set(members.get(team_id, ()))]
        publicly, privately = any(p for p, _ in theirs), any(d for _, d in theirs)
        if publicly and privately:
            return []
        if not publicly and not privately:
            return [f"Nobody in {team} may answer on {where}; they can note and hand it on"]
        return [f"{team} may answer on {where} only {'publicly' if publicly else 'privately'}"]


def level_of(row: AnswerPermission | None) -> str:
    """The key of LEVELS for a row."""
    if row is None:
        return NOTHING
    both = row.may_reply_publicly and row.may_reply_privately
    return "both" if both else "public" if row.may_reply_publicly else "private" if row.may_reply_privately else NOTHING


@transaction.atomic
def set_answers(*, connection_id: int, levels: Mapping[int, str] | None, actor: AbstractBaseUser) -> None:
    """Who may answer on a connection, by team; None opens it to everybody again. Raises Refused."""
    require_admin(actor)
    connection = Connection.objects.select_for_update(of=("self",), no_key=True).filter(pk=connection_id).first()
    if connection is None:
        raise Refused(gettext("There is no such account any more. Reload the page."))
    before = _told(connection_id)
    AnswerPermission.objects.filter(connection_id=connection_id).delete()
    if levels is not None:
        teams = Team.objects.filter(pk__in=levels).values_list("pk", flat=True)
        AnswerPermission.objects.bulk_create(
            AnswerPermission(
                connection_id=connection_id,
                team_id=team,
                may_reply_publicly=levels[team] in ("public", "both"),
                may_reply_privately=levels[team] in ("private", "both"),
            )
            for team in teams
        )
    if (after := _told(connection_id)) != before:
        changes.tell("answers", connection_id, actor, before=before, after=after)


def _told(connection_id: int) -> dict[str, str]:
    """Each team's level by its name, for the history."""
    rows = AnswerPermission.objects.filter(connection_id=connection_id).select_related("team")
    return {row.team.name: english(LEVELS[level_of(row)]) for row in rows}
