"""Delivery reports: who could not be reached, and why.

Belongs here: RFC 3464 fields, SMTP replies and the choice of a reason. Does not belong here: the words of
each reason (``lexicons/transport.yaml``), and whether a person left; that is read from the words of an
administrator by the same stages as any other text.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes

from flufl.bounce import all_failures

from autoresponder_dagster.addresses import is_role_mailbox, is_valid_email, normalize_email
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import bounce_reasons, forms
from autoresponder_dagster.determination.parse import ParsedMessage

MAX_GUESSED_BYTES = 60_000
MAX_OWN_TEXT = 6_000
MAX_BLOCKS = 50
_LEAST_OWN_TEXT = 40
_BLANK_LINES = re.compile(rb"[\r\n]{6,}")
_FIELD = re.compile(r"^([A-Za-z-]+)[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_STATUS = re.compile(r"(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SMTP_REPLY = re.compile(r"\b([45]\d\d)[ -]")
_ADDRESS = re.compile(r"[A-Za-z0-9_.+=&'*/%!#$?^{}|~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_FAILED_LINE = re.compile(
    r"(?:^[ \t]*<|(?:recipient|address|to|for|user|an|empf\w+|destinatari\w+|destinataire\w*)[^\n@<]{0,40}[:<\s\"'])"
    r"\s*<?([A-Za-z0-9_.+=&'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)",
    re.IGNORECASE | re.MULTILINE,
)
_RETURNED_MESSAGE = re.compile(
    r"^[\s>]*-{2,}.{0,30}(?:original message|copy of (?:the|your) message|returned message|"
    r"message (?:follows|headers)|unsent message)"
    r"|^(?:received|return-path|mime-version): ",
    re.IGNORECASE | re.MULTILINE,
)
_FIRST_RECIPIENT = re.compile(rf"^To:.*?({_ADDRESS.pattern})", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class DeliveryReport:
    """What a delivery report says. ``action`` is RFC 3464's: failed, delayed, delivered, relayed or expanded."""

    action: str
    failed_recipient: str | None
    status_code: str | None
    reason: str


def _recipient_fields(delivery_status: str) -> dict[str, str]:
    """Return the fields of the first failed recipient, else of the last one that is reported."""
    fields: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", delivery_status)[:MAX_BLOCKS]:
        found = {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(block[:20_000])}
        if {"final-recipient", "original-recipient", "action"} & found.keys():
            fields = found
            if _action(fields) == "failed":
                break
    return fields


def _action(fields: dict[str, str]) -> str:
    return fields.get("action", "").split(" ")[0].lower().strip(";,.")


def _typed_address(value: str) -> str | None:
    """Return the address of ``rfc822; user@host``."""
    found = _ADDRESS.search(value.rpartition(";")[2].replace("<", " "))
    return normalize_email(found.group()) if found else None


def _reason(text: str) -> str:
    folded = fold(text)
    return next((name for name, pattern in bounce_reasons() if pattern.search(folded)), "unspecified")


def _own_text(message: ParsedMessage) -> str:
    """Return the report's own words: what stands before the returned message."""
    cut = _RETURNED_MESSAGE.search(message.text)
    return message.text[: cut.start()] if cut and cut.start() > _LEAST_OWN_TEXT else message.text[:MAX_OWN_TEXT]


def _status(fields: dict[str, str], diagnostic: str, own: str) -> str | None:
    """Return the enhanced status (RFC 3463): the report's, unless the diagnosis or the text is more precise."""
    stated = [_STATUS.search(f" {text}") for text in (fields.get("status", ""), diagnostic, own)]
    codes = [found.group(1) for found in stated if found]
    precise = [code for code in codes if not code.endswith(".0.0")]
    if codes:
        return (precise or codes)[0]
    reply = _SMTP_REPLY.search(diagnostic or own)
    return f"{reply.group(1)[0]}.0.0" if reply else None


def read_report(message: ParsedMessage, raw: bytes) -> DeliveryReport:
    """Read a delivery report. ``Original-Recipient`` beats ``Final-Recipient`` (mail.md §1.5).

    Falls back to the text, then to ``flufl.bounce``, for the failed recipient only.
    """
    own = _own_text(message)
    fields = _recipient_fields(message.delivery_status)
    diagnostic = fields.get("diagnostic-code", "")
    status = _status(fields, diagnostic, own)
    recipient = _typed_address(fields.get("original-recipient", "")) or _typed_address(
        fields.get("final-recipient", "")
    )
    reason = _reason(f"{diagnostic} {status or ''}") if diagnostic else "unspecified"
    if reason in ("unspecified", "policy"):
        from_text = _reason(f"{own} {diagnostic} {status or ''}")
        reason = from_text if from_text != "unspecified" else reason
    recipient = recipient or _recipient_of_text(message, own, raw)
    return DeliveryReport(
        action=_action(fields) or _action_of_text(message, own),
        # No mail of ours went to what is no address.
        failed_recipient=recipient if recipient and is_valid_email(recipient) else None,
        status_code=status,
        reason=reason,
    )


def _action_of_text(message: ParsedMessage, own: str) -> str:
    words = fold(f"{message.envelope.subject or ''} {own[:1500]}")
    return next((action for action in ("delayed", "delivered") if forms(action).search(words)), "failed")


def _recipient_of_text(message: ParsedMessage, own: str, raw: bytes) -> str | None:
    declared = _ADDRESS.search(message.header("x-failed-recipients"))
    if declared:
        return normalize_email(declared.group())
    sender = message.envelope.sender_email
    found = _FAILED_LINE.search(own)
    named = normalize_email(found.group(1).rstrip(".")) if found else None
    if named and named != sender and is_valid_email(named) and "mailer-daemon" not in named:
        return named
    for address in _guessed(raw):
        if is_valid_email(address) and normalize_email(address) != sender:
            return normalize_email(address)
    to = _FIRST_RECIPIENT.search(message.original)
    if to is not None:
        return normalize_email(to.group(1))
    # An administrator's own text names whose mail came back, and perhaps an office to write to.
    mentioned = dict.fromkeys(normalize_email(found.rstrip(".")) for found in _ADDRESS.findall(own))
    people = [email for email in mentioned if email and email != sender and not is_role_mailbox(email)]
    return people[0] if len(people) == 1 and is_valid_email(people[0]) else None


def _guessed(raw: bytes) -> list[str]:
    """Return the failed addresses that ``flufl.bounce`` finds in the beginning of a message, sorted."""
    shortened = _BLANK_LINES.sub(b"\n\n", raw[:MAX_GUESSED_BYTES])
    try:
        return sorted(address.decode("ascii", "ignore") for address in all_failures(message_from_bytes(shortened))[1])
    except Exception:  # noqa: BLE001 - its detectors meet hostile mail; a missing recipient is no failure
        return []
