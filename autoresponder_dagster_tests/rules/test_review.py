"""What a person is asked (rules.md §5 and §9, Review)."""

import pandas as pd
import pytest

from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.review import SUGGESTED_ACTIONS, route_to_review
from autoresponder_dagster.schemas import (
    DeterminationRow,
    PlannedWrite,
    ReviewItem,
    SenderDetermination,
    UnifiedContact,
)
from autoresponder_dagster.schemas.enums import Category, Determination, ReviewReason, SObject, WriteResultCode
from autoresponder_dagster_tests.rules.day import EVENING, JANE, MORNING, NEW, Day, valid

CONTACT, LEAD = SObject
LATER = "WRITE_NO_LONGER_SUPPORTED"


def rich_day() -> Day:
    """Return a day with a question of every reason that a single day can have."""
    day = Day(policy=Policy(max_records_per_address=2))

    def sender(name: str, determination: Determination, **values: object) -> str:
        address = f"{name}@northfield.example"
        day.says(determination, address, **values)
        return address

    def updates(name: str, new_email: str, **values: object) -> str:
        address = sender(name, Determination.EMAIL_UPDATE, new_email=new_email, **values)
        day.person(address)
        day.record(LEAD, address)
        return address

    sender("low", Determination.INACTIVE, confidence=0.6)
    sender("conflict", Determination.INACTIVE)
    sender("conflict", Determination.ACTIVE)
    day.says(Determination.UNKNOWN, None)
    sender("broken", Determination.UNKNOWN, category=Category.PARSE_PROBLEM)
    sender("away", Determination.OUT_OF_OFFICE)
    sender("soon", Determination.UNKNOWN, category=Category.FUTURE_DEPARTURE)
    sender("stop", Determination.UNKNOWN, category=Category.UNSUBSCRIBE_REQUEST)
    sender("info", Determination.INACTIVE)
    crowded = sender("crowded", Determination.INACTIVE)
    for _ in range(3):
        day.record(LEAD, crowded)
    sender("new", Determination.ACTIVE)
    day.person(sender("lapsed", Determination.TITLE_UPDATE), is_active=False)
    day.person(sender("back", Determination.ACTIVE), is_active=False)
    ambiguous = sender("ambiguous", Determination.TITLE_UPDATE)
    day.person(ambiguous)
    day.person(ambiguous, organization="Southfield Clinic")
    updates("invalid", "office@northfield.example")
    updates("duplicate", "taken@northfield.example")
    day.record(CONTACT, "taken@northfield.example")
    updates("moved", "moved@southfield.example")
    day.record(LEAD, sender("converted", Determination.INACTIVE), is_converted=True)
    day.record(LEAD, sender("stale", Determination.INACTIVE), last_modified_at=EVENING)
    rejected = day.record(LEAD, sender("rejected", Determination.INACTIVE))
    day.results_by_record[rejected] = WriteResultCode.REJECTED
    sender("=cmd", Determination.INACTIVE)
    return day


def test_every_reason_of_a_day_has_one_row_and_an_advice():
    day = rich_day()
    deferred = Day(policy=Policy(active_subscription="defer"))
    deferred.says(Determination.INACTIVE)
    deferred.subscriber(active=1)
    assert sorted([*day.reasons, *deferred.reasons, LATER]) == sorted(ReviewReason)
    assert set(SUGGESTED_ACTIONS) == set(ReviewReason)
    day.validate()
    deferred.validate()


def test_rows_are_sorted_and_their_ids_do_not_depend_on_the_order_of_messages():
    day = rich_day()
    keys = day.review[["reason", "sender_email"]].fillna("~").to_numpy().tolist()
    assert keys == sorted(keys)
    shuffled = rich_day()
    shuffled.verdicts.reverse()
    pd.testing.assert_frame_equal(day.review, shuffled.review)


def only(day: Day) -> dict[str, object]:
    [row] = day.review.astype(object).where(day.review.notna(), None).to_dict("records")
    return row


def test_a_row_says_what_a_reviewer_needs():
    day = Day()
    day.says(Determination.EMAIL_UPDATE, new_email="jane@southfield.example")
    day.person()
    contact = day.record(LEAD)
    day.subscriber()
    row = only(day)
    assert row["reason"] == "DOMAIN_CHANGE"
    assert (row["sobject"], row["record_id"], row["field"]) == ("Lead", contact, "Email")
    assert (row["current_value"], row["proposed_value"]) == (JANE, "jane@southfield.example")
    assert (row["evidence"], row["subject"], row["inbox_source"]) == ("evidence 1", "Automatic reply", "HospitalNews")
    assert (row["category"], row["determination"], row["confidence"]) == ("address_changed", "EMAIL_UPDATE", 0.95)
    assert (row["cupola_state"], row["cupola_person_id"], row["subsnum"]) == ("ACTIVE_ROW", "1", "7001")


@pytest.mark.parametrize(
    ("determination", "values", "field", "current", "proposed"),
    [
        (Determination.EMAIL_UPDATE, {}, "Email", JANE, NEW),
        (Determination.EMAIL_UPDATE, {"new_title": "Director"}, "Email", JANE, NEW),
        (Determination.TITLE_UPDATE, {}, "Title", None, "Director"),
        (Determination.INACTIVE, {"new_email": NEW}, None, None, None),
    ],
)
def test_a_question_about_a_sender_shows_the_change(determination, values, field, current, proposed):
    day = Day()
    day.says(determination, confidence=0.6, **values)
    row = only(day)
    assert (row["field"], row["current_value"], row["proposed_value"]) == (field, current, proposed)


