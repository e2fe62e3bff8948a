"""The public functions, and the order of decisions."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from autoresponder_dagster.determination import determine, determine_frame, engine_version
from autoresponder_dagster.schemas import DeterminationRow, EmailMessage
from autoresponder_dagster_tests.determination.messages import build


def test_relative_dates_refer_to_the_time_of_receipt_where_the_message_has_none():
    raw = b"From: jmarrow@harbor.example\nSubject: Automatic reply: x\n\nI am out of the office, back tomorrow."
    verdict = determine(raw, received_at=datetime(2026, 10, 14, tzinfo=UTC))
    assert verdict.return_date == "2026-10-15"
    assert determine(raw).return_date is None


def test_the_repositorys_sender_is_whom_the_message_is_about():
    assert (
        determine(b"Subject: x\n\nI have left Harbor.", sender_email=" JMarrow@Harbor.example ").sender_email
        == "jmarrow@harbor.example"
    )


@pytest.mark.parametrize(
    ("raw", "category"),
    [
        (b"", "empty"),
        (build("", subject="Automatic reply: x", html="<p></p>"), "empty"),
        (b"From: a@b.example\nContent-Type: application/pdf\n\n%PDF", "parse_problem"),
        (build("Please remove me from your list.", auto=False, subject="Re: x"), "unsubscribe_request"),
        (build("This mailbox is no longer monitored."), "mailbox_unmonitored"),
        (build("We have received your request.", sender="Office <info@harbor.example>"), "acknowledgement"),
        (build("Our deputy, Ann Tully, has left the firm."), "third_person"),
        (build("My last day is November 30."), "future_departure"),
    ],
)
def test_unknown_is_told_apart_by_category(raw, category):
    verdict = determine(raw)
    assert (verdict.determination, verdict.category) == ("UNKNOWN", category)


def test_a_departure_on_the_day_of_the_message_counts_as_departed():
    assert determine(build("My last day is October 14.")).determination == "INACTIVE"
    assert determine(build("My last day is October 15.")).category == "future_departure"


def test_a_rename_is_told_apart_from_a_mere_new_address():
    assert determine(build("My new address is john.marrow@x.example.")).category == "address_changed"
    renamed = "Harbor is now part of Meridian. My new address is john.marrow@meridian.example."
    assert determine(build(renamed)).category == "organization_renamed"


def test_several_successors_are_kept_and_the_general_one_leads():
    body = (
        "I have left Harbor.\n\n- Tax: Bo Roe (broe@harbor.example)\n- Law: Cy Poe (cpoe@harbor.example)\n\n"
        "For anything else please contact Ann Lee, Director of Services, at alee@harbor.example."
    )
    verdict = determine(build(body))
    assert (verdict.replacement_name, verdict.replacement_email) == ("Ann Lee", "alee@harbor.example")
    assert verdict.replacement_title == "Director of Services"
    assert [contact.email for contact in verdict.alternates] == [
        "alee@harbor.example",
        "broe@harbor.example",
        "cpoe@harbor.example",
    ]


def test_a_verdict_names_the_entries_that_led_to_it():
    verdict = determine(build("John Marrow is no longer with Harbor."))
    assert verdict.matched == "en.no_longer_with"
    assert verdict.language == "en"
    assert verdict.evidence == "John Marrow is no longer with Harbor."
    assert verdict.stages.own_words == "John Marrow is no longer with Harbor."


def frame(*raws: bytes | None) -> pd.DataFrame:
    return EmailMessage.from_rows(
        {
            "partition": "2026-10-14",
            "message_id": f"{number}@harbor.example",
            "inbox_source": "Press",
            "sender_email": "jmarrow@harbor.example" if number % 2 == 0 else None,
            "subject": "x",
            "received_at": pd.Timestamp("2026-10-14", tz="UTC"),
            "source": f"{number}.eml",
            "raw": raw,
        }
        for number, raw in enumerate(raws)
    )


def test_a_frame_has_one_valid_row_per_message_in_the_same_order():
    messages = frame(build("I have left Harbor."), b"\xff\x00", None, build("I am out of the office until October 20."))
    rows = determine_frame(messages)
    DeterminationRow.validate(rows)
    assert rows["message_id"].tolist() == messages["message_id"].tolist()
    assert rows["determination"].tolist() == ["INACTIVE", "UNKNOWN", "UNKNOWN", "OUT_OF_OFFICE"]
    assert len(determine_frame(messages.head(0))) == 0


def test_the_version_names_rules_and_lexicons():
    assert engine_version() == engine_version()
    assert "-" in engine_version()
