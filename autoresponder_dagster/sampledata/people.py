"""Invented people and organisations, and what the mock systems know of them.

Belongs here: names, addresses, the spread of records over people. Does not belong here: the form of the fixture files
(``systems``), or what people write (``world``). Names and weights are data: ``templates/names.yaml``,
``templates/records.yaml``.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from string import Template
from typing import Any, Generic, TypeVar

from autoresponder_dagster.clients.salesforce.mock import OWN_USER_ID
from autoresponder_dagster.sampledata.systems import (
    RECORD_TYPE_PREFIX,
    USER_PREFIX,
    Cell,
    Systems,
    salesforce_id,
)
from autoresponder_dagster.sampledata.templates import load_yaml
from autoresponder_dagster.schemas.enums import STATUS_FIELD, SObject

RECORD_TYPE_ID = salesforce_id(RECORD_TYPE_PREFIX, 5_001)
USERS = [salesforce_id(USER_PREFIX, number) for number in (1_001, 1_014, 1_027)]
"""Users of the mock org who change records by hand."""

RESERVED_SUFFIXES = [".example", ".example", ".test", ".example.org", ".example.net", ".invalid"]
"""Ends of domain names that nobody can own (RFC 2606, RFC 6761); the first is drawn twice as often."""

MAILBOX_PATTERNS = ["{first}.{last}", "{initial}{last}", "{initial}.{last}", "{last}.{first}"]

_PEOPLE_PER_ORGANIZATION = 7
_RECORDS = {
    "contact": (1, 0),
    "lead": (0, 1),
    "contact_and_lead": (1, 1),
    "two_contacts": (2, 0),
    "six_contacts": (6, 0),
    "nothing": (0, 0),
}
"""Numbers of Contacts and Leads by the words of ``records.yaml``."""
_ASCII = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "ä": "ae", "ö": "oe", "ü": "ue", "å": "a", "æ": "ae"})
_ASCII |= {ord(chr(code).upper()): text for code, text in _ASCII.items() if text != "ss"}

T = TypeVar("T")


class Weighted(Generic[T]):
    """A choice with fixed weights."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self._values = list(weights)
        self._cumulated = list(accumulate(weights.values()))

    def draw(self, rng: Random) -> T:
        """Return one value."""
        return rng.choices(self._values, cum_weights=self._cumulated)[0]


@dataclass(frozen=True)
class Organization:
    """An employer; ``pattern`` is how it makes mailbox names of people's names."""

    name: str
    domain: str
    language: str
    role_mailbox: str
    utc_offset: timedelta
    pattern: str


@dataclass(frozen=True)
class Person:
    """Somebody with a mailbox at an organisation."""

    first_name: str
    last_name: str
    email: str
    title: str
    organization: Organization

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.first_name} {self.last_name}".strip()


