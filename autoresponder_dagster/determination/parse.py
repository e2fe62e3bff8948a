"""From bytes to readable text: MIME, charsets, HTML, size limits.

Belongs here: everything between an RFC 5322 message and its text. Does not belong here: what the text
means. Nothing here raises on any bytes; what could not be read is named in ``ParsedMessage.problem``.
The limits are those of reliability.md §1.3: work per message is bounded whatever it contains.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.errors import MessageError
from email.header import decode_header
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import NamedTuple
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser

from autoresponder_dagster.addresses import normalize_email
from autoresponder_dagster.determination.folding import clean, collapse
from autoresponder_dagster.determination.mime import MAX_PARTS, Headers, Part, end_of_head, read_headers, read_message

MAX_MESSAGE_BYTES = 5_000_000
LARGE_MESSAGE_BYTES = 100_000
"""From here on, runs of blank lines are shortened before a message is parsed."""
MAX_HEADER_BYTES = 256_000
MAX_HEADER_LINES = 1_000
MAX_HEADER_VALUE = 8_000
MAX_NAME, MAX_ADDRESS = 200, 320
MAX_BOUNDARIES = 40
MAX_TEXT = 64_000
MAX_HTML = 400_000
MAX_CARD = 4_000
MAX_TAGS = 8_000

_PART = r"[^\s<>()\[\],;:\"'@]"
_ADDRESS = re.compile(rf"(?<!{_PART}){_PART}+@{_PART}+")  # looked for once a word, not at each of its letters
_ANGLE_ADDRESS = re.compile(r"<\s*([^<>\s]+@[^<>\s]+?)\s*>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_BLANK_LINES = re.compile(rb"[\r\n]{40,}")
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_PART_LINE = re.compile(rb"^--", re.MULTILINE)
_MACHINE_TYPES = frozenset(
    f"message/{kind}"
    for kind in ("delivery-status", "global-delivery-status", "feedback-report", "disposition-notification")
)
_CARD_TYPES = ("text/vcard", "text/x-vcard", "text/directory")
_TEXT_TYPES = ("text/plain", "text", "text/enriched", "text/x-unknown")
_HTML_BEGINNINGS = ("<html", "<!doctype html", "<body", "<div", "<p>")
_BEGINNING = 200
_LEAST_TEXT = 20
"""A shorter plain text is no alternative to an HTML body."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n]{40,}=*\s*")
_CHARSET_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "iso-8859-1": "cp1252",
                    "latin1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8", "x-unknown": "utf-8",
                    "iso-8859-8-i": "iso-8859-8", "unicode-1-1-utf-7": "utf-7", "ks_c_5601-1987": "cp949",
                    "iso-2022-jp": "iso2022_jp_ext"}  # fmt: skip
_DOUBLE_ENCODED = re.compile(r"[\u00c2\u00c3][\u0080-\u00bf]")


class Envelope(NamedTuple):
    """The headers that identify a message. Times are aware UTC."""

    message_id: str | None = None
    sender_email: str | None = None
    sender_name: str | None = None
    subject: str | None = None
    received_at: datetime | None = None
    date: datetime | None = None
    utc_offset_hours: float | None = None


@dataclass
class ParsedMessage:
    """One message as text.

    ``text`` is what a reader sees, with lines kept. ``delivery_status`` and ``original`` are the machine
    parts of a report (RFC 3464, RFC 6522). ``problem`` says what could not be read, in words.
    """

    envelope: Envelope = field(default_factory=Envelope)
    headers: Headers = field(default_factory=dict)
    content_types: tuple[str, ...] = ()
    text: str = ""
    delivery_status: str = ""
    original: str = ""
    vcard: str = ""
    problem: str | None = None

    def header(self, name: str) -> str:
        """Return the first value of a header, unfolded and decoded, or an empty string."""
        values = self.headers.get(name.lower())
        return decode_words(values[0]) if values else ""

    @cached_property
    def report_type(self) -> str:
        """The ``report-type`` of a multipart/report, lower-case, else empty (RFC 6522)."""
        found = re.search(r"report-type\s*=\s*\"?([\w-]+)", self.header("content-type"), re.IGNORECASE)
        return found.group(1).lower() if found else ""


def decode_bytes(payload: bytes, charset: str | None) -> str:
    """Decode text in its charset, else as UTF-8, else as Windows-1252. Never raises."""
    name = (charset or "").strip("\"' ").lower()
    if name == "utf-8" or not name:
        name = "utf-8"
    for candidate in (_CHARSET_ALIASES.get(name, name), name, "utf-8"):
        try:
            text = payload.decode(candidate)
            break
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    else:
        fallback = _CHARSET_ALIASES.get(name, name)
        try:
            text = payload.decode(fallback if fallback != "utf-8" else "cp1252", "replace")
        except (LookupError, ValueError):
            text = payload.decode("cp1252", "replace")
    return text if text.isascii() or not _DOUBLE_ENCODED.search(text) else _encoded_once(text)


