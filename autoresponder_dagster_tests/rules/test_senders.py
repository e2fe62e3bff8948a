"""One verdict per sender and day (rules.md §4 and §9, Conflicts)."""

from itertools import combinations

import pandas as pd
import pytest

from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.senders import (
    confirmed_address_changes,
    confirmed_departures,
    demote_uncertain,
    settle_senders,
)
from autoresponder_dagster.schemas import DeterminationRow, SenderDetermination
from autoresponder_dagster.schemas.enums import Category, Determination
from autoresponder_dagster_tests.rules.day import EVENING, JANE, MORNING, NEW, NOON, Day, valid

INACTIVE, REPLACEMENT, EMAIL, TITLE, ACTIVE, OUT, UNKNOWN = Determination

# What two messages of one sender say together, whatever their order; None is a contradiction.
SETTLED = {
    frozenset({INACTIVE, REPLACEMENT}): REPLACEMENT,
    frozenset({EMAIL, TITLE}): EMAIL,
    **{frozenset({UNKNOWN, other}): other for other in Determination},
    **{frozenset({same}): same for same in Determination},
}


@pytest.mark.parametrize(
    ("earlier", "later"), [pair for a, b in combinations(Determination, 2) for pair in ((a, b), (b, a))]
)
def test_two_messages_of_one_sender(earlier, later):
    day = Day()
    day.says(later, at=EVENING)
    day.says(earlier, at=MORNING)
    [row] = day.senders.to_dict("records")
    expected = later if {earlier, later} == {ACTIVE, OUT} else SETTLED.get(frozenset({earlier, later}))
    assert row["is_conflicting"] == (expected is None)
    assert row["determination"] == (expected or later)
    assert row["message_count"] == 2


@pytest.mark.parametrize("determination", Determination)
def test_the_same_said_twice_counts_once_with_the_newest_evidence(determination):
    day = Day()
    day.says(determination, at=EVENING, inbox_source="DentalNews")
    day.says(determination, at=MORNING)
    [row] = day.senders.to_dict("records")
    assert (row["determination"], row["is_conflicting"]) == (determination, False)
    assert (row["message_id"], row["evidence"], row["evidence_at"]) == ("001@mail.example", "evidence 1", EVENING)
    assert row["inbox_source"] == "DentalNews"


def test_a_tie_in_time_is_broken_by_the_message_id():
    day = Day()
    day.says(ACTIVE, message_id="b")
    day.says(OUT, message_id="a")
    assert day.senders["determination"].tolist() == [ACTIVE]


@pytest.mark.parametrize(
    ("determination", "first", "second", "is_conflicting"),
    [
        (EMAIL, {"new_email": NEW}, {"new_email": NEW.upper() + " "}, False),
        (EMAIL, {"new_email": NEW}, {"new_email": None}, False),
        (EMAIL, {"new_email": NEW}, {"new_email": "jd@northfield.example"}, True),
        (INACTIVE, {"new_email": NEW}, {"new_email": "jd@southfield.example"}, True),
        (TITLE, {"new_title": "Director"}, {"new_title": "President"}, False),
        (INACTIVE, {"new_org": "North"}, {"new_org": "South"}, False),
        (REPLACEMENT, {"replacement_email": "a@x.example"}, {"replacement_email": "b@x.example"}, True),
        (REPLACEMENT, {"replacement_name": "A. Roe"}, {"replacement_name": "Ann Roe"}, False),
        (
            REPLACEMENT,
            {"replacement_name": "Ann Roe", "replacement_email": None},
            {"replacement_name": " ANN ROE", "replacement_email": None},
            False,
        ),
        (
            REPLACEMENT,
            {"replacement_name": "Ann Roe", "replacement_email": None},
            {"replacement_name": "Ben Poe", "replacement_email": None},
            True,
        ),
        (
            REPLACEMENT,
            {"replacement_name": "Ann Roe", "replacement_email": None},
            {"replacement_name": "Ben Poe", "replacement_email": "ben@x.example"},
            True,
        ),
        (
            REPLACEMENT,
            {"replacement_name": None, "replacement_email": "ann@x.example"},
            {"replacement_name": "Ann Roe", "replacement_email": None},
            False,
        ),
        (OUT, {"replacement_email": "a@x.example"}, {"replacement_email": "b@x.example"}, False),
        (OUT, {"return_date": "2026-03-05"}, {"return_date": "2026-03-09"}, False),
        (UNKNOWN, {"new_email": NEW}, {"new_email": "jd@northfield.example"}, False),
    ],
)
def test_the_same_with_different_facts(determination, first, second, is_conflicting):
    day = Day()
    day.says(determination, **first)
    day.says(determination, **second)
    assert day.senders["is_conflicting"].tolist() == [is_conflicting]


def test_an_uncertain_contradiction_is_one_too():
    day = Day()
    day.says(EMAIL, new_email=NEW)
    day.says(EMAIL, new_email="jd@northfield.example", confidence=0.6)
    assert day.senders["is_conflicting"].tolist() == [True]


def test_facts_are_the_newest_that_are_stated():
    day = Day()
    day.says(EMAIL, at=EVENING, new_email=None, new_title=None)
    day.says(TITLE, at=NOON, new_title="Director")
    day.says(EMAIL, at=MORNING, new_email=" Jane.Smith@Northfield.example", new_title="President")
    [row] = day.senders.to_dict("records")
    assert (row["determination"], row["new_email"], row["new_title"]) == (EMAIL, NEW, "Director")


