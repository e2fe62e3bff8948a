"""The mock systems of a world: Salesforce, Multipub and CUPOLA as the CSV files of a fixtures folder.

Belongs here: the columns, ids and rows of these files. Does not belong here: what is known of whom (``records``), or
how the mock clients read the files (``clients/``).
"""

import csv
import io
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from autoresponder_dagster.clients.cupola.mock import PEOPLE_FILE
from autoresponder_dagster.clients.cupola.people import PERSON_LAYOUT
from autoresponder_dagster.clients.multipub.mock import ORDERS_FILE, SUBSCRIBERS_FILE
from autoresponder_dagster.clients.multipub.records import ORDER_LAYOUT, SUBSCRIBER_LAYOUT
from autoresponder_dagster.clients.salesforce.mock import FILE_NAMES, LAYOUTS
from autoresponder_dagster.schemas.enums import SObject

Cell = str | bool | int | date | datetime | None

CONTACT_PREFIX, LEAD_PREFIX, ACCOUNT_PREFIX, RECORD_TYPE_PREFIX, USER_PREFIX = "003", "00Q", "001", "012", "005"
_BASE_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECKSUM = string.ascii_uppercase + "012345"


def salesforce_id(prefix: str, number: int) -> str:
    """Return an 18-character record id: key prefix, running number, and the checksum of the letters' case.

    https://help.salesforce.com/s/articleView?id=000385008
    """
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE_62[digit] + digits
    short = f"{prefix}5e0{digits:0>9}"
    return short + case_checksum(short)


def case_checksum(short_id: str) -> str:
    """Return the three characters that tell ids apart where case is lost.

    Each stands for five characters of the id: its bit n says whether the nth is a capital.
    """
    bits = "".join("1" if character.isupper() else "0" for character in reversed(short_id))
    return "".join(_CHECKSUM[int(bits[start : start + 5], 2)] for start in (10, 5, 0))


@dataclass
class Systems:
    """Rows of the five files, in the order in which they were added."""

    contacts: list[dict[str, Cell]] = field(default_factory=list)
    leads: list[dict[str, Cell]] = field(default_factory=list)
    subscribers: list[dict[str, Cell]] = field(default_factory=list)
    orders: list[dict[str, Cell]] = field(default_factory=list)
    people: list[dict[str, Cell]] = field(default_factory=list)
    _accounts: dict[str, str] = field(default_factory=dict)

    def add_contact(self, row: Mapping[str, Cell], organization: str) -> str:
        """Add a Contact under the Account of an organisation; return its id."""
        record_id = salesforce_id(CONTACT_PREFIX, 210_000 + 7 * len(self.contacts))
        new_account = salesforce_id(ACCOUNT_PREFIX, 34_000 + 3 * len(self._accounts))
        account = self._accounts.setdefault(organization, new_account)
        self.contacts.append({"Id": record_id, "AccountId": account, **row})
        return record_id

    def add_lead(self, row: Mapping[str, Cell]) -> str:
        """Add a Lead; return its id."""
        record_id = salesforce_id(LEAD_PREFIX, 180_000 + 7 * len(self.leads))
        self.leads.append({"Id": record_id, **row})
        return record_id

    def add_subscriber(self, row: Mapping[str, Cell]) -> str:
        """Add a Multipub subscriber; return its subsnum."""
        subsnum = str(4_100_000 + 13 * len(self.subscribers))
        self.subscribers.append({"subsnum": subsnum, **row})
        return subsnum

    def add_order(self, row: Mapping[str, Cell]) -> None:
        """Add an order of a subscriber."""
        self.orders.append({"order_id": f"ORD-{700_001 + len(self.orders)}", **row})

    def add_cupola_person(self, row: Mapping[str, Cell]) -> str:
        """Add a CUPOLA row; return its id."""
        person_id = str(50_001 + len(self.people))
        self.people.append({"cupola_person_id": person_id, **row})
        return person_id

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of each file; an empty cell is null."""
        yield FILE_NAMES[SObject.CONTACT], _csv(LAYOUTS[SObject.CONTACT], self.contacts)
        yield FILE_NAMES[SObject.LEAD], _csv(LAYOUTS[SObject.LEAD], self.leads)
        yield SUBSCRIBERS_FILE, _csv(SUBSCRIBER_LAYOUT, self.subscribers)
        yield ORDERS_FILE, _csv(ORDER_LAYOUT, self.orders)
        yield PEOPLE_FILE, _csv(PERSON_LAYOUT, self.people)

    def write(self, out: Path) -> None:
        """Write the five files into a folder."""
        for name, content in self.files():
            (out / name).write_bytes(content)


def _csv(columns: Iterable[str], rows: list[dict[str, Cell]]) -> bytes:
    """Return rows as CSV; a row may leave out null columns, but may not have others.

    Raises:
        ValueError: a row has a column that the file lacks.
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return buffer.getvalue().encode()


def _cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
        case date():
            return value.isoformat()
        case _:
            return str(value)
