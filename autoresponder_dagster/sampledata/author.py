"""Writes the answers of a generated world: draws who answers, what, in which words, and what is true about it.

Belongs here: how one answer comes about. Does not belong here: which answers a world has (``world``), the words
themselves (``templates/``), the form of a message (``mail``).
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from string import Template
from typing import Any

from autoresponder_dagster.sampledata.chance import Weighted
from autoresponder_dagster.sampledata.mail import (
    DeliveryReport,
    Letter,
    MailSystem,
    Original,
    load_mail_systems,
)
from autoresponder_dagster.sampledata.people import MAILBOX_PATTERNS, Organization, Person, Population
from autoresponder_dagster.sampledata.publication import Mailing, load_publication
from autoresponder_dagster.sampledata.records import Recorder
from autoresponder_dagster.sampledata.systems import Systems
from autoresponder_dagster.sampledata.templates import load_texts, load_yaml

NEAR = timedelta(days=60)
"""Within this distance people leave the year out of a date."""

_QUOTES_ORIGINAL = 0.6
_HAS_SIGNATURE = 0.75
_HAS_FOOTER = 0.45
_ITEMS_PER_ISSUE = (4, 8)

_CHANGED_SINCE = 0.01
"""Share of senders whose records somebody changes after they have written."""
_SUCCESSOR_IS_KNOWN = 0.4
_ONLOOKER = 0.15
"""People per answer whom the systems know, but who never write."""
_SAME_DOMAIN, _KNOWN_DOMAIN = 0.6, 0.9
"""Of the new addresses: at the old domain, and at that or at a domain of the organisation's other people."""

_LATEST_SECOND = 24 * 60 * 60 - 600
"""Second of the day after which nothing new arrives, so that a second delivery falls on the same day."""

_MAILER_DAEMON = ("Mail Delivery System", "mailer-daemon")
_SERVICE_DESK = ("IT Service Desk", "servicedesk")
_REPORT_FORM = "relay"
_FACTS = {
    "new_email": "new_email",
    "new_title": "new_title",
    "new_org": "new_org",
    "successor_name": "replacement_name",
    "successor_email": "replacement_email",
    "return_date": "return_date",
    "effective_date": "effective_date",
    "departure_date": "effective_date",
}
"""Columns of ``labels.csv`` by the placeholders that state them."""


@dataclass(frozen=True)
class Label:
    """The right answer for one message; the columns of ``labels.csv``, dates in ISO 8601.

    ``accept`` lists further determinations that a careful reader would accept, joined by ``|``; ``hard`` is 1 where
    other people's news is quoted below the answer; ``note`` is the kind of message.
    """

    file: str
    determination: str
    accept: str = ""
    hard: int = 0
    language: str = "en"
    new_email: str = ""
    new_title: str = ""
    new_org: str = ""
    replacement_name: str = ""
    replacement_email: str = ""
    return_date: str = ""
    effective_date: str = ""
    note: str = ""


@dataclass(frozen=True)
class Answer:
    """A message before it has bytes; ``number`` identifies it within its world."""

    number: int
    inbox: str
    letter: Letter
    system: MailSystem
    label: Label


@dataclass(frozen=True)
class _Kind:
    """One entry of ``kinds.yaml``."""

    determination: str
    weight: float
    accept: str = ""
    days: tuple[int, int] | None = None
    sender: str = "person"
    form: str | None = None


class _Text:
    """A subject and a body, with the names of their placeholders."""

    def __init__(self, text: dict[str, str]) -> None:
        self.subject = Template(text["subject"])
        self.body = Template(text["text"].rstrip("\n"))
        self.placeholders = {*self.subject.get_identifiers(), *self.body.get_identifiers()}


