"""A plan is carried out once, whoever dies, answers late, or was there before."""

from datetime import timedelta
from functools import partial
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import update

from autoresponder_dagster.clients.salesforce.protocol import ApiBudget, WriteOutcome
from autoresponder_dagster.ledger import LedgerDatabase, WriteLedger, WriteState
from autoresponder_dagster.ledger.tables import writes
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas import WriteResult
from autoresponder_dagster.schemas.enums import Mode, SObject, WriteResultCode
from autoresponder_dagster.writing import sending
from autoresponder_dagster.writing.execution import DayRun, Execution, execute, put_off
from autoresponder_dagster_tests.ledger.plans import JANE, MONDAY, NINE, TEN, TUESDAY, plan_of, row
from autoresponder_dagster_tests.writing.org import NOW, KilledError, MemoryOrg, dies_at, is_down

OTHERS = [f"003{number:012d}AAA" for number in range(2, 62)]


@pytest.fixture
def org() -> MemoryOrg:
    org = MemoryOrg()
    for record_id in (JANE, *OTHERS):
        org.add(record_id, Contact_Status__c="Active", Title="Manager", Email="Jane.Doe@Northfield.example")
    return org


@pytest.fixture
def run(database: LedgerDatabase, org: MemoryOrg) -> partial[Execution]:
    return partial(run_day, database, org)


def run_day(
    database: LedgerDatabase,
    org: MemoryOrg,
    *rows: dict[str, Any],
    partition: str = MONDAY,
    lease: timedelta = timedelta(seconds=60),
    **policy: Any,
) -> Execution:
    done = execute(
        plan_of(*rows),
        DayRun(partition, "run", Mode.LIVE),
        WriteLedger(database, Mode.LIVE, org.org_id, lease=lease),
        org,
        Policy(**policy),
    )
    WriteResult.validate(done.results)
    return done


def results(done: Execution) -> list[str]:
    return done.results["result"].tolist()


def unfinished(database: LedgerDatabase) -> list[tuple[str, str]]:
    return [(day.partition, day.reason) for day in database.unfinished(Mode.LIVE)]


def pass_time(database: LedgerDatabase) -> None:
    """Let every lease run out."""
    with database.writing() as connection:
        connection.execute(update(writes).values(lease_until=NINE))


def test_a_plan_is_carried_out_and_the_day_is_finished(
    run: partial[Execution], org: MemoryOrg, database: LedgerDatabase
) -> None:
    done = run(row(), row("Director", field="Title", action="set_title", old_value="Manager"))
    assert results(done) == ["applied", "applied"]
    assert done.results["old_value"].tolist() == ["Active", "Manager"]
    assert done.results["executed_at"].notna().all()
    assert (org.value(JANE), org.value(JANE, "Title")) == ("Inactive", "Director")
    assert org.calls == ["read", "send", "sent"], "both fields travel together"
    assert unfinished(database) == []


def test_a_second_run_of_a_stored_plan_sends_nothing_and_says_the_same(run: partial[Execution], org: MemoryOrg) -> None:
    first = run(row())
    second = run(row())
    pd.testing.assert_frame_equal(first.results, second.results)
    assert second.sent == 0
    assert len(org.changes) == 1


def test_a_second_run_that_finds_the_record_as_wanted_says_the_same(run: partial[Execution], org: MemoryOrg) -> None:
    first = run(row())
    second = run(row(disposition="noop", old_value="Inactive"))
    pd.testing.assert_frame_equal(first.results, second.results)
    assert org.calls.count("send") == 1


def test_noop_and_skipped_rows_are_results_too(run: partial[Execution], org: MemoryOrg) -> None:
    done = run(row(disposition="noop"), row(record_id=OTHERS[0], disposition="skip", gate="LEAD_CONVERTED"))
    assert results(done) == ["noop", "skipped"]
    assert org.calls == []


def test_a_value_that_is_there_already_is_not_sent(run: partial[Execution], org: MemoryOrg) -> None:
    org.add(JANE, Contact_Status__c="Inactive")
    assert results(run(row())) == ["noop"]
    assert org.changes == []


