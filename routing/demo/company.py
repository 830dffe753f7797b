"""Norrline, an invented internet provider: its people, teams, rules, accounts and how it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

HELP_DESK, SUPPORT = "Help desk", "Support"
BILLING, NETWORK, CONTRACTS = "Billing experts", "Network experts", "Contract experts"

HANDLE, NAME = "norrline", "Norrline"


class TeamOf(NamedTuple):
    """A team and what it knows about."""

    name: str
    kind: str
    topics: tuple[str, ...] = ()


TEAMS = (
    TeamOf(HELP_DESK, "help_desk"),
    TeamOf(SUPPORT, "support"),
    TeamOf(BILLING, "experts", ("Invoices", "Refunds")),
    TeamOf(NETWORK, "experts", ("Outages", "Routers")),
    TeamOf(CONTRACTS, "experts", ("Moving house", "Cancelling")),
)


class Colleague(NamedTuple):
    """Somebody who works here. Those who have a password of the demo desk are available, the others busy."""

    username: str
    first: str
    last: str
    role: str
    teams: tuple[str, ...] = ()
    capacity: int = 8
    knows: tuple[str, ...] = ()


PEOPLE = (
    Colleague("alice", "Alice", "Lindqvist", "agent", (HELP_DESK, SUPPORT), 10),
    Colleague("mei", "Mei", "Tanaka", "agent", (HELP_DESK,)),
    Colleague("tomasz", "Tomasz", "Wilk", "agent", (SUPPORT,), 6),
    Colleague("bob", "Bob", "Okafor", "lead", tuple(team.name for team in TEAMS), 4),
    Colleague("erin", "Erin", "Vasquez", "expert", (BILLING,), 5, ("Invoices", "Refunds")),
    Colleague("amara", "Amara", "Diallo", "expert", (NETWORK,), 5, ("Outages", "Routers")),
    Colleague("ravi", "Ravi", "Menon", "expert", (CONTRACTS,), 5, ("Moving house", "Cancelling")),
    Colleague("dana", "Dana", "Petrov", "admin"),
)


@dataclass(frozen=True, slots=True)
class RuleOf:
    """A rule and its conditions: fields of Rule. ``topic`` finds the experts within the team."""

    name: str
    team: str
    conditions: dict[str, Any]
    topic: str = ""


RULES = (
    RuleOf("Wide reach", SUPPORT, {"min_followers": 20_000, "visibility": "public"}),
    RuleOf(
        "Billing words",
        BILLING,
        {"words": ["refund", "charged", "invoice", "billing", "money back", "paid twice", "Rechnung", "facture"]},
        "Invoices",
    ),
    RuleOf(
        "Moving and cancelling",
        CONTRACTS,
        {"words": ["cancel my contract", "terminate", "price increase", "new flat", "moving house", "mudanza"]},
        "Moving house",
    ),
    RuleOf("Outages", HELP_DESK, {"words": ["outage", "no internet", "offline", "down again", "störning"]}),
    RuleOf("Routers and speed", NETWORK, {"words": ["router", "Mbit", "latency", "firmware", "IPv6"]}, "Routers"),
    RuleOf("In German or French", SUPPORT, {"languages": ["de", "fr"]}),
    RuleOf("Messenger", SUPPORT, {"networks": ["facebook"], "visibility": "direct"}),
)

CONNECTIONS = {"x": "Norrline on X", "facebook": "Norrline on Facebook"}
VOICE = {
    "x": (
        "Plain and quick, one thought a post. Say what we do next and by when; never “we apologise for any "
        "inconvenience”. First names, no signature. Numbers, addresses and anything about a bill go private. "
        "Answer in the language of the post. One emoji at most, and none to somebody who is angry."
    ),
    "facebook": (
        "Warmer than on X: a greeting by first name, two or three sentences, and our own first name below. "
        "Many neighbours read along under our posts, so answer once for all of them and name the next update. "
        "Anything about one customer's bill or address goes to Messenger."
    ),
}

# Name and text; agents put them in by typing "/".
MACROS = (
    (
        "Ask for the number, privately",
        "I have sent you a private message, {customer}, so that your details stay between us.",
    ),
    (
        "Restart the router",
        "Please unplug the router for 30 seconds, {customer}, and plug it in again. It needs five minutes to come "
        "back; if the light stays red after that, tell us and we look at your line.",
    ),
    (
        "Outage: we know",
        "We see it too, {customer}: the network is down where you are and our people are on it. We write here as soon "
        "as we know by when it is back.",
    ),
    (
        "Money back, when",
        "The charge is reversed, {customer}. It is on your account within two working days; your next bill shows it.",
    ),
    (
        "Thanks and goodbye",
        "Glad it works again, {customer}. If anything comes up, write to us here: {link}\n{agent}, {account}",
    ),
)


class ArticleOf(NamedTuple):
    """An article; staff only, where it has no readers named."""

    title: str
    text: str
    audience: str = "staff"
    address: str = ""


ARTICLES = (
    ArticleOf(
        "What the lights of the router say",
        "Green: all is well. Blinking green: it is starting, which takes five minutes. Red: no line. If it stays red "
        "after a restart, write to us with your town and we look at the line from here.",
        "public",
        "https://help.norrline.example/router-lights",
    ),
    ArticleOf(
        "Moving house with your line",
        "Tell us four weeks ahead and your line moves with you, at the same price and with the same number. Where we "
        "have no line at the new address, the contract ends on the day you move.",
        "public",
        "https://help.norrline.example/moving",
    ),
    ArticleOf(
        "Goodwill after an outage",
        "Up to four hours: an apology and the cause. Up to a day: one week free of charge, on asking. Longer: one "
        "month free of charge, without asking. Say the sum in private only, and put it into a note.",
    ),
    ArticleOf(
        "When somebody says they will go to court",
        "Answer kindly, promise nothing, admit nothing. Hand it to the contract experts with the words that were used. "
        "They reply within the hour on working days.",
    ),
)
