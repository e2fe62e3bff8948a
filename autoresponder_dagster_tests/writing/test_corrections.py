"""What a plan made anew does not bear out; who is found again under a changed address."""

import pandas as pd
import pytest

from autoresponder_dagster.clients.salesforce.mock import MockSalesforce
from autoresponder_dagster.ledger import WriteLedger
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas import SalesforceRecord, UnifiedContact, UnsupportedWrite
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster.writing.corrections import unsupported_writes_of
from autoresponder_dagster.writing.execution import DayRun, execute
from autoresponder_dagster.writing.lookup import look_up
from autoresponder_dagster_tests.ledger.plans import JANE, MONDAY, TEN, TUESDAY, plan_of, row
from autoresponder_dagster_tests.writing.org import NOW, MemoryOrg

OLD, NEW = "jane.doe@northfield.example", "jane.smith@northfield.example"
TITLE = {"field": "Title", "action": "set_title", "old_value": "Manager"}
CONTACTS = UnifiedContact.from_rows([{"record_id": JANE}])


@pytest.fixture
def org() -> MemoryOrg:
    org = MemoryOrg()
    org.add(JANE, Contact_Status__c="Active", Title="Manager")
    return org


def run(ledger: WriteLedger, org: MemoryOrg, *rows: dict, partition: str = MONDAY) -> pd.DataFrame:
    """Carry a day out, and list what its plan does not bear out."""
    plan = plan_of(*rows)
    execute(plan, DayRun(partition, "run", Mode.LIVE), ledger, org, Policy())
    return UnsupportedWrite.validate(unsupported_writes_of(MONDAY, plan, CONTACTS, ledger))


def test_a_write_that_the_new_plan_does_not_have_is_listed_with_its_previous_value(
    ledger: WriteLedger, org: MemoryOrg
) -> None:
    assert run(ledger, org, row()).empty
    found = run(ledger, org)
    columns = ["record_id", "field", "written_value", "previous_value", "message_id"]
    assert found[columns].to_numpy().tolist() == [[JANE, "Contact_Status__c", "Inactive", "Active", "1@mail.example"]]


@pytest.mark.parametrize("disposition", ["send", "noop", "skip"])
def test_the_same_value_bears_it_out_whatever_the_plan_does_with_it(
    ledger: WriteLedger, org: MemoryOrg, disposition: str
) -> None:
    run(ledger, org, row())
    assert run(ledger, org, row(disposition=disposition, message_id="another message")).empty


def test_another_value_that_is_written_instead_leaves_nothing_to_ask(ledger: WriteLedger, org: MemoryOrg) -> None:
    run(ledger, org, row("Directr", **TITLE))
    assert run(ledger, org, row("Director", **TITLE | {"old_value": "Directr"})).empty
    assert org.value(JANE, "Title") == "Director"


def test_another_value_that_is_held_back_does_not_bear_it_out(ledger: WriteLedger, org: MemoryOrg) -> None:
    run(ledger, org, row("Directr", **TITLE))
    held = row("Director", disposition="skip", gate="STALE_EVIDENCE", **TITLE)
    assert run(ledger, org, held)["written_value"].tolist() == ["Directr"]


def test_what_newer_evidence_has_set_is_no_question_any_more(ledger: WriteLedger, org: MemoryOrg) -> None:
    run(ledger, org, row())
    run(ledger, org, row("Active", evidence_at=TEN, message_id="2", old_value="Inactive"), partition=TUESDAY)
    assert run(ledger, org).empty


def test_of_a_record_that_was_not_looked_up_nothing_is_said(ledger: WriteLedger, org: MemoryOrg) -> None:
    run(ledger, org, row())
    ledger.plan(MONDAY, "run", plan_of())
    assert unsupported_writes_of(MONDAY, plan_of(), UnifiedContact.from_rows([]), ledger).empty


def test_a_record_is_found_again_under_the_address_that_it_had(ledger: WriteLedger) -> None:
    moved = {"Id": JANE, "Email": "jane.brown@northfield.example", "Name": "Jane"}
    other = {"Id": "003000000000002AAA", "Email": OLD, "Name": "Another"}
    client = MockSalesforce([moved, other], clock=lambda: NOW)
    ledger.plan(MONDAY, "run", plan_of(row(NEW, field="Email", action="set_email", sender_email=OLD)))

    found = SalesforceRecord.validate(look_up(MONDAY, [OLD, NEW], ledger, client))

    assert found[["email", "record_id"]].to_numpy().tolist() == [[OLD, JANE], [OLD, "003000000000002AAA"]]
    assert look_up(TUESDAY, [OLD, NEW], ledger, client)["record_id"].tolist() == ["003000000000002AAA"]


def test_a_record_that_is_gone_is_not_found_again(ledger: WriteLedger) -> None:
    ledger.plan(MONDAY, "run", plan_of(row(NEW, field="Email", action="set_email", sender_email=OLD)))
    assert look_up(MONDAY, [OLD], ledger, MockSalesforce(clock=lambda: NOW)).empty
