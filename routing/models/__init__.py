"""Who is there, who has what, and why."""

from routing.models.answering import AnswerPermission
from routing.models.bulk import BulkItem, BulkJob
from routing.models.notices import Digest, Notification
from routing.models.people import AgentProfile, Departure, Expertise, Membership, Team, Topic, WelcomeLink
from routing.models.rules import Rule, RuleVersion
from routing.models.work import Assignment, QueueEntry, RoutingJob

__all__ = [
    "AgentProfile",
    "AnswerPermission",
    "Assignment",
    "BulkItem",
    "BulkJob",
    "Departure",
    "Digest",
    "Expertise",
    "Membership",
    "Notification",
    "QueueEntry",
    "RoutingJob",
    "Rule",
    "RuleVersion",
    "Team",
    "Topic",
    "WelcomeLink",
]
