"""Transport class: what kind of message this is, by its headers, its structure and its form.

Belongs here: the order of tests of mail.md §0.2 (delivery report first, because many carry
``Auto-Submitted``). Does not belong here: the words of each kind (``lexicons/transport.yaml``), and what
the text says about a person.
"""

import re
from collections.abc import Callable
from enum import StrEnum

from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import (
    forms,
    header_names,
    possible_forms,
    subject_prefix,
    without_tags,
)
from autoresponder_dagster.determination.parse import ParsedMessage


class TransportClass(StrEnum):
    """How a message came to be."""

    DELIVERY_REPORT = "delivery_report"
    FEEDBACK_REPORT = "feedback_report"
    READ_RECEIPT = "read_receipt"
    CHALLENGE_RESPONSE = "challenge_response"
    TICKET_ACKNOWLEDGEMENT = "ticket_acknowledgement"
    MAILING_LIST = "mailing_list"
    AUTOMATIC_REPLY = "automatic_reply"
    HUMAN = "human"


_REPLY_WORDS = "re|aw|antw|sv|vs|odp|pd|res|rv|ref|r|fwd?|wg|tr|enc|doorst|回复|答复|转发|返信"
_REPLY_MARK = re.compile(rf"(?:^|[\s(\[|-])(?:{_REPLY_WORDS})\s?(?:\[\d+\])?\s?[:：]", re.IGNORECASE)
_READ_RECEIPT = re.compile(r"(?:read|gelesen|lu|leido|letto|gelezen|przeczytano|last|lida|lido|not read|ungelesen)\s*:")
_SMTP_WORDS = re.compile(r"\b[45]\d\d[ -]|\b[45]\.\d\.\d|mailbox|delivered|delivery|recipient")
_NULL_PATHS = ("<>", "<MAILER-DAEMON>")
_BEGINNING = 1_500
"""Characters in which a notice says what it is."""
_SHORT = 1_200


def own_subject(subject: str, *, is_automatic: bool) -> tuple[str, bool]:
    """Return what the sender wrote in the subject line, and whether its prefix names an absence.

    Our own mailing's subject follows a prefix or a ``Re:`` and is nobody's statement.
    """
    prefix = subject_prefix(fold(subject))
    if prefix is not None:
        return "", prefix.kind == "absence"
    mark = _REPLY_MARK.search(subject)
    if mark is not None:
        return subject[: mark.start()].strip(" ([|-"), False
    return (subject, False) if is_automatic else ("", False)


