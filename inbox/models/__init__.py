"""The inbox's rows, one subject a file."""

from inbox.models.cases import CaseMove
from inbox.models.composing import Macro, MacroVersion, SavedDraft
from inbox.models.contacts import ContactMerge, Mute
from inbox.models.conversations import Contact, Conversation, Identity, Mention, Message, Note
from inbox.models.counts import Count, CountDelta
from inbox.models.events import Event, EventReader
from inbox.models.media import Attachment, MediaCopy
from inbox.models.outbox import OutboxHold, OutboxItem, SendingPause
from inbox.models.records import PublicFact, RecordField, RecordIndex, RecordUpload
from inbox.models.search import SavedSearch, SearchEntry
from inbox.models.tags import ConversationTag, Tag
from inbox.models.writes import ApiWrite

__all__ = [
    "ApiWrite",
    "Attachment",
    "CaseMove",
    "Contact",
    "ContactMerge",
    "Conversation",
    "ConversationTag",
    "Count",
    "CountDelta",
    "Event",
    "EventReader",
    "Identity",
    "Macro",
    "MacroVersion",
    "MediaCopy",
    "Mention",
    "Message",
    "Mute",
    "Note",
    "OutboxHold",
    "OutboxItem",
    "PublicFact",
    "RecordField",
    "RecordIndex",
    "RecordUpload",
    "SavedDraft",
    "SavedSearch",
    "SearchEntry",
    "SendingPause",
    "Tag",
]
