"""Delivery reports: who could not be reached, and why.

Belongs here: RFC 3464 fields, SMTP replies and the reason table. Does not belong here: whether a person
left; that is read from the words of an administrator by the same stages as any other text.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes

from flufl.bounce import all_failures

from autoresponder_dagster.addresses import is_valid_email, normalize_email
from autoresponder_dagster.determination.parse import ParsedMessage

MAX_GUESSED_BYTES = 60_000
_BLANK_LINES = re.compile(rb"(?:\r?\n){3,}")
_FIELD = re.compile(r"^([A-Za-z-]+)[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_STATUS = re.compile(r"(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SMTP_REPLY = re.compile(r"\b([45]\d\d)[ -]")
_ADDRESS = re.compile(r"[A-Za-z0-9_.+=&'*/%!#$?^{}|~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_FAILED_LINE = re.compile(
    r"(?:^[ \t]*<|(?:recipient|address|to|for|user|an|empf\w+|destinatari\w+|destinataire\w*)[^\n@<]{0,40}[:<\s\"'])"
    r"\s*<?([A-Za-z0-9_.+=&'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)",
    re.IGNORECASE | re.MULTILINE,
)

REASONS: list[tuple[str, re.Pattern[str]]] = [
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in [
        ("mailbox_full", r"over ?quota|space not enough|not enough space|quota (?:exceeded|reached)|exceed\w* (?:\w+ ){0,4}(?:quota|storage)|mailbox (?:is |was )?full|"
         r"mailbox size limit|insufficient (?:system )?storage|user is over|storage limit|disk (?:quota|full)|4\.2\.2|5\.2\.2"),
        ("sender_auth", r"\bspf\b|\bdmarc\b|\bdkim\b|not authorized to send|unauthenticated email|sender policy"),
        ("blocked", r"blacklist|blocklist|block list|\brbl\b|\bdnsbl\b|spamhaus|spamcop|spam|poor reputation|"
         r"blocked (?:using|by|because|for)|banned|unsolicited|content rejected|virus|listed (?:at|in|on) "),
        ("message_too_big", r"message (?:size|is too|too) (?:big|large)|exceeds? (?:the )?(?:maximum|fixed|size)|size limit|5\.3\.4|5\.2\.3"),
        ("rate_limited", r"rate limit|too many (?:connections|messages|recipients|errors)|throttl|try again later|421[ -]4\.7|4\.7\.28"),
        ("mail_loop", r"mail loop|loop detected|too many hops|routing loop|loops back|hop count|5\.4\.6|5\.4\.14"),
        ("suspended", r"suspended|account (?:has been |is )?(?:disabled|inactive|deactivated|closed|locked|expired)|mailbox (?:is )?disabled|"
         r"disabled mailbox|mailbox (?:is )?inactive|inactive (?:user|account|mailbox)|5\.2\.1"),
        ("moved", r"has moved|moved to|new address|address (?:has )?changed|user has moved|551[ -]|5\.1\.6|no longer (?:in use|used|valid|accepting)"),
        ("user_unknown", r"user (?:is )?unknown|unknown (?:user|recipient|local|address|mailbox)|no such (?:user|mailbox|address|recipient|person|account|local)|"
         r"does(?: not|n't) exist|doesn't have (?:a|an) \S+ account|not (?:be )?found|mailbox (?:not found|unavailable|does not)|"
         r"(?:invalid|bad|illegal|nonexistent|non-existent) (?:recipient|mailbox|address|user)|not (?:a )?(?:known|valid)|"
         r"not listed in|no mailbox|recipient (?:address )?rejected|recipnotfound|not our customer|isn't in|user doesn't|"
         r"unbekannt|existiert nicht|inconnu|n'existe pas|desconocid|no existe|sconosciut|onbekend|5\.1\.1\b|5\.1\.10|5\.1\.351"),
        ("host_unknown", r"host (?:unknown|not found)|unknown host|(?:domain|host) (?:name )?(?:does not exist|not found|unknown)|nxdomain|"
         r"name service error|no mx|unrouteable|unroutable|bad destination (?:system|host)|couldn't find any host|5\.1\.2|5\.4\.4"),
        ("expired", r"retry time(?:out)? (?:not reached|exceeded)|delivery (?:time )?expired|message expired|could not be delivered for|"
         r"gave up|giving up|4\.4\.7|5\.4\.7|maximum (?:time|age)|queue too long|expired"),
        ("network", r"connection (?:timed out|refused|dropped|reset|lost)|network (?:is )?unreachable|timed? ?out|no route to host|"
         r"i couldn't|unable to connect|[45]\.4\.[12]"),
        ("group_rejected", r"(?:group|list|distribution)\b.{0,80}(?:member|only|allow|accept|permission|restricted)|not (?:a )?member|members only"),
        ("sender_rejected", r"sender (?:address )?rejected|sender verify|sender denied|5\.1\.[78]|sender address|not allowed to send"),
        ("auth_required", r"authentication (?:is )?required|must authenticate|relay(?:ing)? (?:access )?denied|relaying|5\.7\.1\b.{0,40}relay"),
        ("policy", r"polic(?:y|ies)|rejected by|refused|denied|administrative(?:ly)? prohibit|5\.7\.\d+|access denied|not accept"),
        ("system_error", r"system error|configuration error|internal error|local (?:error|configuration)|temporarily|5\.3\.\d|4\.3\.\d"),
    ]
]  # fmt: skip
"""Reasons in the order in which they are tried, on the diagnostic text (mail.md §3.4)."""


@dataclass(frozen=True)
class DeliveryReport:
    """What a delivery report says. ``action`` is RFC 3464's: failed, delayed, delivered, relayed or expanded."""

    action: str
    failed_recipient: str | None
    status_code: str | None
    reason: str


