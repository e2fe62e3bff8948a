"""The write plan: payloads, no-ops and creations (rules.md §5 and §9)."""

import pandas as pd
import pytest

from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.rules.guards import LEVELS
from autoresponder_dagster.rules.plan import SKIP_REASONS, plan_writes
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas import PlannedWrite, SenderDetermination, UnifiedContact
from autoresponder_dagster.schemas.enums import Determination, Gate, ReviewReason, SObject
from autoresponder_dagster_tests.rules.day import JANE, NEW, Day, valid

CONTACT, LEAD = SObject
SUCCESSOR = "john.roe@northfield.example"


@pytest.mark.parametrize(
    ("determination", "sobject", "before", "expected"),
    [
        (Determination.INACTIVE, CONTACT, {}, ("set_inactive", "Contact_Status__c", "Active", "Inactive")),
        (Determination.INACTIVE, CONTACT, {"status": None}, ("set_inactive", "Contact_Status__c", None, "Inactive")),
        (Determination.INACTIVE, LEAD, {}, ("set_inactive", "Status", "Open - Not Contacted", "Inactive")),
        (
            Determination.INACTIVE,
            LEAD,
            {"status": "Disqualified"},
            ("set_inactive", "Status", "Disqualified", "Inactive"),
        ),
        (Determination.REPLACEMENT, LEAD, {}, ("set_inactive", "Status", "Open - Not Contacted", "Inactive")),
        (
            Determination.ACTIVE,
            CONTACT,
            {"status": "Inactive"},
            ("reactivate", "Contact_Status__c", "Inactive", "Active"),
        ),
        (
            Determination.ACTIVE,
            LEAD,
            {"status": "Inactive"},
            ("reactivate", "Status", "Inactive", "Open - Not Contacted"),
        ),
        (Determination.ACTIVE, LEAD, {"status": None}, ("reactivate", "Status", None, "Open - Not Contacted")),
        (Determination.EMAIL_UPDATE, CONTACT, {}, ("set_email", "Email", JANE, NEW)),
        (Determination.EMAIL_UPDATE, LEAD, {}, ("set_email", "Email", JANE, NEW)),
        (Determination.TITLE_UPDATE, CONTACT, {"title": "Nurse"}, ("set_title", "Title", "Nurse", "Director")),
        (Determination.TITLE_UPDATE, LEAD, {"title": None}, ("set_title", "Title", None, "Director")),
    ],
)
def test_payload(determination, sobject, before, expected):
    day = Day()
    day.says(determination)
    day.person()
    record_id = day.record(sobject, **before)
    [row] = day.plan.astype(object).where(day.plan.notna(), None).to_dict("records")
    assert (row["sobject"], row["record_id"], row["disposition"]) == (sobject, record_id, "send")
    assert (row["action"], row["field"], row["old_value"], row["new_value"]) == expected
    assert (row["message_id"], row["evidence"], row["inbox_source"]) == (
        "001@mail.example",
        "evidence 1",
        "HospitalNews",
    )
    assert row["last_modified_at"] == pd.Timestamp("2026-01-01T00:00:00Z")


def test_every_record_of_the_sender_is_written():
    day = Day()
    day.says(Determination.INACTIVE)
    ids = [day.record(sobject) for sobject in (LEAD, CONTACT, LEAD, CONTACT)]
    assert day.plan["record_id"].tolist() == sorted(ids)
    assert day.plan["disposition"].eq("send").all()


def test_an_address_change_may_carry_a_title():
    day = Day()
    day.says(Determination.EMAIL_UPDATE, new_title="Director")
    day.person()
    record_id = day.record()
    assert day.planned == {(record_id, "Email"): "send", (record_id, "Title"): "send"}


def test_already_active_is_said_so():
    day = Day()
    day.says(Determination.ACTIVE)
    day.record(LEAD, status="Working - Contacted")
    [row] = day.plan.to_dict("records")
    assert (row["disposition"], row["skip_reason"]) == ("noop", "already active")
    assert (row["old_value"], row["new_value"]) == ("Working - Contacted", "Working - Contacted")


def test_a_contact_of_marketing_is_logged_in_the_documents_words():
    day = Day()
    day.says(Determination.INACTIVE)
    day.subscriber()
    day.record(status="Inactive")
    [row] = day.plan.to_dict("records")
    assert (row["disposition"], row["gate"]) == ("skip", "MULTIPUB_OWNED")
    assert row["skip_reason"] == "Skipped (Multipub/Marketing owns this contact)"


@pytest.mark.parametrize(
    ("determination", "values", "before"),
    [
        (Determination.INACTIVE, {}, {"status": "Inactive"}),
        (Determination.TITLE_UPDATE, {"new_title": "Director "}, {"title": " Director"}),
        (Determination.EMAIL_UPDATE, {"new_email": JANE.upper()}, {}),
    ],
)
@pytest.mark.parametrize("confidence", [0.95, 0.6])
def test_as_wanted_is_a_noop_before_any_guard(determination, values, before, confidence):
    day = Day()
    day.says(determination, confidence=confidence, **values)
    day.record(LEAD, is_converted=True, last_modified_at=pd.Timestamp("2026-03-03T00:00:00Z"), **before)
    assert day.plan[["disposition"]].to_numpy().tolist() == [["noop"]]
    assert day.plan["gate"].isna().all()
    assert set(day.reasons) <= {"LOW_CONFIDENCE"}


