from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from autoresponder_dagster.clients.email_repository.received import ReceivedMessage, to_frame
from autoresponder_dagster.determination import read_envelope
from autoresponder_dagster_tests.clients.email_repository.letters import letter

NOON = datetime(2026, 3, 31, 12, 0, 0, 250_000, tzinfo=UTC)


def received(raw: bytes, moment: datetime = NOON) -> ReceivedMessage:
    return ReceivedMessage("a.eml", "default", raw, read_envelope(raw), moment)


def test_the_message_id_has_no_angle_brackets():
    assert received(letter(message_id="a@b.example")).message_id == "a@b.example"


def test_equal_messages_without_an_id_share_a_digest_whatever_way_they_took():
    left = received(letter(message_id=None, received=("Tue, 31 Mar 2026 12:00:00 +0000",)))
    right = received(
        letter(
            message_id=None, received=("Tue, 31 Mar 2026 12:00:00 +0000", "Tue, 31 Mar 2026 11:59:00 +0000")
        ).replace(b"\r\n", b"\n"),
        NOON + timedelta(milliseconds=500),
    )

    assert left.message_id.startswith("sha256:")
    assert len(left.message_id) == len("sha256:") + 64
    assert left.message_id == right.message_id


@pytest.mark.parametrize(
    "other",
    [
        received(letter("Another text.", message_id=None)),
        received(letter(message_id=None, sender="li@acme.example")),
        received(letter(message_id=None, subject="Another subject")),
        received(letter(message_id=None), NOON + timedelta(seconds=1)),
    ],
    ids=["body", "sender", "subject", "second"],
)
def test_messages_that_differ_have_different_digests(other):
    assert received(letter(message_id=None)).message_id != other.message_id


def test_the_frame_keeps_the_order_and_the_times(tmp_path):
    first = replace(received(letter(message_id="b")), inserted_at=NOON + timedelta(minutes=1))

    frame = to_frame([first, received(letter(message_id="a"))])

    assert frame["message_id"].tolist() == ["b", "a"]
    assert frame["received_at"].tolist() == [NOON, NOON]
    assert frame["inserted_at"].isna().tolist() == [False, True]
