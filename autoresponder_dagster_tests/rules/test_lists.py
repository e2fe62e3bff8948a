"""The lists that people import and read (rules.md §7 and §9, Lists)."""

import pandas as pd
import pytest

from autoresponder_dagster.rules import lists
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas.enums import Category, Determination, SObject, WriteResultCode
from autoresponder_dagster_tests.rules.day import DAY, JANE, NEW, NOON, Day

CONTACT, LEAD = SObject


def only(frame: pd.DataFrame) -> dict[str, object]:
    [row] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return row


def test_inactive_people():
    day = Day()
    day.says(Determination.INACTIVE, category=Category.RETIRED, new_org="Southfield Clinic", at=NOON)
    day.person(is_active=False)
    day.subscriber(subsnum="8", active=1, recent_orders=2)
    day.subscriber(subsnum="9", single_issue_orders=3)
    contacts = [day.record(CONTACT, has_active_subscription=False) for _ in range(2)]
    lead = day.record(LEAD, name="Jane of the Lead", company="Clinic of the Lead")
    assert only(day.lists["inactive_people"]) == {
        "email": JANE,
        "name": "Jane Doe",
        "organization": "Northfield Clinic",
        "inbox_source": "HospitalNews",
        "received_at": NOON,
        "category": "retired",
        "determination": "INACTIVE",
        "cupola_person_id": "1",
        "cupola_state": "INACTIVE_ROW",
        "salesforce_contact_ids": ";".join(contacts),
        "salesforce_lead_ids": lead,
        "subsnum": "8;9",
        "active_orders": 1,
        "recent_orders": 2,
        "single_issue_orders": 3,
        "salesforce_outcome": "skipped: MULTIPUB_OWNED;applied",
        "subscription_warning": "Yes",
        "sfmc_suppression_added": "No",
        "new_org": "Southfield Clinic",
    }


@pytest.mark.parametrize(
    ("salesforce", "multipub", "expected"),
    [(None, 0, "No"), (False, 0, "No"), (True, 0, "Yes"), (False, 1, "Yes")],
)
def test_subscription_warning(salesforce, multipub, expected):
    day = Day()
    day.says(Determination.INACTIVE)
    day.record(has_active_subscription=salesforce)
    day.subscriber(active=multipub)
    assert only(day.lists["inactive_people"])["subscription_warning"] == expected


@pytest.mark.parametrize(
    ("rest_result", "expected"),
    [
        (None, "No"),
        (WriteResultCode.SKIPPED, "No"),
        (WriteResultCode.INTERCEPTED, "No"),
        (WriteResultCode.APPLIED, "Yes"),
    ],
)
def test_suppression_over_rest(rest_result, expected):
    day = Day()
    day.says(Determination.INACTIVE)
    suppression = day.suppression.assign(rest_result=pd.Series([rest_result], dtype="string"))
    people = lists.inactive_people(day.senders, day.contacts, day.plan, day.results, suppression, day.policy)
    assert only(people)["sfmc_suppression_added"] == expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], "none"),
        ([(CONTACT, "Active", None)], "applied"),
        ([(CONTACT, "Active", None), (LEAD, "New", None)], "applied"),
        ([(LEAD, "New", WriteResultCode.REJECTED), (CONTACT, "Inactive", None)], "noop;rejected"),
        ([(LEAD, "New", WriteResultCode.INTERCEPTED)], "intercepted"),
        ([(LEAD, "New", WriteResultCode.DEFERRED)], "deferred"),
    ],
)
def test_salesforce_outcome_in_record_order(records, expected):
    day = Day()
    day.says(Determination.INACTIVE)
    for sobject, status, result in records:
        record_id = day.record(sobject, status=status)
        if result:
            day.results_by_record[record_id] = result
    assert only(day.lists["inactive_people"])["salesforce_outcome"] == expected


def test_the_successor_s_contact_is_not_the_original_s_outcome():
    day = Day(policy=Policy(auto_add_replacements=True))
    day.says(Determination.REPLACEMENT)
    assert day.plan["action"].tolist() == ["create_contact"]
    assert only(day.lists["inactive_people"])["salesforce_outcome"] == "none"


def test_an_org_that_did_not_answer_defers_everything():
    day = Day()
    day.says(Determination.INACTIVE)
    day.says(Determination.EMAIL_UPDATE, "jim@northfield.example")
    for email in (JANE, "jim@northfield.example", NEW):
        day.records.append({"partition": DAY, "email": email, "is_degraded": True})
    assert only(day.lists["inactive_people"])["salesforce_outcome"] == "deferred"
    assert only(day.lists["email_update_requests"])["outcome"] == "deferred"


def test_email_update_requests():
    day = Day()
    day.says(Determination.EMAIL_UPDATE, new_title="Director")
    day.person()
    day.subscriber(subsnum="8")
    contact, lead = day.record(CONTACT), day.record(LEAD)
    assert only(day.lists["email_update_requests"]) == {
        "email": JANE,
        "new_email": NEW,
        "new_title": "Director",
        "inbox_source": "HospitalNews",
        "subsnum": "8",
        "salesforce_contact_ids": contact,
        "salesforce_lead_ids": lead,
        "outcome": "skipped: MULTIPUB_OWNED;applied",
    }


@pytest.mark.parametrize(
    ("values", "is_listed"),
    [
        ({}, True),
        ({"new_email": "jane@southfield.example"}, True),
        ({"new_email": "info@northfield.example"}, True),
        ({"new_email": JANE}, False),
        ({"new_email": JANE.upper()}, False),
        ({"new_email": "jane.smith@"}, False),
        ({"new_email": None, "new_title": "Director"}, False),
        ({"confidence": 0.79}, False),
        ({"sender": "office@northfield.example"}, False),
    ],
)
def test_which_changed_addresses_are_listed(values, is_listed):
    day = Day()
    day.says(Determination.EMAIL_UPDATE, **values)
    assert len(day.lists["email_update_requests"]) == is_listed