def slug(text: str, separator: str = "-") -> str:
    """Return text as the ASCII words of a mailbox or domain name."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII)).encode("ascii", "ignore").decode().lower()
    return separator.join(re.findall(r"[a-z0-9]+", plain))


class Population:
    """Invents people who share organisations; no address is given out twice."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._names: dict[str, Any] = load_yaml("names")
        self._organizations: dict[str, list[Organization]] = {language: [] for language in self._names}
        self._domains: set[str] = set()
        self._addresses: set[str] = set()

    def person(self, language: str) -> Person:
        """Invent a person at an organisation of this language."""
        return self.colleague(self._organization(language))

    def colleague(self, organization: Organization) -> Person:
        """Invent a person at an organisation."""
        names = self._names[organization.language]
        first, last = self._rng.choice(names["given"]), self._rng.choice(names["family"])
        return Person(
            first_name=first,
            last_name=last,
            email=self.address(first, last, organization.pattern, organization.domain),
            title=self._rng.choice(names["title"]),
            organization=organization,
        )

    def address(self, first: str, last: str, pattern: str, domain: str) -> str:
        """Return an address that is still free, for a person at a domain."""
        local = pattern.format(first=slug(first, "."), last=slug(last, "."), initial=slug(first)[:1])
        return self._unused(self._addresses, local, f"@{domain}", first_number=2)

    def domain(self, name: str) -> str:
        """Return a new reserved domain that sounds like a name."""
        return self._unused(self._domains, slug(name), self._rng.choice(RESERVED_SUFFIXES), first_number=2)

    def another_title(self, person: Person) -> str:
        """Return a title that is not the person's."""
        titles = self._names[person.organization.language]["title"]
        return self._rng.choice([title for title in titles if title != person.title])

    def new_name(self, organization: Organization) -> str:
        """Return what an organisation might be called after a merger."""
        return Template(self._names[organization.language]["renamed"]).substitute(place=self._place(organization.language))

    def another_family_name(self, person: Person) -> str:
        """Return a family name that is not the person's."""
        families = self._names[person.organization.language]["family"]
        return self._rng.choice([family for family in families if family != person.last_name])

    def _organization(self, language: str) -> Organization:
        known = self._organizations[language]
        if known and self._rng.random() > 1 / _PEOPLE_PER_ORGANIZATION:
            return self._rng.choice(known)
        names = self._names[language]
        name = Template(self._rng.choice(names["organization"])).substitute(place=self._place(language))
        domain = self.domain(name)
        organization = Organization(
            name=name,
            domain=domain,
            language=language,
            role_mailbox=f"{self._rng.choice(names['role'])}@{domain}",
            utc_offset=timedelta(hours=self._rng.choice(names["utc_offset_hours"])),
            pattern=self._rng.choice(MAILBOX_PATTERNS),
        )
        known.append(organization)
        return organization

    def _place(self, language: str) -> str:
        start, end = self._names[language]["place"]
        return self._rng.choice(start) + self._rng.choice(end)

    @staticmethod
    def _unused(used: set[str], stem: str, suffix: str, first_number: int) -> str:
        candidate, number = f"{stem}{suffix}", first_number
        while candidate in used:
            candidate, number = f"{stem}{number}{suffix}", number + 1
        used.add(candidate)
        return candidate


