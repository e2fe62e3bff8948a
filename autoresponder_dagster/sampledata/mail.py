"""The bytes of a message, as one of a few kinds of mail system writes them.

Belongs here: headers, encodings, quoting, delivery reports (RFC 5322, 2045-2047, 3464, 3834). Does not belong here:
what a message says, or who sends it. The forms themselves are data: ``templates/mail_systems.yaml``.
"""

import base64
import html
import quopri
import re
import textwrap
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.header import Header
from email.utils import format_datetime, formataddr
from functools import lru_cache
from random import Random
from string import Template
from typing import Any

from autoresponder_dagster.addresses import domain_of
from autoresponder_dagster.sampledata.templates import load_html, load_yaml

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PLAIN_WIDTH = 74

_Part = tuple[list[str], bytes]
"""Header lines and encoded body of one MIME part."""


@dataclass(frozen=True)
class MailSystem:
    """One form of ``templates/mail_systems.yaml``."""

    name: str
    weight: float
    body: str
    encoding: str
    charset: str
    quote: str
    html: Template | None
    header_lines: tuple[Template, ...]


@dataclass(frozen=True)
class Original:
    """The mailing that a message answers, and how its language introduces a quotation.

    ``text`` is quoted below the answer; empty where the mail program quotes nothing. ``header_names`` are the words
    for From, Sent, To and Subject.
    """

    mailing: str
    message_id: str
    text: str = ""
    attribution: str = "On $date, $mailing wrote:"
    header_names: tuple[str, ...] = ("From", "Sent", "To", "Subject")


@dataclass(frozen=True)
class DeliveryReport:
    """The machine-readable part of a delivery status notification (RFC 3464); ``action`` is failed or delayed."""

    recipient: str
    action: str
    status: str
    diagnostic: str


@dataclass(frozen=True)
class Letter:
    """What one message says, before a mail system has given it a form.

    ``received_at`` is UTC and becomes the topmost ``Received``; ``sent_at`` becomes ``Date``, on the sender's clock.
    """

    sender_name: str
    sender_email: str
    organization: str
    recipient_name: str
    recipient_email: str
    subject: str
    text: str
    sent_at: datetime
    received_at: datetime
    utc_offset: timedelta = timedelta(0)
    original: Original | None = None
    report: DeliveryReport | None = None


def load_mail_systems() -> dict[str, MailSystem]:
    """Return the mail systems by name."""
    return {name: _mail_system(name, form) for name, form in load_yaml("mail_systems").items()}


def _mail_system(name: str, form: dict[str, Any]) -> MailSystem:
    return MailSystem(
        name=name,
        weight=form["weight"],
        body=form["body"],
        encoding=form["encoding"],
        charset=form["charset"],
        quote=form.get("quote", ""),
        html=load_html(form["html"]) if "html" in form else None,
        header_lines=tuple(Template(line) for line in form["headers"].splitlines()),
    )


def render(letter: Letter, system: MailSystem, rng: Random) -> bytes:
    """Return the message as it lies in the mailbox, with CRLF line ends.

    The same letter, system and state of ``rng`` give the same bytes.
    """
    values = _header_values(letter, rng)
    lines = [
        line.substitute(values)
        for line in system.header_lines
        if letter.original is not None or "quoted_id" not in line.get_identifiers()
    ]
    match system.body:
        case "report":
            headers, body = _report(letter, values)
        case "alternative":
            boundary = f"=_{values['token']}"
            headers = ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{boundary}"']
            parts = [_plain_part(letter, system), _html_part(letter, system, values)]
            body = _multipart(boundary, parts)
        case _:
            part = _plain_part(letter, system) if system.body == "plain" else _html_part(letter, system, values)
            headers, body = ["MIME-Version: 1.0", *part[0]], part[1]
    head = "\n".join([*lines, *headers]).encode("ascii")
    return (head + b"\n\n" + body).replace(b"\n", b"\r\n")


def _header_values(letter: Letter, rng: Random) -> dict[str, str]:
    """Return what the placeholders of a header line stand for."""
    publisher = domain_of(letter.recipient_email)
    return {
        "from": formataddr((letter.sender_name, letter.sender_email)),
        "to": formataddr((letter.recipient_name, letter.recipient_email)),
        "subject": _encoded_subject(letter.subject),
        "received": format_datetime(letter.received_at),
        "date": format_datetime(letter.sent_at.astimezone(timezone(letter.utc_offset))),
        "quoted_id": letter.original.message_id if letter.original else "",
        "email": letter.sender_email,
        "domain": domain_of(letter.sender_email),
        "mx": f"mx{rng.randrange(1, 3)}.{publisher}",
        "ip": f"198.51.100.{rng.randrange(1, 255)}",
        "token": f"{rng.getrandbits(80):020X}",
        "short": f"{rng.getrandbits(40):010x}",
        "hex4": f"{rng.getrandbits(16):04x}",
        "signature": base64.b64encode(rng.getrandbits(1024).to_bytes(128)).decode(),
        "number": str(rng.randrange(10**8, 10**9)),
    }


@lru_cache(maxsize=256)
def _encoded_subject(subject: str) -> str:
    return Header(subject, "us-ascii" if subject.isascii() else "utf-8", header_name="Subject").encode()


def _plain_part(letter: Letter, system: MailSystem) -> _Part:
    text = letter.text
    if system.body == "plain":
        text = "\n".join(line for paragraph in text.split("\n") for line in _wrapped(paragraph))
    if letter.original is not None and letter.original.text:
        text = f"{text}\n\n{_quoted_text(letter, letter.original, system.quote)}"
    return _encoded(text + "\n", "text/plain", system)


