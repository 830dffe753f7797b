"""What X can be asked to do to a post: hide a reply, like, and show what is liked.

Hiding what is hidden, and unliking what is not liked, succeed without doing anything (X's references). Likes are
for apps with an Enterprise agreement (X's changelog, 16 April 2026).
"""

from __future__ import annotations

from connectors.sandbox.answers import Answer
from connectors.sandbox.snowflake import now_ms
from connectors.sandbox.store import Store
from connectors.sandbox.x.calls import Call, page_token, read_token
from connectors.sandbox.x.posts import COLUMNS, Tweet, find_tweet, load
from connectors.sandbox.x.problems import bad, client_forbidden, forbidden, problem

NOT_YOURS = "You are not permitted to hide this reply: it is not part of a conversation that you started."


def hide(call: Call) -> Answer:
    """Only replies in conversations that the account started."""
    post = _post(call, call.path["tweet_id"])
    root = call.store.one("SELECT author_id FROM tweets WHERE id = ?", (post.conversation_id,))
    if post.id == post.conversation_id or root is None or root[0] != call.account.id:
        raise forbidden(NOT_YOURS)
    hidden = call.body["hidden"]
    sql = "INSERT OR IGNORE INTO hidden VALUES (?)" if hidden else "DELETE FROM hidden WHERE tweet_id = ?"
    with call.store.writing() as db:
        db.execute(sql, (post.id,))
        line = call.enter("hide" if hidden else "unhide", post.id, now_ms())
    call.store.seal(line)
    note = "hidden" if hidden else "shown again"
    return Answer(200, {"data": {"hidden": hidden}}, written=str(post.id), note=note)


def like(call: Call) -> Answer:
    return _like(call, call.body["tweet_id"], liked=True)


def unlike(call: Call) -> Answer:
    return _like(call, call.path["tweet_id"], liked=False)


def _like(call: Call, post_id: str, *, liked: bool) -> Answer:
    _own_id(call)
    if not call.account.doc.get("enterprise"):
        raise client_forbidden()
    post = _post(call, post_id)
    both = (call.account.id, post.id)
    with call.store.writing() as db:
        if liked:
            db.execute("INSERT OR IGNORE INTO likes VALUES (?, ?, ?)", (*both, call.store.ids.next()))
        else:
            db.execute("DELETE FROM likes WHERE user_id = ? AND tweet_id = ?", both)
        line = call.enter("like" if liked else "unlike", post.id, now_ms())
    call.store.seal(line)
    note = "liked" if liked else "no longer liked"
    return Answer(200, {"data": {"liked": liked}}, written=str(post.id), note=note)


def liked(call: Call) -> Answer:
    """What somebody likes, the newest like first."""
    size = call.query.get("max_results") or 100
    below = 2**63 - 1
    if token := call.query.get("pagination_token"):
        below = read_token(call.endpoint, "pagination_token", token)
    columns = ", ".join(f"tweets.{name}" for name in COLUMNS.split(", "))
    rows = call.store.rows(
        f"SELECT likes.n, {columns} FROM likes JOIN tweets ON tweets.id = tweet_id "
        "WHERE user_id = ? AND likes.n < ? AND gone = 0 ORDER BY likes.n DESC LIMIT ?",
        (int(call.path["id"]), below, size + 1),
    )
    shown = rows[:size]
    writer = call.writer()
    meta: dict[str, object] = {"result_count": len(shown)}
    if len(rows) > size:
        meta["next_token"] = page_token(call.endpoint, shown[-1][0])
    return Answer(200, writer.answer([writer.tweet(load(row[1:])) for row in shown], meta), note=f"{len(shown)} shown")


def _own_id(call: Call) -> None:
    given, own = call.path["id"], str(call.account.id)
    if given != own:
        message = f"The `id` query parameter value [{given}] must be the same as the authenticating user [{own}]"
        raise bad("id", given, message)


def _post(call: Call, post_id: str) -> Tweet:
    post = find_tweet(call.store, int(post_id))
    if post is None:
        raise problem(404, "Not Found Error", f"Could not find tweet with id: [{post_id}].")
    return post


def state(store: Store, post: Tweet) -> dict[str, bool]:
    """What the company did to a post, for the page and the control API."""
    return {
        "hidden": bool(store.one("SELECT 1 FROM hidden WHERE tweet_id = ?", (post.id,))),
        "liked": bool(
            store.one("SELECT 1 FROM likes JOIN accounts USING (user_id) WHERE likes.tweet_id = ?", (post.id,))
        ),
        "deleted": post.gone,
    }