def _fields(block: str) -> dict[str, str]:
    return {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(block[:20_000])}


def _typed_address(value: str) -> str | None:
    """Return the address of ``rfc822; user@host``."""
    found = _ADDRESS.search(value.rpartition(";")[2].replace("<", " "))
    return normalize_email(found.group()) if found else None


def _diagnosis(text: str) -> str:
    for name, pattern in REASONS:
        if pattern.search(text):
            return name
    return "unspecified"


def _own_text(message: ParsedMessage) -> str:
    """The report's own words: what stands before the returned message."""
    cut = re.search(
        r"^[\s>]*-{2,}.{0,30}(?:original message|copy of (?:the|your) message|returned message|message (?:follows|headers)|unsent message)"
        r"|^(?:received|return-path|mime-version): ",
        message.text,
        re.IGNORECASE | re.MULTILINE,
    )
    return message.text[: cut.start()] if cut and cut.start() > 40 else message.text[:6000]


def read_report(message: ParsedMessage, raw: bytes) -> DeliveryReport:
    """Read a delivery report. ``Original-Recipient`` beats ``Final-Recipient`` (mail.md §1.5).

    Falls back to the text, then to ``flufl.bounce``, for the failed recipient only.
    """
    own = _own_text(message)
    recipient = status = None
    action, diagnostic = "", ""
    for block in re.split(r"\n\s*\n", message.delivery_status)[:50]:
        fields = _fields(block)
        if not {"final-recipient", "original-recipient", "action"} & fields.keys():
            continue
        if action in ("failed",):
            break
        action = fields.get("action", "").split(" ")[0].lower().strip(";,.")
        recipient = _typed_address(fields.get("original-recipient", "")) or _typed_address(
            fields.get("final-recipient", "")
        )
        diagnostic = fields.get("diagnostic-code", "")
        found = _STATUS.search(" " + fields.get("status", ""))
        status = found.group(1) if found else None
    detailed = _STATUS.search(" " + diagnostic) if diagnostic else None
    if detailed and (status is None or status.endswith(".0.0")):
        status = detailed.group(1)
    if status is None:
        found = _STATUS.search(own)
        status = found.group(1) if found else None
    if status is None:
        reply = _SMTP_REPLY.search(diagnostic or own)
        status = f"{reply.group(1)[0]}.0.0" if reply else None
    if not action:
        action = _action_of_text(message, own)
    if recipient is None:
        recipient = _recipient_of_text(message, own, raw)
    about = f"{diagnostic} {status or ''}"
    reason = _diagnosis(about) if diagnostic else "unspecified"
    if reason in ("unspecified", "policy"):
        from_text = _diagnosis(f"{own} {about}")
        reason = from_text if from_text != "unspecified" else reason
    return DeliveryReport(action=action, failed_recipient=recipient, status_code=status, reason=reason)


def _action_of_text(message: ParsedMessage, own: str) -> str:
    words = f"{message.envelope.subject or ''} {own[:1500]}".lower()
    if re.search(r"could not send message for past|warning message only|delay|not yet been delivered|still being retried|attempts will continue|"
                 r"will (?:be retried|continue trying|keep trying)|do not need to resend|verzoger|verzögert|retard[ée]", words):  # fmt: skip
        return "delayed"
    if re.search(
        r"successfully delivered|(?:was|been) delivered to the following|was successful|relayed to the following|delivery receipt",
        words,
    ):
        return "delivered"
    return "failed"


def _recipient_of_text(message: ParsedMessage, own: str, raw: bytes) -> str | None:
    headers = message.headers
    for name in ("x-failed-recipients",):
        if headers.get(name):
            found = _ADDRESS.search(message.header(name))
            if found:
                return normalize_email(found.group())
    sender = message.envelope.sender_email
    found = _FAILED_LINE.search(own)
    if found and normalize_email(found.group(1)) != sender and "mailer-daemon" not in found.group(1).lower():
        return normalize_email(found.group(1).rstrip("."))
    try:
        guessed = sorted(
            address.decode("ascii", "ignore")
            for address in all_failures(message_from_bytes(_BLANK_LINES.sub(b"\n\n", raw[:MAX_GUESSED_BYTES])))[1]
        )
    except Exception:  # noqa: BLE001 - third-party detectors meet hostile mail; a missing recipient is no failure
        guessed = []
    for address in guessed:
        if is_valid_email(address) and normalize_email(address) != sender:
            return normalize_email(address)
    to = re.search(r"^To:.*?(" + _ADDRESS.pattern + ")", message.original, re.MULTILINE | re.IGNORECASE)
    return normalize_email(to.group(1)) if to else None