def test_an_applied_address_change_is_a_noop_when_the_day_is_run_again():
    """The record is looked up by Id for the old address, and found under the new one too (rules.md §9, State)."""
    day = Day()
    day.says(Determination.EMAIL_UPDATE)
    day.person()
    applied, pending = day.record(CONTACT), day.record(LEAD)
    day.record(CONTACT, NEW, record_id=applied)
    assert day.planned == {(applied, "Email"): "noop", (pending, "Email"): "send"}


@pytest.mark.parametrize("determination", [Determination.OUT_OF_OFFICE, Determination.UNKNOWN])
def test_no_write_determinations_plan_nothing(determination):
    day = Day()
    day.says(determination, new_email=NEW, new_title="Director")
    day.person()
    day.record(status="Inactive")
    assert len(day.plan) == 0


def test_a_contradiction_plans_nothing():
    day = Day()
    day.says(Determination.INACTIVE)
    day.says(Determination.EMAIL_UPDATE)
    day.person()
    day.record()
    assert len(day.plan) == 0


def created(day: Day) -> list[tuple[str, str]]:
    rows = day.plan[day.plan["action"].eq("create_contact")]
    return [(row.new_value, row.gate if isinstance(row.gate, str) else row.disposition) for row in rows.itertuples()]


def replacement(**values: object) -> Day:
    day = Day(policy=Policy(auto_add_replacements=True))
    day.says(Determination.REPLACEMENT, **values)
    day.record(company="Clinic of the Lead", sobject=LEAD)
    return day


def test_a_replacement_becomes_a_contact_of_the_original_s_organisation():
    day = replacement()
    day.person(organization="Northfield Clinic")
    [row] = day.plan[day.plan["action"].eq("create_contact")].to_dict("records")
    assert (row["sobject"], row["new_value"], row["disposition"]) == ("Contact", SUCCESSOR, "send")
    assert (row["contact_name"], row["account_name"]) == ("John Roe", "Northfield Clinic")
    assert pd.isna(row["record_id"])
    assert pd.isna(row["field"])


def test_without_a_cupola_row_the_lead_names_the_account():
    assert replacement().plan["account_name"].dropna().tolist() == ["Clinic of the Lead"]


@pytest.mark.parametrize(
    "values",
    [
        {"replacement_name": None},
        {"replacement_email": None},
        {"replacement_email": "john.roe@"},
        {"replacement_email": "info@northfield.example"},
    ],
)
def test_only_a_named_person_with_an_own_address_is_added(values):
    assert created(replacement(**values)) == []


def test_a_replacement_that_is_a_contact_already_is_a_noop():
    day = replacement()
    day.record(CONTACT, SUCCESSOR)
    assert created(day) == [(SUCCESSOR, "noop")]


def test_a_replacement_that_is_a_lead_is_left_to_a_person():
    day = replacement()
    day.record(LEAD, SUCCESSOR)
    assert created(day) == [(SUCCESSOR, "DUPLICATE_TARGET_EMAIL")]
    assert day.reasons == ["DUPLICATE_TARGET_EMAIL"]


@pytest.mark.parametrize("name", ["John Roe", "Jane Doe"])
def test_a_replacement_in_cupola_is_left_to_a_person(name):
    day = replacement()
    day.person()
    day.person(SUCCESSOR, name=name)
    assert created(day) == [(SUCCESSOR, "DUPLICATE_TARGET_EMAIL")]


def test_a_replacement_named_by_two_senders_is_added_by_neither():
    day = replacement()
    day.says(Determination.REPLACEMENT, "jim@northfield.example")
    assert created(day) == [(SUCCESSOR, "DUPLICATE_TARGET_EMAIL")] * 2


def test_a_replacement_who_writes_to_take_the_address_over_is_not_added():
    day = replacement()
    day.says(Determination.EMAIL_UPDATE, "jim@northfield.example", new_email=SUCCESSOR)
    assert created(day) == [(SUCCESSOR, "DUPLICATE_TARGET_EMAIL")]


def test_a_replacement_waits_with_its_original():
    day = replacement(confidence=0.6)
    assert created(day) == [(SUCCESSOR, "LOW_CONFIDENCE")]
    day = Day(policy=Policy(auto_add_replacements=True))
    day.says(Determination.REPLACEMENT, "office@northfield.example")
    assert created(day) == [(SUCCESSOR, "SHARED_MAILBOX")]


def test_without_the_switch_nobody_is_added():
    day = Day()
    day.says(Determination.REPLACEMENT)
    assert len(day.plan) == 0


def test_action_ids_are_stable_and_change_with_what_is_written():
    def ids(**values: object) -> list[str]:
        day = Day()
        day.says(Determination.EMAIL_UPDATE, **values)
        day.person()
        day.record()
        return day.plan["action_id"].tolist()

    assert ids() == ids()
    assert ids() != ids(new_email="jd@northfield.example")
    assert ids() != ids(message_id="another")
    assert all(len(action_id) == 24 for action_id in ids())


def test_every_gate_has_its_words():
    gates = {gate for level in LEVELS for gate in level}
    assert set(SKIP_REASONS) == gates
    assert set(Gate) <= gates
    assert gates <= {*Gate, *ReviewReason}


def test_a_sender_that_was_never_looked_up_is_an_error():
    day = Day()
    day.says(Determination.INACTIVE)
    with pytest.raises(LookupFailedError):
        plan_writes(day.senders, UnifiedContact.from_rows([]), day.policy)


def test_a_quiet_day():
    plan = plan_writes(
        SenderDetermination.from_rows([]), UnifiedContact.from_rows([]), Policy(auto_add_replacements=True)
    )
    assert len(valid(PlannedWrite, plan)) == 0
