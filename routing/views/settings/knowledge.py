"""Knowledge: the articles that agents find by typing "/"."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from inbox.models import Article
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services import knowledge
from inbox.services.conversations import Refused
from routing.views.settings import attempt


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """All of them. POST: add one."""
    require(request.user, "manage_knowledge")
    if request.method != "POST":
        return _page(request, "routing/settings/knowledge.html", _all())
    return _saved(request, "routing/settings/knowledge.html", None)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, article_id: int) -> HttpResponse:
    """An article as agents see it, and how it was. POST: ``version`` to restore, ``archive``, or its new words."""
    require(request.user, "manage_knowledge")
    article = Article.objects.filter(pk=article_id).defer("words", "traces").first()
    if article is None:
        raise Http404("There is no such article.")
    here = reverse("settings_article", args=[article_id])
    if (version := request.POST.get("version")) is not None:
        return attempt(request, lambda: _restore(request, article_id, whole(version) or 0), here)
    if (on := request.POST.get("archive")) is not None:
        return attempt(request, lambda: _archive(request, article_id, on=on == "on"), here)
    if request.method == "POST":
        return _saved(request, "routing/settings/article.html", article)
    return _page(request, "routing/settings/article.html", _of(article))


def _restore(request: HttpRequest, article_id: int, version_id: int) -> str:
    article = knowledge.restore(article_id=article_id, version_id=version_id, actor=person(request))
    return gettext("“{title}” is back.").format(title=article.title)


def _archive(request: HttpRequest, article_id: int, *, on: bool) -> str:
    knowledge.archive(article_id=article_id, on=on, actor=person(request))
    return gettext("Archived. Agents do not find it any more.") if on else gettext("Agents find it again.")


def _saved(request: HttpRequest, template: str, article: Article | None) -> HttpResponse:
    typed = {name: request.POST.get(name, "") for name in ("title", "text", "audience", "address")}
    pk = article.pk if article else None
    try:
        kept = knowledge.save(**typed, article_id=pk, actor=person(request))
    except Refused as error:
        about = _of(article) if article else _all()
        return _page(request, template, {**about, "form": typed, "why": str(error)}, status=400)
    messages.info(request, gettext("Saved."))
    return redirect("settings_article", kept.pk)


def _all() -> dict[str, object]:
    rows = Article.objects.defer("words", "traces").order_by("archived_at", "title")
    return {"articles": rows, "form": {"audience": "staff"}}


def _of(article: Article) -> dict[str, object]:
    return {"article": article, "form": article, "versions": knowledge.versions(article.pk)}


def _page(request: HttpRequest, template: str, about: dict[str, object], status: int = 200) -> HttpResponse:
    known = {"audiences": Article.Audience.choices, "here": "settings", "part": "knowledge"}
    return render(request, template, {**known, **about}, status=status)
