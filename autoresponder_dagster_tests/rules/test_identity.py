"""Who an address is (rules.md §3 and §9, Orders)."""

from datetime import date

import pandas as pd
import pytest

from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.rules.identity import (
    addresses_of_interest,
    count_orders,
    profile_addresses,
    unify_contacts,
    with_profile,
)
from autoresponder_dagster.schemas import (
    CupolaPerson,
    EmailMessage,
    MultipubSubscriber,
    SalesforceRecord,
    UnifiedContact,
)
from autoresponder_dagster.schemas.enums import Determination, SObject
from autoresponder_dagster_tests.rules.day import DAY, JANE, NEW, NOON, Day, valid

SUBSCRIBER_COLUMNS = ["subsnum", "email", "name", "organization"]
ORDER_COLUMNS = [
    "subsnum", "order_id", "product_code", "order_type", "status", "start_date", "expire_date", "is_single_issue",
    "purchase_date",
]  # fmt: skip


def counts(as_of: date = date(2026, 3, 2), **order: object) -> tuple[int, int, int]:
    """Return the active, recent and single-issue count of one order."""
    row = {"subsnum": "1", "order_type": "subscription", "status": "active", "is_single_issue": False} | order
    subscribers = pd.DataFrame([("1", JANE, None, None)], columns=SUBSCRIBER_COLUMNS)
    frame = count_orders(subscribers, pd.DataFrame([row], columns=ORDER_COLUMNS), as_of)
    [cells] = valid(MultipubSubscriber, frame)[["active_orders", "recent_orders", "single_issue_orders"]].to_numpy()
    return tuple(map(int, cells))


ACTIVE, RECENT, SINGLE, NOTHING = (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)


