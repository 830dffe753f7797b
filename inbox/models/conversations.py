"""Who wrote, what they wrote, and the thread under care."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy

from connectors.models import Connection

# The contact that stands for the person, and all that were merged into it.
_SAME_PERSON = """
SELECT one.id FROM (SELECT coalesce(person_id, id) AS id FROM inbox_contact WHERE id = %s) p,
    LATERAL (SELECT p.id UNION ALL SELECT m.id FROM inbox_contact m WHERE m.person_id = p.id) one
"""


class Contact(models.Model):
    """A person. Their handles are Identities.

    Merging is a link that can be taken back: no row moves, identities and records stay with the contact they were
    put on. ``person`` leads straight to the contact that stands for all of them; null: this one stands for itself.
    """

    created_at = models.DateTimeField(default=timezone.now)
    person = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        indexes = [
            models.Index(fields=["person"], name="contact_of_person", condition=Q(person__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"

    @staticmethod
    def same_person(contact_id: int) -> RawSQL:
        """The ids of every contact that is the same person as this one, itself included: for ``contact__in``."""
        return RawSQL(_SAME_PERSON, [contact_id])  # nosec B611: the text is fixed, the id is a parameter


class Identity(models.Model):
    """A handle of a contact on one network. ``scope`` is the account's id where ids hold per account."""

    # Made with the contact in one statement; contacts are never deleted under their identities (PROTECT).
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="identities", db_constraint=False)
    network = models.CharField(max_length=32)
    scope = models.CharField(max_length=64, blank=True, default="")
    external_id = models.CharField(max_length=128)
    handle = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=400, blank=True)
    followers = models.BigIntegerField(null=True, blank=True)
    avatar_url = models.URLField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "scope", "external_id"], name="identity_once"),
        ]
        indexes = [  # by what they begin with, whatever the capitals: see inbox/contacts.py
            models.Index(OpClass(Lower("handle"), name="text_pattern_ops"), name="identity_handle"),
            models.Index(OpClass(Lower("name"), name="text_pattern_ops"), name="identity_name"),
        ]

    def __str__(self) -> str:
        return self.name or self.handle or self.external_id


class Conversation(models.Model):
    """A thread under care: (connection, the contact's identity, root).

    The open turn (the contact's messages that nobody has answered yet) is kept here, so that a
    reply and a new message settle who came first on this row's lock. ``turn_first`` is null when
    nothing waits for us.
    """

    class Status(models.TextChoices):
        OPEN = "open", gettext_lazy("Open")
        PENDING = "pending", gettext_lazy("Waiting for the customer")
        SNOOZED = "snoozed", gettext_lazy("Snoozed")
        RESOLVED = "resolved", gettext_lazy("Resolved")

    class Resolution(models.TextChoices):
        ANSWERED = "answered", gettext_lazy("Answered")
        NO_ACTION = "no_action", gettext_lazy("No action needed")
        SPAM = "spam", gettext_lazy("Spam")
        DUPLICATE = "duplicate", gettext_lazy("Duplicate")

    # What the constraints and indexes below begin with has no index of its own. Connections and
    # identities are never deleted under their conversations (PROTECT), so the database need not look them up again.
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    identity = models.ForeignKey(
        Identity, on_delete=models.PROTECT, related_name="conversations", db_index=False, db_constraint=False
    )
    root = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True, default="")
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    reopened = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField(null=True, blank=True)  # our first answer since it was (re)opened
    # Pointers into the conversation's own messages, kept by services/conversations.py: derived, so the
    # database need neither check nor index them on every arrival.
    last_message = models.ForeignKey(
        "Message", on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    last_incoming = models.ForeignKey(
        "Message", on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    last_incoming_at = models.DateTimeField(null=True)
    turn_first = models.ForeignKey(
        "Message", on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    turn_arrived_at = models.DateTimeField(null=True)
    turn_published_at = models.DateTimeField(null=True)
    # Straight to the conversation in which everything of this one stands since they were joined by hand. What arrives
    # for this one goes there; it has no messages of its own then.
    joined_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            # The person first: it also finds all conversations of a person, which are few. No index holds what a
            # new message changes: while its page has room, the row is rewritten there and no index is (HOT).
            models.UniqueConstraint(fields=["identity", "connection", "root"], name="conversation_once"),
        ]
        indexes = [
            models.Index(fields=["snoozed_until"], name="conversation_snoozed", condition=Q(status="snoozed")),
            models.Index(fields=["joined_to"], name="conversation_joined", condition=Q(joined_to__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class Message(models.Model):
    """One stored entry. A row without a conversation is context: shown above a thread, never a turn."""

    class Direction(models.TextChoices):
        IN = "in", gettext_lazy("From the contact")
        OUT = "out", gettext_lazy("From us")
        CONTEXT = "context", gettext_lazy("Somebody else in the thread")

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, null=True, related_name="messages", db_index=False
    )
    external_id = models.CharField(max_length=200)
    root = models.CharField(max_length=200)
    direction = models.CharField(max_length=8, choices=Direction)
    visibility = models.CharField(max_length=6)
    audience = models.CharField(max_length=10)
    # Written or locked by the same statement batch as the message; PROTECT keeps it afterwards. What a person wrote
    # is read through their conversations, so it has no index.
    author = models.ForeignKey(
        Identity, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    text = models.TextField(blank=True)
    in_reply_to = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=1000, blank=True)
    language = models.CharField(max_length=16, blank=True)
    published_at = models.DateTimeField()
    arrived_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    facts = models.JSONField(default=dict, blank=True)  # media, counts, repost: what the network added

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="message_once"),
            models.CheckConstraint(condition=Q(visibility__in=["public", "direct"]), name="message_visibility"),
            models.CheckConstraint(
                condition=Q(direction="context") | Q(conversation__isnull=False) | Q(direction="out"),
                name="message_in_has_conversation",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "published_at", "id"], name="message_timeline"),
            models.Index(fields=["connection", "root"], name="message_context", condition=Q(conversation__isnull=True)),
            models.Index(fields=["-id"], name="message_muted", condition=Q(facts__has_key="muted")),
            models.Index(fields=["agent"], name="message_of_agent", condition=Q(agent__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Note(models.Model):
    """For staff only; never sent anywhere."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = [F("created_at").asc(), F("id").asc()]

    def __str__(self) -> str:
        return f"note {self.pk}"


class Mention(models.Model):
    """A note speaks to a colleague: ``name`` is what it calls them, in small letters."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="mention_once")]

    def __str__(self) -> str:
        return f"note {self.note_id} mentions {self.user_id}"
