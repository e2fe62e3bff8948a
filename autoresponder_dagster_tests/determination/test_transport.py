"""Transport class, in its order of tests."""

import pytest

from autoresponder_dagster.determination.parse import parse
from autoresponder_dagster.determination.transport import TransportClass, classify, own_subject
from autoresponder_dagster_tests.determination.messages import build, delivery_report


def report(report_type: str, part: str) -> bytes:
    return (
        "From: a@b.example\nSubject: Re: x\n"
        f'Content-Type: multipart/report; report-type={report_type}; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\nhello\n--b\nContent-Type: {part}\n\nUser-Agent: x\n--b--\n"
    ).encode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (delivery_report("I'm sorry to have to inform you."), TransportClass.DELIVERY_REPORT),
        (report("feedback-report", "message/feedback-report"), TransportClass.FEEDBACK_REPORT),
        (report("disposition-notification", "message/disposition-notification"), TransportClass.READ_RECEIPT),
        (
            build(
                "Your mail could not be delivered: user unknown",
                sender="postmaster@x.example",
                subject="Undeliverable: Directory",
            ),
            TransportClass.DELIVERY_REPORT,
        ),
        (build("I am away.", subject="Automatic reply: Undeliverable mail and you"), TransportClass.AUTOMATIC_REPLY),
        (build("I am away.", auto=False, subject="Abwesenheitsnotiz: Verzeichnis"), TransportClass.AUTOMATIC_REPLY),
        (build("I am away.", auto=False, subject="Ann Tully is out of the office."), TransportClass.AUTOMATIC_REPLY),
        (build("Hi there", auto=False, subject="Re: Ann Tully is out of the office."), TransportClass.HUMAN),
        (build("Hello", auto=False, subject="Re: Directory"), TransportClass.HUMAN),
        (build("We created a ticket.", subject="[Ticket #482910] received"), TransportClass.TICKET_ACKNOWLEDGEMENT),
        (
            build("Please click the link to confirm.", subject="Please confirm your message"),
            TransportClass.CHALLENGE_RESPONSE,
        ),
        (
            build("News", auto=False, subject="Monthly news", List_Unsubscribe="<mailto:u@x.example>"),
            TransportClass.MAILING_LIST,
        ),
        (build("Hello", auto=False, subject="Re: News", List_Id="<x.y>"), TransportClass.HUMAN),
        (build("Away", auto=False, subject="Away", X_Autoreply="yes"), TransportClass.AUTOMATIC_REPLY),
        (build("Away", auto=False, subject="Away", X_Auto_Response_Suppress="All"), TransportClass.HUMAN),
        (build("Away", auto=False, subject="Away", Auto_Submitted="no"), TransportClass.HUMAN),
    ],
)
def test_class(raw, expected):
    assert classify(parse(raw)) == expected


@pytest.mark.parametrize(
    ("subject", "own"),
    [
        ("Automatic reply: X has left", ("", False)),
        ("Out of office: X", ("", True)),
        ("RE: X has left", ("", False)),
        ("I have moved on! Re: Directory", ("I have moved on!", False)),
        ("New address", ("New address", False)),
    ],
)
def test_our_own_subject_is_not_the_senders_statement(subject, own):
    assert own_subject(subject, is_automatic=True) == own
