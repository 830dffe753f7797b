"""The inbox's rows, one subject a file."""

from inbox.models.cases import CaseMove
from inbox.models.composing import Macro, MacroVersion, SavedDraft
from inbox.models.contacts import ContactMerge, Mute, VipEntry, VipList
from inbox.models.conversations import Contact, Conversation, Identity, Mention, Message, Note
from inbox.models.counts import Count, CountDelta
from inbox.models.events import Event, EventReader
from inbox.models.fields import CustomField, FieldOption, FieldValue
from inbox.models.knowledge import Article, ArticleVersion
from inbox.models.media import Attachment, MediaCopy
from inbox.models.noise import NoiseRule
from inbox.models.outbox import OutboxHold, OutboxItem, SendingPause
from inbox.models.records import PublicFact, RecordField, RecordIndex, RecordUpload
from inbox.models.search import SavedSearch, SearchEntry
from inbox.models.tags import ConversationTag, Tag, TagMerge
from inbox.models.writes import ApiWrite

__all__ = [
    "ApiWrite",
    "Article",
    "ArticleVersion",
    "Attachment",
    "CaseMove",
    "Contact",
    "ContactMerge",
    "Conversation",
    "ConversationTag",
    "Count",
    "CountDelta",
    "CustomField",
    "Event",
    "EventReader",
    "FieldOption",
    "FieldValue",
    "Identity",
    "Macro",
    "MacroVersion",
    "MediaCopy",
    "Mention",
    "Message",
    "Mute",
    "NoiseRule",
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
    "TagMerge",
    "VipEntry",
    "VipList",
]
