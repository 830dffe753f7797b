"""Short articles: public, or for staff only."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox.api.base import call
from inbox.api.fields import Text
from inbox.api.pages import PageQuery
from inbox.models import Article
from inbox.permissions import person, require
from inbox.services import knowledge


class ArticleSerializer(serializers.ModelSerializer[Article]):
    archived = serializers.BooleanField(help_text="No longer offered; it can still be read.")

    class Meta:
        model = Article
        fields = ["id", "title", "text", "audience", "address", "archived"]


class ArticlesQuery(PageQuery):
    q = Text(required=False, default="", allow_blank=True, help_text="Words that it holds.")


class ArticleRequest(serializers.Serializer[Any]):
    title = Text(max_length=120)
    text = Text(max_length=4000)
    audience = serializers.ChoiceField(Article.Audience.choices)
    address = Text(max_length=400, default="", allow_blank=True, help_text="Where customers can read a public one.")


class ArticleChangeRequest(ArticleRequest):
    archived = serializers.BooleanField(required=False, help_text="Left out: as it is.")


def article_for(article_id: int) -> Article:
    article = Article.objects.defer("words", "traces").filter(pk=article_id).first()
    if article is None:
        raise Http404("There is no such article.")
    return article


class ArticlesView(APIView):
    @call("read:conversations", takes=ArticlesQuery, gives=ArticleSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any]) -> QuerySet[Article]:
        """Articles that are offered, the newest first."""
        require(request.user, "see_knowledge")
        return knowledge.holding(asked["q"])

    @call("write:knowledge", takes=ArticleRequest, gives=ArticleSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any]) -> Article:
        """Write an article."""
        require(request.user, "manage_knowledge")
        return knowledge.save(**asked, actor=person(request))


class ArticleView(APIView):
    @call("read:conversations", gives=ArticleSerializer)
    def get(self, request: Request, asked: dict[str, Any], article_id: int) -> Article:
        """One article, archived or not."""
        require(request.user, "see_knowledge")
        return article_for(article_id)

    @call("write:knowledge", takes=ArticleChangeRequest, gives=ArticleSerializer)
    def put(self, request: Request, asked: dict[str, Any], article_id: int) -> Article:
        """Change an article, archive it, or bring it back. Every version is kept."""
        require(request.user, "manage_knowledge")
        archived = asked.pop("archived", None)
        here: dict[str, Any] = {"article_id": article_for(article_id).pk, "actor": person(request)}
        changed = knowledge.save(**asked, **here)
        return changed if archived is None else knowledge.archive(on=archived, **here)
