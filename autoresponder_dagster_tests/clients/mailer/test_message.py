import email
from datetime import UTC, datetime
from email.policy import SMTP, default

import pytest

from autoresponder_dagster.clients.mailer.message import Attachment, build_message

DATE = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)
CSV = Attachment("Marketing_NoLongerThere_2026-03-31.csv", "Email Address\r\nanné@customer.example\r\n".encode())


def build(**changes):
    parts = {
        "key": "N04-2026-03-31-abc",
        "sender": "AutoResponder <autoresponder@publisher.example>",
        "to": ["marketing@publisher.example"],
        "subject": "Suppression für heute",
        "body": "Grüße\n",
        "date": DATE,
        "attachments": [CSV],
    }
    return build_message(**parts | changes)


def test_the_same_input_gives_the_same_bytes_and_another_key_others():
    assert build().as_bytes(policy=SMTP) == build().as_bytes(policy=SMTP)
    assert build(key="other")["Message-ID"] != build()["Message-ID"]
    assert build(key="other").get_boundary() != build().get_boundary()


def test_it_reads_back_as_it_was_meant():
    content = build(cc=["boss@publisher.example", "desk@publisher.example"]).as_bytes(policy=SMTP)
    assert b"\n" not in content.replace(b"\r\n", b"")
    message = email.message_from_bytes(content, policy=default)
    assert message["To"] == "marketing@publisher.example"
    assert message["Cc"] == "boss@publisher.example, desk@publisher.example"
    assert message["Subject"] == "Suppression für heute"
    assert message["Date"].datetime == DATE
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Message-ID"].endswith("@publisher.example>")
    body, attachment = message.iter_parts()
    assert body.get_content() == "Grüße\r\n"
    assert attachment.get_filename() == CSV.name
    assert attachment.get_content_type() == "text/csv"
    assert attachment.get_payload(decode=True) == CSV.content


def test_an_override_takes_the_place_of_every_recipient():
    message = build(cc=["boss@publisher.example"], override_recipient="test@publisher.example")
    assert message["To"] == "test@publisher.example"
    assert message["Cc"] is None
    assert message["X-Original-To"] == "marketing@publisher.example"
    assert message["X-Original-Cc"] == "boss@publisher.example"


def test_a_message_without_attachment_is_plain_text():
    assert build(attachments=[]).get_content_type() == "text/plain"


@pytest.mark.parametrize(
    "changes",
    [
        {"attachments": [Attachment("report.xlsx", b"")]},
        {"subject": "x\r\nBcc: everybody@publisher.example"},
        {"to": ["a@publisher.example\nBcc: everybody@publisher.example"]},
        {"to": []},
    ],
)
def test_what_must_not_be_sent_is_refused(changes):
    with pytest.raises(ValueError, match=r".+"):
        build(**changes)
