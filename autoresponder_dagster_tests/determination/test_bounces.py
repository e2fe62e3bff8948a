"""Delivery reports: recipient, status and reason."""

import pytest

from autoresponder_dagster.determination import determine
from autoresponder_dagster_tests.determination.messages import build, delivery_report


def test_original_recipient_beats_final_recipient():
    verdict = determine(
        delivery_report("Sorry.", final="forwarded@elsewhere.example", original="jmarrow@harbor.example")
    )
    assert verdict.failed_recipient == "jmarrow@harbor.example"
    assert verdict.sender_email == "jmarrow@harbor.example"


@pytest.mark.parametrize(
    ("diagnostic", "status", "reason"),
    [
        ("smtp; 550 5.1.1 User unknown", "5.1.1", "user_unknown"),
        ("smtp; 552 5.2.2 mailbox full, over quota", "5.2.2", "mailbox_full"),
        ("smtp; 550 5.7.1 SPF check failed", "5.7.1", "sender_auth"),
        ("smtp; 554 5.7.1 blocked using a blocklist", "5.7.1", "blocked"),
        ("smtp; 550 5.2.1 account has been disabled", "5.2.1", "suspended"),
        ("smtp; 554 5.4.6 too many hops", "5.4.6", "mail_loop"),
        ("smtp; 550 5.1.1 over quota", "5.1.1", "mailbox_full"),
    ],
)
def test_reason_is_read_from_the_diagnosis(diagnostic, status, reason):
    verdict = determine(delivery_report("Sorry.", status=status, diagnostic=diagnostic))
    assert (verdict.determination, verdict.category) == ("UNKNOWN", "undeliverable")
    assert (verdict.status_code, verdict.bounce_reason) == (status, reason)


@pytest.mark.parametrize(
    ("action", "category"), [("delayed", "delayed"), ("delivered", "delivered"), ("failed", "undeliverable")]
)
def test_action_decides_the_category(action, category):
    assert determine(delivery_report("Notice.", action=action, status="4.4.1")).category == category


def test_a_bounce_is_never_a_departure_because_of_the_returned_mail():
    """The returned headers speak of somebody who left; they are ours."""
    verdict = determine(delivery_report("Sorry, this could not be delivered."))
    assert verdict.determination == "UNKNOWN"


def test_an_administrator_may_say_in_a_report_that_the_addressee_left():
    verdict = determine(
        delivery_report(
            "John Marrow left Harbor Trust on September 30, 2026.",
            status="5.7.1",
            diagnostic="smtp; 550 5.7.1 rejected by policy",
        )
    )
    assert (verdict.determination, verdict.sender_email) == ("INACTIVE", "jmarrow@harbor.example")
    assert verdict.effective_date == "2026-09-30"


def test_a_recipient_that_is_no_address_is_left_out():
    verdict = determine(delivery_report("Sorry.", final=f"r@{'h' * 64}.example"))
    assert (verdict.category, verdict.failed_recipient, verdict.sender_email) == ("undeliverable", None, None)


def test_recipient_of_a_report_without_machine_part():
    raw = build(
        "Your message could not be delivered to the following recipient:\n\n<ann@harbor.example>: user unknown",
        sender="Mail System <mailer-daemon@harbor.example>",
        subject="failure notice",
        auto=False,
    )
    verdict = determine(raw)
    assert (verdict.failed_recipient, verdict.bounce_reason) == ("ann@harbor.example", "user_unknown")