def test_an_address_is_compared_without_case_and_kept_as_it_was(run: partial[Execution], org: MemoryOrg) -> None:
    change = row("jane@new.example", field="Email", action="set_email", old_value="jane.doe@northfield.example")
    done = run(change)
    assert results(done) == ["applied"]
    assert done.results["old_value"].tolist() == ["Jane.Doe@Northfield.example"]


def test_somebody_elses_change_after_the_message_is_never_overwritten(run: partial[Execution], org: MemoryOrg) -> None:
    org.edit(JANE, at=TEN, Title="Chair")
    assert results(run(row())) == ["conflict"]
    assert org.value(JANE) == "Active"
    assert org.changes == []


def test_somebody_elses_change_of_the_field_is_noticed_behind_our_own_change(
    run: partial[Execution], org: MemoryOrg
) -> None:
    org.edit(JANE, Contact_Status__c="On hold")
    org.records[SObject.CONTACT, JANE].by_pipeline = True
    assert results(run(row())) == ["conflict"]


def test_a_change_between_look_and_send_is_caught_by_the_precondition(run: partial[Execution], org: MemoryOrg) -> None:
    org.on_call = lambda step: org.edit(JANE, Contact_Status__c="On hold") if step == "send" else None
    assert results(run(row())) == ["conflict"]
    assert org.value(JANE) == "On hold"


def test_an_older_day_that_is_run_later_overwrites_nothing(run: partial[Execution], org: MemoryOrg) -> None:
    org.add(JANE, Contact_Status__c="Inactive")
    run(row("Active", evidence_at=TEN, message_id="2", old_value="Inactive"), partition=TUESDAY)
    assert results(run(row())) == ["superseded"]
    assert org.value(JANE) == "Active"


def test_a_newer_day_writes_over_what_an_older_one_wrote_after_it_had_looked(
    run: partial[Execution], org: MemoryOrg
) -> None:
    run(row())
    later = row("Active", evidence_at=TEN, message_id="2", disposition="noop", old_value="Active")
    assert results(run(later, partition=TUESDAY)) == ["applied"]
    assert org.value(JANE) == "Active"


def test_a_write_that_somebody_took_back_by_hand_is_a_conflict(run: partial[Execution], org: MemoryOrg) -> None:
    run(row())
    org.edit(JANE, Contact_Status__c="Active")
    assert results(run(row())) == ["conflict"]
    assert org.value(JANE) == "Active"


def test_a_record_that_is_gone_is_rejected(run: partial[Execution], org: MemoryOrg) -> None:
    del org.records[SObject.CONTACT, JANE]
    done = run(row())
    assert (results(done), done.results["error_code"].tolist()) == (["rejected"], ["NOT_FOUND"])


@pytest.mark.parametrize(
    ("step", "number", "recovered"),
    [("read", 1, 0), *((step, number, 25 if number < 3 else 10) for step in ("send", "sent") for number in (1, 2, 3))],
)
def test_a_killed_run_is_completed_by_the_next_and_nothing_is_written_twice(
    run: partial[Execution], org: MemoryOrg, database: LedgerDatabase, step: str, number: int, recovered: int
) -> None:
    rows = [row(record_id=record_id) for record_id in OTHERS]
    org.on_call = dies_at(step, number)
    with pytest.raises(KilledError):
        run(*rows)
    assert unfinished(database) == [(MONDAY, "interrupted")]
    org.on_call = lambda _: None
    pass_time(database)

    done = run(*rows)

    assert results(done) == ["applied"] * len(rows)
    assert sorted(org.changes) == sorted((record_id, "Contact_Status__c", "Inactive") for record_id in OTHERS)
    assert unfinished(database) == []
    assert done.recovered == recovered


def test_what_is_neither_old_nor_new_after_a_kill_is_a_persons_business(
    run: partial[Execution], org: MemoryOrg, database: LedgerDatabase
) -> None:
    org.on_call = dies_at("sent")
    with pytest.raises(KilledError):
        run(row())
    org.on_call = lambda _: None
    pass_time(database)
    org.edit(JANE, Contact_Status__c="On hold")
    assert run(partition=TUESDAY).recovered == 1
    assert org.value(JANE) == "On hold"
    [write] = WriteLedger(database, Mode.LIVE, org.org_id).of_partition(MONDAY)
    assert (write.state, write.error_code) == (WriteState.CONFLICT, "CHANGED_MEANWHILE")


