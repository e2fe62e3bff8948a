"""What holds a write back, guard by guard and in order (rules.md §5 and §9, Guards)."""

import pandas as pd
import pytest

from autoresponder_dagster.rules.guards import LEVELS
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas.enums import Category, Determination, SObject
from autoresponder_dagster_tests.rules.day import EVENING, JANE, MORNING, NEW, NOON, Day

CONTACT, LEAD = SObject
INFO = "info@northfield.example"
OTHER = "jim.poe@northfield.example"


def change(new_email: str = NEW, sender: str = JANE, **values: object) -> tuple[Day, str]:
    """Return a day on which one Contact would get a new address, and the Contact."""
    day = Day()
    day.says(Determination.EMAIL_UPDATE, sender, new_email=new_email, **values)
    day.person(sender)
    return day, day.record(CONTACT, sender)


def assert_held(day: Day, *reasons: str) -> None:
    """Assert that nothing is sent, that the first reason is the gate, and that each is asked once."""
    assert day.plan["gate"].tolist() == [reasons[0]]
    assert day.plan["disposition"].tolist() == ["skip"]
    assert day.reasons == sorted(reasons)


def test_nothing_stands_in_the_way_of_a_plain_change():
    day, _ = change()
    assert day.plan["disposition"].tolist() == ["send"]
    assert day.reasons == []


@pytest.mark.parametrize("new_email", ["jane.smith@", "jane.smith", "jane smith@northfield.example", "a@b@c.example"])
def test_an_invalid_address(new_email):
    day, _ = change(new_email, category=Category.ORGANIZATION_RENAMED)
    assert_held(day, "INVALID_TARGET_EMAIL")


def test_a_role_mailbox_as_new_address():
    day, _ = change(INFO)
    assert_held(day, "INVALID_TARGET_EMAIL")


@pytest.mark.parametrize("sobject", SObject)
def test_an_address_that_another_record_has(sobject):
    day, _ = change()
    day.record(sobject, NEW)
    assert_held(day, "DUPLICATE_TARGET_EMAIL")


def test_an_address_that_a_second_record_of_the_same_sender_has_already():
    day, first = change()
    second = day.record(LEAD)
    day.record(LEAD, NEW, record_id=second)
    assert day.planned == {(first, "Email"): "send", (second, "Email"): "noop"}


@pytest.mark.parametrize(
    ("person", "is_held"),
    [
        ({"name": " JANE doe ", "organization": "northfield clinic"}, False),
        ({"name": "Jane Doe", "organization": "Northfield Clinic", "is_active": False}, False),
        ({"name": "Jane Smith", "organization": "Northfield Clinic"}, True),
        ({"name": "Jane Doe", "organization": "Southfield Clinic"}, True),
        ({"name": None, "organization": "Northfield Clinic"}, True),
        ({"name": "Jane Doe", "organization": None}, True),
    ],
)
def test_an_address_that_cupola_has(person, is_held):
    day, _ = change()
    day.person(NEW, **person)
    if is_held:
        assert_held(day, "DUPLICATE_TARGET_EMAIL")
    else:
        assert day.plan["disposition"].tolist() == ["send"]


def test_an_address_that_two_senders_name():
    day, _ = change()
    day.says(Determination.EMAIL_UPDATE, OTHER)
    day.person(OTHER)
    day.record(LEAD, OTHER)
    assert day.plan["gate"].tolist() == ["DUPLICATE_TARGET_EMAIL"] * 2
    assert day.reasons == ["DUPLICATE_TARGET_EMAIL"] * 2


def test_an_address_that_a_predecessor_names_too_is_free():
    day, contact = change()
    day.says(Determination.REPLACEMENT, OTHER, replacement_name="Jane Doe", replacement_email=NEW)
    assert day.planned == {(contact, "Email"): "send"}


def test_an_address_that_was_never_looked_up_might_be_taken():
    day, _ = change()
    day.contacts = day.contacts[day.contacts["email"].ne(NEW)]
    assert_held(day, "DUPLICATE_TARGET_EMAIL")


@pytest.mark.parametrize(
    ("new_email", "is_held"),
    [
        ("jane@mail.northfield.example", False),
        ("jane@southfield.example", True),
        ("jane@northfield.example.org", True),
        ("jane@othernorthfield.example", True),
        ("jane@NORTHFIELD-GROUP.example", False),
    ],
)
def test_a_domain_must_be_known_to_the_organisation(new_email, is_held):
    day, _ = change(new_email)
    day.people[0]["organization_domains"] = "northfield.example;Northfield-Group.example"
    if is_held:
        assert_held(day, "DOMAIN_CHANGE")
    else:
        assert day.plan["disposition"].tolist() == ["send"]


def test_a_parent_domain_is_known():
    day, _ = change("jane@northfield.example", "jane@mail.northfield.example")
    day.people[0]["organization_domains"] = None
    assert day.plan["disposition"].tolist() == ["send"]


