"""An undo puts back what was there, and leaves alone what is not ours any more."""

import pytest

from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.ledger import LedgerDatabase, WriteLedger
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas.enums import Mode, SObject
from autoresponder_dagster.writing.execution import DayRun, execute
from autoresponder_dagster.writing.undo import Verdict, undo
from autoresponder_dagster_tests.ledger.plans import JANE, MONDAY, NINE, TEN, TUESDAY, plan_of, row
from autoresponder_dagster_tests.writing.org import KilledError, MemoryOrg, dies_at, is_down

STATUS = "Contact_Status__c"


@pytest.fixture
def org() -> MemoryOrg:
    org = MemoryOrg()
    org.add(JANE, Contact_Status__c="Active", Title=None)
    return org


def write(ledger: WriteLedger, org: MemoryOrg, *rows: dict, partition: str = MONDAY) -> None:
    execute(plan_of(*rows), DayRun(partition, f"run {partition}", Mode.LIVE), ledger, org, Policy())


def undo_day(ledger: WriteLedger, org: MemoryOrg, day: str = MONDAY, *, dry_run: bool = False) -> list[Verdict]:
    originals = [each for each in ledger.of_partition(day) if each.reverts is None]
    return [done.verdict for done in undo(originals, "undo", ledger, org, dry_run=dry_run)]


def test_previous_values_come_back_also_empty_ones(ledger: WriteLedger, org: MemoryOrg) -> None:
    write(ledger, org, row(), row("Director", field="Title", action="set_title", old_value=None))
    assert undo_day(ledger, org) == [Verdict.REVERTED] * 2
    assert (org.value(JANE), org.value(JANE, "Title")) == ("Active", None)
    assert undo_day(ledger, org) == [Verdict.NOT_WRITTEN] * 2, "there is nothing left to take back"


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(ledger: WriteLedger, org: MemoryOrg) -> None:
    write(ledger, org, row())
    before = list(org.calls)
    assert undo_day(ledger, org, dry_run=True) == [Verdict.WOULD_REVERT]
    assert org.value(JANE) == "Inactive"
    assert org.calls == [*before, "read"]
    assert len(ledger.of_partition(MONDAY)) == 1


def test_what_somebody_changed_since_is_left_alone(ledger: WriteLedger, org: MemoryOrg) -> None:
    write(ledger, org, row())
    org.edit(JANE, Contact_Status__c="On hold")
    assert undo_day(ledger, org) == [Verdict.CHANGED]
    assert org.value(JANE) == "On hold"


def test_another_field_that_somebody_changed_since_hinders_nothing(ledger: WriteLedger, org: MemoryOrg) -> None:
    write(ledger, org, row())
    org.edit(JANE, Title="Chair")
    assert undo_day(ledger, org) == [Verdict.REVERTED]
    assert (org.value(JANE), org.value(JANE, "Title")) == ("Active", "Chair")


def test_what_newer_evidence_has_set_is_left_alone(ledger: WriteLedger, org: MemoryOrg) -> None:
    write(ledger, org, row())
    write(ledger, org, row("Active", evidence_at=TEN, message_id="2", old_value="Inactive"), partition=TUESDAY)
    assert undo_day(ledger, org) == [Verdict.OVERTAKEN]


def test_days_are_taken_back_in_turn_the_newest_first(ledger: WriteLedger, org: MemoryOrg) -> None:
    org.add(JANE, Title="Manager")
    title = {"field": "Title", "action": "set_title"}
    write(ledger, org, row("Director", old_value="Manager", evidence_at=NINE, **title))
    write(ledger, org, row("Chair", old_value="Director", evidence_at=TEN, message_id="2", **title), partition=TUESDAY)
    assert undo_day(ledger, org, TUESDAY) == [Verdict.REVERTED]
    assert undo_day(ledger, org, MONDAY) == [Verdict.REVERTED]
    assert org.value(JANE, "Title") == "Manager"


def test_a_record_that_is_gone_is_said_to_be(ledger: WriteLedger, org: MemoryOrg) -> None:
    write(ledger, org, row())
    del org.records[SObject.CONTACT, JANE]
    assert undo_day(ledger, org) == [Verdict.GONE]


def test_a_created_contact_is_not_deleted(ledger: WriteLedger, org: MemoryOrg) -> None:
    creation = {"record_id": None, "field": None, "action": "create_contact", "contact_name": "Ann Lee"}
    write(ledger, org, row("ann@lakeside.example", **creation))
    assert undo_day(ledger, org) == [Verdict.CREATED]


def test_a_killed_undo_is_completed_by_the_next(database: LedgerDatabase, ledger: WriteLedger, org: MemoryOrg) -> None:
    write(ledger, org, row())
    dying = WriteLedger(database, Mode.LIVE, org.org_id, lease=ledger.lease / 1000)
    org.on_call = dies_at("sent")
    with pytest.raises(KilledError):
        undo_day(dying, org)
    org.on_call = lambda _: None
    while ledger.of_partition(MONDAY)[0].state != "reverted":
        undo_day(ledger, org)
    assert org.value(JANE) == "Active"
    assert len(org.changes) == 2


def test_without_an_answer_nothing_is_taken_back(ledger: WriteLedger, org: MemoryOrg) -> None:
    write(ledger, org, row())
    org.on_call = is_down
    with pytest.raises(LookupFailedError):
        undo_day(ledger, org)
    assert org.value(JANE) == "Inactive"