def test_an_unknown_fate_is_looked_up_in_the_same_run(run: partial[Execution], org: MemoryOrg) -> None:
    org.refusals[JANE] = WriteOutcome("", WriteResultCode.UNKNOWN, "NO_ANSWER")

    def applied_after_all(step: str) -> None:
        if step == "sent":
            org.edit(JANE, Contact_Status__c="Inactive")

    org.on_call = applied_after_all
    assert results(run(row(), lease=timedelta(seconds=0.2))) == ["applied"]


def test_an_org_that_is_down_defers_and_the_next_run_completes(
    run: partial[Execution], org: MemoryOrg, database: LedgerDatabase
) -> None:
    org.on_call = is_down
    done = run(row())
    assert (results(done), done.results["error_code"].tolist()) == (["deferred"], ["SERVER_UNAVAILABLE"])
    assert done.results["executed_at"].isna().all()
    assert unfinished(database) == [(MONDAY, "deferred")]
    org.on_call = lambda _: None
    assert results(run(row())) == ["applied"]
    assert unfinished(database) == []


def test_an_org_that_is_down_when_what_was_made_is_looked_at_defers_nothing_that_was_made(
    run: partial[Execution], org: MemoryOrg
) -> None:
    run(row())
    org.on_call = is_down
    done = run(row(), row(record_id=OTHERS[0]))
    assert results(done) == ["applied", "deferred"]


def test_a_message_that_moves_to_another_day_is_not_acted_on_twice(run: partial[Execution], org: MemoryOrg) -> None:
    run(row())
    assert results(run(row(partition=TUESDAY), partition=TUESDAY)) == ["applied"]
    assert len(org.changes) == 1


def test_an_org_that_takes_nothing_is_not_asked_again_in_the_same_run(run: partial[Execution], org: MemoryOrg) -> None:
    for record_id in OTHERS:
        org.refusals[record_id] = WriteOutcome("", WriteResultCode.DEFERRED, "REQUEST_LIMIT_EXCEEDED")
    done = run(*(row(record_id=record_id) for record_id in OTHERS))
    assert set(results(done)) == {"deferred"}
    assert org.calls.count("send") == 1
    assert done.stop is not None
    assert not done.stop.is_held


def test_a_run_writes_no_more_than_it_may(run: partial[Execution], org: MemoryOrg, database: LedgerDatabase) -> None:
    rows = [row(record_id=record_id) for record_id in OTHERS]
    done = run(*rows, max_writes_per_run=30)
    assert (results(done).count("applied"), results(done).count("deferred"), len(org.changes)) == (30, 30, 30)
    assert done.stop is not None
    assert "max_writes_per_run" in done.stop.message
    assert unfinished(database) == [(MONDAY, "held")]
    assert set(results(run(*rows, max_writes_per_run=30))) == {"applied"}, "run again, the rest is sent"
    assert len(org.changes) == 60


