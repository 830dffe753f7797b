"""One page of a network's raw items as posts. Whatever is odd about one item stays with that item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connectors.errors import InvalidItem
from connectors.text import clean
from connectors.types import InvalidPost, Post

Json = Mapping[str, Any]
Sorted = tuple[list[Post], list[InvalidPost]]


def sorted_out(raw: Iterable[Any], read: Callable[[Json], Post], network: str) -> Sorted:
    """The posts that ``read`` makes of ``raw``, each once, and one entry for each item that it cannot read."""
    posts: dict[str, Post] = {}
    invalid: list[InvalidPost] = []
    for item in raw:
        identifier = clean(item.get("id"))[:200] if isinstance(item, Mapping) else ""
        try:
            if not isinstance(item, Mapping):
                raise InvalidItem(f"{network} sent something that is no item.")
            post = read(item)
            posts.setdefault(post.external_id, post)
        except InvalidItem as error:
            invalid.append(InvalidPost(identifier, str(error)))
        except Exception:  # noqa: BLE001 - one item that nobody foresaw must not stop the rest
            invalid.append(InvalidPost(identifier, f"{network} sent this item in a form that cannot be read."))
    return list(posts.values()), invalid
