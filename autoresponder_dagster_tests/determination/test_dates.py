"""Dates in eleven languages, resolved against the day of the message."""

from datetime import date

import pytest

from autoresponder_dagster.determination.dates import FUTURE, PAST, find_dates, month_first_habit

WEDNESDAY = date(2026, 10, 14)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("back on October 26", date(2026, 10, 26)),
        ("back Oct. 26th, 2026", date(2026, 10, 26)),
        ("back on 26 October", date(2026, 10, 26)),
        ("back on the 3rd of January", date(2027, 1, 3)),
        ("2026-10-26", date(2026, 10, 26)),
        ("wieder da am 26. Oktober", date(2026, 10, 26)),
        ("ab 26.10.2026", date(2026, 10, 26)),
        ("le 1er novembre", date(2026, 11, 1)),
        ("el 26 de octubre de 2026", date(2026, 10, 26)),
        ("dal 26 ottobre", date(2026, 10, 26)),
        ("vanaf 26 oktober", date(2026, 10, 26)),
        ("26 października 2026 r.", date(2026, 10, 26)),
        ("den 26 oktober", date(2026, 10, 26)),
        ("10月26日", date(2026, 10, 26)),
        ("2026年10月26日", date(2026, 10, 26)),
        ("令和8年10月26日", date(2026, 10, 26)),
        ("去る十月三十一日をもって", date(2026, 10, 31)),
        ("来年3月1日", date(2027, 3, 1)),
        ("10月末で", date(2026, 10, 31)),
        ("下月5日", date(2026, 11, 5)),
        ("ご返信は26日以降", date(2026, 10, 26)),
        ("z końcem października", date(2026, 10, 31)),
        ("next Monday", date(2026, 10, 19)),
        ("Monday the 26th", date(2026, 10, 26)),
        ("tomorrow", date(2026, 10, 15)),
        ("July 10-31", date(2027, 7, 31)),
        ("the fourth of November", date(2026, 11, 4)),
        ("the Monday after Thanksgiving", date(2026, 11, 30)),
        ("back on the 26th", date(2026, 10, 26)),
        ("next Friday", date(2026, 10, 23)),
        ("Monday week", date(2026, 10, 26)),
        ("a week from Monday", date(2026, 10, 26)),
        ("gone a fortnight", date(2026, 10, 28)),
        ("away for the next two weeks", date(2026, 10, 28)),
        ("off for a month", date(2026, 11, 14)),
        ("until the end of October", date(2026, 10, 31)),
        ("until the end of the month", date(2026, 10, 31)),
        ("on Good Friday I am off; back the Tuesday after Easter", date(2027, 3, 30)),
        ("after Easter Monday", date(2027, 3, 30)),
        ("am Dienstag nach Pfingsten", date(2027, 5, 18)),
        ("in weeks 44, 45 and 46", date(2026, 11, 13)),
        ("away 100 days: gone for 100 days", date(2027, 1, 22)),
        ("available from 23rd", date(2026, 10, 23)),
        ("away Thu-Sun", date(2026, 10, 18)),
        ("back on Wed", date(2026, 10, 21)),
    ],
)
def test_future_dates(text, expected):
    assert [stated.value for stated in find_dates(text, WEDNESDAY, FUTURE)][-1] == expected


def test_a_date_without_year_in_the_past():
    assert find_dates("I left on December 1", WEDNESDAY, PAST)[0].value == date(2025, 12, 1)
    assert find_dates("I left on September 30", WEDNESDAY, PAST)[0].value == date(2026, 9, 30)


def test_an_order_known_by_the_place_alone_yields_to_the_side_of_today():
    for text, direction, expected in (
        ("separated on 10/12/2026", PAST, date(2026, 10, 12)),
        ("left on 09/10/2026", PAST, date(2026, 10, 9)),
        ("resigned 10/2", PAST, date(2026, 10, 2)),
        ("out until 10/23/2026", FUTURE, date(2026, 10, 23)),
        ("out until 11/02/2026", FUTURE, date(2026, 11, 2)),
    ):
        found = find_dates(text, WEDNESDAY, direction, month_first=False, languages=("en",))
        assert found[0].value == expected


def test_without_a_day_of_the_message_no_year_is_guessed():
    assert [stated.value for stated in find_dates("back on October 26", None)] in ([], [None])
    assert find_dates("back on October 26, 2026", None)[0].value == date(2026, 10, 26)


def test_a_wrong_weekday_makes_a_date_uncertain():
    assert find_dates("Monday, October 26", WEDNESDAY)[0].is_certain
    assert not find_dates("Tuesday, October 26", WEDNESDAY)[0].is_certain


@pytest.mark.parametrize(
    ("text", "month_first", "expected"),
    [
        ("10/11/2026", True, date(2026, 10, 11)),
        ("10/11/2026", False, date(2026, 11, 10)),
        ("Tuesday 10/11/2026", True, date(2026, 11, 10)),
        ("23/10/2026", True, date(2026, 10, 23)),
    ],
)
def test_order_of_day_and_month(text, month_first, expected):
    assert find_dates(text, WEDNESDAY, FUTURE, month_first=month_first)[0].value == expected


@pytest.mark.parametrize(
    ("text", "language", "offset", "expected"),
    [
        ("from 12/10 to 23/10", "en", -5, False),
        ("10/23/26", "en", 1, True),
        ("12/10", "en", -5, True),
        ("12/10", "fr", -5, False),
        ("12/10", "en", 1, False),
        ("12/10", "en", None, None),
    ],
)
def test_habit_of_the_place(text, language, offset, expected):
    assert month_first_habit(text, language, offset) is expected


@pytest.mark.parametrize(
    "text",
    [
        "call 555-0134",
        "at 8:30 to 4:30",
        "version 1.2",
        "you may call",
        "answered 24/7 at 211",
        "in room 2.08.",
        "she sat where I sat",
        "with Sun State Capital",
    ],
)
def test_other_numbers_are_no_dates(text):
    assert find_dates(text, WEDNESDAY) == ()