class _Language:
    """The content of one file of ``texts/``."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.weight: float = content["weight"]
        self.texts = {kind: [_Text(text) for text in texts] for kind, texts in content["texts"].items()}
        self.signatures = [Template(text) for text in content["signatures"]]
        self.footers = [Template(text) for text in content["footers"]]
        self.attribution: str = content["quote"]["attribution"]
        self.header_names = tuple(content["quote"]["header"])
        self._months: list[str] = content["dates"]["months"]
        self._weekdays: list[str] = content["dates"]["weekdays"]
        self._near = [Template(form) for form in content["dates"]["near"]]
        self._far = [Template(form) for form in content["dates"]["far"]]

    def written(self, day: date, seen_from: date, rng: Random) -> str:
        """Return a day as people write it; a near one may lack the year."""
        form = rng.choice(self._near if abs(day - seen_from) <= NEAR else self._far)
        return form.substitute(
            day=day.day,
            month=self._months[day.month - 1],
            month_number=f"{day.month:02}",
            year=day.year,
            weekday=self._weekdays[day.weekday()],
        )


class Author:
    """Writes answers, each with its sender's records in the mock systems.

    Args:
        rng: decides everything.
        first_day: the first day of the world.
        systems: where the records of senders, successors and onlookers go.
    """

    def __init__(self, rng: Random, first_day: date, systems: Systems) -> None:
        self._rng = rng
        self._population = Population(rng)
        self._recorder = Recorder(systems, first_day)
        self._answers = 0
        self._kinds = {name: _Kind(**kind) for name, kind in load_yaml("kinds").items()}
        self._kind = Weighted({name: kind.weight for name, kind in self._kinds.items()})
        self._languages = {name: _Language(content) for name, content in load_texts().items()}
        self._reports: dict[str, Any] = load_yaml("delivery_reports")
        self._language_of = {kind: self._languages_with(kind) for kind in self._kinds}
        self._mail_systems = load_mail_systems()
        self._mail_system = Weighted({name: system.weight for name, system in self._mail_systems.items()})
        self._publication = load_publication()
        self._mailing = Weighted({mailing: mailing.weight for mailing in self._publication.mailings})

    def answer(self, day: date) -> Answer:
        """Write the answer of somebody who has not written before, received on a day."""
        kind = self._kind.draw(self._rng)
        language = self._language_of[kind].draw(self._rng)
        organization = self._population.organization(language)
        person = self._population.person(organization)
        received_at = self._moment(day)
        if self._kinds[kind].sender != "stranger":
            changed_at = received_at + timedelta(hours=3) if self._rng.random() < _CHANGED_SINCE else None
            self._recorder.enter(person, self._rng, changed_at)
        if self._rng.random() < _ONLOOKER:
            self._recorder.enter(self._population.person(organization), self._rng)
        draft = self._delivery_report if kind in self._reports else self._reply
        return draft(kind, person, organization, received_at)

    def again(self, answer: Answer, day: date) -> Answer:
        """Repeat an earlier answer on another mailing."""
        mailing = self._mailing.draw(self._rng)
        received_at = self._moment(day)
        letter = replace(
            answer.letter,
            **self._addressed(mailing, received_at),
            original=self._original(mailing, received_at, answer.label.language, quotes=bool(answer.label.hard)),
        )
        return replace(answer, number=self._next_number(), inbox=mailing.inbox, letter=letter)

    def redelivered(self, answer: Answer) -> Answer:
        """Deliver an answer a second time, moments later: the same message, received twice."""
        later = answer.letter.received_at + timedelta(seconds=self._rng.randrange(1, 300))
        return replace(answer, letter=replace(answer.letter, received_at=later))

    def _reply(self, kind: str, person: Person, organization: Organization, received_at: datetime) -> Answer:
        words, about = self._languages[organization.language], self._kinds[kind]
        text = self._rng.choice(words.texts[kind])
        mailing = self._mailing.draw(self._rng)
        stated, facts = self._statements(kind, person, organization, text.placeholders, received_at.date())
        stated |= {"mailing": mailing.name}
        body = [text.body.substitute(stated)]
        name, mailbox = _SERVICE_DESK if about.sender == "service_desk" else (person.name, "")
        if not mailbox and self._rng.random() < _HAS_SIGNATURE:
            body.append(self._rng.choice(words.signatures).substitute(stated))
        if self._rng.random() < _HAS_FOOTER:
            body.append(self._rng.choice(words.footers).substitute(stated))
        # A stranger answers no mailing.
        is_answer = about.sender != "stranger"
        quotes = is_answer and self._rng.random() < _QUOTES_ORIGINAL
        letter = Letter(
            sender_name=name,
            sender_email=f"{mailbox}@{organization.domain}" if mailbox else person.email,
            organization=organization.name,
            subject=text.subject.substitute(stated),
            text="\n\n".join(body),
            utc_offset=organization.utc_offset,
            original=self._original(mailing, received_at, organization.language, quotes=quotes) if is_answer else None,
            **self._addressed(mailing, received_at),
        )
        label = Label(
            file="",
            determination=about.determination,
            accept=about.accept,
            hard=int(quotes),
            language=organization.language,
            note=kind,
            **facts,
        )
        form = about.form or self._mail_system.draw(self._rng)
        return Answer(self._next_number(), mailing.inbox, letter, self._mail_systems[form], label)

    def _delivery_report(self, kind: str, person: Person, organization: Organization, received_at: datetime) -> Answer:
        report = self._rng.choice(self._reports[kind])
        text = _Text(report)
        mailing = self._mailing.draw(self._rng)
        stated = {"email": person.email, "domain": organization.domain, "mailing": mailing.name}
        name, mailbox = _MAILER_DAEMON
        letter = Letter(
            sender_name=name,
            sender_email=f"{mailbox}@{organization.domain}",
            organization=organization.name,
            subject=text.subject.substitute(stated),
            text=text.body.substitute(stated),
            utc_offset=organization.utc_offset,
            original=self._original(mailing, received_at, organization.language, quotes=False),
            report=DeliveryReport(
                recipient=person.email,
                action="delayed" if kind == "delayed" else "failed",
                status=report["status"],
                diagnostic=Template(report["diagnostic"]).substitute(stated),
            ),
            **self._addressed(mailing, received_at),
        )
        label = Label(file="", determination=self._kinds[kind].determination, note=kind)
        system = self._mail_systems[_REPORT_FORM]
        return Answer(self._next_number(), mailing.inbox, letter, system, label)

    def _statements(
        self, kind: str, person: Person, organization: Organization, placeholders: set[str], day: date
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return what a text's placeholders stand for, and the facts that it thereby states (columns of ``Label``)."""
        stated = {
            "first": person.first_name,
            "last": person.last_name,
            "name": person.name,
            "title": person.title,
            "org": organization.name,
            "email": person.email,
            "domain": organization.domain,
            "role_email": organization.role_mailbox,
            "phone": f"555-01{self._rng.randrange(100):02}",
            "number": str(self._rng.randrange(10_000, 1_000_000)),
        }
        if "cover_name" in placeholders or "cover_email" in placeholders:
            cover = self._population.person(organization)
            stated |= {"cover_name": cover.name, "cover_email": cover.email}
        if "successor_name" in placeholders:
            successor = self._population.person(organization)
            if self._rng.random() < _SUCCESSOR_IS_KNOWN:
                self._recorder.enter(successor, self._rng)
            stated |= {"successor_name": successor.name, "successor_email": successor.email}
        if "new_title" in placeholders:
            stated["new_title"] = self._population.another_title(person, organization)
        stated |= self._new_identity(kind, person, organization)
        dates = self._dates(kind, placeholders, day)
        words = self._languages[organization.language]
        facts = {
            column: dates[name].isoformat() if name in dates else stated[name]
            for name, column in _FACTS.items()
            if name in placeholders
        }
        stated |= {name: words.written(value, day, self._rng) for name, value in dates.items()}
        return stated, facts

    def _new_identity(self, kind: str, person: Person, organization: Organization) -> dict[str, str]:
        """Return the new address, and the new organisation where there is one, of the kinds that tell of them."""
        match kind:
            case "new_employer":
                employer = organization
                while employer == organization:
                    employer = self._population.organization(organization.language)
                address = self._population.address(
                    person.first_name, person.last_name, employer.pattern, employer.domain
                )
                return {"new_org": employer.name, "new_email": address}
            case "renamed_organization":
                name = self._population.new_name(organization)
                return {"new_org": name, "new_email": self._moved(person, organization, self._population.domain(name))}
            case "married_name":
                family_name = self._population.another_family_name(person, organization)
                married = replace(person, last_name=family_name)
                return {"new_email": self._moved(married, organization, organization.domain)}
            case "new_address":
                return {"new_email": self._moved(person, organization, self._next_domain(organization))}
            case _:
                return {}

    def _moved(self, person: Person, organization: Organization, domain: str) -> str:
        """Return a new address of a person, in another pattern where the domain stays."""
        pattern = organization.pattern
        if domain == organization.domain:
            pattern = self._rng.choice([other for other in MAILBOX_PATTERNS if other != pattern])
        return self._population.address(person.first_name, person.last_name, pattern, domain)

    def _next_domain(self, organization: Organization) -> str:
        """Return the domain of a new address: the old one, one that colleagues already have, or one never seen."""
        chance = self._rng.random()
        if chance < _SAME_DOMAIN:
            return organization.domain
        domain = self._population.domain(organization.name)
        if chance < _KNOWN_DOMAIN:
            self._recorder.add_cupola_row(self._population.person(organization, domain), self._rng, is_active=True)
        return domain

    def _dates(self, kind: str, placeholders: set[str], day: date) -> dict[str, date]:
        """Return the days that a text of this kind speaks of, as ``kinds.yaml`` says how far they lie."""
        reach = self._kinds[kind].days
        if reach is None:
            return {}
        distance = timedelta(days=self._rng.randint(*reach))
        candidates = {
            "start_date": day - timedelta(days=self._rng.randrange(4)),
            "return_date": day + distance,
            "departure_date": day + distance,
            "effective_date": day - distance,
        }
        return {name: value for name, value in candidates.items() if name in placeholders}

    def _original(self, mailing: Mailing, received_at: datetime, language: str, *, quotes: bool) -> Original:
        """Return the issue that is answered, with the text that is quoted of it."""
        words = self._languages[language]
        count = self._rng.randint(*_ITEMS_PER_ISSUE)
        text = self._publication.issue(self._rng.sample(self._publication.items, count)) if quotes else ""
        number = f"{self._rng.randrange(100_000):05}"
        return replace(
            self._publication.original(mailing, received_at, number, text),
            attribution=words.attribution,
            header_names=words.header_names,
        )

    def _addressed(self, mailing: Mailing, received_at: datetime) -> dict[str, Any]:
        """Return the fields of a letter that depend on the mailing and the moment alone."""
        return {
            "recipient_name": mailing.name,
            "recipient_email": self._publication.address_of(mailing),
            "sent_at": received_at,
            "received_at": received_at,
        }

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, time(), UTC) + timedelta(seconds=self._rng.randrange(_LATEST_SECOND))

    def _languages_with(self, kind: str) -> Weighted[str]:
        """Return the languages that have texts of a kind; delivery reports are English."""
        weights = {name: words.weight for name, words in self._languages.items() if kind in words.texts}
        return Weighted(weights or {"en": 1})

    def _next_number(self) -> int:
        self._answers += 1
        return self._answers
