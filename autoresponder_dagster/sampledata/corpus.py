"""The authored corpus, moved into the week of the sample.

Belongs here: reading the corpus, moving its dates, and who sends its messages. Does not belong here: our own messages
(``story``).

The corpus was written for September to November 2026; the sample is the week of 9 November. Every message moves forward
to the same weekday of that week (one from a weekend to its Friday), by adding the same whole number of days to every
date of its headers. Its text stays as it is: "next Monday" keeps its meaning because the weekday does, and a departure
in the past stays in the past. What changes its look is an absence that ended in autumn: it reads like a note that
somebody forgot to switch off.

Moving a message that is already there changes nothing, so the sample can be built from itself.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from email import message_from_bytes
from email.headerregistry import Address, AddressHeader
from email.policy import default as default_policy
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.sampledata.chance import seeded
from autoresponder_dagster.sampledata.people import Person, load_names

INBOXES = {
    "hospitals": "HospitalNews",
    "statehouse": "StatehouseDesk",
    "lobbyists": "StatehouseDesk",
    "lawfirms": "StatehouseDesk",
    "associations": "Associations",
    "campus": "Associations",
    "directories": "Directories",
}
"""Inbox source by the mailbox that was answered."""

OTHER_INBOX = "Associations"

_FRIDAY = 4
_NUMBERED = re.compile(r"\d{3}\.eml")
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_HEADER_DATE = re.compile(
    rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), +)?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
    rb" \d\d:\d\d(?::\d\d)? [+-]\d{4}"
)
_REMARK = re.compile(r"\s*\([^)]*\)")


def read_corpus(folder: Path, monday: date) -> dict[str, bytes]:
    """Return the numbered messages of a folder, moved into the week of ``monday``.

    Args:
        folder: holds ``001.eml``, ``002.eml`` and so on, at any depth.
        monday: first day of the week.

    Returns:
        The bytes by path below the mailbox (``<inbox source>/001.eml``), by number.

    Raises:
        FileNotFoundError: the folder holds no such message.
    """
    paths = {path.name: path for path in folder.rglob("*.eml") if _NUMBERED.fullmatch(path.name)}
    if not paths:
        raise FileNotFoundError(f"{folder} holds no messages called 001.eml, 002.eml and so on.")
    messages = {name: shift_into_week(paths[name].read_bytes(), monday) for name in sorted(paths)}
    return {f"{_inbox_of(raw)}/{name}": raw for name, raw in messages.items()}


def shift_into_week(raw: bytes, monday: date) -> bytes:
    """Move a message to its weekday in the week of ``monday``, or to Friday from a weekend.

    Every RFC 5322 date-time of the headers moves by the same whole number of days; everything else stays as it is.
    """
    received = received_on(raw)
    distance = monday + timedelta(days=min(received.weekday(), _FRIDAY)) - received
    if not distance:
        return raw
    end = _END_OF_HEADERS.search(raw)
    length = end.start() if end else len(raw)
    return _HEADER_DATE.sub(lambda match: _shifted(match[0], distance), raw[:length]) + raw[length:]


def received_on(raw: bytes) -> date:
    """Return the UTC day of the topmost ``Received``, else of ``Date`` (rules.md §3)."""
    message = message_from_bytes(raw)
    trace = message["Received"]
    written: str = trace.rpartition(";")[2] if trace else message["Date"]
    return parsedate_to_datetime(" ".join(written.split())).astimezone(UTC).date()


def senders(messages: dict[str, bytes]) -> Iterator[Person]:
    """Yield the people who send the messages, each once, at an organisation that is called like its domain."""
    titles = load_names()["en"].title
    seen = set()
    for raw in messages.values():
        for address in _addresses(raw, "From"):
            email = address.addr_spec.lower()
            if email in seen or is_role_mailbox(email):
                continue
            seen.add(email)
            first_name, last_name = _names_of(address)
            words = re.split(r"[.-]", domain_of(email).rpartition(".")[0])
            organization = " ".join(word.capitalize() for word in words)
            yield Person(first_name, last_name, email, seeded(email).choice(titles), organization)


def _names_of(address: Address) -> tuple[str, str]:
    """Return given and family name of ``Given Family``, ``Family, Given`` or a bare mailbox."""
    name = _REMARK.sub("", address.display_name) or address.username
    last_name, comma, first_name = name.partition(", ")
    if not comma:
        first_name, _, last_name = name.rpartition(" ")
    return first_name, last_name


def _shifted(written: bytes, distance: timedelta) -> bytes:
    return format_datetime(parsedate_to_datetime(written.decode("ascii")) + distance).encode("ascii")


def _inbox_of(raw: bytes) -> str:
    recipients = _addresses(raw, "To")
    return INBOXES.get(recipients[0].username, OTHER_INBOX) if recipients else OTHER_INBOX


def _addresses(raw: bytes, header: str) -> tuple[Address, ...]:
    value = message_from_bytes(raw, policy=default_policy)[header]
    return value.addresses if isinstance(value, AddressHeader) else ()
