"""Results, the action log and the summary (rules.md §7)."""

import pandas as pd
import pytest

from autoresponder_dagster.rules.action_log import log_actions
from autoresponder_dagster.rules.outcomes import Outcome, write_results
from autoresponder_dagster.schemas import ActionLogRow, PlannedWrite, WriteResult
from autoresponder_dagster.schemas.enums import Determination, Mode, SObject, WriteResultCode
from autoresponder_dagster_tests.rules.day import DAY, EVENING, JANE, MORNING, NEW, Day, valid

CONTACT, LEAD = SObject


def mixed_day() -> tuple[Day, str, str, str]:
    """Return a day with a Contact to write, a Lead as wanted and a Lead held back."""
    day = Day()
    day.says(Determination.INACTIVE)
    return day, day.record(CONTACT), day.record(LEAD, status="Inactive"), day.record(LEAD, is_converted=True)


def test_every_planned_row_has_a_result():
    day, contact, _, _ = mixed_day()
    day.results_by_record[contact] = WriteResultCode.DEFERRED
    results = valid(WriteResult, day.results)
    assert results["result"].tolist() == ["deferred", "noop", "skipped"]
    assert results["executed_at"].isna().all()


@pytest.mark.parametrize("answers", [[], ["a stranger"]])
def test_an_answer_for_each_row_that_was_sent_and_no_other(answers):
    day, *_ = mixed_day()
    sent = day.plan.loc[day.plan["disposition"].eq("send"), "action_id"].tolist()
    outcomes = dict.fromkeys(sent + answers if answers else [], Outcome(WriteResultCode.APPLIED))
    with pytest.raises(
        ValueError, match=f"{len(sent) - len(outcomes.keys() & sent)} planned .*, {len(answers)} outcome"
    ):
        write_results(day.plan, outcomes, partition=DAY, mode=Mode.MOCK)


def test_the_log_of_a_day_that_is_run_again_tells_of_the_write_and_not_of_the_second_look():
    day, contact, *_ = mixed_day()
    first = day.action_log
    again = day.plan.assign(
        old_value=day.plan["new_value"],
        disposition=day.plan["disposition"].mask(day.plan["record_id"].eq(contact), "noop"),
        skip_reason=day.plan["skip_reason"].fillna("already so"),
    )
    [made] = day.plan.loc[day.plan["record_id"].eq(contact), "action_id"]
    outcome = Outcome(WriteResultCode.APPLIED, old_value="Active", executed_at=EVENING)
    results = write_results(again, {made: outcome}, partition=DAY, mode=Mode.MOCK)
    second = log_actions(again, results, day.suppression, sfmc_mode=Mode.MOCK)
    pd.testing.assert_frame_equal(second[second["action_id"].eq(made)], first[first["action_id"].eq(made)])


def test_the_log_has_every_planned_skipped_and_noop_action():
    day, contact, done, converted = mixed_day()
    log = valid(ActionLogRow, day.action_log)
    rows = log[["record_id", "action", "field", "old_value", "new_value", "gate", "mode", "result"]]
    assert rows.astype(object).where(rows.notna(), None).to_numpy().tolist() == [
        [contact, "set_inactive", "Contact_Status__c", "Active", "Inactive", None, "mock", "applied"],
        [done, "set_inactive", "Status", "Inactive", "Inactive", None, "mock", "noop"],
        [converted, "set_inactive", "Status", "Open - Not Contacted", "Inactive", "LEAD_CONVERTED", "mock", "skipped"],
    ]
    assert log["executed_at"].tolist()[0] == EVENING
    assert log["executed_at"].isna().tolist() == [False, True, True]


def test_suppression_over_rest_is_logged_where_it_was_tried():
    day = Day()
    for name in ("a", "b", "c"):
        day.says(Determination.INACTIVE, f"{name}@northfield.example", at=MORNING)
    results = pd.Series(["applied", None, "skipped"], dtype="string")
    log = valid(
        ActionLogRow,
        log_actions(day.plan, day.results, day.suppression.assign(rest_result=results), sfmc_mode=Mode.READ_ONLY),
    )
    rows = log[["sender_email", "action", "new_value", "mode", "result", "evidence_at"]].to_numpy().tolist()
    assert rows == [
        ["a@northfield.example", "add_suppression", "Unsubscribed", "read_only", "applied", MORNING],
        ["c@northfield.example", "add_suppression", "Unsubscribed", "read_only", "skipped", MORNING],
    ]
    assert log["sobject"].isna().all()


def test_the_summary_counts_everything_once():
    day, *_ = mixed_day()
    day.says(Determination.OUT_OF_OFFICE, "away@northfield.example")
    day.says(Determination.EMAIL_UPDATE, "jim@northfield.example", new_email=NEW)
    day.subscriber()
    counts = {(row.section, row.key): row.count for row in day.summary.itertuples(index=False)}
    assert counts == {
        ("messages", "received"): 3,
        ("messages", "duplicates"): 0,
        ("messages", "determined"): 3,
        ("contacts", "senders"): 3,
        ("contacts", "subscribers"): 1,
        ("contacts", "salesforce_records"): 3,
        ("contacts", "degraded"): 0,
        ("determination", "INACTIVE"): 1,
        ("determination", "OUT_OF_OFFICE"): 1,
        ("determination", "EMAIL_UPDATE"): 1,
        ("category", "left"): 1,
        ("category", "absence"): 1,
        ("category", "address_changed"): 1,
        ("action", "set_inactive"): 3,
        ("result", "noop"): 1,
        ("result", "skipped"): 2,
        ("review", "OUT_OF_OFFICE"): 1,
        ("review", "ACTIVE_NEW_CONTACT"): 1,
        ("review", "LEAD_CONVERTED"): 1,
        ("suppression", "rows"): 1,
        ("api_calls", "salesforce_records"): 2,
    }


def test_a_quiet_day_still_has_its_totals():
    day = Day()
    day.validate()
    assert day.summary.set_index(["section", "key"])["count"].to_dict() == {
        ("messages", "received"): 0,
        ("messages", "duplicates"): 0,
        ("messages", "determined"): 0,
        ("contacts", "senders"): 0,
        ("contacts", "subscribers"): 0,
        ("contacts", "salesforce_records"): 0,
        ("contacts", "degraded"): 0,
        ("suppression", "rows"): 0,
        ("api_calls", "salesforce_records"): 2,
    }
    assert len(valid(PlannedWrite, day.plan)) == 0
    assert JANE not in set(day.contacts["email"])
