"""Each message once (rules.md §3 and §9, duplicates)."""

import pandas as pd
import pytest

from autoresponder_dagster.rules.duplicates import EARLIER_PARTITION, mark_duplicates, without_duplicates
from autoresponder_dagster.schemas import EmailMessage
from autoresponder_dagster_tests.rules.day import DAY, EVENING, MORNING, NOON, valid


def copies(*rows: tuple[str, pd.Timestamp | None, str]) -> pd.DataFrame:
    return EmailMessage.from_rows(
        {
            "partition": DAY,
            "message_id": message_id,
            "inbox_source": "HospitalNews",
            "received_at": NOON,
            "inserted_at": inserted_at,
            "source": source,
        }
        for message_id, inserted_at, source in rows
    )


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (("1", EVENING), ("2", MORNING), "2"),
        (("1", None), ("2", EVENING), "2"),
        (("10", NOON), ("9", NOON), "9"),
        (("10", None), ("9", None), "9"),
        (("b/10.eml", None), ("b/9.eml", None), "b/10.eml"),
        (("a", NOON), ("9", NOON), "9"),
    ],
    ids=[
        "earliest inserted",
        "null is last",
        "ids as numbers",
        "ids as numbers, undated",
        "paths as text",
        "numbers first",
    ],
)
@pytest.mark.parametrize("is_swapped", [False, True])
def test_the_copy_that_counts(first, second, kept, is_swapped):
    rows = [("same", inserted_at, source) for source, inserted_at in (first, second)]
    marked = mark_duplicates(copies(*(reversed(rows) if is_swapped else rows)), [])
    assert without_duplicates(marked)["source"].tolist() == [kept]
    assert marked["duplicate_of"].dropna().tolist() == [kept]


def test_a_message_of_an_earlier_partition_counts_there():
    marked = valid(
        EmailMessage, mark_duplicates(copies(("old", NOON, "1"), ("old", NOON, "2"), ("new", NOON, "3")), {"old"})
    )
    assert marked.set_index("source")["duplicate_of"].dropna().to_dict() == dict.fromkeys("12", EARLIER_PARTITION)
    assert without_duplicates(marked)["message_id"].tolist() == ["new"]


def test_no_message_is_lost_and_the_order_of_the_store_does_not_matter():
    rows = [("b", NOON, "3"), ("a", EVENING, "2"), ("b", MORNING, "1"), ("c", None, "4")]
    marked = mark_duplicates(copies(*rows), [])
    pd.testing.assert_frame_equal(marked, mark_duplicates(copies(*reversed(rows)), []))
    assert sorted(marked["source"]) == ["1", "2", "3", "4"]
    assert marked["message_id"].tolist() == ["a", "b", "b", "c"]


def test_a_quiet_day():
    assert len(valid(EmailMessage, mark_duplicates(copies(), {"x"}))) == 0
