from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresponder_dagster.clients.columns import InvalidCellError, typed_columns
from autoresponder_dagster.clients.email_repository.rows import (
    OPTIONAL_COLUMNS,
    ROW_LAYOUT,
    build_message,
    messages_of,
)
from autoresponder_dagster.determination import read_envelope

STORED_HEADER = (
    "Received: from a.example by b.example; Tue, 31 Mar 2026 08:15:00 +0000\r\n"
    "From: Jane Doe <Jane.Doe@acme.example>\r\n"
    "Subject: =?utf-8?q?Automatische_Antwort=3A_=C3=9Cbersicht?=\r\n"
    "Message-ID: <stored@mail.example>\r\n"
    "Auto-Submitted: auto-replied\r\n"
    "X-Long: one\r\n two\r\n"
)


def build(subject=None, body=None, sender=None, message_id=None, headers=None) -> Message:
    return message_from_bytes(build_message(subject, body, sender, message_id, headers))


def test_columns_alone_make_a_readable_message():
    raw = build_message("Réponse", "Je suis absent.\nÀ bientôt", "jane@acme.example", "1@mail.example", None)

    envelope = read_envelope(raw)
    message = message_from_bytes(raw)
    assert (envelope.subject, envelope.sender_email, envelope.message_id) == (
        "Réponse",
        "jane@acme.example",
        "1@mail.example",
    )
    assert message.get_content_type() == "text/plain"
    assert message.get_payload(decode=True).decode() == "Je suis absent.\nÀ bientôt"


def test_the_stored_header_is_kept():
    message = build("Automatic reply", "Away.", "jane.doe@acme.example", None, STORED_HEADER)

    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Received"].endswith("Tue, 31 Mar 2026 08:15:00 +0000")
    assert message["From"] == "Jane Doe <Jane.Doe@acme.example>"
    assert message["X-Long"].split() == ["one", "two"]
    assert message["Message-ID"] == "<stored@mail.example>"
    assert message.get_payload() == "Away."


def test_columns_win_over_the_stored_header():
    raw = build_message("Column", "Away.", "li@acme.example", "<column@mail.example>", STORED_HEADER)

    envelope = read_envelope(raw)
    assert (envelope.subject, envelope.sender_email, envelope.message_id) == (
        "Column",
        "li@acme.example",
        "column@mail.example",
    )


@pytest.mark.parametrize("sender", ["doe@acme.example", "jane.doe@acme.example.org"])
def test_an_address_that_only_resembles_the_stored_sender_wins_too(sender):
    assert read_envelope(build_message(None, None, sender, None, STORED_HEADER)).sender_email == sender


def test_a_directory_name_does_not_replace_a_stored_address():
    raw = build_message(None, None, "/O=ACME/OU=EXCHANGE/CN=RECIPIENTS/CN=JDOE", None, STORED_HEADER)

    assert read_envelope(raw).sender_email == "jane.doe@acme.example"


@pytest.mark.parametrize("title", ["Microsoft Mail Internet Headers Version 2.0\r\n", "\r\n\r\n"])
def test_what_stands_above_a_stored_header_does_not_hide_it(title):
    assert build(headers=title + STORED_HEADER)["Auto-Submitted"] == "auto-replied"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html><body><p>I left.</p></body></html>", "text/html"),
        ("<!DOCTYPE html>\n<HTML>", "text/html"),
        ("Hello<br/>I left.", "text/html"),
        ("<div style='x'>I left.</div>", "text/html"),
        ("I left. Write to <jane@acme.example> if a < b > c.", "text/plain"),
        ("", "text/plain"),
        (None, "text/plain"),
    ],
)
def test_the_body_says_whether_it_is_html(body, content_type):
    message = build(body=body, headers="Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n")

    assert message.get_content_type() == content_type
    assert message.get_all("Content-Transfer-Encoding") == ["8bit"]
    assert message.get_payload(decode=True).decode() == (body or "")


def test_a_report_whose_text_alone_was_stored_is_still_a_report():
    header = 'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="=_b1"\r\n'

    message = build(body="Undeliverable.", headers=header)

    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert [part.get_payload().strip() for part in message.get_payload()] == ["Undeliverable."]


def test_stored_parts_are_kept_as_they_came():
    header = "Content-Type: multipart/alternative; boundary=b1\r\n"
    body = "--b1\nContent-Type: text/plain\n\nText\n--b1\nContent-Type: text/html\n\n<p>Text</p>\n--b1--\n"

    message = build(body=body, headers=header)

    assert [part.get_content_type() for part in message.get_payload()] == ["text/plain", "text/html"]


@given(subject=st.text(), sender=st.text(), message_id=st.text(), body=st.text())
def test_no_column_can_add_a_header_field_or_lose_the_body(subject, sender, message_id, body):
    raw = build_message(subject, body, sender, message_id, None)

    message = message_from_bytes(raw)
    assert set(message.keys()) <= {
        "Subject",
        "Message-ID",
        "From",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }
    assert raw.partition(b"\n\n")[2] == body.encode("utf-8", "replace")


@given(headers=st.text(), body=st.text())
def test_any_stored_header_gives_a_message(headers, body):
    raw = build_message("Subject", body, "jane@acme.example", "1@mail.example", headers)

    assert read_envelope(raw).message_id == "1@mail.example"


def rows(*cells):
    frame = pd.DataFrame(cells).reindex(columns=list(ROW_LAYOUT)).astype(object)
    return typed_columns(frame.where(frame.notna(), None), ROW_LAYOUT, OPTIONAL_COLUMNS)


def test_rows_become_messages_with_their_own_times():
    received, inserted = messages_of(
        rows(
            {
                "Id": 7,
                "AccountName": "HospitalNews",
                "ReceivedDate": "2026-03-31T08:15:00Z",
                "MessageId": "<7@m.example>",
            },
            {"Id": 8, "InsertedDateTime": "2026-03-31T09:00:00Z"},
        )
    )

    assert (received.source, received.inbox_source, received.message_id) == ("7", "HospitalNews", "7@m.example")
    assert received.received_at == datetime(2026, 3, 31, 8, 15, tzinfo=UTC)
    assert received.inserted_at is None
    assert inserted.inbox_source == "default"
    assert inserted.received_at == inserted.inserted_at == datetime(2026, 3, 31, 9, tzinfo=UTC)


def test_a_row_without_any_time_is_refused():
    with pytest.raises(InvalidCellError, match="column ReceivedDate, data row 1"):
        list(messages_of(rows({"Id": 7})))