def test_an_absence_is_one_row_with_the_newest_return_date():
    day = Day()
    day.says(Determination.OUT_OF_OFFICE, at=MORNING, return_date="2026-04-01")
    day.says(Determination.OUT_OF_OFFICE, at=EVENING, return_date="2026-03-09")
    row = only(day)
    assert (row["reason"], row["return_date"], row["received_at"]) == ("OUT_OF_OFFICE", "2026-03-09", EVENING)


@pytest.mark.parametrize("category", [Category.UNSUBSCRIBE_REQUEST, Category.FUTURE_DEPARTURE, Category.PARSE_PROBLEM])
def test_a_contradiction_is_the_only_question_about_a_sender(category):
    day = Day()
    day.says(Determination.INACTIVE)
    day.says(Determination.EMAIL_UPDATE)
    day.says(Determination.UNKNOWN, category=category)
    day.record(LEAD, is_converted=True)
    row = only(day)
    assert row["reason"] == "CONFLICTING_EVIDENCE"
    assert row["proposed_value"] is None


@pytest.mark.parametrize(
    ("first", "second", "confidence"),
    [
        (Determination.EMAIL_UPDATE, Determination.INACTIVE, 0.6),
        (Determination.INACTIVE, Determination.OUT_OF_OFFICE, 0.9),
        (Determination.INACTIVE, Determination.ACTIVE, 0.9),
    ],
)
def test_a_contradiction_asks_nothing_of_what_its_newest_message_would(first, second, confidence):
    day = Day()
    day.says(first, at=MORNING, confidence=confidence)
    day.says(second, at=EVENING, confidence=confidence)
    assert day.reasons == ["CONFLICTING_EVIDENCE"]


def test_an_unsubscribe_request_is_asked_about_beside_a_departure():
    day = Day()
    day.says(Determination.INACTIVE)
    day.says(Determination.UNKNOWN, category=Category.UNSUBSCRIBE_REQUEST)
    assert day.reasons == ["UNSUBSCRIBE_REQUEST"]
    assert only(day)["message_id"] == "002@mail.example"


@pytest.mark.parametrize(
    ("category", "reasons"),
    [
        (Category.UNCLEAR, ["UNDETERMINED_SENDER"]),
        (Category.UNDETERMINED_SENDER, ["UNDETERMINED_SENDER"]),
        (Category.PARSE_PROBLEM, ["UNDETERMINED_SENDER"]),
        (Category.UNDELIVERABLE, []),
        (Category.DELAYED, []),
        (Category.DELIVERED, []),
        (Category.FEEDBACK_REPORT, []),
        (Category.READ_RECEIPT, []),
    ],
)
@pytest.mark.parametrize("sender", [None, "nobody"])
def test_a_message_without_a_usable_sender(category, reasons, sender):
    day = Day()
    day.says(Determination.UNKNOWN, sender, category=category)
    assert day.reasons == reasons
    assert day.review["sender_email"].isna().all()


def test_a_departure_of_nobody_is_not_lost():
    day = Day()
    day.says(Determination.INACTIVE, None)
    assert day.reasons == ["UNDETERMINED_SENDER"]


@pytest.mark.parametrize(
    ("certain", "uncertain", "reasons"),
    [
        (Determination.INACTIVE, Determination.REPLACEMENT, ["LOW_CONFIDENCE"]),
        (Determination.TITLE_UPDATE, Determination.EMAIL_UPDATE, ["LOW_CONFIDENCE"]),
        (Determination.EMAIL_UPDATE, Determination.TITLE_UPDATE, ["LOW_CONFIDENCE"]),
        (Determination.REPLACEMENT, Determination.INACTIVE, []),
        (Determination.INACTIVE, Determination.INACTIVE, []),
        (Determination.ACTIVE, Determination.ACTIVE, []),
    ],
)
def test_what_only_an_uncertain_message_says_is_asked_about(certain, uncertain, reasons):
    day = Day()
    day.says(certain)
    day.says(uncertain, confidence=0.6)
    day.person()
    assert day.reasons == reasons
    assert set(day.review["message_id"]) <= {"002@mail.example"}


@pytest.mark.parametrize(
    ("result", "reasons"),
    [
        (WriteResultCode.REJECTED, ["WRITE_FAILED"]),
        (WriteResultCode.CONFLICT, ["STALE_EVIDENCE"]),
        (WriteResultCode.APPLIED, []),
        (WriteResultCode.DEFERRED, []),
        (WriteResultCode.INTERCEPTED, []),
    ],
)
def test_results_of_writes(result, reasons):
    day = Day()
    day.says(Determination.INACTIVE)
    lead = day.record(LEAD)
    day.results_by_record[lead] = result
    assert day.reasons == reasons
    assert set(day.review["record_id"]) <= {lead}


def test_before_anything_was_written():
    day = rich_day()
    items = route_to_review(day.determinations, day.senders, day.contacts, day.plan, None, day.policy)
    assert set(day.reasons) - set(items["reason"]) == {"WRITE_FAILED"}


def test_the_one_question_of_an_unsafe_address():
    day = Day()
    day.says(Determination.INACTIVE, "+1@northfield.example")
    assert day.reasons == ["UNSAFE_ADDRESS"]
    assert len(day.suppression) == 0
    assert day.lists["inactive_people"]["email"].tolist() == ["+1@northfield.example"]


def test_a_quiet_day():
    empty = (DeterminationRow, SenderDetermination, UnifiedContact, PlannedWrite)
    items = route_to_review(*(model.from_rows([]) for model in empty), None, Policy())
    assert len(valid(ReviewItem, items)) == 0
