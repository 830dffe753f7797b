"""The people who write to us, as far as the caller sees their conversations, and who of them is the same person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from connectors.models import Connection
from inbox import contacts, describing
from inbox.api.base import call
from inbox.api.fields import Person, RowId
from inbox.api.pages import PageQuery
from inbox.downstream import policy
from inbox.models import Contact, ContactMerge, Conversation, Identity, Mute
from inbox.permissions import contact_for, merge_for, mute_for, person, require
from inbox.services import contacts as deciding
from inbox.services import muting
from inbox.services.conversations import Refused

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


class VipMarkSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ContactSerializer(serializers.ModelSerializer[Contact]):
    person = serializers.IntegerField(
        source="person_id", allow_null=True, help_text="The contact into which this one was merged."
    )
    identities = IdentitySerializer(many=True, source="visible_identities")
    vips = VipMarkSerializer(many=True, help_text="The lists of people who matter that they are on.")

    class Meta:
        model = Contact
        fields = ["id", "person", "created_at", "identities", "vips"]


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
    known = Contact.objects.annotate(vips=describing.marks_of_contact())
    return known.filter(Exists(seen)).prefetch_related(shown)


class ContactsView(APIView):
    @call("read:contacts", takes=PageQuery, gives=ContactSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any]) -> QuerySet[Contact]:
        """Customers, the newest first."""
        return contacts_of(request.user)


class ContactView(APIView):
    @call("read:contacts", gives=ContactDetailSerializer)
    def get(self, request: Request, asked: dict[str, Any], contact_id: int) -> Contact:
        """One customer with their handles and their newest conversations, at most 100.

        Of one that was merged, whichever of the two was asked for, it is the person: everything that was joined.
        """
        standing = contact_for(request.user, contact_id)
        contact = Contact.objects.annotate(vips=describing.marks_of_contact()).get(pk=standing.pk)
        theirs = Conversation.objects.filter(identity__contact__in=Contact.same_person(contact.pk))
        found = policy().filter(request.user, theirs.select_related("connection")).order_by("-id")[:100]
        contact.visible_identities = contacts.identities_of(request.user, contact.pk)  # type: ignore[attr-defined]
        contact.conversations = list(found)  # type: ignore[attr-defined]
        return contact


class MergeSerializer(serializers.ModelSerializer[ContactMerge]):
    """One decision that two contacts are the same person."""

    kept = serializers.IntegerField(source="kept_id")
    joined = serializers.IntegerField(source="joined_id")
    by = Person()
    undone_by = Person(allow_null=True)

    class Meta:
        model = ContactMerge
        fields = ["id", "kept", "joined", "by", "at", "undone_by", "undone_at"]


class MergeRequest(serializers.Serializer[Any]):
    contact = RowId(help_text="Who is the same person; they keep their conversations and reply channels.")


class UndoRequest(serializers.Serializer[Any]):
    anyway = serializers.BooleanField(
        default=False, help_text="Also where a record was changed since: each field stays with its contact."
    )


class MergesView(APIView):
    @call("read:contacts", takes=PageQuery, gives=MergeSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any], contact_id: int) -> QuerySet[ContactMerge]:
        """Merges of this person, taken back or not, the newest first."""
        return contacts.merges_of(contact_for(request.user, contact_id).pk)

    @call("write:contacts", takes=MergeRequest, gives=MergeSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any], contact_id: int) -> ContactMerge:
        """Join another contact to this one. Conversations keep the channel in which they are answered."""
        kept, joined = contact_for(request.user, contact_id), contact_for(request.user, asked["contact"])
        require(request.user, "merge_contacts")
        return deciding.merge(contact_id=kept.pk, other_id=joined.pk, actor=person(request))


class UndoView(APIView):
    @call("write:contacts", takes=UndoRequest, gives=MergeSerializer)
    def post(self, request: Request, asked: dict[str, Any], merge_id: int) -> ContactMerge:
        """Take a merge back: two people again, as they were."""
        merge = merge_for(request.user, merge_id)
        require(request.user, "merge_contacts")
        return deciding.undo(merge_id=merge.pk, actor=person(request), anyway=asked["anyway"])


class MuteSerializer(serializers.ModelSerializer[Mute]):
    """While it lasts, nothing that this person writes makes a case."""

    contact = serializers.IntegerField(source="contact_id")
    connection = serializers.IntegerField(source="connection_id", allow_null=True, help_text="null: all accounts.")
    by = Person()

    class Meta:
        model = Mute
        fields = ["id", "contact", "connection", "by", "at"]


class MuteRequest(serializers.Serializer[Any]):
    connection = RowId(required=False, allow_null=True, default=None, help_text="One account; without it, all.")


class MutesView(APIView):
    @call("read:contacts", takes=PageQuery, gives=MuteSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any], contact_id: int) -> QuerySet[Mute]:
        """Where this person is muted now."""
        contact = contact_for(request.user, contact_id)
        mutes = Mute.objects.filter(contact__in=Contact.same_person(contact.pk), ended_at=None)
        return mutes.select_related("by")

    @call("write:contacts", takes=MuteRequest, gives=MuteSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any], contact_id: int) -> Mute:
        """Mute a person: what they write is stored and makes no case."""
        contact = contact_for(request.user, contact_id)
        require(request.user, "mute_people")
        account = asked["connection"]
        if account is not None and not Connection.objects.filter(pk=account).exists():
            raise Refused("There is no such account.")
        return muting.mute(contact_id=contact.pk, connection_id=account, actor=person(request))


class MuteView(APIView):
    @call("write:contacts", status=204)
    def delete(self, request: Request, asked: dict[str, Any], mute_id: int) -> None:
        """Hear a person again. What came meanwhile stays without a case."""
        mute = mute_for(request.user, mute_id)
        require(request.user, "mute_people")
        muting.listen(mute_id=mute.pk, actor=person(request))