def _encoded_once(text: str) -> str:
    """Return text that was encoded to UTF-8 twice as it was meant; other text as it is."""
    for charset in ("cp1252", "latin-1"):
        with suppress(UnicodeDecodeError, UnicodeEncodeError):
            return text.encode(charset).decode("utf-8")
    return text


def decode_words(value: str) -> str:
    """Return a header value unfolded, with RFC 2047 words decoded and control characters removed."""
    value = str(value)[:MAX_HEADER_VALUE]
    if value.isascii():
        if "=?" not in value and value.isprintable():
            return collapse(value)
    else:
        value = decode_bytes(value.encode("utf-8", "surrogateescape"), None)
    if "=?" in value:
        with suppress(ValueError, binascii.Error, LookupError, MessageError):  # A malformed word stays as it is.
            value = "".join(
                decode_bytes(chunk, charset) if isinstance(chunk, bytes) else chunk
                for chunk, charset in decode_header(_CONTROL.sub(" ", value))
            )
    return collapse(_CONTROL.sub(" ", clean(value)))


def split_address(value: str) -> tuple[str | None, str | None]:
    """Return the display name and the normalised address of a From-like header value.

    Longer names and addresses than mail can have are cut and dropped: they are made to do harm.
    """
    value = value[:MAX_HEADER_VALUE]
    found = _ANGLE_ADDRESS.search(value) or _ADDRESS.search(value)
    if found is None:
        return value.strip(" \"'<>")[:MAX_NAME] or None, None
    is_bare = not found.re.groups
    name = value[: found.start()] + (value[found.end() :] if is_bare else "")
    address = (found.group() if is_bare else found.group(1)).strip(" '\"")
    return name.strip(" \"'()<>")[:MAX_NAME] or None, normalize_email(address) if len(address) <= MAX_ADDRESS else None


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLAIN_TIME = re.compile(
    rf"\s*(?:[A-Z][a-z][a-z], )?([0-3]?[0-9]) ({'|'.join(_MONTHS)}) ((?:19|20)[0-9][0-9]) "
    r"([0-2][0-9]):([0-5][0-9]):([0-5][0-9]) ([+-])([01][0-9])([0-5][0-9])(?: \([A-Z]+\))?\s*"
)


def _plain_time(value: str) -> datetime | None:
    """Return a time that is written as the standard asks; null for one that is not, or names no zone (``-0000``)."""
    found = _PLAIN_TIME.fullmatch(value)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if sign == "-":
        if not offset:
            return None
        offset = -offset
    zone = timezone(offset)
    return datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=zone)


def _time_of(value: str) -> tuple[datetime | None, float | None]:
    if not value:
        return None, None
    try:
        moment = _plain_time(value) or parsedate_to_datetime(value[-200:].strip())
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC), None
        offset = moment.utcoffset()
        return moment.astimezone(UTC), offset.total_seconds() / 3600 if offset is not None else None
    except (TypeError, ValueError, IndexError, OverflowError, AttributeError):
        return None, None


def _envelope(headers: Headers) -> Envelope:
    def first(name: str) -> str:
        values = headers.get(name)
        return decode_words(values[0]) if values else ""

    # The name is split off before RFC 2047 decoding, so that an encoded "@" or "<" cannot forge an address.
    raw_from = str(headers["from"][0])[:MAX_HEADER_VALUE] if headers.get("from") else ""
    if not raw_from.isascii():  # eight-bit bytes, which the parser keeps as surrogates
        raw_from = decode_bytes(raw_from.encode("utf-8", "surrogateescape"), None)
    raw_from = collapse(_CONTROL.sub(" ", raw_from))
    name, sender = split_address(raw_from)
    if sender is None and raw_from:
        name, sender = split_address(decode_words(raw_from))
    message_id = re.search(r"<\s*([^<>\s]+)\s*>", first("message-id"))
    date, offset = _time_of(first("date"))
    received, _ = _time_of(first("received").rpartition(";")[2])
    decoded_name = decode_words(name).strip(" \"'") if name else None
    return Envelope(
        message_id=message_id.group(1) if message_id else (first("message-id").strip("<> ") or None),
        sender_email=sender,
        sender_name=decoded_name or None,
        subject=first("subject") or None,
        received_at=received,
        date=date,
        utc_offset_hours=offset,
    )