@pytest.mark.parametrize(
    ("start", "expire", "expected"),
    [
        ("2026-03-02", "2026-12-31", ACTIVE),
        ("2026-03-03", "2026-12-31", NOTHING),
        ("2025-01-01", "2026-03-02", ACTIVE),
        ("2025-01-01", "2026-03-01", RECENT),
        ("2024-01-01", "2025-03-02", RECENT),
        ("2024-01-01", "2025-03-01", NOTHING),
        ("2025-01-01", None, ACTIVE),
        (None, "2026-12-31", ACTIVE),
        (None, None, ACTIVE),
        ("2026-03-03", None, NOTHING),
    ],
    ids=[
        "starts today", "starts tomorrow", "expires today", "expired yesterday", "expired 12 months ago",
        "expired a day before that", "open-ended", "start unknown", "dates unknown", "open-ended, not started",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["active", "expired", "completed", None])
def test_dates_decide_whatever_the_status_says(start, expire, expected, status):
    assert counts(start_date=start, expire_date=expire, status=status) == expected


@pytest.mark.parametrize(
    ("expire", "expected"),
    [("2026-12-31", NOTHING), (None, NOTHING), ("2026-03-02", NOTHING), ("2026-03-01", RECENT)],
)
@pytest.mark.parametrize("status", ["cancelled", " Cancelled "])
def test_a_cancelled_order_is_never_active(expire, expected, status):
    assert counts(start_date="2025-01-01", expire_date=expire, status=status) == expected


@pytest.mark.parametrize(
    ("purchase", "expected"),
    [
        ("2026-03-02", SINGLE),
        ("2026-03-03", NOTHING),
        ("2025-03-02", SINGLE),
        ("2025-03-01", NOTHING),
        (None, NOTHING),
    ],
)
@pytest.mark.parametrize(
    "kind",
    [{"order_type": "single_issue"}, {"is_single_issue": True}, {"order_type": None, "is_single_issue": True}],
)
def test_a_single_issue_counts_by_purchase_and_as_nothing_else(purchase, expected, kind):
    dates = {"start_date": "2026-01-01", "expire_date": "2026-12-31"}
    assert counts(purchase_date=purchase, **dates, **kind) == expected


@pytest.mark.parametrize(("expire", "expected"), [("2023-02-28", RECENT), ("2023-02-27", NOTHING)])
def test_twelve_calendar_months_before_a_leap_day(expire, expected):
    assert counts(date(2024, 2, 29), start_date="2020-01-01", expire_date=expire) == expected


def test_every_subscriber_has_a_row_and_orders_of_strangers_do_not_count():
    subscribers = pd.DataFrame([("1", JANE, None, None), ("2", NEW, "Jane", "Clinic")], columns=SUBSCRIBER_COLUMNS)
    orders = pd.DataFrame(
        [("1", "a", None, "subscription", "active", "2025-01-01", None, False, None)] * 2
        + [("9", "b", None, "subscription", "active", "2025-01-01", None, False, None)],
        columns=ORDER_COLUMNS,
    )
    frame = valid(MultipubSubscriber, count_orders(subscribers, orders, date(2026, 3, 2)))
    assert dict(zip(frame["email"], frame["active_orders"], strict=True)) == {JANE: 2, NEW: 0}


def test_no_subscriber_at_all():
    empty = count_orders(
        pd.DataFrame(columns=SUBSCRIBER_COLUMNS), pd.DataFrame(columns=ORDER_COLUMNS), date(2026, 3, 2)
    )
    assert len(valid(MultipubSubscriber, empty)) == 0


def message(number: int, sender: str | None, mentioned: str | None = None, duplicate_of: str | None = None) -> dict:
    return {
        "partition": DAY,
        "message_id": str(number),
        "inbox_source": "HospitalNews",
        "sender_email": sender,
        "received_at": NOON,
        "source": str(number),
        "mentioned_emails": mentioned,
        "duplicate_of": duplicate_of,
    }


def test_addresses_to_look_up():
    messages = EmailMessage.from_rows(
        [
            message(1, " Jane.Doe@Northfield.example ", f"{NEW};{JANE}"),
            message(2, None, "John@Roe.example ; "),
            message(3, "copy@northfield.example", None, "1"),
        ]
    )
    frame = addresses_of_interest(messages)
    assert dict(zip(frame["email"], frame["is_sender"], strict=True)) == {
        JANE: True,
        NEW: False,
        "john@roe.example": False,
    }
    assert frame["partition"].eq(DAY).all()


def test_one_row_per_record_and_at_least_one_per_address():
    day = Day()
    day.says(Determination.EMAIL_UPDATE)
    lead, contact = day.record(SObject.LEAD, company="Clinic"), day.record(SObject.CONTACT)
    rows = day.contacts
    assert rows["email"].tolist() == [JANE, JANE, NEW]
    assert rows["record_id"].tolist() == [contact, lead, pd.NA]
    assert rows["is_sender"].tolist() == [True, True, False]
    assert rows["cupola_state"].eq("NO_ROW").all()


@pytest.mark.parametrize(
    ("sobject", "status", "expected"),
    [
        (SObject.LEAD, "Working - Contacted", True),
        (SObject.LEAD, "Open - Not Contacted", True),
        (SObject.LEAD, "Disqualified", False),
        (SObject.LEAD, "Inactive", False),
        (SObject.LEAD, "", False),
        (SObject.LEAD, None, False),
        (SObject.CONTACT, "Active", True),
        (SObject.CONTACT, "Inactive", False),
        (SObject.CONTACT, "Former", pd.NA),
        (SObject.CONTACT, "", pd.NA),
        (SObject.CONTACT, None, pd.NA),
    ],
)
def test_activity_of_a_record(sobject, status, expected):
    day = Day()
    day.says(Determination.ACTIVE)
    day.record(sobject, status=status)
    [found] = day.contacts["is_active"]
    assert found is expected or found == expected


def test_a_contact_of_a_subscriber_is_owned_by_marketing_and_a_lead_never_is():
    day = Day()
    day.says(Determination.ACTIVE)
    day.record(SObject.CONTACT)
    day.record(SObject.LEAD)
    day.subscriber()
    assert dict(zip(day.contacts["sobject"], day.contacts["is_multipub_owned"], strict=True)) == {
        "Contact": True,
        "Lead": False,
    }


def test_several_subscribers_on_one_address_all_count():
    day = Day()
    day.says(Determination.ACTIVE)
    day.subscriber(subsnum="10", active=2, name="Second")
    day.subscriber(subsnum="9", active=1, single_issue_orders=3)
    [row] = day.contacts.to_dict("records")
    assert (row["subsnum"], row["active_orders"], row["single_issue_orders"]) == ("9;10", 3, 3)
    assert row["name"] == "Second"


OLD, YOUNG = pd.Timestamp("2025-01-01T00:00:00Z"), pd.Timestamp("2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("rows", "preferred", "state"),
    [
        ([("1", False, YOUNG), ("2", True, OLD)], "2", "ACTIVE_ROW"),
        ([("1", True, OLD), ("2", True, YOUNG)], "2", "ACTIVE_ROW"),
        ([("1", False, None), ("2", False, OLD)], "2", "INACTIVE_ROW"),
        ([("10", True, OLD), ("9", True, OLD)], "9", "ACTIVE_ROW"),
        ([("10", False, None), ("9", False, None)], "9", "INACTIVE_ROW"),
    ],
    ids=["active first", "then newest", "undated is oldest", "then lowest id", "lowest id, undated"],
)
def test_the_preferred_cupola_row(rows, preferred, state):
    day = Day()
    day.says(Determination.ACTIVE)
    for person_id, is_active, updated_at in rows:
        day.person(cupola_person_id=person_id, is_active=is_active, updated_at=updated_at)
    [row] = day.contacts.to_dict("records")
    assert (row["cupola_person_id"], row["cupola_state"]) == (preferred, state)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((True, "Northfield Clinic"), (True, "Southfield Clinic"), True),
        ((True, "Northfield Clinic"), (True, " NORTHFIELD clinic "), False),
        ((True, "Northfield Clinic"), (False, "Southfield Clinic"), False),
        ((True, "Northfield Clinic"), (True, None), False),
    ],
    ids=["two organisations", "the same, spelt otherwise", "one is inactive", "one is unnamed"],
)
def test_ambiguous_organisation(first, second, expected):
    day = Day()
    day.says(Determination.ACTIVE)
    for is_active, organization in (first, second):
        day.person(is_active=is_active, organization=organization)
    assert day.contacts["cupola_is_ambiguous"].tolist() == [expected]