def is_marked_automatic(message: ParsedMessage) -> bool:
    """Tell whether headers say that a program answered (RFC 3834 and the vendors' own, mail.md §1.2)."""
    submitted = message.header("auto-submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    marks = (message.header(name).lower() for name in header_names("automatic_headers") if name in message.headers)
    if any(mark and mark not in ("no", "false", "0") for mark in marks):
        return True
    if any("auto" in message.header(name).lower() for name in ("precedence", "x-precedence")):
        return True
    if any("autoresponder" in message.header(name).lower() for name in ("x-post-messageclass", "delivered-to")):
        return True
    if "mailbox rules agent" in message.header("x-ms-exchange-generated-message-source").lower():
        return True
    # Neither alone is proof: the first asks others not to answer, the second marks forwarding.
    return "x-auto-response-suppress" in message.headers and "x-ms-exchange-inbox-rules-loop" in message.headers


_Holds = Callable[[str, str], bool]
"""Tells whether one of the patterns of ``lexicons/transport.yaml`` is in a part of what was looked through for all."""


def _holds(message: ParsedMessage, subject: str, text: str) -> _Holds:
    sender, name = message.envelope.sender_email or "", fold(message.envelope.sender_name or "")
    possible = possible_forms(sender, name, subject, text)
    return lambda form, part: form in possible and forms(form).search(part) is not None


def _is_delivery_report(message: ParsedMessage, subject: str, text: str, holds: _Holds) -> bool:
    if message.report_type == "delivery-status" or "message/delivery-status" in message.content_types:
        return True
    if message.headers.get("x-failed-recipients") or '"notificationtype"' in text[:_BEGINNING]:
        return True
    sender, name = message.envelope.sender_email or "", fold(message.envelope.sender_name or "")
    is_daemon_address = any(holds("daemon_address", who) for who in (sender, name))
    from_daemon = is_daemon_address or holds("daemon_name", name)
    says_in_text = holds("bounce_text", text)
    begins_so = forms("bounce_subject_start").match(without_tags(subject)) is not None
    says_in_subject = begins_so or holds("bounce_subject", subject)
    if from_daemon:
        return says_in_subject or says_in_text
    null_path = message.header("return-path").strip() in _NULL_PATHS
    answers = "in-reply-to" in message.headers
    if answers and not null_path:
        return False
    if begins_so:
        return says_in_text or not text.strip()
    has_form = null_path and not answers and _SMTP_WORDS.search(text) is not None
    return says_in_text and (says_in_subject or has_form)


def _notice(
    message: ParsedMessage, written: str, text: str, holds: _Holds, *, is_automatic: bool
) -> TransportClass | None:
    """Return which kind of machine's notice a message is, if any. ``written`` is the sender's part of the subject."""
    subject = fold(message.envelope.subject or "")
    is_answer = _REPLY_MARK.match(subject) is not None
    from_robot = is_automatic or "noreply" in (message.envelope.sender_email or "")
    if holds("challenge_subject", written) or (from_robot and holds("challenge", text)):
        return TransportClass.CHALLENGE_RESPONSE
    if any(name in message.headers for name in header_names("ticket_headers")):
        return TransportClass.TICKET_ACKNOWLEDGEMENT
    says_ticket = holds("ticket_subject", subject) or holds("ticket", text)
    if says_ticket and (is_automatic or not is_answer):
        return TransportClass.TICKET_ACKNOWLEDGEMENT
    if holds("list_notice", written) or (not is_answer and holds("list_notice", text[:_BEGINNING])):
        return TransportClass.MAILING_LIST
    return TransportClass.TICKET_ACKNOWLEDGEMENT if holds("security_notice", subject) else None


def classify(message: ParsedMessage) -> TransportClass:
    """Return the transport class of a message: the first test that holds, in the order of mail.md §0.2."""
    subject, text = fold(message.envelope.subject or ""), fold(message.text[:4_000])
    types = (message.report_type, *message.content_types)
    if "feedback-report" in types or "message/feedback-report" in types:
        return TransportClass.FEEDBACK_REPORT
    is_receipt = _READ_RECEIPT.match(subject) is not None and len(text) < _SHORT
    if is_receipt or "disposition-notification" in types or "message/disposition-notification" in types:
        return TransportClass.READ_RECEIPT
    holds = _holds(message, subject, text)
    if _is_delivery_report(message, subject, text, holds):
        return TransportClass.DELIVERY_REPORT
    written = fold(own_subject(message.envelope.subject or "", is_automatic=True)[0])
    is_automatic = is_marked_automatic(message) or subject_prefix(subject) is not None
    is_automatic = is_automatic or holds("absent_subject", written)
    notice = _notice(message, written, text, holds, is_automatic=is_automatic)
    if notice is not None:
        return notice
    if is_automatic:
        return TransportClass.AUTOMATIC_REPLY
    is_bulk = message.header("precedence").lower() in ("list", "bulk", "junk")
    is_bulk = is_bulk or any(name in message.headers for name in header_names("list_headers"))
    # A person's answer may come through a list; a mailing answers nothing.
    is_answer = _REPLY_MARK.search(subject) is not None or "in-reply-to" in message.headers
    return TransportClass.MAILING_LIST if is_bulk and not is_answer else TransportClass.HUMAN
