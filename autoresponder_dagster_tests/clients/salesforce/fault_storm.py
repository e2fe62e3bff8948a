"""Thousands of planned changes in bad weather: nothing is lost, nothing is written that was not planned.

``make fault-storm`` runs it; ``test_fault_storm.py`` runs a short form. A plan of changes on Contacts and Leads
meets an org that fails in every way that orgs are known for, at random but the same for a seed. What ends as
``deferred`` or ``unknown`` is tried again, as the next run of the pipeline would. At the end the org is compared,
record by record, with what the plan says, and its journal of changes with the plan.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console

from autoresponder_dagster.clients.salesforce.connect import SalesforceSettings, open_salesforce
from autoresponder_dagster.clients.salesforce.live import LiveOptions
from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, SalesforceClient
from autoresponder_dagster.clients.salesforce.retrying import TransportOptions
from autoresponder_dagster.schemas.enums import Mode, SObject, WriteResultCode
from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.emulators.salesforce.logins import CLIENT_ID, CLIENT_SECRET, HOST
from autoresponder_dagster_tests.emulators.salesforce.storm import SalesforceStorm, storm_of_everything
from autoresponder_dagster_tests.emulators.server import serve

OUT = Console(soft_wrap=True, highlight=False, markup=False)
MOST_RUNS = 10
LOOKED_UP_AT = datetime(2026, 3, 1, tzinfo=UTC)
STRANGER = "005000000000077AAA"
_TO_BE_TRIED_AGAIN = {WriteResultCode.DEFERRED, WriteResultCode.UNKNOWN}


@dataclass
class Plan:
    """Changes, and what must come of them: the value of each field in the end, and the result of each update."""

    updates: list[FieldUpdate] = field(default_factory=list)
    final: dict[tuple[str, str, str], str | None] = field(default_factory=dict)
    results: dict[str, set[WriteResultCode]] = field(default_factory=dict)


@dataclass
class Report:
    """What came of it."""

    results: Counter[str]
    runs: int
    calls: int
    struck: Counter[str]
    problems: list[str]


def make_plan(emulator: SalesforceEmulator, count: int) -> Plan:
    """Fill an org with people and plan changes for them: most will do, some must not.

    Of each hundred changes one meets each of: a value that is there already, somebody else's edit, a value that the
    org refuses, a record that is gone.
    """
    plan = Plan()
    org = emulator.org
    number = 0
    while len(plan.updates) < count:
        sobject = SObject.LEAD if number % 3 == 0 else SObject.CONTACT
        own = (
            {"Company": "x", "Status": "Open - Not Contacted"}
            if sobject is SObject.LEAD
            else {"Contact_Status__c": "Active"}
        )
        record_id = org.add(
            sobject,
            Email=f"person{number}@customer.example",
            LastName="Lee",
            Title="Author",
            LastModifiedDate="2026-03-01T00:00:00.000+0000",
            LastModifiedById=STRANGER,
            **own,
        )
        record = org.records[sobject][record_id]
        changes = {"Title": f"Editor {number}"}
        if number % 2:
            status = "Status" if sobject is SObject.LEAD else "Contact_Status__c"
            changes[status] = "Inactive"
        expected = {WriteResultCode.APPLIED}
        final: dict[str, str | None] = dict(changes)
        if number % 100 == 10:
            record.update(changes)
            expected = {WriteResultCode.NOOP, WriteResultCode.APPLIED}
        elif number % 100 == 20:
            record.update(Title="Owner", LastModifiedDate="2026-03-02T00:00:00.000+0000")
            expected, final = {WriteResultCode.CONFLICT}, {"Title": "Owner"}
        elif number % 100 == 30:
            changes["Title"], final["Title"] = "x" * 129, "Author"
            expected = {WriteResultCode.REJECTED}
        elif number % 100 == 40:
            record["IsDeleted"] = True
            expected, final = {WriteResultCode.REJECTED}, {"Title": "Author"}
        for name, value in changes.items():
            update = FieldUpdate(
                f"{record_id}/{name}",
                sobject,
                record_id,
                name,
                value,
                expected="Author" if name == "Title" else None,
                unmodified_since=LOOKED_UP_AT,
            )
            plan.updates.append(update)
            plan.results[update.action_id] = (
                expected if number % 100 != 30 or name == "Title" else {WriteResultCode.APPLIED}
            )
        plan.final |= {(sobject, record_id, name): value for name, value in final.items()}
        number += 1
    return plan


def run_through(emulator: SalesforceEmulator, plan: Plan, storm: SalesforceStorm, *, conditional_up_to: int) -> Report:
    """Carry a plan out in a storm, and say what is wrong with the org and the outcomes afterwards."""
    emulator.storm = storm
    results: dict[str, WriteResultCode] = {}
    rest, runs, calls = list(plan.updates), 0, 0
    while rest and runs < MOST_RUNS:
        client = _open(conditional_up_to)
        if client is not None:
            results |= {outcome.action_id: outcome.result for outcome in client.update(rest)}
            calls += client.api_calls
            rest = [update for update in rest if results[update.action_id] in _TO_BE_TRIED_AGAIN]
        runs += 1
    emulator.storm = None
    problems = [*_wrong_values(emulator, plan), *_wrong_results(plan, results), *_wrong_changes(emulator, plan)]
    return Report(Counter(result.value for result in results.values()), runs, calls, storm.struck, problems)


def _open(conditional_up_to: int) -> SalesforceClient | None:
    """Open the org as a live run does; None where the storm keeps the run from starting."""
    transport = TransportOptions(read_timeout=0.5, query_timeout=0.5, sleep=lambda _: None)
    live = LiveOptions(conditional_up_to=conditional_up_to)
    settings = SalesforceSettings(live=live, transport=transport)
    client = open_salesforce(Mode.LIVE, clock=lambda: datetime.now(UTC), settings=settings)
    return None if client.is_degraded else client


def _wrong_values(emulator: SalesforceEmulator, plan: Plan) -> Iterator[str]:
    for (sobject, record_id, name), value in plan.final.items():
        found = emulator.org.records[sobject][record_id][name]
        if found != value:
            yield f"{sobject} {record_id} {name}: {found!r} instead of {value!r}"


def _wrong_results(plan: Plan, results: dict[str, WriteResultCode]) -> Iterator[str]:
    for action_id, expected in plan.results.items():
        # A write that was carried out unheard may be found as done already by a later run.
        allowed = expected | ({WriteResultCode.NOOP} if WriteResultCode.APPLIED in expected else set())
        if results.get(action_id) not in allowed:
            yield f"{action_id}: {results.get(action_id)} instead of {', '.join(sorted(expected))}"


def _wrong_changes(emulator: SalesforceEmulator, plan: Plan) -> Iterator[str]:
    """Compare what was written, whenever, with the one value that was planned for the field."""
    planned = {(update.sobject, update.record_id, update.field): update.value for update in plan.updates}
    for change in emulator.org.changes:
        for name, value in change.values.items():
            if planned.get((SObject(change.sobject), change.record_id, name)) != value:
                yield f"{change.sobject} {change.record_id} {name}: {value!r} was written and never planned"


def environment_of(url: str) -> dict[str, str]:
    """Return the variables by which a process reaches an emulated org, armed."""
    return {
        "SALESFORCE_LOOPBACK_URL": url,
        "SALESFORCE_DOMAIN": HOST,
        "SALESFORCE_CLIENT_ID": CLIENT_ID,
        "SALESFORCE_CLIENT_SECRET": CLIENT_SECRET,
        "AUTORESPONDER_ALLOW_LIVE": "1",
    }


def main() -> int:
    """Run one storm for each way of writing; 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writes", type=int, default=2_000)
    parser.add_argument("--rate", type=float, default=0.05, help="probability of each kind of failure")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    is_wrong = False
    with serve(SalesforceEmulator()) as emulator:
        os.environ |= environment_of(emulator.url)
        for way, conditional_up_to in {"conditional": arguments.writes, "collections": 0}.items():
            emulator.reset(daily_limit=1_000_000)
            plan = make_plan(emulator, arguments.writes)
            storm = storm_of_everything(arguments.seed, arguments.rate)
            report = run_through(emulator, plan, storm, conditional_up_to=conditional_up_to)
            is_wrong = is_wrong or bool(report.problems)
            OUT.print(f"{way}: writes={len(plan.updates)} runs={report.runs} calls={report.calls}")
            OUT.print(f"  outcomes: {dict(sorted(report.results.items()))}")
            OUT.print(f"  the storm: {dict(sorted(report.struck.items()))}")
            OUT.print(f"  wrong={len(report.problems)}")
            for problem in report.problems[:20]:
                OUT.print(f"    {problem}")
    return int(is_wrong)


if __name__ == "__main__":
    sys.exit(main())
