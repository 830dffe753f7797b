"""A desk of any size, made by the server itself: 30 teams by Zipf's law, a fifth open, a few very long threads."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import connection

from connectors.models import Connection
from tests import factories

TEAMS = 30
AGENTS_A_TEAM = 3
LONGEST = 500

# Conversation g of :number. random() is asked once a row, in ``dice``; a team's share falls with its rank.
_CONVERSATIONS = """
    CREATE TEMP TABLE made AS
    WITH shares AS (
        SELECT array_agg(upto ORDER BY rank) AS steps FROM (
            SELECT rank, sum(1.0 / rank) OVER (ORDER BY rank) / sum(1.0 / rank) OVER () AS upto
            FROM generate_series(1, {teams}) rank
        ) s
    ), dice AS (
        SELECT g, random() AS a, random() AS b, random() AS c, random() AS d FROM generate_series(1, {number}) g
    )
    SELECT g, {team_ids}[least({teams}, width_bucket(a, steps::float8[]) + 1)] AS team_id,
        CASE WHEN b < 0.20 THEN 'open' WHEN b < 0.25 THEN 'pending' WHEN b < 0.27 THEN 'snoozed' ELSE 'resolved' END
            AS status,
        c < 0.3 AS unassigned, CASE WHEN d < 0.35 THEN 'direct' ELSE 'public' END AS visibility,
        now() - interval '90 days' + g * (interval '90 days' / {number}) AS at,
        (g * 7919::bigint) % {agents} AS seat
    FROM dice, shares;
    ALTER TABLE made ADD agent_id int;
    UPDATE made SET agent_id = t.agents[1 + (seat % cardinality(t.agents))::int]
    FROM (SELECT team_id, array_agg(user_id ORDER BY user_id) AS agents FROM routing_membership GROUP BY team_id) t
    WHERE t.team_id = made.team_id AND NOT unassigned;
    ANALYZE made
"""
_ROWS = """
    INSERT INTO inbox_contact (id, created_at) SELECT g, at FROM made;
    INSERT INTO inbox_identity (id, contact_id, network, scope, external_id, handle, name, followers, avatar_url)
        SELECT g, g, 'x', '', 'p' || g, 'customer' || g, 'Customer ' || g, g % 5000, '' FROM made;
    INSERT INTO inbox_message (id, connection_id, conversation_id, external_id, root, direction, visibility, audience,
            author_id, text, in_reply_to, url, language, published_at, arrived_at, facts)
        SELECT row_number() OVER (ORDER BY g, n), {account}, g, g || '.' || n, g::text,
            CASE WHEN n % 3 = 2 THEN 'out' ELSE 'in' END, visibility, visibility, g,
            'Where is my order ' || g || '? ' || repeat('It should have been here by now. ', 4), '', '', 'en',
            at + n * interval '1 minute', at + n * interval '1 minute', '{{}}'
        FROM made, generate_series(1, CASE WHEN g <= 30 THEN {longest} ELSE greatest(1, 3000 / g) END) n;
    INSERT INTO inbox_conversation (id, connection_id, identity_id, root, status, resolution, opened_at, resolved_at,
            snoozed_until, reopened, last_message_id, last_incoming_id, last_incoming_at, turn_first_id,
            turn_arrived_at, turn_published_at)
        SELECT g, {account}, g, g::text, status, CASE status WHEN 'resolved' THEN 'answered' ELSE '' END, at,
            CASE status WHEN 'resolved' THEN at + interval '1 hour' END,
            CASE status WHEN 'snoozed' THEN now() + interval '1 day' END, 0, m.newest, m.newest, at,
            CASE status WHEN 'open' THEN m.newest END, CASE status WHEN 'open' THEN at END,
            CASE status WHEN 'open' THEN at END
        FROM made JOIN (SELECT conversation_id, max(id) AS newest FROM inbox_message GROUP BY 1) m
            ON m.conversation_id = g;
    INSERT INTO routing_assignment (conversation_id, team_id, agent_id, reasons, inputs, at)
        SELECT g, team_id, agent_id, '["The rule for orders fits."]', '{{}}', at FROM made;
    INSERT INTO routing_queueentry
            (conversation_id, connection_id, team_id, assignee_id, status, visibility, waiting_since, in_hand)
        SELECT g, {account}, team_id, agent_id, status, visibility, at, agent_id IS NOT NULL AND status = 'open'
        FROM made WHERE status <> 'resolved';
    INSERT INTO inbox_event (xid, at, kind, conversation_id, subject, subject_id, data)
        SELECT pg_current_xact_id(), at, 'message.received', g, 'message', g, '{{"visibility": "public"}}' FROM made;
