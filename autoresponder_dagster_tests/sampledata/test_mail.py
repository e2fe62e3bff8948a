"""A message has the form of the mail system that sent it, and loses nothing of what it says."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default as default_policy

import pytest

from autoresponder_dagster.sampledata.chance import seeded
from autoresponder_dagster.sampledata.mail import DeliveryReport, Letter, Original, load_mail_systems, render

SYSTEMS = load_mail_systems()
LETTER = Letter(
    sender_name="Jörg Łącki",
    sender_email="j.lacki@amt.example",
    organization="Amt <Süd>",
    recipient_name="Roster, Weekly",
    recipient_email="roster@press.example",
    subject="Abwesenheitsnotiz: Übergabe & Grüße aus einem sehr langen Betreff, der umbrochen werden muss",
    text="Ich bin weg – bis Montag.\n\nFragen & Antworten: büro@amt.example <Süd>",
    sent_at=datetime(2026, 11, 9, 23, 30, tzinfo=UTC),
    received_at=datetime(2026, 11, 9, 23, 31, tzinfo=UTC),
    utc_offset=timedelta(hours=1),
    original=Original("Roster", "<1@press.example>", text="NEWS. Somebody left.\n\nCloses here."),
)
REPORT = DeliveryReport("x@amt.example", "failed", "5.1.1", "550 5.1.1 unknown")


def parsed(raw):
    return message_from_bytes(raw, policy=default_policy)


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name != "relay"])
def test_every_form_says_what_the_letter_says(name):
    message = parsed(render(LETTER, SYSTEMS[name], seeded(name)))

    assert not message.defects
    assert message["From"].addresses[0].display_name == "Jörg Łącki"
    assert message["To"].addresses[0].display_name == "Roster, Weekly"
    assert message["Subject"] == LETTER.subject
    assert message["Date"].datetime == LETTER.sent_at
    assert message["Date"].datetime.utcoffset() == timedelta(hours=1)
    body = message.get_body(("plain", "html"))
    text = body.get_content().replace("&amp;", "&")
    for words in ("weg – bis Montag", "Fragen & Antworten", "Somebody left."):
        assert words in text


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=lambda system: system.name)
def test_received_is_topmost_and_lines_end_in_crlf(system):
    raw = render(_reported() if system.body == "report" else LETTER, system, seeded("x"))

    assert parsed(raw).get_all("Received")[0].endswith("Mon, 09 Nov 2026 23:31:00 +0000")
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_same_state_of_chance_gives_the_same_bytes():
    system = SYSTEMS["exchange_online"]

    assert render(LETTER, system, seeded("a")) == render(LETTER, system, seeded("a"))
    assert render(LETTER, system, seeded("a")) != render(LETTER, system, seeded("b"))


def test_html_escapes_what_people_write():
    message = parsed(render(LETTER, SYSTEMS["exchange_online"], seeded("a")))

    assert "&lt;Süd&gt;" in message.get_body(("html",)).get_content()


def test_a_letter_that_answers_nothing_refers_to_nothing():
    alone = parsed(render(_changed(original=None), SYSTEMS["person"], seeded("a")))

    assert alone["In-Reply-To"] is None
    assert alone["References"] is None


def test_long_addresses_are_not_torn_apart():
    address = "a-very-long-mailbox-name@an-organization-with-many-words-in-its-name.example"
    message = parsed(
        render(_changed(text=f"From now on please write to {address}."), SYSTEMS["groupware"], seeded("a"))
    )

    assert address in message.get_body(("plain",)).get_content()


def test_delivery_report_has_the_parts_of_rfc_3464():
    message = parsed(render(_reported(), SYSTEMS["relay"], seeded("a")))

    assert message.get_content_type() == "multipart/report"
    text, status, returned = message.iter_parts()
    assert "Mailbox is gone" in text.get_content()
    assert status.get_payload()[1]["Final-Recipient"] == "rfc822; x@amt.example"
    assert status.get_payload()[1]["Status"] == "5.1.1"
    assert "<1@press.example>" in returned.get_content()


def test_delivery_report_without_a_report_is_refused():
    with pytest.raises(ValueError, match="DeliveryReport"):
        render(LETTER, SYSTEMS["relay"], seeded("a"))


def _changed(**fields):
    return Letter(**(vars(LETTER) | fields))


def _reported():
    return _changed(report=REPORT, text="Mailbox is gone", subject="Undelivered")
