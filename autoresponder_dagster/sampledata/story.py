"""The story of the sample: ``templates/story.yaml`` as messages and records.

Belongs here: what the words of the story mean. Does not belong here: the story itself, or the corpus (``corpus``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from autoresponder_dagster.addresses import domain_of
from autoresponder_dagster.sampledata.chance import seeded
from autoresponder_dagster.sampledata.mail import DeliveryReport, Letter, load_mail_systems, render
from autoresponder_dagster.sampledata.people import Person
from autoresponder_dagster.sampledata.publication import load_publication
from autoresponder_dagster.sampledata.records import Recorder
from autoresponder_dagster.sampledata.templates import load_yaml

DEFAULT_FORM = "exchange_online"
_QUOTED_ITEMS = 3


@dataclass(frozen=True)
class StoryMessage:
    """One message of the story.

    Attributes:
        file: path below the mailbox.
        received_at: UTC.
        raw: the message.
        shows: what it is there for, in a sentence.
        determination: what it says by itself; null for a copy.
        reviews: the reasons for Human Review that it raises.
    """

    file: str
    received_at: datetime
    raw: bytes
    shows: str
    determination: str | None
    reviews: frozenset[str]


def load_story() -> Mapping[str, Any]:
    """Return the content of ``story.yaml``."""
    story: Mapping[str, Any] = load_yaml("story")
    return story


def tell(story: Mapping[str, Any]) -> Iterator[StoryMessage]:
    """Yield the messages of the story, in its order."""
    writer = _Writer(story["cast"])
    entries = {entry["file"]: entry for entry in story["messages"]}
    for entry in story["messages"]:
        original = entries[entry.get("redelivery_of", entry["file"])]
        expected = entry.get("expect", {})
        yield StoryMessage(
            file=entry["file"],
            received_at=entry["received"],
            raw=writer.write(original, entry["received"]),
            shows=entry["shows"],
            determination=expected.get("determination"),
            reviews=frozenset(expected.get("reviews", ())),
        )


def enter_cast(story: Mapping[str, Any], recorder: Recorder) -> None:
    """Enter the cast into the mock systems, each with the records that the story gives."""
    for email, member in story["cast"].items():
        rng = seeded(email)
        person = _person(email, member)
        contact_id = None
        for record in member.get("contacts", ()):
            contact_id = recorder.add_contact(
                replace(person, email=record.get("email", email)),
                rng,
                status=record["status"],
                has_subscription=record.get("subscription", False),
                changed_at=record.get("changed"),
            )
        for record in member.get("leads", ()):
            recorder.add_lead(person, rng, status=record["status"], contact_id=contact_id)
        if "orders" in member:
            recorder.add_subscriber(person, member["orders"], rng)
        for record in member.get("cupola", ()):
            employed = replace(person, organization=record.get("organization", person.organization))
            recorder.add_cupola_row(employed, rng, is_active=record["active"])


def _person(email: str, member: Mapping[str, Any]) -> Person:
    first_name, _, last_name = member["name"].rpartition(" ")
    return Person(first_name, last_name, email, member["title"], member["organization"])


class _Writer:
    """Gives the messages of the story their bytes."""

    def __init__(self, cast: Mapping[str, Any]) -> None:
        self._cast = cast
        self._forms = load_mail_systems()
        self._publication = load_publication()
        self._mailings = {mailing.inbox: mailing for mailing in self._publication.mailings}

    def write(self, entry: Mapping[str, Any], received_at: datetime) -> bytes:
        """Return the bytes of a message; delivered again later, only its ``Received`` differs."""
        if "raw" in entry:
            text: str = entry["raw"]
            return text.replace("\n", "\r\n").encode("utf-8")
        form = self._forms[entry.get("form", DEFAULT_FORM)]
        # Seeded by its name, so that a message's bytes do not depend on the others.
        return render(self._letter(entry, received_at), form, seeded(entry["file"]))

    def _letter(self, entry: Mapping[str, Any], received_at: datetime) -> Letter:
        mailing = self._mailings[entry["file"].partition("/")[0]]
        sent_at: datetime = entry["received"]
        name, email, organization = self._sender(entry["from"])
        quoted = self._publication.issue(self._publication.items[:_QUOTED_ITEMS]) if entry.get("quotes") else ""
        return Letter(
            sender_name=name,
            sender_email=email,
            organization=organization,
            recipient_name=mailing.name,
            recipient_email=self._publication.address_of(mailing),
            subject=entry["subject"],
            text=entry["text"].rstrip("\n"),
            sent_at=sent_at,
            received_at=received_at,
            original=self._publication.original(mailing, sent_at, f"{sent_at:%H%M%S}", quoted),
            report=DeliveryReport(**entry["report"]) if "report" in entry else None,
        )

    def _sender(self, written: str) -> tuple[str, str, str]:
        """Return name, address and organisation: of the cast by address alone, of others as ``Name <address>``."""
        if written in self._cast:
            member = self._cast[written]
            return member["name"], written, member["organization"]
        name, _, address = written.rpartition(" ")
        email = address.strip("<>")
        return name, email, domain_of(email)