def test_a_run_that_is_rejected_too_often_stops(run: partial[Execution], org: MemoryOrg) -> None:
    for record_id in OTHERS[:10]:
        org.refusals[record_id] = WriteOutcome("", WriteResultCode.REJECTED, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    done = run(*(row(record_id=record_id) for record_id in OTHERS))
    assert org.calls.count("send") == 1
    assert (results(done).count("rejected"), results(done).count("deferred")) == (10, 35)
    assert done.stop is not None
    assert done.stop.is_held


def test_a_few_rejections_stop_nothing(run: partial[Execution], org: MemoryOrg) -> None:
    org.refusals[OTHERS[0]] = WriteOutcome("", WriteResultCode.REJECTED, "STRING_TOO_LONG")
    done = run(*(row(record_id=record_id) for record_id in OTHERS[:2]))
    assert sorted(results(done)) == ["applied", "rejected"]
    assert done.stop is None


@pytest.mark.parametrize(("used", "expected"), [(7_990, "applied"), (8_000, "deferred")])
def test_the_apis_budget_is_kept(run: partial[Execution], org: MemoryOrg, used: int, expected: str) -> None:
    org.usage = ApiBudget(used, 10_000)
    done = run(row())
    assert results(done) == [expected]
    assert (done.stop is None) == (expected == "applied")


def test_contacts_are_created_once(run: partial[Execution], org: MemoryOrg, database: LedgerDatabase) -> None:
    creation = row(
        "ann@lakeside.example",
        record_id=None,
        field=None,
        old_value=None,
        action="create_contact",
        contact_name="Ann Lee",
        account_name="Lakeside",
    )
    org.on_call = dies_at("sent")
    with pytest.raises(KilledError):
        run(creation)
    org.on_call = lambda _: None
    pass_time(database)
    assert results(run(creation)) == ["noop"], "it was created before the kill, and is found"
    assert org.contacts == ["ann@lakeside.example"]


def test_what_a_person_took_back_stays_so(run: partial[Execution], org: MemoryOrg, database: LedgerDatabase) -> None:
    run(row())
    ledger = WriteLedger(database, Mode.LIVE, org.org_id)
    [revert] = ledger.plan_reverts("undo", ledger.of_partition(MONDAY))
    ledger.claim([revert])
    ledger.begin({revert: "Inactive"})
    ledger.settle([sending.Settlement(revert, WriteState.APPLIED)])
    org.add(JANE, Contact_Status__c="Active")
    assert results(run(row())) == ["reverted"]
    assert org.value(JANE) == "Active"


def test_another_runs_record_is_waited_for(run: partial[Execution], org: MemoryOrg, database: LedgerDatabase) -> None:
    other = WriteLedger(database, Mode.LIVE, org.org_id, lease=timedelta(seconds=0.3))
    keys = other.plan(TUESDAY, "other", plan_of(row("Chair", field="Title", old_value="Manager")))
    assert other.claim(list(keys.values()))
    assert results(run(row(), lease=timedelta(seconds=1))) == ["applied"], "the other one is dead by now"


def test_another_run_that_lives_on_defers_us(run: partial[Execution], org: MemoryOrg, database: LedgerDatabase) -> None:
    other = WriteLedger(database, Mode.LIVE, org.org_id)
    keys = other.plan(TUESDAY, "other", plan_of(row("Chair", field="Title", old_value="Manager")))
    assert other.claim(list(keys.values()))
    done = run(row(), lease=timedelta(seconds=0.1))
    assert (results(done), done.results["error_code"].tolist()) == (["deferred"], ["BUSY"])


def test_a_process_that_stood_still_sends_nothing(
    run: partial[Execution], org: MemoryOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(sending.time, "monotonic", lambda: float(next(clock)))
    done = run(row())
    assert results(done) == ["deferred"]
    assert org.changes == []


def test_the_newer_of_two_messages_about_one_field_is_written(run: partial[Execution], org: MemoryOrg) -> None:
    old = row("Chair", field="Title", action="set_title", old_value="Manager", evidence_at=NINE)
    new = row("Director", field="Title", action="set_title", old_value="Manager", evidence_at=TEN, message_id="2")
    assert results(run(old, new)) == ["superseded", "applied"]
    assert org.changes == [(JANE, "Title", "Director")]


def test_times_come_from_outside_where_the_world_has_none(database: LedgerDatabase, org: MemoryOrg) -> None:
    done = execute(
        plan_of(row()),
        DayRun(MONDAY, "run", Mode.MOCK, executed_at=NOW),
        WriteLedger(database, Mode.MOCK, "mock"),
        org,
        Policy(),
    )
    assert done.results["executed_at"].tolist() == [NOW]


def test_a_day_without_an_org_is_put_off_and_noted(database: LedgerDatabase) -> None:
    done = put_off(
        plan_of(row(), row(record_id=OTHERS[0], disposition="skip")), DayRun(MONDAY, "run", Mode.LIVE), database, None
    )
    assert results(done) == ["deferred", "skipped"]
    assert unfinished(database) == [(MONDAY, "degraded")]


def test_a_day_that_was_planned_without_the_orgs_records_stays_unfinished(
    database: LedgerDatabase, org: MemoryOrg
) -> None:
    ledger = WriteLedger(database, Mode.LIVE, org.org_id)
    execute(plan_of(), DayRun(MONDAY, "run", Mode.LIVE, is_degraded=True), ledger, org, Policy())
    assert unfinished(database) == [(MONDAY, "degraded")]
