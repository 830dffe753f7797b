"""The one door to a conversation or a reply: every view goes through it, and it asks the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext

from inbox.downstream import REPLIES, policy
from inbox.models import Attachment, CaseMove, Contact, ContactMerge, Conversation, Message, Mute, OutboxItem, VipEntry

if TYPE_CHECKING:
    from inbox.downstream import Somebody


def conversation_for(user: Somebody, conversation_id: int, action: str = "view") -> Conversation:
    """The conversation, if ``user`` may do ``action`` on it.

    404 for what they may not even view (its existence is nobody's business), 403 for the rest.
    """
    visible = policy().filter(user, Conversation.objects.select_related("identity", "connection"))
    conversation = visible.filter(pk=conversation_id).first()
    if conversation is None:
        raise Http404(gettext("There is no such conversation here."))
    if action != "view" and conversation_id not in policy().allowed(user, action, [conversation_id]):
        raise PermissionDenied(_why_not(user, action, conversation))
    return conversation


def _why_not(user: Somebody, action: str, conversation: Conversation) -> str:
    visibility = next((key for key, reply in REPLIES.items() if reply == action), "")
    why = policy().silenced(user, visibility, conversation.connection_id) if visibility else ""
    return why or gettext("Your role does not let you do this (%(action)s).") % {"action": action}


def contact_for(user: Somebody, contact_id: int) -> Contact:
    """The contact that stands for a person, if ``user`` may view a conversation of theirs on any network."""
    theirs = Conversation.objects.filter(identity__contact__in=Contact.same_person(contact_id))
    if not policy().filter(user, theirs).exists():
        raise Http404(gettext("There is no such contact here."))
    contact = Contact.objects.select_related("person").get(pk=contact_id)
    return contact.person or contact


def merge_for(user: Somebody, merge_id: int) -> ContactMerge:
    """A merge of a person of whom ``user`` may view a conversation, taken back or not."""
    merge = ContactMerge.objects.filter(pk=merge_id).first()
    if merge is None:
        raise Http404(gettext("There is no such merge here."))
    contact_for(user, merge.kept_id)
    return merge


def case_move_for(user: Somebody, move_id: int, action: str) -> CaseMove:
    """A split or a join, if ``user`` may do ``action`` on both conversations."""
    move = CaseMove.objects.filter(pk=move_id).first()
    if move is None:
        raise Http404(gettext("There is no such split or join here."))
    for pk in (move.source_id, move.target_id):
        conversation_for(user, pk, action)
    return move


def mute_for(user: Somebody, mute_id: int) -> Mute:
    """A mute of a person of whom ``user`` may view a conversation; any, for those who see all that was muted."""
    mute = Mute.objects.filter(pk=mute_id).first()
    if mute is None:
        raise Http404(gettext("There is no such mute here."))
    if not policy().permits(user, "see_muted"):
        contact_for(user, mute.contact_id)
    return mute


def vip_for(user: Somebody, entry_id: int) -> VipEntry:
    """An entry on a list of a person of whom ``user`` may view a conversation."""
    entry = VipEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise Http404(gettext("There is no such entry here."))
    contact_for(user, entry.contact_id)
    return entry


def item_for(user: Somebody, item_id: int, action: str) -> OutboxItem:
    """A reply on its way, if ``user`` may do ``action`` on its conversation."""
    item = OutboxItem.objects.filter(pk=item_id).first()
    if item is None:
        raise Http404(gettext("There is no such reply here."))
    conversation_for(user, item.conversation_id, action)
    return item


def scheduled_for(user: Somebody, item_id: int) -> OutboxItem:
    """A reply on its way, if ``user`` may say when it leaves: who wrote it, and who approves there."""
    item = item_for(user, item_id, "settle")
    if item.author_id != user.pk and item.conversation_id not in policy().allowed(
        user, "approve", [item.conversation_id]
    ):
        raise PermissionDenied(gettext("Only who wrote it, or a lead, changes when it leaves."))
    return item


def message_for(user: Somebody, message_id: int) -> Message:
    """A message of a conversation that ``user`` may view."""
    message = Message.objects.filter(pk=message_id, conversation__isnull=False).first()
    if message is None or message.conversation_id is None:
        raise Http404(gettext("There is no such message here."))
    conversation_for(user, message.conversation_id)
    return message


def attachment_for(user: Somebody, attachment_id: int) -> Attachment:
    """A picture on its way out: its author's alone until it belongs to a reply, then everybody's who may view that."""
    attachment = Attachment.objects.filter(pk=attachment_id).first()
    if attachment is None or (attachment.item_id is None and attachment.author_id != user.pk):
        raise Http404(gettext("There is no such picture here."))
    conversation_for(user, attachment.conversation_id)
    return attachment


def own_attachment_for(user: Somebody, attachment_id: int) -> Attachment:
    """A picture of ``user``'s own, to be changed."""
    attachment = attachment_for(user, attachment_id)
    if attachment.author_id != user.pk:
        raise Http404(gettext("There is no such picture here."))
    attachment.conversation = conversation_for(user, attachment.conversation_id, "note")
    return attachment


def require(user: Somebody, action: str) -> None:
    """403 unless ``user`` may do an action that belongs to no conversation."""
    if not policy().permits(user, action):
        raise PermissionDenied(gettext("Your role does not let you do this (%(action)s).") % {"action": action})


def person(request: HttpRequest) -> User:
    """Who acts. The middleware has sent everybody else to the sign-in page."""
    if not isinstance(request.user, User):
        raise PermissionDenied(gettext("Sign in first."))
    return request.user
