"""What holds for every day, whatever comes in (rules.md §4, §5, §9)."""

from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas.enums import DEPARTURES, STATE_CHANGING, Category, Determination, Gate, SObject
from autoresponder_dagster_tests.rules.day import CATEGORIES, EVENING, JANE, MORNING, NEW, NOON, Day

OFFICE = "office@northfield.example"
PEOPLE = [JANE, NEW, "jim.poe@northfield.example", OFFICE, "+sue@northfield.example"]
TARGETS = [None, *PEOPLE, "jane@southfield.example", "no address"]
UNKNOWN_CATEGORIES = [
    Category.UNDELIVERABLE, Category.DELAYED, Category.UNSUBSCRIBE_REQUEST, Category.FUTURE_DEPARTURE,
    Category.UNDETERMINED_SENDER, Category.PARSE_PROBLEM, Category.UNCLEAR, Category.ACKNOWLEDGEMENT,
]  # fmt: skip


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    determination = draw(st.sampled_from(Determination))
    is_unknown = determination is Determination.UNKNOWN
    return {
        "determination": determination,
        "sender": draw(st.sampled_from([*PEOPLE, None])),
        "category": draw(st.sampled_from(UNKNOWN_CATEGORIES)) if is_unknown else CATEGORIES[determination],
        "at": draw(st.sampled_from([MORNING, NOON, EVENING])),
        "confidence": draw(st.sampled_from([0.4, 0.6, 0.8, 0.95])),
        "new_email": draw(st.sampled_from(TARGETS)),
        "new_title": draw(st.sampled_from([None, "Director", "Nurse"])),
        "replacement_name": draw(st.sampled_from([None, "John Roe", "Ann Poe"])),
        "replacement_email": draw(st.sampled_from(TARGETS)),
    }


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "sobject": draw(st.sampled_from(SObject)),
        "email": draw(st.sampled_from(PEOPLE)),
        "status": draw(st.sampled_from([None, "", "Active", "Inactive", "Disqualified", "Working - Contacted"])),
        "title": draw(st.sampled_from([None, "Director"])),
        "is_converted": draw(st.booleans()),
        "last_modified_at": draw(st.sampled_from([None, MORNING, EVENING])),
        "last_modified_by_pipeline": draw(st.booleans()),
    }


POLICIES = st.builds(
    Policy,
    max_records_per_address=st.sampled_from([1, 5]),
    active_subscription=st.sampled_from(["warn", "defer"]),
    auto_add_replacements=st.booleans(),
    inactive_requires_active_cupola=st.booleans(),
    reactivate_requires_active_cupola=st.booleans(),
    inactivate_disqualified_leads=st.booleans(),
)


@st.composite
def days(draw: st.DrawFn) -> Day:
    day = Day(policy=draw(POLICIES))
    for message in draw(st.lists(messages(), max_size=12)):
        day.says(message.pop("determination"), message.pop("sender"), **message)
    for record in draw(st.lists(records(), max_size=10)):
        day.record(record.pop("sobject"), record.pop("email"), **record)
    for email in draw(st.lists(st.sampled_from(PEOPLE), max_size=3)):
        day.subscriber(email, subsnum=str(len(day.subscribers)), active=draw(st.integers(0, 1)))
    for email in draw(st.lists(st.sampled_from(PEOPLE), max_size=6)):
        day.person(email, is_active=draw(st.booleans()), organization=draw(st.sampled_from(["North", "South"])))
    return day


def every_frame_passes_its_model(day: Day) -> None:
    day.validate()


def nothing_is_written_that_must_not_be(day: Day) -> None:
    sent = day.plan[day.plan["disposition"].eq("send")]
    may_write = day.senders["determination"].isin(STATE_CHANGING) & ~day.senders["is_conflicting"]
    assert set(day.plan["sender_email"]) <= set(day.senders.loc[may_write, "sender_email"])
    assert sent["confidence"].ge(0.80).all()
    assert not sent["sender_email"].eq(OFFICE).any()
    records = day.contacts.dropna(subset="record_id").set_index("record_id")
    for flag in ("is_multipub_owned", "is_converted"):
        assert not set(sent["record_id"].dropna()) & set(records.index[records[flag].astype(bool)])
    targets = sent.loc[sent["action"].isin(["set_email", "create_contact"]), "new_value"]
    assert not set(targets) & {OFFICE, "no address"}
    assert sent["old_value"].ne(sent["new_value"]).fillna(value=True).all()


def every_message_is_accounted_for(day: Day) -> None:
    """What may write ends in a plan row, a list, the suppression or a question; nothing is lost."""
    named = day.determinations["sender_email"].notna()
    assert set(day.determinations.loc[named, "sender_email"]) == set(day.senders["sender_email"])
    assert int(day.senders["message_count"].sum()) == named.sum()
    reports = day.determinations["category"].isin(["undeliverable", "delayed"])
    assert set(day.determinations.loc[~named & ~reports, "message_id"]) <= set(day.review["message_id"])
    asked, listed = set(day.review["sender_email"].dropna()), set(day.lists["inactive_people"]["email"])
    agreed = day.senders[~day.senders["is_conflicting"]].set_index("sender_email")["determination"]
    assert set(agreed.index[agreed.eq("OUT_OF_OFFICE")]) <= asked
    assert set(agreed.index[agreed.isin(DEPARTURES)]) <= asked | listed
    assert set(day.suppression["email_address"]) <= listed


def a_contradiction_has_its_row_and_nothing_else(day: Day) -> None:
    conflicting = set(day.senders.loc[day.senders["is_conflicting"], "sender_email"])
    rows = day.review[day.review["sender_email"].isin(conflicting)]
    assert sorted(rows["sender_email"]) == sorted(conflicting)
    assert rows["reason"].eq("CONFLICTING_EVIDENCE").all()
    listed = {email for frame in day.lists.values() if "email" in frame for email in frame["email"]}
    assert not conflicting & (listed | set(day.suppression["email_address"]) | set(day.plan["sender_email"]))


def what_a_guard_holds_back_is_asked_about(day: Day) -> None:
    held = day.plan[day.plan["disposition"].eq("skip")]
    questions = held[~held["gate"].isin(list(Gate))]
    asked = set(zip(day.review["sender_email"], day.review["reason"], strict=True))
    assert set(zip(questions["sender_email"], questions["gate"], strict=True)) <= asked
    assert held["skip_reason"].notna().all()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days())
def test_what_holds_for_every_day(day):
    every_frame_passes_its_model(day)
    nothing_is_written_that_must_not_be(day)
    every_message_is_accounted_for(day)
    a_contradiction_has_its_row_and_nothing_else(day)
    what_a_guard_holds_back_is_asked_about(day)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days())
def test_the_order_of_rows_does_not_matter(day):
    again = Day(day.policy, day.verdicts[::-1], day.records[::-1], day.subscribers[::-1], day.people[::-1])
    for name in ("senders", "contacts", "plan", "review", "suppression"):
        pd.testing.assert_frame_equal(getattr(day, name), getattr(again, name))


@settings(max_examples=25, deadline=None)
@given(st.lists(messages(), max_size=8), st.randoms(use_true_random=False))
def test_settling_does_not_depend_on_the_order_of_messages(said, random):
    day = Day()
    for message in said:
        day.says(message.pop("determination"), message.pop("sender"), **message)
    shuffled = Day(verdicts=random.sample(day.verdicts, len(day.verdicts)))
    pd.testing.assert_frame_equal(day.senders, shuffled.senders)