def test_an_announced_rename_makes_a_domain_known():
    day, _ = change("jane@southfield.example", category=Category.ORGANIZATION_RENAMED)
    assert day.plan["disposition"].tolist() == ["send"]


def test_a_title_goes_on_where_the_address_does_not():
    day, contact = change(INFO, new_title="Director")
    assert day.planned == {(contact, "Email"): "INVALID_TARGET_EMAIL", (contact, "Title"): "send"}


@pytest.mark.parametrize(
    ("determination", "before"),
    [
        (Determination.INACTIVE, {}),
        (Determination.ACTIVE, {"status": "Disqualified"}),
        (Determination.EMAIL_UPDATE, {}),
        (Determination.TITLE_UPDATE, {}),
    ],
)
def test_a_converted_lead_is_never_changed(determination, before):
    day = Day()
    day.says(determination)
    day.person()
    day.record(LEAD, is_converted=True, **before)
    assert_held(day, "LEAD_CONVERTED")


def test_a_converted_lead_that_would_not_change_raises_no_question():
    day = Day(policy=Policy(inactivate_disqualified_leads=False))
    day.says(Determination.INACTIVE)
    day.record(LEAD, is_converted=True, status="Inactive")
    skipped = day.record(LEAD, is_converted=True, status="Disqualified")
    assert day.planned[skipped, "Status"] == "DISQUALIFIED_LEAD"
    assert day.reasons == []


@pytest.mark.parametrize(
    ("seconds_later", "by_pipeline", "is_stale"),
    [(1, False, True), (0, False, False), (-1, False, False), (1, True, False), (None, False, False)],
)
@pytest.mark.parametrize("determination", [Determination.INACTIVE, Determination.TITLE_UPDATE])
def test_a_record_that_somebody_else_changed_since(determination, seconds_later, by_pipeline, is_stale):
    day = Day()
    day.says(determination, at=NOON)
    day.person()
    modified = None if seconds_later is None else NOON + pd.Timedelta(seconds=seconds_later)
    day.record(last_modified_at=modified, last_modified_by_pipeline=by_pipeline)
    if is_stale:
        assert_held(day, "STALE_EVIDENCE")
    else:
        assert day.plan["disposition"].tolist() == ["send"]


@pytest.mark.parametrize(("records", "is_held"), [(5, False), (6, True)])
@pytest.mark.parametrize("sobject", SObject)
def test_too_many_records(records, is_held, sobject):
    day = Day()
    day.says(Determination.INACTIVE)
    for _ in range(records):
        day.record(sobject)
    assert day.plan["gate"].eq("TOO_MANY_RECORDS").fillna(value=False).tolist() == [is_held] * records
    assert day.reasons == ["TOO_MANY_RECORDS"] * is_held


def test_records_of_marketing_and_noops_count_among_the_many():
    day = Day(policy=Policy(max_records_per_address=2))
    day.says(Determination.INACTIVE)
    day.subscriber()
    owned, lead, done = day.record(CONTACT), day.record(LEAD), day.record(LEAD, status="Inactive")
    gates = {record_id: outcome for (record_id, _), outcome in day.planned.items()}
    assert gates == {owned: "MULTIPUB_OWNED", lead: "TOO_MANY_RECORDS", done: "noop"}
    assert day.reasons == ["TOO_MANY_RECORDS"]


@pytest.mark.parametrize("determination", [Determination.INACTIVE, Determination.REPLACEMENT])
@pytest.mark.parametrize("status", ["Active", "Inactive", None])
def test_a_departure_from_a_shared_mailbox_is_always_asked_about(determination, status):
    day = Day()
    day.says(determination, INFO)
    if status:
        day.record(CONTACT, INFO, status=status)
    assert day.reasons == ["SHARED_MAILBOX"]
    assert set(day.planned.values()) <= {"SHARED_MAILBOX", "noop"}


@pytest.mark.parametrize(
    ("determination", "status", "reasons"),
    [
        (Determination.ACTIVE, "Inactive", ["SHARED_MAILBOX"]),
        (Determination.ACTIVE, "Active", ["ACTIVE_NEW_CONTACT"]),
        (Determination.ACTIVE, None, ["ACTIVE_NEW_CONTACT"]),
        (Determination.EMAIL_UPDATE, "Active", ["SHARED_MAILBOX"]),
        (Determination.EMAIL_UPDATE, None, ["SHARED_MAILBOX"]),
        (Determination.OUT_OF_OFFICE, "Active", ["OUT_OF_OFFICE"]),
        (Determination.UNKNOWN, "Active", []),
    ],
)
def test_a_shared_mailbox_is_asked_about_where_the_text_would_write(determination, status, reasons):
    day = Day()
    day.says(determination, INFO)
    if status:
        day.record(CONTACT, INFO, status=status)
    assert day.reasons == reasons


def test_an_active_shared_mailbox_of_a_subscriber_would_write_nothing():
    day = Day()
    day.says(Determination.ACTIVE, INFO)
    day.person(INFO)
    day.subscriber(INFO)
    day.record(CONTACT, INFO, status="Inactive")
    assert day.reasons == []


