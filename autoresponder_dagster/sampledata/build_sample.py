"""Builds the tracked sample world, ``data/sample``: the authored corpus, a story of our own, and the systems for both.

Belongs here: how the parts come together. Does not belong here: the story itself (``templates/story.yaml``), larger
worlds (``world``). Run it with ``python -m autoresponder_dagster.sampledata.build_sample CORPUS data/sample``.

The corpus was written for September to November 2026; the sample is the week of 9 November. Every message of the corpus
moves forward to the same weekday of that week (one from a weekend to the next Monday, or to the Friday before where
Monday lies before it), by adding the same whole number of days to every date of its headers. Its text stays as it is:
"next Monday" keeps its meaning because the weekday does, a departure in the past stays in the past, and no announced
one has come true by that week. What changes its look is an absence that ended in autumn: it reads like a note that
somebody forgot to switch off.

Applied to its own output the shift is nothing, so the sample can be built from itself: ``CORPUS`` may be any folder
that holds the numbered messages, ``data/sample`` included.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import default as default_policy
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from random import Random
from string import Template
from typing import Any, cast

import typer

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.clients.salesforce.mock import OWN_USER_ID
from autoresponder_dagster.sampledata.mail import DeliveryReport, Letter, MailSystem, Original, load_mail_systems, render
from autoresponder_dagster.sampledata.people import (
    RECORD_TYPE_ID,
    USERS,
    Organization,
    Person,
    Population,
    Recorder,
    moment_before,
    order_row,
)
from autoresponder_dagster.sampledata.systems import Cell, Systems
from autoresponder_dagster.sampledata.templates import load_text, load_yaml
from autoresponder_dagster.sampledata.world import FIRST_DAY, MAILBOX_FOLDER
from autoresponder_dagster.schemas.enums import STATUS_FIELD, SObject

CORPUS_INBOXES = {
    "hospitals": "HospitalNews",
    "statehouse": "StatehouseDesk",
    "lobbyists": "StatehouseDesk",
    "lawfirms": "StatehouseDesk",
    "associations": "Associations",
    "campus": "Associations",
    "directories": "Directories",
}
"""Inbox sources of the corpus by the mailbox that was answered."""

OTHER_INBOX = "Associations"
ONLOOKERS = 40
"""People whom the systems know, but who do not write in this week."""

_LAST_WEEKDAY = 4
_NUMBERED = re.compile(r"\d{3}\.eml")
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_HEADER_DATE = re.compile(
    rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), +)?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
    rb" \d\d:\d\d(?::\d\d)? [+-]\d{4}"
)


@dataclass(frozen=True)
class StoryMessage:
    """One message of ``story.yaml`` that has been given its bytes."""

    file: str
    received_at: datetime
    raw: bytes
    shows: str


def build_sample(corpus: Path, out: Path) -> None:
    """Write the sample world: mailbox, mock systems, README. What was there before is replaced.

    Args:
        corpus: a folder with the messages ``001.eml`` to ``130.eml``, at any depth.
        out: the folder of the sample; it may be ``corpus``.

    Raises:
        FileNotFoundError: the corpus holds no numbered message.
    """
    story = load_yaml("story")
    numbered = read_corpus(corpus)
    told = list(tell(story))
    files = {file: raw for file, raw in numbered} | {message.file: message.raw for message in told}
    shutil.rmtree(out / MAILBOX_FOLDER, ignore_errors=True)
    for file, raw in files.items():
        path = out / MAILBOX_FOLDER / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    systems_of(story["cast"], [raw for _, raw in numbered]).write(out)
    (out / "README.md").write_text(_readme(told, len(numbered)), encoding="utf-8", newline="\n")


# -- the corpus ------------------------------------------------------------------------------------------------------


def read_corpus(corpus: Path) -> list[tuple[str, bytes]]:
    """Return inbox path and shifted bytes of every numbered message, by number."""
    paths = sorted((path for path in corpus.rglob("*.eml") if _NUMBERED.fullmatch(path.name)), key=lambda path: path.name)
    if not paths:
        raise FileNotFoundError(f"{corpus} holds no messages called 001.eml, 002.eml and so on.")
    messages = [(path.name, shift_into_week(path.read_bytes(), FIRST_DAY)) for path in paths]
    return [(f"{_inbox_of(raw)}/{name}", raw) for name, raw in messages]


def shift_into_week(raw: bytes, monday: date) -> bytes:
    """Move a message to its weekday in the week of ``monday``, or to Friday from a weekend.

    Every RFC 5322 date-time of the headers moves by the same whole number of days; everything else stays as it is.
    """
    received = received_on(raw)
    distance = monday + timedelta(days=min(received.weekday(), _LAST_WEEKDAY)) - received
    if not distance:
        return raw
    end = _END_OF_HEADERS.search(raw)
    head = raw[: end.start()] if end else raw
    shifted = _HEADER_DATE.sub(lambda match: _shifted(match[0], distance), head)
    return shifted + raw[len(head) :]


def received_on(raw: bytes) -> date:
    """Return the UTC day of the topmost ``Received``, else of ``Date`` (rules.md §3)."""
    message = message_from_bytes(raw)
    trace = message.get("Received")
    written = trace.rpartition(";")[2] if trace else message["Date"]
    return parsedate_to_datetime(" ".join(written.split())).astimezone(UTC).date()


def _shifted(written: bytes, distance: timedelta) -> bytes:
    return format_datetime(parsedate_to_datetime(written.decode("ascii")) + distance).encode("ascii")


def _inbox_of(raw: bytes) -> str:
    recipients = _addresses(raw, "To")
    return CORPUS_INBOXES.get(recipients[0].username, OTHER_INBOX) if recipients else OTHER_INBOX


def _addresses(raw: bytes, header: str) -> tuple[Address, ...]:
    message = cast(EmailMessage, message_from_bytes(raw, policy=default_policy))
    value = message[header]
    return value.addresses if isinstance(value, AddressHeader) else ()


# -- the story -------------------------------------------------------------------------------------------------------


def tell(story: dict[str, Any]) -> Iterator[StoryMessage]:
    """Yield the messages of the story with their bytes, in its order."""
    storyteller = _Storyteller(story["cast"])
    by_file = {entry["file"]: entry for entry in story["messages"]}
    for entry in story["messages"]:
        original = by_file[entry.get("redelivery_of", entry["file"])]
        raw = storyteller.write(original, entry["received"])
        yield StoryMessage(entry["file"], entry["received"], raw, entry["shows"])


class _Storyteller:
    """Gives the messages of the story their bytes."""

    def __init__(self, cast_of_story: dict[str, Any]) -> None:
        self._cast = cast_of_story
        self._systems = load_mail_systems()
        publication = load_yaml("mailings")
        self._publisher: str = publication["publisher"]
        self._mailings = {mailing["inbox"]: mailing for mailing in publication["mailings"]}
        self._issue = "\n\n".join([*publication["items"][:3], publication["closing"]])

    def write(self, entry: dict[str, Any], received_at: datetime) -> bytes:
        """Return the bytes of a message; delivered again later, only its ``Received`` differs."""
        if "raw" in entry:
            return cast(str, entry["raw"]).replace("\n", "\r\n").encode("utf-8")
        # Seeded by its name, so that one message's bytes do not depend on the others.
        return render(self._letter(entry, received_at), self._form(entry), Random(entry["file"]))

    def _form(self, entry: dict[str, Any]) -> MailSystem:
        return self._systems[entry.get("form", "exchange_online")]

    def _letter(self, entry: dict[str, Any], received_at: datetime) -> Letter:
        mailing = self._mailings[entry["file"].partition("/")[0]]
        name, email = self._sender(entry["from"])
        sent_at: datetime = entry["received"]
        return Letter(
            sender_name=name,
            sender_email=email,
            organization=self._cast[email]["organization"] if email in self._cast else domain_of(email),
            recipient_name=mailing["name"],
            recipient_email=f"{mailing['mailbox']}@{self._publisher}",
            subject=entry["subject"],
            text=entry["text"].rstrip("\n"),
            sent_at=sent_at,
            received_at=received_at,
            original=Original(
                mailing=mailing["name"],
                message_id=f"<{sent_at:%Y%m%d}.{mailing['mailbox']}.{sent_at:%H%M%S}@{self._publisher}>",
                text=self._issue if entry.get("quotes") else "",
            ),
            report=DeliveryReport(**entry["report"]) if "report" in entry else None,
        )

    def _sender(self, written: str) -> tuple[str, str]:
        """Return name and address: a member of the cast by address alone, anybody else as ``Name <address>``."""
        if written in self._cast:
            return self._cast[written]["name"], written
        name, _, address = written.rpartition(" ")
        return name, address.strip("<>")


# -- the systems -----------------------------------------------------------------------------------------------------


def systems_of(cast_of_story: dict[str, Any], corpus: list[bytes]) -> Systems:
    """Return what the systems know: of the cast as it is told, of everybody else by the usual spread."""
    systems = Systems()
    for email, member in cast_of_story.items():
        _enter_member(systems, email, member)
    recorder = Recorder(systems, FIRST_DAY)
    titles: list[str] = load_yaml("names")["en"]["title"]
    senders = {person.email: person for raw in corpus for person in _senders(raw, titles)}
    for person in senders.values():
        if person.email not in cast_of_story and not is_role_mailbox(person.email):
            recorder.enter(person, Random(person.email))
    rng = Random("onlookers")
    population = Population(rng)
    for _ in range(ONLOOKERS):
        recorder.enter(population.person("en"), rng)
    return systems


def _enter_member(systems: Systems, email: str, member: dict[str, Any]) -> None:
    """Add the records that the story gives to a member of its cast."""
    rng = Random(email)
    name, organization = member["name"], member["organization"]
    first_name, _, last_name = name.rpartition(" ")
    identity: dict[str, Cell] = {"FirstName": first_name, "LastName": last_name, "Name": name, "Title": member["title"]}

    def salesforce_columns(record: dict[str, Any]) -> dict[str, Cell]:
        return identity | {
            "Email": record.get("email", email),
            "LastModifiedDate": record.get("changed") or moment_before(FIRST_DAY, rng),
            "LastModifiedById": rng.choice(USERS if "changed" in record else [*USERS, OWN_USER_ID]),
        }

    contact_id = None
    for record in member.get("contacts", []):
        row = salesforce_columns(record) | {
            STATUS_FIELD[SObject.CONTACT]: record["status"],
            "RecordTypeId": RECORD_TYPE_ID,
            "HasActiveSubscription": record.get("subscription", False),
        }
        contact_id = systems.add_contact(row, organization)
    for record in member.get("leads", []):
        is_converted = record.get("converted", False)
        row = salesforce_columns(record) | {
            STATUS_FIELD[SObject.LEAD]: record["status"],
            "Company": organization,
            "IsConverted": is_converted,
            "ConvertedContactId": contact_id if is_converted else None,
        }
        systems.add_lead(row)
    if "orders" in member:
        subsnum = systems.add_subscriber({"email": email, "name": name, "organization": organization})
        for kind in member["orders"]:
            systems.add_order({"subsnum": subsnum, **order_row(kind, FIRST_DAY, rng)})
    for record in member.get("cupola", []):
        systems.add_cupola_person(
            {
                "email": email,
                "name": name,
                "organization": record.get("organization", organization),
                "title": member["title"],
                "is_active": record["active"],
                "updated_at": moment_before(FIRST_DAY, rng),
            }
        )


def _senders(raw: bytes, titles: list[str]) -> Iterator[Person]:
    """Yield the sender of a message of the corpus, at an organisation that is called like its domain."""
    for address in _addresses(raw, "From"):
        email = address.addr_spec.lower()
        name = re.sub(r"\s*\([^)]*\)", "", address.display_name) or address.username
        last_name, comma, first_name = name.partition(", ")
        if not comma:
            first_name, _, last_name = name.rpartition(" ")
        organization = Organization(
            name=" ".join(word.capitalize() for word in re.split(r"[.-]", domain_of(email).rpartition(".")[0])),
            domain=domain_of(email),
            language="en",
            role_mailbox="",
            utc_offset=timedelta(0),
            pattern="",
        )
        yield Person(first_name, last_name, email, Random(email).choice(titles), organization)


# -- the README ------------------------------------------------------------------------------------------------------


def _readme(told: list[StoryMessage], corpus_size: int) -> str:
    days = sorted({message.received_at.date() for message in told})
    sections = []
    for day in days:
        rows = [
            f"| {message.received_at:%H:%M} | [{message.file}]({MAILBOX_FOLDER}/{message.file}) | {message.shows} |"
            for message in told
            if message.received_at.date() == day
        ]
        header = ["| UTC | message | what it shows |", "|---|---|---|"]
        sections.append("\n".join([f"### {day:%A} {day}", "", *header, *rows]))
    return Template(load_text("sample_readme.md")).substitute(
        corpus_size=corpus_size,
        story_size=len(told),
        size=corpus_size + len(told),
        first_day=days[0],
        last_day=days[-1],
        days="\n\n".join(sections),
    )


if __name__ == "__main__":
    typer.run(build_sample)
