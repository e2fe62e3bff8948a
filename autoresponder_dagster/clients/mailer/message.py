"""The form of a notification: the same input gives the same bytes.

Belongs here: headers and MIME structure. Does not belong here: what a notification says, and delivery.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from autoresponder_dagster.addresses import domain_of


@dataclass(frozen=True)
class Attachment:
    """A CSV file, in UTF-8."""

    name: str
    content: bytes


def build_message(  # noqa: PLR0913  (the parts of a message)
    *,
    key: str,
    sender: str,
    to: Sequence[str],
    subject: str,
    body: str,
    date: datetime,
    cc: Sequence[str] = (),
    attachments: Sequence[Attachment] = (),
    override_recipient: str | None = None,
) -> EmailMessage:
    """Build a notification that no auto-responder answers (RFC 3834 §5; MS-OXCMAIL 2.2.3.2.14).

    Args:
        key: identifies the notification; Message-ID and boundary follow from it, so that a receiver
            recognises a message that arrives twice.
        sender: address of ``From``.
        to: addresses of the recipients.
        subject: one line of text.
        body: plain text.
        date: an aware time.
        cc: further recipients.
        attachments: CSV files.
        override_recipient: receives the message instead of everybody else (for tests); the headers
            ``X-Original-To`` and ``X-Original-Cc`` tell for whom it was meant.

    Raises:
        ValueError: an attachment is no CSV, a header would hold a line break, or there is no recipient.
    """
    if not to:
        raise ValueError("A notification needs a recipient.")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = override_recipient or ", ".join(to)
    if cc and not override_recipient:
        message["Cc"] = ", ".join(cc)
    message["Subject"] = subject
    message["Date"] = format_datetime(date)
    digest = hashlib.sha256(key.encode()).hexdigest()
    message["Message-ID"] = f"<{digest[:32]}@{domain_of(parseaddr(sender)[1]) or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if override_recipient:
        message["X-Original-To"] = ", ".join(to)
        message["X-Original-Cc"] = ", ".join(cc)
    message.set_content(body)
    for attachment in attachments:
        if not attachment.name.lower().endswith(".csv"):
            raise ValueError(f"{attachment.name!r} is no CSV file; nothing else is attached to a notification.")
        message.add_attachment(
            attachment.content, maintype="text", subtype="csv", filename=attachment.name, params={"charset": "utf-8"}
        )
    if attachments:
        message.set_boundary(f"=_{digest[32:]}")
    return message
