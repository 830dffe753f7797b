"""The people who write to us, as far as the caller sees their conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox.api.base import call
from inbox.api.pages import PageQuery
from inbox.downstream import policy
from inbox.models import Contact, Conversation, Identity

if TYPE_CHECKING:
    from inbox.downstream import Somebody


class IdentitySerializer(serializers.ModelSerializer[Identity]):
    """A handle of a person on one network."""

    class Meta:
        model = Identity
        fields = ["id", "network", "external_id", "handle", "name", "followers"]


class BriefSerializer(serializers.ModelSerializer[Conversation]):
    network = serializers.CharField(source="connection.network")
    status = serializers.ChoiceField(Conversation.Status.choices)

    class Meta:
        model = Conversation
        fields = ["id", "network", "status", "opened_at", "last_incoming_at"]


class ContactSerializer(serializers.ModelSerializer[Contact]):
    identities = IdentitySerializer(many=True, source="visible_identities")

    class Meta:
        model = Contact
        fields = ["id", "created_at", "identities"]


class ContactDetailSerializer(ContactSerializer):
    conversations = BriefSerializer(many=True)

    class Meta:
        model = Contact
        fields = [*ContactSerializer.Meta.fields, "conversations"]


def contacts_of(user: Somebody) -> QuerySet[Contact]:
    """Those with a conversation that ``user`` may see, and their handles that have one."""
    visible = policy().filter(user, Conversation.objects.all())
    identities = Identity.objects.filter(Exists(visible.filter(identity=OuterRef("pk")))).order_by("id")
    seen = Identity.objects.filter(Exists(visible.filter(identity=OuterRef("pk"))), contact=OuterRef("pk"))
    shown = Prefetch("identities", queryset=identities, to_attr="visible_identities")
    return Contact.objects.filter(Exists(seen)).prefetch_related(shown)


class ContactsView(APIView):
    @call("read:contacts", takes=PageQuery, gives=ContactSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any]) -> QuerySet[Contact]:
        """Customers, the newest first."""
        return contacts_of(request.user)


class ContactView(APIView):
    @call("read:contacts", gives=ContactDetailSerializer)
    def get(self, request: Request, asked: dict[str, Any], contact_id: int) -> Contact:
        """One customer with their handles and their newest conversations, at most 100."""
        contact = contacts_of(request.user).filter(pk=contact_id).first()
        if contact is None:
            raise Http404("There is no such contact here.")
        theirs = Conversation.objects.filter(identity__contact=contact).select_related("connection")
        contact.conversations = list(policy().filter(request.user, theirs).order_by("-id")[:100])  # type: ignore[attr-defined]
        return contact