def test_the_question_about_cupola_is_asked_also_of_marketing_s_contacts():
    day = Day()
    day.says(Determination.EMAIL_UPDATE)
    day.subscriber()
    day.record()
    assert day.plan["gate"].tolist() == ["MULTIPUB_OWNED"]
    assert day.reasons == ["ACTIVE_NEW_CONTACT"]


def test_where_nothing_would_change_no_guard_asks():
    day = Day()
    day.says(Determination.TITLE_UPDATE)
    day.record(title="Director")
    assert day.reasons == []


def test_a_deferred_subscriber_is_asked_about_whatever_else_holds_the_write_back():
    day = Day(policy=Policy(max_records_per_address=1, active_subscription="defer"))
    day.says(Determination.INACTIVE)
    day.subscriber(active=1)
    for _ in range(2):
        day.record(LEAD)
    assert day.plan["gate"].tolist() == ["TOO_MANY_RECORDS"] * 2
    assert day.reasons == ["MULTIPUB_ACTIVE_SUBSCRIPTION", "TOO_MANY_RECORDS"]
    assert len(day.suppression) == 0


def test_several_guards_of_one_level_are_all_asked_about():
    day, _ = change("info@southfield.example")
    day.record(LEAD, "info@southfield.example")
    assert_held(day, "INVALID_TARGET_EMAIL", "DUPLICATE_TARGET_EMAIL", "DOMAIN_CHANGE")


UPDATE_ORDER = [
    "MULTIPUB_OWNED",
    "LOW_CONFIDENCE",
    "SHARED_MAILBOX",
    "TOO_MANY_RECORDS",
    "UPDATE_ON_INACTIVE",
    "INVALID_TARGET_EMAIL",
    "DUPLICATE_TARGET_EMAIL",
    "DOMAIN_CHANGE",
    "STALE_EVIDENCE",
]
DEPARTURE_ORDER = [
    "LOW_CONFIDENCE",
    "SHARED_MAILBOX",
    "TOO_MANY_RECORDS",
    "MULTIPUB_ACTIVE_SUBSCRIPTION",
    "CUPOLA_NOT_ACTIVE",
    "DISQUALIFIED_LEAD",
    "LEAD_CONVERTED",
    "STALE_EVIDENCE",
]
STRICT = Policy(
    max_records_per_address=1,
    active_subscription="defer",
    inactive_requires_active_cupola=True,
    inactivate_disqualified_leads=False,
)


def troubled(determination: Determination, sobject: SObject, troubles: list[str]) -> Day:
    """Return a day on which one sender is in all these troubles at once."""
    sender = INFO if "SHARED_MAILBOX" in troubles else JANE
    name = "info" if "INVALID_TARGET_EMAIL" in troubles else "jane.smith"
    domain = "southfield.example" if "DOMAIN_CHANGE" in troubles else "northfield.example"
    new_email = f"{name}@{domain}"
    day = Day(policy=STRICT)
    day.says(
        determination, sender, new_email=new_email, confidence=0.6 if "LOW_CONFIDENCE" in troubles else 0.9, at=NOON
    )
    day.person(sender, is_active=not {"UPDATE_ON_INACTIVE", "CUPOLA_NOT_ACTIVE"} & set(troubles))
    if {"MULTIPUB_OWNED", "MULTIPUB_ACTIVE_SUBSCRIPTION"} & set(troubles):
        day.subscriber(sender, active=1)
    if "DUPLICATE_TARGET_EMAIL" in troubles:
        day.record(LEAD, new_email)
    for _ in range(2 if "TOO_MANY_RECORDS" in troubles else 1):
        day.record(
            sobject,
            sender,
            status="Disqualified" if "DISQUALIFIED_LEAD" in troubles else "Active",
            is_converted="LEAD_CONVERTED" in troubles,
            last_modified_at=EVENING if "STALE_EVIDENCE" in troubles else MORNING,
        )
    return day


@pytest.mark.parametrize(
    ("determination", "sobject", "order", "number"),
    [
        *((Determination.EMAIL_UPDATE, CONTACT, UPDATE_ORDER, number) for number in range(len(UPDATE_ORDER))),
        *((Determination.INACTIVE, LEAD, DEPARTURE_ORDER, number) for number in range(len(DEPARTURE_ORDER))),
    ],
)
def test_the_first_guard_in_the_documented_order_names_the_gate(determination, sobject, order, number):
    day = troubled(determination, sobject, order[number:])
    assert set(day.plan["gate"]) == {order[number]}
    documented = [gate for level in LEVELS for gate in level]
    assert documented.index(order[number]) == min(documented.index(gate) for gate in order[number:])


@pytest.mark.parametrize(
    ("determination", "sobject"), [(Determination.EMAIL_UPDATE, CONTACT), (Determination.INACTIVE, LEAD)]
)
def test_without_any_trouble_it_is_sent(determination, sobject):
    day = troubled(determination, sobject, [])
    assert day.plan["disposition"].tolist() == ["send"]
    assert day.reasons == []
