"""Messages in tables: a row becomes an RFC 5322 message, so that one engine reads everything.

Belongs here: the columns of rules.md §3 and the message they stand for. Does not belong here: fetching rows.
"""

import re
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser

import pandas as pd

from autoresponder_dagster.addresses import normalize_email
from autoresponder_dagster.clients.columns import KEY, TEXT, UTC_TIME, VERBATIM, InvalidCellError, Layout
from autoresponder_dagster.clients.email_repository.received import DEFAULT_INBOX, ReceivedMessage
from autoresponder_dagster.determination import read_envelope

ROW_LAYOUT: Layout = {
    "Id": KEY,
    "AccountName": TEXT,
    "Subject": TEXT,
    "Body": VERBATIM,
    "SenderEmail": TEXT,
    "ReceivedDate": UTC_TIME,
    "InsertedDateTime": UTC_TIME,
    "MessageId": TEXT,
    "Headers": VERBATIM,
}
OPTIONAL_COLUMNS = ("MessageId", "Headers")

_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_PREAMBLE = re.compile(r"\A(?![!-9;-~]+:)[^\n]*\n")
"""A first line that is no header field: Exchange prints a title above stored headers."""
_BOUNDARY = re.compile(
    r"^multipart/.*\bboundary\s*=\s*(?:\"([^\"\r\n]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE | re.DOTALL
)
_HTML_TAG = re.compile(r"<(?:!doctype\s+html|/?(?:html|head|body|div|p|br|table|span|font))\b[^<>]*>", re.IGNORECASE)
_HTML_LOOKAHEAD = 4_000


def messages_of(rows: pd.DataFrame) -> Iterator[ReceivedMessage]:
    """Yield the messages of a frame with the columns of ``ROW_LAYOUT``, in its order.

    A row without ``ReceivedDate`` counts as received when it was inserted. The columns win over the stored
    header.

    Raises:
        InvalidCellError: a row has neither time.
    """
    cells = rows.astype(object).where(rows.notna(), None)
    # Row by row: each row is a message of its own.
    for number, cell in enumerate(cells.to_dict("records"), start=1):
        received_at = cell["ReceivedDate"] or cell["InsertedDateTime"]
        if received_at is None:
            raise InvalidCellError("ReceivedDate", number, "a time, here or in InsertedDateTime")
        raw = build_message(cell["Subject"], cell["Body"], cell["SenderEmail"], cell["MessageId"], cell["Headers"])
        yield ReceivedMessage(
            source=cell["Id"],
            inbox_source=cell["AccountName"] or DEFAULT_INBOX,
            raw=raw,
            envelope=read_envelope(raw),
            received_at=received_at,
            inserted_at=cell["InsertedDateTime"],
        )


def build_message(
    subject: str | None, body: str | None, sender: str | None, message_id: str | None, headers: str | None
) -> bytes:
    """Return the cells of a row as a message (RFC 5322, with header values in UTF-8 as in RFC 6532).

    The stored header is kept where there is one, for it tells automatic replies and reports from letters.
    The value of a column is made one line, so that it cannot add a header field.
    """
    header = _PREAMBLE.sub("", (headers or "").replace("\r\n", "\n").lstrip())
    message = HeaderParser().parsestr(header, headersonly=True)
    if subject:
        _set_field(message, "Subject", subject)
    if message_id:
        _set_field(message, "Message-ID", f"<{message_id.strip('<> ')}>")
    if sender and ("From" not in message or _names_another(message, sender)):
        _set_field(message, "From", sender)
    body = _set_body_type(message, body or "")
    fields = "".join(f"{name}: {value}\n" for name, value in message.raw_items())
    return f"{fields}\n{body}".encode("utf-8", "replace")


def _names_another(message: Message, sender: str) -> bool:
    """Tell whether the column holds an address, and the stored ``From`` another one or none.

    A ``From`` with the same address is kept for its display name. Exchange stores the directory name of a
    colleague (``/O=...``) in place of the address.
    """
    stored = read_envelope(f"From: {message['From']}\n\n".encode("utf-8", "replace")).sender_email
    return "@" in sender and stored != normalize_email(sender)


def _set_field(message: Message, name: str, value: str) -> None:
    del message[name]
    message[name] = _LINE_BREAKS.sub(" ", value).strip()


def _set_body_type(message: Message, body: str) -> str:
    """Let the content fields say what the column holds, not what the mail server saw; return the body."""
    multipart = _BOUNDARY.match(str(message.get("Content-Type", "")).lstrip())
    boundary = multipart and (multipart.group(1) or multipart.group(2))
    if boundary and f"--{boundary}" in body:
        return body  # The column holds the parts as they came.
    content_type = f"text/{'html' if _HTML_TAG.search(body[:_HTML_LOOKAHEAD]) else 'plain'}; charset=utf-8"
    del message["Content-Transfer-Encoding"]
    if boundary:
        # The type is kept: multipart/report marks a bounce even where only its text was stored.
        return f"--{boundary}\nContent-Type: {content_type}\n\n{body}\n--{boundary}--\n"
    _set_field(message, "MIME-Version", "1.0")
    _set_field(message, "Content-Type", content_type)
    _set_field(message, "Content-Transfer-Encoding", "8bit")
    return body
