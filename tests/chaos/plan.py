"""What happens on the network, and what is answered: 1,000 posts and 200 replies, a share of them twins.

A run that takes longer answers posts of the others as well, and again: whoever aims at replies in flight needs some.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

POSTS, REPLIES, SPARE = 1_000, 200, 6_000
PUBLIC, DIRECT = 120, 30  # each with a text of its own
THREAD_TWINS = 10  # two "Thanks!" in one public thread, to two posts of it
DIRECT_TWINS = 10  # two "Thanks!" in one dialogue, from one conversation
FURTHER = "@norrline and another thing {}"
CROSSED_TWINS = 5  # two "Thanks!" in one dialogue, from two conversations of one person


@dataclass(frozen=True)
class Reply:
    """One reply that an agent will write once ``post`` has arrived, or a post that says ``to``."""

    key: str
    post: str
    visibility: str
    text: str
    to: str = ""


Write = Callable[[Sequence[dict[str, Any]]], list[str]]


def first_posts(write: Write) -> tuple[list[str], list[Reply]]:
    """The posts that will be answered, written by ``write``; their ids and the replies to them."""
    singles = PUBLIC + DIRECT
    ids = write([{"handle": f"single{n}", "text": f"@norrline question {n}"} for n in range(singles)])
    planned = [
        Reply(f"single-{n}", post, "public" if n < PUBLIC else "direct", f"Answer number {n} for you.")
        for n, post in enumerate(ids)
    ]
    threads = write([{"handle": f"thread{n}", "text": f"@norrline well done {n}"} for n in range(THREAD_TWINS)])
    again = write(
        [
            {"handle": f"thread{n}", "text": f"@norrline really well done {n}", "in_reply_to": post}
            for n, post in enumerate(threads)
        ]
    )
    planned += [Reply(f"thread-{post}", post, "public", "Thanks!") for post in (*threads, *again)]
    dialogues = write([{"handle": f"dialogue{n}", "text": f"@norrline nice {n}"} for n in range(DIRECT_TWINS)])
    planned += [Reply(f"dialogue-{post}-{n}", post, "direct", "Thanks!") for post in dialogues for n in (1, 2)]
    crossed = [{"handle": f"crossed{n}", "text": f"@norrline case {n}"} for n in range(CROSSED_TWINS)]
    both = write(crossed) + write(crossed)
    planned += [Reply(f"crossed-{post}", post, "direct", "Thanks!") for post in both]
    assert len(planned) == REPLIES
    # Spread over the run, so that every kind of twin meets every kind of trouble.
    planned = planned[::7] + [reply for n, reply in enumerate(planned) if n % 7]
    first = [*ids, *threads, *again, *dialogues, *both]
    others = POSTS - len(first)
    planned += [
        Reply(f"spare-{n}", "", "public", f"Spare answer {n} for you.", to=FURTHER.format(n % others))
        for n in range(SPARE)
    ]
    return first, planned


def as_json(planned: Sequence[Reply]) -> list[dict[str, Any]]:
    return [asdict(reply) for reply in planned]


def further_posts(number: int) -> list[dict[str, Any]]:
    """Posts of as many other customers, to arrive in the meantime."""
    return [{"handle": f"other{n}", "text": FURTHER.format(n)} for n in range(number)]