def _html_part(letter: Letter, system: MailSystem, values: dict[str, str]) -> _Part:
    if system.html is None:
        raise ValueError(f"mail_systems.yaml: {system.name} has an HTML body but names no page of html/.")
    quoted = ""
    if letter.original is not None and letter.original.text:
        quoted = _quoted_html(letter, letter.original, system.quote)
    charset = _fitting_charset(letter.text + quoted, system.charset)
    page = system.html.substitute(
        values,
        charset=charset,
        org=html.escape(letter.organization),
        paragraphs=_paragraphs(letter.text, system.quote),
        quoted=quoted,
    )
    return _encoded(page + "\n", "text/html", system)


def _encoded(text: str, content_type: str, system: MailSystem) -> _Part:
    """Encode one part: the system's charset and transfer encoding, or the next that can hold the text."""
    charset = _fitting_charset(text, system.charset)
    raw = text.encode(charset)
    encoding = system.encoding
    if encoding == "8bit" and raw.isascii():
        encoding = "7bit"
    if encoding == "quoted-printable":
        raw = quopri.encodestring(raw)
    elif encoding == "base64":
        raw = base64.encodebytes(raw)
    headers = [f"Content-Type: {content_type}; charset={charset}", f"Content-Transfer-Encoding: {encoding}"]
    return headers, raw


def _fitting_charset(text: str, preferred: str) -> str:
    try:
        text.encode(preferred)
    except UnicodeEncodeError:
        return "utf-8"
    return preferred


def _paragraphs(text: str, quote: str) -> str:
    """Return text as HTML: one paragraph per line as word processors write it, else line breaks."""
    lines = [_linked(line) for line in text.split("\n")]
    if quote == "block":
        return "\n".join(f'<p class="MsoNormal">{line or "<o:p>&nbsp;</o:p>"}</p>' for line in lines)
    return "<br>\n".join(lines)


# The same items are quoted again and again.
@lru_cache(maxsize=256)
def _wrapped(paragraph: str) -> list[str]:
    return textwrap.wrap(paragraph, _PLAIN_WIDTH, break_long_words=False, break_on_hyphens=False) or [""]


@lru_cache(maxsize=256)
def _linked(line: str) -> str:
    return _ADDRESS.sub(r'<a href="mailto:\g<0>">\g<0></a>', html.escape(line, quote=False))


def _quoted_text(letter: Letter, original: Original, quote: str) -> str:
    if quote == "lines":
        lines = (line for paragraph in original.text.split("\n") for line in _wrapped(paragraph))
        return "\n".join([_attribution(letter, original), *(f"> {line}".rstrip() for line in lines)])
    rule = "________________________________"
    return "\n".join(
        [rule, *(f"{name}: {value}" for name, value in _quoted_headers(letter, original)), "", original.text]
    )


def _quoted_html(letter: Letter, original: Original, quote: str) -> str:
    body = _paragraphs(original.text, quote)
    if quote == "lines":
        attribution = html.escape(_attribution(letter, original), quote=False)
        return (
            f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{attribution}<br></div>\n'
            '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid">'
            f"{body}</blockquote></div>"
        )
    headers = "<br>\n".join(
        f"<b>{html.escape(name)}:</b> {html.escape(value)}" for name, value in _quoted_headers(letter, original)
    )
    return (
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">'
        f'<p class="MsoNormal">{headers}</p></div>\n{body}'
    )


def _attribution(letter: Letter, original: Original) -> str:
    return Template(original.attribution).substitute(date=f"{letter.sent_at:%Y-%m-%d %H:%M}", mailing=original.mailing)


def _quoted_headers(letter: Letter, original: Original) -> list[tuple[str, str]]:
    values = (
        f"{original.mailing} <{letter.recipient_email}>",
        f"{letter.sent_at:%Y-%m-%d %H:%M}",
        letter.sender_email,
        original.mailing,
    )
    return list(zip(original.header_names, values, strict=True))


def _report(letter: Letter, values: dict[str, str]) -> _Part:
    """Return a delivery status notification: notice, status, headers of the returned mailing (RFC 3464)."""
    if letter.report is None or letter.original is None:
        raise ValueError("A message of the form 'report' needs a DeliveryReport and the mailing that it is about.")
    report = letter.report
    boundary = f"{values['short']}/{values['hex4']}"
    status = [
        f"Reporting-MTA: dns; mx.{values['domain']}",
        f"Arrival-Date: {values['received']}",
        "",
        f"Final-Recipient: rfc822; {report.recipient}",
        f"Action: {report.action}",
        f"Status: {report.status}",
        f"Diagnostic-Code: smtp; {report.diagnostic}",
        "",
    ]
    returned = [
        f"From: {values['to']}",
        f"To: {report.recipient}",
        f"Subject: {letter.original.mailing}",
        f"Message-ID: {letter.original.message_id}",
        "",
    ]
    parts: list[_Part] = [
        (["Content-Type: text/plain; charset=us-ascii"], f"{letter.text}\n".encode("ascii")),
        (["Content-Type: message/delivery-status"], "\n".join(status).encode("ascii")),
        (["Content-Type: text/rfc822-headers"], "\n".join(returned).encode("ascii")),
    ]
    headers = [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
    ]
    return headers, _multipart(boundary, parts)


def _multipart(boundary: str, parts: list[_Part]) -> bytes:
    delimiter = f"--{boundary}"
    chunks = ["\n".join([delimiter, *headers, "", ""]).encode("ascii") + body for headers, body in parts]
    return b"\n".join([*chunks, f"{delimiter}--\n".encode("ascii")])
