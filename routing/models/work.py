"""The queue, the jobs that fill it, and who has what."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from connectors.models import Connection
from inbox.models import Conversation
from routing.models.people import Team
from routing.models.rules import Rule


class RoutingJob(models.Model):
    """One conversation to be looked at. Written inside the ingest transaction; done means deleted."""

    # Written in the transaction that wrote the conversation: the database need not look it up again.
    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["due_at", "id"], name="routing_due")]

    def __str__(self) -> str:
        return f"routing of conversation {self.conversation_id}"


class QueueEntry(models.Model):
    """One narrow row per conversation that is not resolved: what agents scroll.

    ``waiting_since`` orders every queue (oldest first): when the open turn began, or when we last
    heard of the conversation. ``in_hand`` says that the assignee's capacity counts this row.
    """

    # Derived from the conversation in the transaction that changed it, so the database need not look it up again.
    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    # The post of somebody else's under which it began, ours for the most part: many conversations share one.
    post = models.CharField(max_length=200, default="", db_default="")
    status = models.CharField(max_length=10)
    visibility = models.CharField(max_length=6)
    waiting_since = models.DateTimeField()
    in_hand = models.BooleanField(default=False)
    not_for = models.BigIntegerField(null=True)  # who gave it back: not handed to them again by itself
    # Whose it was when it came back while their hands were full: nobody else is given it until then.
    first_for = models.BigIntegerField(null=True)
    first_until = models.DateTimeField(null=True)

    class Meta:
        # A row that nobody was given yet stands in queue_unrouted only: that is where ingest writes.
        indexes = [
            models.Index(
                fields=["team", "status", "waiting_since", "conversation"],
                name="queue_of_team",
                condition=Q(team__isnull=False),
            ),
            models.Index(
                fields=["team", "status", "visibility", "waiting_since", "conversation"],
                name="queue_of_audience",
                condition=Q(team__isnull=False),
            ),
            models.Index(
                fields=["assignee", "status", "waiting_since", "conversation"],
                name="queue_of_agent",
                condition=Q(assignee__isnull=False),
            ),
            models.Index(
                fields=["team", "waiting_since", "conversation"],
                name="queue_unassigned",
                condition=Q(assignee__isnull=True, status="open", team__isnull=False),
            ),
            models.Index(
                fields=["waiting_since", "conversation"],
                name="queue_unrouted",
                condition=Q(team__isnull=True),
            ),
            models.Index(
                fields=["first_for", "waiting_since", "conversation"],
                name="queue_kept",
                condition=Q(first_for__isnull=False),
            ),
            models.Index(
                fields=["connection", "post", "status", "waiting_since", "conversation"],
                name="queue_of_post",
                condition=~Q(post=""),
            ),
        ]

    def __str__(self) -> str:
        return f"queue entry {self.conversation_id}"


class Assignment(models.Model):
    """A decision who has a conversation, with its reasons. The current one has no ``ended_at``.

    It outlives the queue entry, so that access to resolved conversations asks the same row.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reasons = models.JSONField(default=list)  # sentences for people
    inputs = models.JSONField(default=dict)  # what the decision saw: rule and its words, loads, versions
    # The rule that decided, and which of its versions; it is never deleted, so the database need not look it up.
    rule = models.ForeignKey(
        Rule, on_delete=models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    rule_version = models.PositiveIntegerField(null=True)
    # Why it was handed on, in the words of who did: "Alice: needs a refund". It stays while the team does.
    line = models.CharField(max_length=500, blank=True, default="", db_default="")
    accepted_at = models.DateTimeField(null=True)  # by who was handed it
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], name="assignment_current_once", condition=Q(ended_at__isnull=True)
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "conversation"], name="assignment_of_team", condition=Q(ended_at__isnull=True)
            ),
            models.Index(
                fields=["agent", "conversation"],
                name="assignment_of_agent",
                condition=Q(ended_at__isnull=True, agent__isnull=False),
            ),
            models.Index(fields=["rule", "at"], name="assignment_by_rule", condition=Q(rule__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"assignment of conversation {self.conversation_id}"
