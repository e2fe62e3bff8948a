"""What holds for any bytes."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresponder_dagster.determination import determine, mentioned_emails, read_envelope
from autoresponder_dagster.determination.parse import parse
from autoresponder_dagster.schemas.messages import MAX_EVIDENCE
from autoresponder_dagster_tests.determination.messages import build, delivery_report

PIECES = st.sampled_from(
    [
        "I have left Harbor",
        "on September 30, 2026",
        "Please contact Ann Lee",
        "at ann.lee@harbor.example",
        "My new address is",
        "john.marrow@new.example",
        "Ich bin nicht mehr tätig",
        "J'ai quitté la mairie",
        "bis 23.10.",
        "退職いたしました",
        "I'm back!",
        "until Monday",
        "-- ",
        "> quoted",
        "On Tue, Ann wrote:",
        "From: x",
        "no longer",
        "retired",
        "Kind regards",
        "John Marrow",
        "jo [at] doe dot example",
        "my father",
        "if",
        "not",
        "?",
        "\n",
        "\n\n",
        ". ",
        ", ",
        " ",
    ]
)
BODIES = st.lists(PIECES, max_size=14).map(" ".join)
STARTS = st.sampled_from(
    [
        b"",
        b"From: a@b.example\r\n",
        b"Content-Type: text/html\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\n",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Auto-Submitted: auto-replied\r\n\r\n",
    ]
)


# The first message also loads the lexicons.
@settings(deadline=None)
@given(STARTS, st.binary(max_size=600))
def test_no_bytes_make_it_raise_and_the_same_bytes_give_the_same_verdict(start, rest):
    raw = start + rest
    verdict = determine(raw)
    assert verdict == determine(raw)
    assert 0 <= verdict.confidence <= 1
    read_envelope(raw)
    mentioned_emails(raw)


def collapsed(text: str) -> str:
    return re.sub(r"\s", "", text)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(BODIES, st.booleans(), st.sampled_from(["Automatic reply: x", "I have left! Re: x", "Re: x", "New address"]))
def test_a_verdict_rests_on_the_message(body, auto, subject):
    raw = build(body, auto=auto, subject=subject)
    verdict = determine(raw)
    text = collapsed(parse(raw).text + subject)
    if verdict.evidence is not None:
        assert len(verdict.evidence) <= MAX_EVIDENCE
        assert collapsed(verdict.evidence) in text
    mentioned = set(mentioned_emails(raw))
    named = {verdict.new_email, verdict.replacement_email, verdict.failed_recipient} | {
        contact.email for contact in verdict.alternates
    }
    if verdict.sender_email != read_envelope(raw).sender_email:
        named.add(verdict.sender_email)
    assert named - {None} <= mentioned


def test_mentioned_addresses_of_a_report_hold_its_recipient():
    raw = delivery_report("Sorry.", original="ann@harbor.example")
    assert "ann@harbor.example" in mentioned_emails(raw)


HEAD = b"From: Jo Doe <jo@doe.example>\r\nSubject: Automatic reply: x\r\nAuto-Submitted: auto-replied\r\n"
REPORT = (
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "raw",
    [
        HEAD + REPORT + b"\r\n" * 262_000 + b"--b--\r\n",
        HEAD + REPORT + b"Action: failed\r\n\r\n" * 30_000 + b"--b--\r\n",
        b"From: " + b"(" * 5_000 + b"\r\n\r\nhi",
        HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 2_000 + b"hi",
        HEAD + b"\r\n" + b"I have left " * 430_000,
        HEAD + b"\r\n" + b"a@" * 32_000,
        HEAD + b"\r\n" + b"1/2/" * 16_000,
        HEAD + b"\r\n" + b"my employment my contract the service " * 1_700,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 60_000 + b"hi",
    ],
    ids=[
        "blank report",
        "report of blocks",
        "parentheses",
        "nested messages",
        "one line",
        "at signs",
        "slashes",
        "half matches",
        "deep html",
    ],
)
def test_hostile_messages_cost_little(raw):
    determine(raw)


def test_a_broken_reader_is_a_parse_problem_not_an_exception(monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("autoresponder_dagster.determination.read", broken)
    verdict = determine(b"From: a@b.example\n\nhello", sender_email="A@B.example")
    assert (verdict.determination, verdict.category, verdict.sender_email) == (
        "UNKNOWN",
        "parse_problem",
        "a@b.example",
    )
    assert "RuntimeError" in (verdict.parse_problem or "")
    assert mentioned_emails(b"x") == []
