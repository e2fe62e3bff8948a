"""Calls and seconds that Salesforce costs: ours, and what one might do instead.

Run by ``make bench``. Every row does the same work on an emulated org of its own on loopback: it looks up as many
addresses on Contact and on Lead, or changes one field of as many Contacts. "calls" are what the org counts against its
daily limit. All rows send one request after another, so the seconds that a distant org would take are those measured
here plus the latency of every request; they are added, not waited for. The documented flow is one query and one change
for each address. CumulusCI takes part where ``make fidelity`` has installed it; its seconds are those of the update
alone, its calls all that it makes.
``--check`` fails where ours takes more calls than it promises.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table
from simple_salesforce.format import format_soql

from autoresponder_dagster.clients.salesforce.connect import SalesforceSettings, open_salesforce
from autoresponder_dagster.clients.salesforce.live import LiveOptions
from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, SalesforceClient
from autoresponder_dagster.clients.salesforce.records import RECORD_FIELDS
from autoresponder_dagster.schemas.enums import Mode, SObject
from autoresponder_dagster_tests.clients.salesforce.fault_storm import environment_of
from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.emulators.salesforce.loopback import plain_client
from autoresponder_dagster_tests.emulators.server import issue_certificate, serve
from autoresponder_dagster_tests.fidelity.install import installed_cumulusci
from autoresponder_dagster_tests.fidelity.programs import run_cumulusci
from autoresponder_dagster_tests.fidelity.world import fill as setting_of

CHUNK = 300
"""Addresses in one query of the row with chunks; more do not fit into an URI."""
LOOKED_UP_AT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Work:
    """One way of doing the work. ``most_calls`` per 1,000 is what ours promises."""

    name: str
    do: Callable[[SalesforceEmulator, Sequence[str], Sequence[str]], None]
    most_calls: int | None = None


@dataclass(frozen=True)
class Cost:
    """What a way cost: counted calls, all requests, and seconds on loopback."""

    calls: int
    requests: int
    seconds: float

    def seconds_at(self, latency: float) -> float:
        """Return the seconds with an org whose every answer takes that much longer."""
        return self.seconds + self.requests * latency


def _fields(sobject: SObject) -> str:
    return ",".join(RECORD_FIELDS[sobject])


def one_query_each(emulator: SalesforceEmulator, addresses: Sequence[str], _ids: Sequence[str]) -> None:
    """Ask for each address on each object, as the documents describe it."""
    client = plain_client(emulator)
    for address in addresses:
        for sobject in SObject:
            client.query_all(f"SELECT {_fields(sobject)} FROM {sobject} WHERE Email = '{address}'")  # noqa: S608


def chunked_in(emulator: SalesforceEmulator, addresses: Sequence[str], _ids: Sequence[str]) -> None:
    """Ask for 300 addresses at once."""
    client = plain_client(emulator)
    for sobject in SObject:
        for start in range(0, len(addresses), CHUNK):
            template = f"SELECT {_fields(sobject)} FROM {sobject} WHERE Email IN {{}}"  # noqa: S608
            client.query_all(format_soql(template, list(addresses[start : start + CHUNK])))


def ours_lookup(_emulator: SalesforceEmulator, addresses: Sequence[str], _ids: Sequence[str]) -> None:
    """Look up as the pipeline does."""
    _check(len(_open().lookup_by_emails(addresses)), len(addresses))


def ours_whole_object(_emulator: SalesforceEmulator, addresses: Sequence[str], _ids: Sequence[str]) -> None:
    """Look up as the pipeline does with very many addresses."""
    _check(len(_open(whole_object_above=1).lookup_by_emails(addresses)), len(addresses))


def one_patch_each(emulator: SalesforceEmulator, _addresses: Sequence[str], ids: Sequence[str]) -> None:
    """Change each record, as the documents describe it: without a condition."""
    client = plain_client(emulator)
    for record_id in ids:
        client.Contact.update(record_id, {"Title": "Editor"})


def bulk_ingest(emulator: SalesforceEmulator, _addresses: Sequence[str], ids: Sequence[str]) -> None:
    """Change all records by one bulk job: without conditions, its results in no order."""
    client = plain_client(emulator)
    client.bulk2.Contact.update(records=[{"Id": record_id, "Title": "Editor"} for record_id in ids])


def ours_conditional(_emulator: SalesforceEmulator, _addresses: Sequence[str], ids: Sequence[str]) -> None:
    """Change as the pipeline does: each record only where nobody changed it meanwhile."""
    _write(_open(conditional_up_to=len(ids)), ids)


def ours_collections(_emulator: SalesforceEmulator, _addresses: Sequence[str], ids: Sequence[str]) -> None:
    """Change as the pipeline does in a large backfill: read again, compare, send."""
    _write(_open(conditional_up_to=0), ids)


LOOKUPS = [
    Work("documented: one query each", one_query_each),
    Work(f"chunks of {CHUNK} in an IN", chunked_in),
    Work("ours: composite of queries", ours_lookup, 2),
    Work("ours: whole object by bulk job", ours_whole_object),
]
WRITES = [
    Work("documented: one PATCH each", one_patch_each),
    Work("simple-salesforce: bulk job", bulk_ingest),
    Work("ours: conditional composites", ours_conditional, 40),
    Work("ours: collections, read first", ours_collections, 11),
]


def _open(**live: int) -> SalesforceClient:
    settings = SalesforceSettings(on_unavailable="fail", live=LiveOptions(**live))
    return open_salesforce(Mode.LIVE, clock=lambda: datetime.now(UTC), settings=settings)


def _write(client: SalesforceClient, ids: Sequence[str]) -> None:
    updates = [
        FieldUpdate(each, SObject.CONTACT, each, "Title", "Editor", "Author", unmodified_since=LOOKED_UP_AT)
        for each in ids
    ]
    _check(sum(outcome.result == "applied" for outcome in client.update(updates)), len(ids))


def _check(found: int, expected: int) -> None:
    if found != expected:
        raise SystemExit(f"{found} of {expected}: the row did not do its work")


def fill(emulator: SalesforceEmulator, count: int) -> tuple[list[str], list[str]]:
    """Start the org anew with so many Contacts; returns their addresses and their ids."""
    emulator.reset(daily_limit=10_000_000)
    addresses = [f"person{number:05d}@customer.example" for number in range(count)]
    modified = LOOKED_UP_AT.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return addresses, [
        emulator.org.add("Contact", Email=address, LastName="Lee", Title="Author", LastModifiedDate=modified)
        for address in addresses
    ]


def measure(emulator: SalesforceEmulator, work: Work, count: int) -> Cost:
    """Do the work on a new org."""
    addresses, ids = fill(emulator, count)
    start = time.perf_counter()
    work.do(emulator, addresses, ids)
    return Cost(emulator.api_calls, len(emulator.journal), time.perf_counter() - start)


def measure_cumulusci(cci: Path, count: int) -> Cost:
    """Let CumulusCI change the records of an org of its own, which it reaches over https."""
    with TemporaryDirectory() as name:
        certificate = issue_certificate(Path(name))
        with serve(SalesforceEmulator(), certificate=certificate) as emulator:
            setting = setting_of(emulator)
            setting["ids"] = fill(emulator, count)[1]
            task = Path(__file__).with_name("cumulusci_update.py")
            (outcome,) = run_cumulusci(cci, Path(name), setting, certificate.authority, task)
            _check(int(outcome.answer), count)
            return Cost(emulator.api_calls, len(emulator.journal), outcome.seconds)


def main() -> int:
    """Print the table; 1 where ours takes more calls than it promises."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--records", type=int, default=1_000)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds that an answer of a distant org takes")
    parser.add_argument("--cache", type=Path, default=Path(".cache/fidelity"), help="where CumulusCI may be")
    parser.add_argument("--check", action="store_true", help="fail where ours takes more calls than it promises")
    arguments = parser.parse_args()
    table = Table(
        "",
        "calls",
        "seconds",
        "÷ ours",
        title=f"{arguments.records:,} addresses on two objects, {arguments.records:,} changes; "
        f"{arguments.latency * 1000:.0f} ms for each request",
    )
    for column in table.columns[1:]:
        column.justify = "right"
    is_too_many = False
    with serve(SalesforceEmulator()) as emulator:
        os.environ |= environment_of(emulator.url)
        for title, works in {"Lookup": LOOKUPS, "Writing": WRITES}.items():
            costs = {work.name: measure(emulator, work, arguments.records) for work in works}
            own = next(costs[work.name] for work in works if work.most_calls is not None)
            table.add_row(f"[bold]{title}[/]")
            cci = installed_cumulusci(arguments.cache.resolve()) if works is WRITES else None
            if cci is not None:
                costs["CumulusCI: update_data"] = measure_cumulusci(cci, arguments.records)
            for name, cost in costs.items():
                seconds = cost.seconds_at(arguments.latency)
                ratio = seconds / own.seconds_at(arguments.latency)
                table.add_row(name, f"{cost.calls:,}", f"{seconds:,.1f}", f"{ratio:,.1f}")
            for work in works:
                promised = work.most_calls and max(1, -(-work.most_calls * arguments.records // 1_000))
                is_too_many = is_too_many or (promised is not None and costs[work.name].calls > promised)
            table.add_section()
    Console(width=100).print(table)
    return int(arguments.check and is_too_many)


if __name__ == "__main__":
    sys.exit(main())