def test_several_absences_have_the_newest_return_date():
    day = Day()
    day.says(OUT, at=MORNING, return_date="2026-04-01")
    day.says(OUT, at=NOON, return_date="2026-03-09", confidence=0.6)
    day.says(OUT, at=EVENING, return_date=None)
    assert day.senders["return_date"].tolist() == ["2026-03-09"]


def test_certain_messages_count_before_uncertain_ones():
    day = Day()
    day.says(INACTIVE, at=MORNING, confidence=0.9, new_org="South")
    day.says(INACTIVE, at=EVENING, confidence=0.6, new_org="North")
    [row] = day.senders.to_dict("records")
    assert (row["evidence"], row["confidence"], row["new_org"]) == ("evidence 1", 0.9, "South")


def test_of_uncertain_messages_the_newest_counts():
    day = Day()
    day.says(INACTIVE, at=MORNING, confidence=0.7)
    day.says(INACTIVE, at=EVENING, confidence=0.6)
    assert day.senders["confidence"].tolist() == [0.6]


def test_an_uncertain_successor_does_not_make_a_certain_departure_uncertain():
    day = Day()
    day.says(INACTIVE, confidence=0.9)
    day.says(REPLACEMENT, confidence=0.6, at=EVENING)
    [row] = day.senders.to_dict("records")
    assert (row["determination"], row["confidence"]) == (INACTIVE, 0.9)
    assert pd.isna(row["replacement_email"])


def test_a_newer_absence_counts_before_a_more_certain_presence():
    day = Day()
    day.says(ACTIVE, confidence=0.9, at=MORNING)
    day.says(OUT, confidence=0.6, at=EVENING)
    assert day.senders["determination"].tolist() == [OUT]


def test_a_newer_uncertain_presence_counts_before_an_absence():
    day = Day()
    day.says(OUT, confidence=0.9, at=MORNING)
    day.says(ACTIVE, confidence=0.6, at=EVENING)
    [row] = day.senders.to_dict("records")
    assert (row["determination"], row["confidence"]) == (ACTIVE, 0.6)
    assert pd.isna(row["return_date"])


def test_an_address_change_keeps_its_category_when_a_title_comes_later():
    day = Day()
    day.says(EMAIL, category=Category.ORGANIZATION_RENAMED, at=MORNING)
    day.says(TITLE, at=EVENING)
    [row] = day.senders.to_dict("records")
    assert (row["determination"], row["category"]) == (EMAIL, Category.ORGANIZATION_RENAMED)
    assert (row["evidence_at"], row["new_title"]) == (EVENING, "Director")


def test_a_contradiction_shows_the_newest_message_as_it_is():
    day = Day()
    day.says(EMAIL, at=MORNING)
    day.says(INACTIVE, at=EVENING, confidence=0.6)
    [row] = day.senders.to_dict("records")
    assert (row["determination"], row["evidence"], row["confidence"]) == (INACTIVE, "evidence 2", 0.6)
    assert pd.isna(row["new_email"])


@pytest.mark.parametrize("sender", [None, "", "  ", "undisclosed", "@northfield.example"])
def test_a_message_without_a_usable_sender_settles_nobody(sender):
    day = Day()
    day.says(INACTIVE, sender)
    assert len(day.senders) == 0


def test_an_address_is_one_sender_however_it_is_spelt():
    day = Day()
    day.says(INACTIVE, " Jane.Doe@NORTHFIELD.example")
    day.says(INACTIVE, JANE)
    assert day.senders[["sender_email", "message_count"]].to_numpy().tolist() == [[JANE, 2]]


@pytest.mark.parametrize(
    ("sender", "expected"), [("info@northfield.example", True), (JANE, False), ("desk@northfield.example", True)]
)
def test_shared_mailboxes(sender, expected):
    day = Day(policy=Policy(role_names=["info", "desk"]))
    day.says(INACTIVE, sender)
    assert day.senders["is_shared_mailbox"].tolist() == [expected]


@pytest.mark.parametrize("determination", Determination)
@pytest.mark.parametrize(("confidence", "is_demoted"), [(0.49, True), (0.50, False)])
def test_below_the_review_confidence_nothing_is_known(determination, confidence, is_demoted):
    day = Day()
    day.says(determination, confidence=confidence)
    raw = DeterminationRow.from_rows(day.verdicts)
    demoted = valid(DeterminationRow, demote_uncertain(raw, Policy()))
    if not is_demoted or determination is UNKNOWN:
        pd.testing.assert_frame_equal(demoted, raw)
        return
    [row] = demoted.to_dict("records")
    assert (row["determination"], row["category"]) == (UNKNOWN, Category.UNCLEAR)
    assert (row["evidence"], row["confidence"]) == ("evidence 1", confidence)
    facts = ["new_email", "new_title", "replacement_name", "replacement_email", "return_date"]
    assert demoted[facts].isna().all(axis=None)


@pytest.mark.parametrize(
    ("values", "is_confirmed"),
    [
        ({}, True),
        ({"confidence": 0.80}, True),
        ({"confidence": 0.79}, False),
        ({"sender": "info@northfield.example"}, False),
    ],
)
def test_whom_the_lists_may_name(values, is_confirmed):
    for determination, select in ((INACTIVE, confirmed_departures), (EMAIL, confirmed_address_changes)):
        day = Day()
        day.says(determination, **values)
        assert bool(len(select(day.senders, day.policy))) == is_confirmed
        assert len(select(day.senders.assign(is_conflicting=True), day.policy)) == 0


def test_a_quiet_day():
    assert len(valid(SenderDetermination, settle_senders(DeterminationRow.from_rows([]), Policy()))) == 0