def _header_block(raw: bytes) -> tuple[bytes, bool]:
    """Return the header block of a message, cut to the limits, and whether it was cut."""
    end = end_of_head(raw, MAX_HEADER_BYTES + 4)
    old = raw.find(b"\r\r", 0, MAX_HEADER_BYTES if end is None else end)  # lines ended by carriage returns alone
    if old >= 0:
        end = old
    block = raw[: MAX_HEADER_BYTES if end is None else end].removesuffix(b"\r")
    cut = block.count(b"\n") >= MAX_HEADER_LINES or (end is None and len(raw) > MAX_HEADER_BYTES)
    return b"\n".join(block.split(b"\n", MAX_HEADER_LINES)[:MAX_HEADER_LINES]) if cut else block, cut


def read_envelope(raw: bytes) -> Envelope:
    """Return who sent a message, when, and about what, from its header alone. Never raises."""
    block, _ = _header_block(_without_mbox_line(raw))
    return _envelope(read_headers(block + b"\n\n"))


def _without_mbox_line(raw: bytes) -> bytes:
    raw = raw[: MAX_MESSAGE_BYTES + 1].lstrip(b"\r\n \t") if raw[:1] in (b"\r", b"\n", b" ", b"\t") else raw
    if raw[:5] in (b"From ", b">From"):
        return raw.partition(b"\n")[2]
    return raw


def _bounded(raw: bytes) -> tuple[bytes, list[str]]:
    """Cut a message to what can be parsed in bounded time; say what was cut."""
    problems = []
    raw = _without_mbox_line(raw)
    is_cut = len(raw) > MAX_MESSAGE_BYTES
    raw = raw[:MAX_MESSAGE_BYTES]
    if len(raw) > LARGE_MESSAGE_BYTES:
        raw = _BLANK_LINES.sub(b"\n\n", raw)
    if is_cut:
        problems.append(f"larger than {MAX_MESSAGE_BYTES:,} bytes, the rest was not read")
    block, cut = _header_block(raw)
    if cut:
        raw = block + b"\n\n"
        problems.append("header too large, the body was not read")
    may_be_nested = raw.lower().count(b"boundary") > MAX_BOUNDARIES
    for number, found in enumerate(_BOUNDARY.finditer(raw) if may_be_nested else ()):
        if number >= MAX_BOUNDARIES:
            raw = raw[: found.start()]
            problems.append(f"more than {MAX_BOUNDARIES} nested parts")
            break
    if raw.count(b"\n--") > MAX_PARTS:
        for number, found in enumerate(_PART_LINE.finditer(raw)):
            if number >= 10 * MAX_PARTS:
                raw = raw[: found.start()]
                problems.append("too many parts, the rest was not read")
                break
    return raw, problems


def _text_of(part: Part) -> str:
    """Return the content of a part as text."""
    data = part.content()
    if "base64" in part.encoding and b" " in data[:200].strip() and not data.isascii():
        return decode_bytes(data, part.charset)
    if not part.encoding and _BASE64.fullmatch(data[:4000]):
        with suppress(ValueError, binascii.Error):
            data = base64.b64decode(data)  # base64 whose header is missing
    return decode_bytes(data[: 4 * MAX_HTML], part.charset)


_BLOCK_OPEN = re.compile(
    r"(<(?:p|div|td|th|li|h[1-6]|blockquote|pre|address|section|article)\b[^<>]{0,4000}>)", re.IGNORECASE
)
_BLOCK_CLOSE = re.compile(r"(</(?:p|div|td|th|li|h[1-6]|blockquote|pre|address|section|article)\s*>)", re.IGNORECASE)
_TAG = re.compile(r"<[a-z]", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|hr)\b[^<>]{0,400}>", re.IGNORECASE)
_MARK = "\x1e"
_HIDDEN = (
    "head, style, script, title, template, noscript, [hidden], "
    '[style*="display:none" i], [style*="display: none" i], [style*="visibility:hidden" i], '
    '[style*="mso-hide:all" i], [style*="font-size:0px" i], [style*="font-size:0;" i], [style*="font-size: 0;" i], '
    's, strike, del, [style*="line-through" i]'
)
_QUOTED = 'blockquote[type="cite" i], .gmail_quote, .moz-cite-prefix, .yahoo_quoted, .protonmail_quote'


