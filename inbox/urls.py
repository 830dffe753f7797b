from __future__ import annotations

from django.urls import path

from inbox.api import attachments as pictures
from inbox.api import connections as connection_health
from inbox.api import contacts, deciding, messages, records, tags
from inbox.views import acting, attachments, composer, connections, conversations, held, media, outbox, pausing
from inbox.views import tags as tag_pages

_ONE = "api/v1/conversations/<int:conversation_id>"

urlpatterns = [
    path("conversations/<int:conversation_id>/compose/", composer.compose, name="compose"),
    path("conversations/<int:conversation_id>/draft/", composer.draft, name="draft"),
    path("conversations/<int:conversation_id>/macros/", composer.macro_list, name="conversation_macros"),
    path("conversations/<int:conversation_id>/resolve/", conversations.resolve, name="resolve"),
    path("conversations/<int:conversation_id>/reopen/", conversations.reopen, name="reopen"),
    path("conversations/<int:conversation_id>/snooze/", conversations.snooze, name="snooze"),
    path("conversations/<int:conversation_id>/tags/", tag_pages.change, name="conversation_tags"),
    path("conversations/<int:conversation_id>/attachments/", attachments.of_reply, name="attachments"),
    path("attachments/<int:attachment_id>/", attachments.one, name="attachment"),
    path("attachments/<int:attachment_id>/full/", media.attachment, name="attachment_full"),
    path("attachments/<int:attachment_id>/small/", media.attachment, {"size": "small"}, name="attachment_small"),
    path("media/<int:message_id>/<int:position>/", media.card, name="media_card"),
    path("media/<int:message_id>/<int:position>/full/", media.shown, name="media_full"),
    path("media/<int:message_id>/<int:position>/small/", media.shown, {"size": "small"}, name="media_small"),
    path("outbox/<int:item_id>/edit/", composer.edit, name="outbox_edit"),
    path("outbox/<int:item_id>/schedule/", outbox.schedule, name="outbox_schedule"),
    path("outbox/<int:item_id>/<slug:action>/", outbox.act, name="outbox_act"),
    path("trouble/", outbox.trouble, name="trouble"),
    path("conversations/<int:conversation_id>/acts/", acting.act, name="act"),
    path("conversations/<int:conversation_id>/correct/", acting.correct, name="correct"),
    path("pauses/", pausing.pause, name="pause"),
    path("pauses/<int:pause_id>/resume/", pausing.resume, name="resume"),
    path("held/", held.overview, name="held"),
    path("held/<int:item_id>/<slug:action>/", held.act, name="held_act"),
    path("connections/", connections.health, name="connections"),
    path("connections/add/", connections.choose, name="connection_choose"),
    path("connections/add/<slug:network>/", connections.add, name="connection_add"),
    path("connections/<int:connection_id>/", connections.one, name="connection"),
    path("connections/<int:connection_id>/<slug:action>/", connections.act, name="connection_act"),
    path("api/v1/measure/", messages.MeasureView.as_view(), name="api_measure"),
    path(f"{_ONE}/messages/", messages.MessagesView.as_view(), name="api_messages"),
    path(f"{_ONE}/replies/", messages.RepliesView.as_view(), name="api_replies"),
    path(f"{_ONE}/attachments/", pictures.AttachmentsView.as_view(), name="api_attachments"),
    path("api/v1/attachments/<int:attachment_id>/", pictures.AttachmentView.as_view(), name="api_attachment"),
    path(f"{_ONE}/notes/", messages.NotesView.as_view(), name="api_notes"),
    path(f"{_ONE}/tags/<int:tag_id>/", tags.ConversationTagView.as_view(), name="api_conversation_tag"),
    path("api/v1/outbox/<int:item_id>/", messages.OutboxView.as_view(), name="api_outbox"),
    path("api/v1/outbox/<int:item_id>/cancel/", messages.CancelView.as_view(), name="api_outbox_cancel"),
    path("api/v1/outbox/<int:item_id>/approve/", deciding.ApproveView.as_view(), name="api_outbox_approve"),
    path("api/v1/outbox/<int:item_id>/override/", deciding.OverrideView.as_view(), name="api_outbox_override"),
    path("api/v1/outbox/<int:item_id>/return/", deciding.ReturnView.as_view(), name="api_outbox_return"),
    path("api/v1/outbox/<int:item_id>/edit/", deciding.EditView.as_view(), name="api_outbox_edit"),
    path("api/v1/outbox/<int:item_id>/schedule/", deciding.ScheduleView.as_view(), name="api_outbox_schedule"),
    path("api/v1/held/", deciding.HeldView.as_view(), name="api_held"),
    path("api/v1/pauses/", deciding.PausesView.as_view(), name="api_pauses"),
    path("api/v1/pauses/<int:pause_id>/", deciding.PauseView.as_view(), name="api_pause"),
    path(f"{_ONE}/acts/", deciding.ActsView.as_view(), name="api_acts"),
    path(f"{_ONE}/corrections/", deciding.CorrectionsView.as_view(), name="api_corrections"),
    path("api/v1/contacts/", contacts.ContactsView.as_view(), name="api_contacts"),
    path("api/v1/contacts/<int:contact_id>/", contacts.ContactView.as_view(), name="api_contact"),
    path("api/v1/contacts/<int:contact_id>/record/", records.RecordView.as_view(), name="api_record"),
    path("api/v1/tags/", tags.TagsView.as_view(), name="api_tags"),
    path("api/v1/tags/<int:tag_id>/", tags.TagView.as_view(), name="api_tag"),
    path("api/v1/connections/", connection_health.ConnectionsView.as_view(), name="api_connections"),
]
