"""What the mock systems know of a person.

Belongs here: the records of people, told or drawn. Does not belong here: the form of the fixture files (``systems``).
How often a system knows a person is data: ``templates/records.yaml``.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from autoresponder_dagster.clients.salesforce.mock import OWN_USER_ID
from autoresponder_dagster.sampledata.chance import Weighted
from autoresponder_dagster.sampledata.people import Person
from autoresponder_dagster.sampledata.systems import RECORD_TYPE_PREFIX, USER_PREFIX, Cell, Systems, salesforce_id
from autoresponder_dagster.sampledata.templates import load_yaml
from autoresponder_dagster.schemas.enums import STATUS_FIELD, SObject

RECORD_TYPE_ID = salesforce_id(RECORD_TYPE_PREFIX, 5_001)
USERS = [salesforce_id(USER_PREFIX, number) for number in (1_001, 1_014, 1_027)]
"""Users of the mock org who change records by hand."""

CONVERTED_STATUS = "Closed - Converted"

_CONTACTS_AND_LEADS = {
    "contact": (1, 0),
    "lead": (0, 1),
    "contact_and_lead": (1, 1),
    "two_contacts": (2, 0),
    "six_contacts": (6, 0),
    "nothing": (0, 0),
}
_SUBSCRIBERS = {"subscriber": 1, "two_subscribers": 2, "nothing": 0}
_TITLE_IS_KNOWN = 0.85
_SUBSCRIPTION_IS_FLAGGED = 0.5
_MOST_ORDERS = 3
_YEAR = timedelta(days=365)


class Recorder:
    """Enters people into the mock systems.

    Args:
        systems: where the rows go.
        before: the first day of the world. Records were last changed before it, unless said otherwise, and orders are
            active or expired as seen from it.
    """

    def __init__(self, systems: Systems, before: date) -> None:
        self._systems = systems
        self._before = before
        draws = load_yaml("records")
        self._salesforce: Weighted[str] = Weighted(draws["salesforce"])
        self._contact_status: Weighted[str | None] = Weighted(draws["contact_status"])
        self._lead_status: Weighted[str | None] = Weighted(draws["lead_status"])
        self._multipub: Weighted[str] = Weighted(draws["multipub"])
        self._orders: Weighted[str] = Weighted(draws["orders"])
        self._cupola: Weighted[str] = Weighted(draws["cupola"])

    def enter(self, person: Person, rng: Random, changed_at: datetime | None = None) -> None:
        """Add what the systems know of a person, drawn by the weights of ``records.yaml``.

        Args:
            person: whom.
            rng: decides what.
            changed_at: when a user last changed the Salesforce records.
        """
        subscribers = _SUBSCRIBERS[self._multipub.draw(rng)]
        for _ in range(subscribers):
            self.add_subscriber(person, (self._orders.draw(rng) for _ in range(rng.randint(1, _MOST_ORDERS))), rng)
        contacts, leads = _CONTACTS_AND_LEADS[self._salesforce.draw(rng)]
        known = person if rng.random() < _TITLE_IS_KNOWN else replace(person, title="")
        contact_id = None
        for _ in range(contacts):
            contact_id = self.add_contact(
                known,
                rng,
                status=self._contact_status.draw(rng),
                has_subscription=subscribers > 0 and rng.random() < _SUBSCRIPTION_IS_FLAGGED,
                changed_at=changed_at,
            )
        for _ in range(leads):
            self.add_lead(known, rng, status=self._lead_status.draw(rng), contact_id=contact_id, changed_at=changed_at)
        self._enter_cupola(person, rng)

    def add_contact(
        self,
        person: Person,
        rng: Random,
        *,
        status: str | None,
        has_subscription: bool = False,
        changed_at: datetime | None = None,
    ) -> str:
        """Add a Contact; return its id."""
        row: dict[str, Cell] = {
            **self._salesforce_columns(person, rng, changed_at),
            STATUS_FIELD[SObject.CONTACT]: status,
            "RecordTypeId": RECORD_TYPE_ID,
            "HasActiveSubscription": has_subscription,
        }
        return self._systems.add_contact(row, person.organization)

    def add_lead(
        self,
        person: Person,
        rng: Random,
        *,
        status: str | None,
        contact_id: str | None = None,
        changed_at: datetime | None = None,
    ) -> None:
        """Add a Lead; one of the status Closed - Converted became the Contact."""
        is_converted = status == CONVERTED_STATUS
        row: dict[str, Cell] = {
            **self._salesforce_columns(person, rng, changed_at),
            "Company": person.organization,
            STATUS_FIELD[SObject.LEAD]: status,
            "IsConverted": is_converted,
            "ConvertedContactId": contact_id if is_converted else None,
        }
        self._systems.add_lead(row)

    def add_subscriber(self, person: Person, orders: Iterable[str], rng: Random) -> None:
        """Add a Multipub subscriber with orders of the kinds of ``records.yaml``."""
        subsnum = self._systems.add_subscriber(
            {"email": person.email, "name": person.name, "organization": person.organization}
        )
        for kind in orders:
            self._systems.add_order({"subsnum": subsnum, **order_row(kind, self._before, rng)})

    def add_cupola_row(self, person: Person, rng: Random, *, is_active: bool) -> None:
        """Add a CUPOLA row."""
        self._systems.add_cupola_person(
            {
                "email": person.email,
                "name": person.name,
                "organization": person.organization,
                "title": person.title,
                "is_active": is_active,
                "updated_at": _moment_before(self._before, rng),
            }
        )

    def _salesforce_columns(self, person: Person, rng: Random, changed_at: datetime | None) -> dict[str, Cell]:
        users = [*USERS, OWN_USER_ID] if changed_at is None else USERS
        return {
            "Email": person.email,
            "FirstName": person.first_name,
            "LastName": person.last_name,
            "Name": person.name,
            "Title": person.title,
            "LastModifiedDate": changed_at or _moment_before(self._before, rng),
            "LastModifiedById": rng.choice(users),
        }

    def _enter_cupola(self, person: Person, rng: Random) -> None:
        match self._cupola.draw(rng):
            case "active":
                self.add_cupola_row(person, rng, is_active=True)
            case "inactive":
                self.add_cupola_row(person, rng, is_active=False)
            case "active_and_inactive":
                self.add_cupola_row(person, rng, is_active=False)
                self.add_cupola_row(person, rng, is_active=True)
            case "two_organizations":
                self.add_cupola_row(person, rng, is_active=True)
                elsewhere = replace(person, organization=f"{person.organization} Foundation")
                self.add_cupola_row(elsewhere, rng, is_active=True)


def order_row(kind: str, before: date, rng: Random) -> dict[str, Cell]:
    """Return the columns of one kind of order, as seen from a day (rules.md §9, Orders).

    Raises:
        ValueError: there is no such kind.
    """
    product = f"{rng.choice(['ROSTER', 'LEDGER', 'ATLAS', 'BRIEF'])}-{rng.randrange(10, 100)}"
    purchased = before - timedelta(days=rng.randrange(20, 330))
    match kind:
        case "active":
            status, start = "active", purchased
        case "cancelled":
            status, start = "cancelled", purchased
        case "expired_recently":
            status, start = "expired", before - timedelta(days=rng.randrange(10, 300)) - _YEAR
        case "expired_long_ago":
            status, start = "expired", before - timedelta(days=rng.randrange(450, 1500)) - _YEAR
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
        "expire_date": start + _YEAR,
        "is_single_issue": False,
        "purchase_date": start,
    }


def _moment_before(day: date, rng: Random) -> datetime:
    """Return a moment within the three years before a day."""
    return datetime.combine(day, time(), UTC) - timedelta(minutes=rng.randrange(1, 3 * 365 * 24 * 60))
