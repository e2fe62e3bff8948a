"""Frames about messages: what came in, and what it says."""

from autoresponder_dagster.schemas.base import (
    DAY,
    Binary,
    Count,
    Flag,
    FrameModel,
    Number,
    Text,
    UtcTime,
    one_of,
    optional,
    required,
    utc,
)
from autoresponder_dagster.schemas.enums import Category, Determination

MAX_EVIDENCE = 200
"""Longest evidence, in characters (rules.md §4)."""


class EmailMessage(FrameModel):
    """One received message of a day (rules.md §3).

    Duplicates stay, marked by ``duplicate_of`` (the ``source`` of the copy that counts, or the earlier
    partition that holds it), so that every message is accounted for; nothing downstream reads them.
    ``mentioned_emails`` are the addresses in the text, joined by ``;``. Holds the raw message: this frame
    stays in the warehouse and never reaches a shared output.
    """

    partition: Text = required(str_matches=DAY)
    message_id: Text = required(str_length={"min_value": 1})
    inbox_source: Text = required(str_length={"min_value": 1})
    sender_email: Text = optional()
    subject: Text = optional()
    received_at: UtcTime = utc()
    inserted_at: UtcTime = utc(nullable=True)
    source: Text = required()
    raw: Binary = optional()
    mentioned_emails: Text = optional()
    duplicate_of: Text = optional()


class DeterminationRow(FrameModel):
    """What one message says (rules.md §4): one row per message, whatever the message was.

    ``mentioned_emails`` and the lists of several values are joined by ``;``. ``matched`` names the
    lexicon entries that led to the verdict.
    """

    partition: Text = required(str_matches=DAY)
    message_id: Text = required(unique=True, str_length={"min_value": 1})
    sender_email: Text = optional()
    inbox_source: Text = required()
    received_at: UtcTime = utc()
    subject: Text = optional()
    determination: Text = one_of(Determination)
    category: Text = one_of(Category)
    confidence: Number = required(ge=0, le=1)
    evidence: Text = optional(str_length={"max_value": MAX_EVIDENCE})
    language: Text = optional(str_matches=r"^[a-z]{2}$")
    new_email: Text = optional()
    new_title: Text = optional()
    new_org: Text = optional()
    replacement_name: Text = optional()
    replacement_email: Text = optional()
    replacement_title: Text = optional()
    return_date: Text = optional(str_matches=DAY)
    effective_date: Text = optional(str_matches=DAY)
    transport_class: Text = required()
    failed_recipient: Text = optional()
    status_code: Text = optional()
    bounce_reason: Text = optional()
    parse_problem: Text = optional()
    matched: Text = optional()


class SenderDetermination(FrameModel):
    """What a day's messages of one sender say together (rules.md §4 and §9, conflicts).

    ``determination`` is the settled one. ``is_conflicting`` senders have the conflict row in Human
    Review and nothing else. ``message_count`` counts the sender's messages of the day.
    """

    partition: Text = required(str_matches=DAY)
    sender_email: Text = required(unique=True, str_length={"min_value": 1})
    inbox_source: Text = required()
    message_id: Text = required()
    evidence_at: UtcTime = utc()
    subject: Text = optional()
    determination: Text = one_of(Determination)
    category: Text = one_of(Category)
    confidence: Number = required(ge=0, le=1)
    evidence: Text = optional(str_length={"max_value": MAX_EVIDENCE})
    new_email: Text = optional()
    new_title: Text = optional()
    new_org: Text = optional()
    replacement_name: Text = optional()
    replacement_email: Text = optional()
    replacement_title: Text = optional()
    return_date: Text = optional(str_matches=DAY)
    effective_date: Text = optional(str_matches=DAY)
    is_conflicting: Flag = required()
    is_shared_mailbox: Flag = required()
    message_count: Count = required(ge=1)
