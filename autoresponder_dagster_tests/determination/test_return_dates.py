"""When somebody is back, in eleven languages: one automatic reply a line in ``fixtures/return_dates.csv``.

What a careful reader answers: the day of return where one is told, else the end of the absence; nothing where
only a vague time is told.
"""

import csv
from datetime import date, datetime, time, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest

from autoresponder_dagster.determination import determine
from autoresponder_dagster_tests.determination.messages import build

with (Path(__file__).parent / "fixtures" / "return_dates.csv").open(encoding="utf-8", newline="") as file:
    ROWS = [tuple(row.values()) for row in csv.DictReader(file)]
HOURS_FROM_UTC = {"en": 1, "ja": 9, "zh": 8}


@pytest.mark.parametrize(("language", "day", "return_date", "text"), ROWS)
def test_the_day_of_return(language: str, day: str, return_date: str, text: str) -> None:
    zone = timezone(timedelta(hours=HOURS_FROM_UTC.get(language, 2)))
    sent = datetime.combine(date.fromisoformat(day), time(10), zone)
    assert (determine(build(text, date=format_datetime(sent))).return_date or "") == return_date