@pytest.mark.parametrize(
    ("company", "cupola", "multipub", "expected"),
    [("A", "B", "C", "A"), (None, "B", "C", "B"), (None, None, "C", "C"), (None, None, None, pd.NA)],
)
def test_organisation_by_precedence(company, cupola, multipub, expected):
    day = Day()
    day.says(Determination.ACTIVE)
    day.record(SObject.LEAD, company=company)
    day.person(organization=cupola)
    day.subscriber(organization=multipub)
    [found] = day.contacts["organization"]
    assert found is expected or found == expected


def test_a_profile_gathers_an_address():
    day = Day()
    day.says(Determination.EMAIL_UPDATE)
    contacts = [day.record(SObject.CONTACT, has_active_subscription=flag, name=None) for flag in (False, True)]
    lead = day.record(SObject.LEAD, name="Jane from the Lead")
    profiles = profile_addresses(day.contacts, day.contacts["email"]).set_index("email")
    jane, new = profiles.loc[JANE], profiles.loc[NEW]
    assert (jane["record_count"], jane["salesforce_contact_ids"], jane["salesforce_lead_ids"]) == (
        3,
        ";".join(contacts),
        lead,
    )
    assert jane["name"] == "Jane from the Lead"
    assert bool(jane["has_active_subscription"])
    assert new["record_count"] == 0
    assert pd.isna(new["salesforce_contact_ids"])
    assert not new["has_active_subscription"]


def test_a_sender_that_was_never_looked_up_is_an_error_and_not_a_sender_without_records():
    day = Day()
    day.says(Determination.INACTIVE)
    with pytest.raises(LookupFailedError, match="1 of 1 senders"):
        with_profile(day.senders, day.contacts[day.contacts["email"].ne(JANE)])


def test_an_org_that_did_not_answer_marks_its_addresses():
    day = Day()
    day.says(Determination.INACTIVE)
    day.records.append({"partition": DAY, "email": JANE, "is_degraded": True})
    assert profile_addresses(day.contacts, day.contacts["email"])["is_degraded"].tolist() == [True]
    assert profile_addresses(day.contacts, day.contacts["email"])["record_count"].tolist() == [0]


def test_a_quiet_day():
    frames = SalesforceRecord.from_rows([]), MultipubSubscriber.from_rows([]), CupolaPerson.from_rows([])
    contacts = unify_contacts(addresses_of_interest(EmailMessage.from_rows([])), *frames)
    assert len(valid(UnifiedContact, contacts)) == 0
