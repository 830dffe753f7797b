"""Knowledge: articles that leads keep, and what was answered before; both are found by their words."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext

from inbox import guard, words
from inbox.downstream import policy
from inbox.models import Article, ArticleVersion, Conversation, Message, SearchEntry
from inbox.services import events
from inbox.services.conversations import Refused
from inbox.services.storable import storable

SHOWN = 8  # as many as a picker shows of each
_NEWEST = 1000  # entries with the words among which past answers are looked for
_MILLISECONDS = 500
_CANCELLED = "57014"
_SAYS = ("title", "text", "audience", "address")


def find(query: str) -> Sequence[Article]:
    """The articles with these words that are offered; without a word, the first by their titles. One statement."""
    return list(holding(query).order_by("title")[:SHOWN])


def holding(query: str) -> QuerySet[Article]:
    """All articles that are offered and hold these words; signs alone, or far too many words, hold none."""
    rows = Article.objects.filter(archived_at__isnull=True).defer("words", "traces")
    asked = _asked(query)
    if asked is None:
        return rows.none() if storable(query).strip() else rows
    return rows.filter(words__finds=asked.tsquery)


def answers(user: User, query: str) -> Sequence[Message]:
    """Our own public replies with these words, each text once, the newest first, of conversations that ``user`` sees.

    One statement. Where the words are so common that it takes long, there are none: nobody who types waits for it.
    """
    asked = _asked(query)
    return [] if asked is None else _answered(user, asked)


def _answered(user: User, asked: words.Asked) -> Sequence[Message]:
    ours = SearchEntry.objects.filter(
        words__finds=asked.tsquery, message__direction=Message.Direction.OUT, message__visibility="public",
        message__deleted_at__isnull=True,
    ).order_by("-pk")  # fmt: skip
    seen = policy().filter(user, Conversation.objects.all()).filter(pk=OuterRef("message__conversation_id"))
    entries = (
        SearchEntry.objects.filter(pk__in=ours.values("pk")[:_NEWEST])
        .defer("words")
        # A value and not EXISTS, as in a search (decision 014).
        .alias(seen=Subquery(seen.values("pk")[:1]))
        .filter(seen__isnull=False)
    )
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {_MILLISECONDS}")
            found = list(entries.select_related("message").order_by("-pk")[: SHOWN * 4])
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != _CANCELLED:
            raise
        return []
    return list({entry.message.text: entry.message for entry in reversed(found) if entry.message}.values())[::-1][
        :SHOWN
    ]


def staff_only(texts: Sequence[str]) -> QuerySet[Article]:
    """The articles for staff of which ``texts`` may hold a passage, also archived ones: what the guard compares."""
    traces = sorted({trace for text in texts for trace in guard.traces(text)})
    staff = Article.objects.filter(audience=Article.Audience.STAFF)
    return staff.filter(traces__overlap=traces) if traces else staff.none()


def _asked(query: str) -> words.Asked | None:
    try:
        return words.read(query)
    except words.Unasked:
        return None


@transaction.atomic
def save(
    *, title: str, text: str, audience: str, address: str = "", article_id: int | None = None,
    actor: AbstractBaseUser | None = None,
) -> Article:  # fmt: skip
    """Add an article, or change one. Raises Refused with one sentence."""
    said = {
        "title": " ".join(storable(title).split()), "text": storable(text).strip(), "audience": audience,
        "address": storable(address).strip(),
    }  # fmt: skip
    if why := _wrong(**said):
        raise Refused(why)
    if article_id is None:
        return _keep(Article(**said), ArticleVersion.Did.ADDED, actor)
    return _change(_locked(article_id), said, ArticleVersion.Did.CHANGED, actor)


@transaction.atomic
def archive(*, article_id: int, on: bool, actor: AbstractBaseUser | None = None) -> Article:
    """Offer it no longer, or again. Raises Refused."""
    article = _locked(article_id)
    if (article.archived_at is not None) == on:
        return article
    article.archived_at = timezone.now() if on else None
    return _keep(article, ArticleVersion.Did.ARCHIVED if on else ArticleVersion.Did.OFFERED, actor)


@transaction.atomic
def restore(*, article_id: int, version_id: int, actor: AbstractBaseUser | None = None) -> Article:
    """Let an article be again as a version of it was. Raises Refused."""
    article = _locked(article_id)
    version = ArticleVersion.objects.filter(pk=version_id, article=article_id).first()
    if version is None:
        raise Refused(gettext("There is no such version of this article. Reload the page."))
    return _change(article, {name: getattr(version, name) for name in _SAYS}, ArticleVersion.Did.RESTORED, actor)


def versions(article_id: int, *, limit: int = 50) -> Sequence[ArticleVersion]:
    """How an article was, newest first."""
    return list(ArticleVersion.objects.filter(article=article_id).select_related("by").order_by("-pk")[:limit])


def _wrong(*, title: str, text: str, audience: str, address: str) -> str:
    """A sentence where an article cannot be so; "" where it can."""
    if not title or not text:
        return gettext("An article needs a title and a text.")
    if len(title) > 120 or len(text) > 4000:
        return gettext("A title has at most 120 characters, a text at most 4,000.")
    if audience not in Article.Audience.values:
        return gettext("Choose who reads it: the public, or staff only.")
    if not address:
        return ""
    if audience != Article.Audience.PUBLIC:
        return gettext("Only a public article has an address. Take it out, or make the article public.")
    return "" if _is_link(address) else gettext("An address begins with https:// and has at most 400 characters.")


def _is_link(address: str) -> bool:
    try:
        read = urlsplit(address)
    except ValueError:
        return False
    return read.scheme == "https" and bool(read.hostname) and len(address) <= 400 and len(address.split()) == 1


def _locked(article_id: int) -> Article:
    article = Article.objects.select_for_update().filter(pk=article_id).first()
    if article is None:
        raise Refused(gettext("There is no such article. Reload the page."))
    return article


def _change(article: Article, said: dict[str, str], did: ArticleVersion.Did, actor: AbstractBaseUser | None) -> Article:
    if all(getattr(article, name) == value for name, value in said.items()):
        return article
    for name, value in said.items():
        setattr(article, name, value)
    return _keep(article, did, actor)


def _keep(article: Article, did: ArticleVersion.Did, actor: AbstractBaseUser | None) -> Article:
    staff = article.audience == Article.Audience.STAFF
    article.words = words.vector(f"{article.title}\n{article.text}")
    article.traces = sorted(guard.traces(article.text)) if staff else []
    try:
        with transaction.atomic():
            article.save()
    except IntegrityError as error:
        raise Refused(gettext("There is an article “{title}” already.").format(title=article.title)) from error
    said = {name: getattr(article, name) for name in _SAYS}
    ArticleVersion.objects.create(article=article, did=did, by_id=actor.pk if actor else None, **said)
    events.setting_changed("article", article.pk, actor, {"title": article.title, "did": str(did.value)})
    return article
