"""Two days about the same people, in databases and in an emulated org.

On Tuesday 300 people have left. On Monday 50 others, whom the org has as inactive, were back in the office; on
Tuesday they, too, have left. Monday's news is older: it must never stand over Tuesday's.
"""

from collections.abc import Iterator
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import NullPool, create_engine

from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.emulators.salesforce.logins import CLIENT_ID, CLIENT_SECRET, HOST
from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID
from autoresponder_dagster_tests.emulators.server import serve
from autoresponder_dagster_tests.world import LEFT, World

MONDAY, TUESDAY = "2026-11-09", "2026-11-10"
LEAVERS = 300
CONTESTED = 50
STATUS = "Contact_Status__c"
LONG_AGO = {"LastModifiedDate": "2026-01-01T00:00:00.000+0000", "LastModifiedById": "005000000000009AAA"}

_BACK = "I am back in the office."


def address(number: int) -> str:
    return f"person{number}@northfield.example"


def write_databases(folder: Path) -> str:
    """Write the stores that the pipeline reads; returns their URL."""
    world = World()
    for number in range(LEAVERS + CONTESTED):
        if number >= LEAVERS:
            world.email(address(number), _BACK, f"{MONDAY}T10:00:00Z")
        world.email(address(number), LEFT, f"{TUESDAY}T10:00:00Z")
    emails = pd.DataFrame(world.emails)
    for column in ("ReceivedDate", "InsertedDateTime"):
        emails[column] = pd.to_datetime(emails[column]).dt.tz_localize(None)
    empty = {
        "person": ["person_id", "name"],
        "organization": ["organization_id", "name"],
        "link_org_person": [
            *("link_org_person_id", "person_id", "organization_id", "email", "title", "is_active", "updated_at")
        ],
        "subscribers": ["subsnum", "email", "name", "organization"],
        "orders": [
            *("subsnum", "order_id", "product_code", "order_type", "status"),
            *("start_date", "expire_date", "is_single_issue", "purchase_date"),
        ],
    }
    url = f"sqlite:///{folder / 'stores.db'}"
    engine = create_engine(url, poolclass=NullPool)
    emails.to_sql("EmailRepository", engine, index=False)
    for name, columns in empty.items():
        pd.DataFrame(columns=columns).to_sql(name, engine, index=False)
    return url


class OrgProcess:
    """An emulated org in a process of its own, which no kill of a run touches."""

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        self._process = Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        self.url = self._pipe.recv()

    def ask(self, question: str) -> Any:
        """Ask ``reset``, ``changes`` or ``statuses``."""
        self._pipe.send(question)
        return self._pipe.recv()

    def close(self) -> None:
        self._pipe.send("stop")
        self._process.join(timeout=10)

    @property
    def environment(self) -> dict[str, str]:
        """What a deployment would have in its environment."""
        return {
            "SALESFORCE_LOOPBACK_URL": self.url,
            "SALESFORCE_DOMAIN": HOST,
            "SALESFORCE_CLIENT_ID": CLIENT_ID,
            "SALESFORCE_CLIENT_SECRET": CLIENT_SECRET,
            "AUTORESPONDER_ALLOW_LIVE": "1",
            "AUTORESPONDER_ORG_IDS": ORG_ID,
        }


def _serve(pipe: Connection) -> None:
    with serve(SalesforceEmulator(daily_limit=10_000_000)) as emulator:
        pipe.send(emulator.url)
        for answer in _answers(emulator, iter(pipe.recv, "stop")):
            pipe.send(answer)


def _answers(emulator: SalesforceEmulator, questions: Iterator[str]) -> Iterator[Any]:
    for question in questions:
        if question == "reset":
            emulator.reset(daily_limit=10_000_000)
            for number in range(LEAVERS + CONTESTED):
                status = "Active" if number < LEAVERS else "Inactive"
                emulator.org.add("Contact", LastName="Doe", Email=address(number), **{STATUS: status}, **LONG_AGO)
            yield None
        elif question == "changes":
            yield [
                (change.record_id, name, value)
                for change in emulator.org.changes
                for name, value in change.values.items()
            ]
        elif question == "statuses":
            yield {record_id: record[STATUS] for record_id, record in emulator.org.records["Contact"].items()}