def html_to_text(html: str) -> str:
    """Return the visible text of an HTML body with its lines; link targets follow their text.

    Hidden and struck-through text is dropped: it is not what the sender says now. Quoted originals that
    the mail program marked as such are dropped too.
    """
    for count, opening in enumerate(_TAG.finditer(html) if html.count("<") > MAX_TAGS else ()):
        if count >= MAX_TAGS:
            html = html[: opening.start()]
            break
    html = _wrapped(_BLOCK_OPEN, html[:MAX_HTML].replace(_MARK, " "), after=_MARK)
    html = _BREAK.sub(_MARK, _wrapped(_BLOCK_CLOSE, html, before=_MARK))
    tree = LexborHTMLParser(html)
    for node in tree.css(_HIDDEN):
        if node.tag not in ("body", "html"):
            node.decompose()
    for node in tree.css(_QUOTED):
        node.decompose()
    for link in tree.css('a[href^="mailto:" i]'):
        target = unquote((link.attributes.get("href") or "")[7:]).partition("?")[0].strip()
        if "@" in target and target.lower() not in (link.text() or "").lower():
            link.insert_after(f" <{target}> ")
    body = tree.body
    text = body.text() if body is not None else ""
    lines = [collapse(line) for line in text.split(_MARK)]
    return "\n".join(_squeeze(lines))


def _wrapped(tag: "re.Pattern[str]", html: str, before: str = "", after: str = "") -> str:
    """Return HTML with a mark before or after every tag of a kind."""
    pieces = tag.split(html)  # every second one is a tag
    pieces[1::2] = [f"{before}{piece}{after}" for piece in pieces[1::2]]
    return "".join(pieces)


def _squeeze(lines: list[str]) -> Iterator[str]:
    """Yield lines with runs of empty ones reduced to one."""
    previous = ""
    for line in lines:
        if line or previous:
            yield line
        previous = line


class _Parts:
    """The readable parts of a message, by kind."""

    def __init__(self) -> None:
        self.types: list[str] = []
        self.plain: list[str] = []
        self.html: list[Part] = []
        self.status: list[str] = []
        self.original: list[str] = []
        self.vcard: list[str] = []
        self.problems: list[str] = []

    def add(self, part: Part) -> None:
        """Read one part. Attachments are not opened: an auto-reply says nothing in them (reliability.md §1.3)."""
        content_type = part.content_type
        self.types.append(content_type)
        if content_type in _MACHINE_TYPES:
            self.status.append(_text_of(part)[:MAX_TEXT])
        elif content_type.startswith("message/") or content_type == "text/rfc822-headers":
            self.original.append(_text_of(part)[:MAX_TEXT])
        elif content_type in _CARD_TYPES:
            self.vcard.append(_text_of(part)[:MAX_CARD])
        elif content_type == "application/ms-tnef":
            self.problems.append("holds an Outlook winmail.dat part, which is not opened")
        elif part.is_attachment:
            return
        elif content_type == "text/html":
            self.html.append(part)  # read where the plain text does not say all
        elif content_type in _TEXT_TYPES or content_type.startswith("multipart/"):
            # A multipart without a usable boundary is its own text.
            self.plain.append(_text_of(part)[:MAX_TEXT])

    def text(self) -> str:
        """Return what a reader sees: the plain text, or the HTML where that says more."""
        text = "\n\n".join(chunk for chunk in self.plain if chunk.strip())
        if text[:400].lstrip().lower().startswith(_HTML_BEGINNINGS):
            text = html_to_text(text)
        is_short = len(collapse(text[:_BEGINNING])) < _LEAST_TEXT and len(collapse(text)) < _LEAST_TEXT
        if self.html and (is_short or "@" not in text):
            html = "\n".join(map(_text_of, self.html))
            if is_short or "mailto:" in html.lower():
                text = html_to_text(html) or text
        return clean(text)[:MAX_TEXT]

    def is_unreadable(self) -> bool:
        """Tell whether there are parts, and none that holds text."""
        return bool(self.types) and not (self.plain or self.html or self.status or self.original or self.problems)


def parse(raw: bytes) -> ParsedMessage:
    """Return a message as text. Never raises; see ``ParsedMessage.problem``."""
    bounded, problems = _bounded(bytes(raw))
    try:
        headers, found = read_message(bounded)
    except (RecursionError, ValueError, LookupError, AssertionError, TypeError, AttributeError) as error:
        problem = f"not a readable MIME message ({type(error).__name__})"
        return ParsedMessage(envelope=read_envelope(bounded), problem=problem)
    parts = _Parts()
    for part in found:
        parts.add(part)
    problems += parts.problems
    if parts.is_unreadable() and not problems:
        problems.append(f"no readable text part ({', '.join(sorted(set(parts.types)))[:100]})")
    return ParsedMessage(
        envelope=_envelope(headers),
        headers=headers,
        content_types=tuple(parts.types),
        text=parts.text(),
        delivery_status=clean("\n\n".join(parts.status)),
        original=clean("\n\n".join(parts.original)),
        vcard=clean("\n".join(parts.vcard)),
        problem="; ".join(dict.fromkeys(problems)) or None,
    )
