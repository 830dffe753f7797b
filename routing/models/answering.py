"""Who may answer where."""

from __future__ import annotations

from django.db import models

from connectors.models import Connection
from routing.models.people import Team


class AnswerPermission(models.Model):
    """What the members of a team may send from a connection.

    A connection without any row is open to everybody who has its conversations. As soon as it has one, who
    is in no team with a permission may only view and note there.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    may_reply_publicly = models.BooleanField(default=False)
    may_reply_privately = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "team"], name="answer_permission_once")]

    def __str__(self) -> str:
        return f"team {self.team_id} on connection {self.connection_id}"