class Recorder:
    """Enters people into the mock systems, each in some of them and in the proportions of ``records.yaml``.

    Args:
        systems: where the rows go.
        before: the first day of the world; records were last changed before it, orders were placed around it.
    """

    def __init__(self, systems: Systems, before: date) -> None:
        self._systems = systems
        self._before = before
        self._draws: dict[str, Weighted[str | None]] = {
            name: Weighted(weights) for name, weights in load_yaml("records").items()
        }

    def enter(self, person: Person, rng: Random, changed_at: datetime | None = None) -> None:
        """Add what the systems know of a person.

        Args:
            person: whom.
            rng: decides what.
            changed_at: when a user last changed the Salesforce records; by default at some time before the world.
        """
        is_subscriber = self._enter_multipub(person, rng)
        self._enter_salesforce(person, is_subscriber, changed_at, rng)
        self._enter_cupola(person, rng)

    def enter_cupola_row(self, person: Person, rng: Random, *, is_active: bool = True, organization: str = "") -> None:
        """Add one CUPOLA row of a person, of their own organisation or of another."""
        self._systems.add_cupola_person(
            {
                "email": person.email,
                "name": person.name,
                "organization": organization or person.organization.name,
                "title": person.title,
                "is_active": is_active,
                "updated_at": moment_before(self._before, rng),
            }
        )

    def _enter_salesforce(
        self, person: Person, is_subscriber: bool, changed_at: datetime | None, rng: Random
    ) -> None:
        contacts, leads = _RECORDS[self._draws["salesforce"].draw(rng)]
        contact_id = None
        for _ in range(contacts):
            contact_id = self._add_contact(person, is_subscriber, changed_at, rng)
        for _ in range(leads):
            self._add_lead(person, contact_id, changed_at, rng)

    def _add_contact(self, person: Person, is_subscriber: bool, changed_at: datetime | None, rng: Random) -> str:
        row: dict[str, Cell] = {
            **self._salesforce_columns(person, changed_at, rng),
            STATUS_FIELD[SObject.CONTACT]: self._draws["contact_status"].draw(rng),
            "RecordTypeId": RECORD_TYPE_ID,
            "HasActiveSubscription": is_subscriber and rng.random() < 0.5,
        }
        return self._systems.add_contact(row, person.organization.name)

    def _add_lead(
        self, person: Person, contact_id: str | None, changed_at: datetime | None, rng: Random
    ) -> None:
        status = self._draws["lead_status"].draw(rng)
        is_converted = status == "Closed - Converted" and contact_id is not None
        row: dict[str, Cell] = {
            **self._salesforce_columns(person, changed_at, rng),
            "Company": person.organization.name,
            STATUS_FIELD[SObject.LEAD]: status,
            "IsConverted": is_converted,
            "ConvertedContactId": contact_id if is_converted else None,
        }
        self._systems.add_lead(row)

    def _salesforce_columns(
        self, person: Person, changed_at: datetime | None, rng: Random
    ) -> dict[str, Cell]:
        return {
            "Email": person.email,
            "FirstName": person.first_name,
            "LastName": person.last_name,
            "Name": person.name,
            "Title": person.title if rng.random() < 0.85 else None,
            "LastModifiedDate": changed_at or moment_before(self._before, rng),
            "LastModifiedById": rng.choice(USERS if changed_at else [*USERS, OWN_USER_ID]),
        }

    def _enter_multipub(self, person: Person, rng: Random) -> bool:
        """Add the person's subscribers with their orders; tell whether there is one."""
        kind = self._draws["multipub"].draw(rng)
        for _ in range({"subscriber": 1, "two_subscribers": 2}.get(str(kind), 0)):
            subsnum = self._systems.add_subscriber(
                {"email": person.email, "name": person.name, "organization": person.organization.name}
            )
            for _ in range(rng.randrange(1, 4)):
                order = order_row(str(self._draws["orders"].draw(rng)), self._before, rng)
                self._systems.add_order({"subsnum": subsnum, **order})
        return kind != "nothing"

    def _enter_cupola(self, person: Person, rng: Random) -> None:
        match self._draws["cupola"].draw(rng):
            case "active":
                self.enter_cupola_row(person, rng)
            case "inactive":
                self.enter_cupola_row(person, rng, is_active=False)
            case "active_and_inactive":
                self.enter_cupola_row(person, rng, is_active=False)
                self.enter_cupola_row(person, rng)
            case "two_organizations":
                self.enter_cupola_row(person, rng)
                self.enter_cupola_row(person, rng, organization=f"{person.organization.name} Foundation")


def moment_before(day: date, rng: Random) -> datetime:
    """Return a moment within the three years before a day."""
    return datetime.combine(day, time(), UTC) - timedelta(minutes=rng.randrange(1, 3 * 365 * 24 * 60))


def order_row(kind: str, before: date, rng: Random) -> dict[str, Cell]:
    """Return the order columns of one kind of order, as seen on a day (rules.md §9, Orders).

    Raises:
        ValueError: there is no such kind.
    """
    product = f"{rng.choice(['ROSTER', 'LEDGER', 'ATLAS', 'BRIEF'])}-{rng.randrange(10, 100)}"
    purchased = before - timedelta(days=rng.randrange(20, 330))
    one_year = timedelta(days=365)
    match kind:
        case "active":
            status, start, expire = "active", purchased, purchased + one_year
        case "expired_recently":
            expire = before - timedelta(days=rng.randrange(10, 300))
            status, start = "expired", expire - one_year
        case "expired_long_ago":
            expire = before - timedelta(days=rng.randrange(450, 1500))
            status, start = "expired", expire - one_year
        case "cancelled":
            status, start, expire = "cancelled", purchased, purchased + one_year
        case "single_issue":
            return {
                "product_code": product,
                "order_type": "single_issue",
                "status": "completed",
                "is_single_issue": True,
                "purchase_date": purchased,
            }
        case _:
            raise ValueError(f"There is no kind of order called {kind!r}; see templates/records.yaml.")
    return {
        "product_code": product,
        "order_type": "subscription",
        "status": status,
        "start_date": start,
        "expire_date": expire,
        "is_single_issue": False,
        "purchase_date": start,
    }