"""
_COUNTS = """
    INSERT INTO inbox_count (key, value) SELECT key, count(*) FROM (
        SELECT 'team:' || team_id || ':' || status AS key FROM routing_queueentry
        UNION ALL SELECT 'team:' || team_id || ':open:' || visibility FROM routing_queueentry WHERE status = 'open'
        UNION ALL SELECT 'team:' || team_id || ':unassigned' FROM routing_queueentry
            WHERE status = 'open' AND assignee_id IS NULL
        UNION ALL SELECT 'agent:' || assignee_id || ':' || status FROM routing_queueentry WHERE assignee_id IS NOT NULL
    ) keys GROUP BY key;
    SELECT setval(pg_get_serial_sequence(name, 'id'), {highest}) FROM unnest(ARRAY[
        'inbox_contact', 'inbox_identity', 'inbox_message', 'inbox_conversation']) name
"""
TABLES = (
    "inbox_contact, inbox_identity, inbox_message, inbox_conversation, routing_assignment, routing_queueentry,"
    " inbox_event, inbox_count, inbox_countdelta, routing_routingjob, inbox_outboxitem, inbox_outboxhold,"
    " inbox_tag, inbox_customfield, inbox_viplist"
)


@dataclass(frozen=True)
class Loaded:
    """Who looks: an agent and a lead of the largest team, and the longest thread of that team."""

    account: Connection
    agent: User
    lead: User
    team_id: int
    thread_id: int


def load(number: int) -> Loaded:
    """Make ``number`` conversations in an empty database. Foreign keys are not checked row by row meanwhile."""
    account = factories.connection()
    teams = [factories.team("Help desk", is_help_desk=True)]
    teams += [factories.team(f"Team {n}") for n in range(2, TEAMS + 1)]
    agents = [factories.person(f"agent{n}", teams[n % TEAMS], capacity=10**6) for n in range(TEAMS * AGENTS_A_TEAM)]
    lead = factories.person("lead", teams[0], role="lead")
    facts = {
        "number": number, "teams": TEAMS, "agents": len(agents), "account": account.pk, "longest": LONGEST,
        "team_ids": f"(ARRAY{[team.pk for team in teams]})", "highest": number * 2 + 10**6,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET session_replication_role = replica; SELECT setseed(0.42)")
        for script in (_CONVERSATIONS, _ROWS, _COUNTS):
            cursor.execute(script.format(**facts))
        cursor.execute("SET session_replication_role = origin; DROP TABLE made; ANALYZE")
        cursor.execute(
            "SELECT conversation_id FROM routing_queueentry WHERE team_id = %s AND assignee_id = %s AND status = 'open'"
            " ORDER BY conversation_id LIMIT 1",
            [teams[0].pk, agents[0].pk],
        )
        thread = int(cursor.fetchone()[0])
    return Loaded(account, agents[0], lead, teams[0].pk, thread)


def settle() -> None:
    """What a loaded server would do beside the figures is done before them."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def unload() -> None:
    """Everything goes, people too."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"TRUNCATE {TABLES}, routing_team, routing_membership, routing_agentprofile, auth_user,"
            " connectors_connection RESTART IDENTITY CASCADE"
        )
