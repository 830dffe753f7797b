"""Who is there, who has what, and why."""

from routing.models.people import AgentProfile, Membership, Team
from routing.models.rules import Rule
from routing.models.work import Assignment, QueueEntry, RoutingJob

__all__ = ["AgentProfile", "Assignment", "Membership", "QueueEntry", "RoutingJob", "Rule", "Team"]