def test_only_the_address_s_own_outcome_is_listed():
    day = Day()
    day.says(Determination.EMAIL_UPDATE, new_email="info@northfield.example", new_title="Director")
    day.person()
    day.record()
    assert only(day.lists["email_update_requests"])["outcome"] == "skipped: INVALID_TARGET_EMAIL"


@pytest.mark.parametrize(("is_active", "expected"), [(True, "Yes"), (False, "Yes"), (None, "No")])
def test_alternate_contacts(is_active, expected):
    day = Day()
    day.says(Determination.REPLACEMENT, replacement_title="Nurse")
    if is_active is not None:
        day.person("john.roe@northfield.example", is_active=is_active)
    assert only(day.lists["alternate_contacts"]) == {
        "email": JANE,
        "replacement_name": "John Roe",
        "replacement_email": "john.roe@northfield.example",
        "replacement_title": "Nurse",
        "in_cupola": expected,
    }


def test_a_successor_without_an_address_is_not_in_cupola():
    day = Day()
    day.says(Determination.REPLACEMENT, replacement_email=None)
    assert only(day.lists["alternate_contacts"])["in_cupola"] == "No"


@pytest.mark.parametrize(
    ("determination", "values", "is_listed"),
    [
        (Determination.INACTIVE, {"new_org": "Southfield"}, True),
        (Determination.INACTIVE, {"new_email": "jane@southfield.example"}, True),
        (Determination.REPLACEMENT, {"new_org": "Southfield"}, True),
        (Determination.INACTIVE, {}, False),
        (Determination.INACTIVE, {"new_org": "Southfield", "confidence": 0.6}, False),
        (Determination.EMAIL_UPDATE, {"new_org": "Southfield"}, False),
    ],
)
def test_inactive_new_org(determination, values, is_listed):
    day = Day()
    day.says(determination, **values)
    assert day.lists["inactive_new_org"]["email"].tolist() == [JANE] * is_listed


@pytest.mark.parametrize(
    ("determination", "values", "is_listed"),
    [
        (Determination.UNKNOWN, {"category": Category.UNDELIVERABLE}, True),
        (Determination.UNKNOWN, {"category": Category.UNDELIVERABLE, "sender": None}, True),
        (Determination.INACTIVE, {"failed_recipient": JANE, "confidence": 0.7}, True),
        (Determination.UNKNOWN, {"category": Category.DELAYED, "failed_recipient": JANE}, False),
        (Determination.UNKNOWN, {"category": Category.DELIVERED, "failed_recipient": JANE}, False),
        (Determination.INACTIVE, {}, False),
    ],
)
def test_undeliverables(determination, values, is_listed):
    day = Day()
    day.says(determination, **values)
    assert len(day.lists["undeliverables"]) == is_listed


def test_an_undeliverable_says_why():
    day = Day()
    failed = {"failed_recipient": JANE, "status_code": "5.1.1", "category": Category.UNDELIVERABLE, "at": NOON}
    day.says(Determination.UNKNOWN, bounce_reason="no such user", **failed)
    assert only(day.lists["undeliverables"]) == {
        "message_id": "001@mail.example",
        "failed_recipient": JANE,
        "status_code": "5.1.1",
        "reason": "no such user",
        "received_at": NOON,
    }


@pytest.mark.parametrize(("is_active", "is_listed"), [(True, False), (False, False), (None, True)])
def test_inactive_no_cupola_match(is_active, is_listed):
    day = Day()
    day.says(Determination.REPLACEMENT)
    if is_active is not None:
        day.person(is_active=is_active)
    assert day.lists["inactive_no_cupola_match"]["email"].tolist() == [JANE] * is_listed


@pytest.mark.parametrize(
    ("policy", "active", "outcome"),
    [("warn", 0, "CLEAR"), ("warn", 2, "WARNED"), ("defer", 0, "CLEAR"), ("defer", 2, "DEFERRED")],
)
def test_multipub_audit(policy, active, outcome):
    day = Day(policy=Policy(active_subscription=policy))
    day.says(Determination.INACTIVE)
    day.says(Determination.INACTIVE, "stranger@northfield.example")
    day.subscriber(active=active, recent_orders=1)
    assert only(day.lists["multipub_audit"]) == {
        "email": JANE,
        "subsnum": "7001",
        "active_orders": active,
        "recent_orders": 1,
        "single_issue_orders": 0,
        "outcome": outcome,
    }


def test_a_shared_mailbox_and_a_contradiction_are_on_no_list():
    day = Day()
    for determination in (Determination.REPLACEMENT, Determination.EMAIL_UPDATE):
        day.says(determination, "info@northfield.example", new_org="Southfield")
        day.says(determination, new_org="Southfield")
    day.subscriber("info@northfield.example")
    day.subscriber()
    assert {name: len(frame) for name, frame in day.lists.items()} == dict.fromkeys(day.lists, 0)


def test_lists_are_sorted_by_address():
    day = Day()
    for name in ("c", "a", "b"):
        day.says(Determination.REPLACEMENT, f"{name}@northfield.example", new_org="Southfield")
        day.subscriber(f"{name}@northfield.example")
    expected = [f"{name}@northfield.example" for name in "abc"]
    listed = {name: frame["email"].tolist() for name, frame in day.lists.items() if "email" in frame and len(frame)}
    assert listed == dict.fromkeys(
        ["inactive_people", "alternate_contacts", "inactive_new_org", "inactive_no_cupola_match", "multipub_audit"],
        expected,
    )
