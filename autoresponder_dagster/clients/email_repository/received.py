"""A received message, wherever it was stored: its identity, its day, its row in the frame.

Belongs here: what all stores share. Does not belong here: reading a store, or removing duplicates (a rule).
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from autoresponder_dagster.determination import Envelope
from autoresponder_dagster.schemas import EmailMessage

DEFAULT_INBOX = "default"
"""Inbox source of a message whose store names none."""

FETCHED_COLUMNS = [
    EmailMessage.message_id,
    EmailMessage.inbox_source,
    EmailMessage.sender_email,
    EmailMessage.subject,
    EmailMessage.received_at,
    EmailMessage.inserted_at,
    EmailMessage.source,
    EmailMessage.raw,
]
"""The columns of ``EmailMessage`` that a store knows."""

_HEADER_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True)
class ReceivedMessage:
    """One message as its store holds it.

    Attributes:
        source: where it lies in the store: a path relative to the store, or the row's id.
        inbox_source: the mailbox that received it.
        raw: the message (RFC 5322).
        envelope: what its header says.
        received_at: when it was received, in UTC; decides its day.
        inserted_at: when the store took it in, in UTC, where the store knows.
    """

    source: str
    inbox_source: str
    raw: bytes
    envelope: Envelope
    received_at: datetime
    inserted_at: datetime | None = None

    @property
    def day(self) -> date:
        """The UTC day that the message belongs to (rules.md §3)."""
        return self.received_at.date()

    @property
    def message_id(self) -> str:
        """The Message-ID without angle brackets, else a digest that equal messages share (rules.md §3 and §9)."""
        return self.envelope.message_id or f"sha256:{self._digest()}"

    def _digest(self) -> str:
        """Digest of sender, subject, time to the second and body; the header may differ by delivery."""
        header_end = _HEADER_END.search(self.raw)
        body = self.raw[header_end.end() :] if header_end else self.raw
        identity = "\n".join(
            [
                self.envelope.sender_email or "",
                self.envelope.subject or "",
                self.received_at.isoformat(timespec="seconds"),
            ]
        )
        digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass") + b"\n")
        digest.update(body.replace(b"\r\n", b"\n").strip())
        return digest.hexdigest()


def to_frame(messages: Iterable[ReceivedMessage]) -> pd.DataFrame:
    """Return messages as a typed frame with ``FETCHED_COLUMNS``, in their order."""
    rows = [
        {
            EmailMessage.message_id: message.message_id,
            EmailMessage.inbox_source: message.inbox_source,
            EmailMessage.sender_email: message.envelope.sender_email,
            EmailMessage.subject: message.envelope.subject,
            EmailMessage.received_at: message.received_at,
            EmailMessage.inserted_at: message.inserted_at,
            EmailMessage.source: message.source,
            EmailMessage.raw: message.raw,
        }
        for message in messages
    ]
    return EmailMessage.from_rows(rows)[FETCHED_COLUMNS]
