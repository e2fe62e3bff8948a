"""Random but well-formed trees of MIME parts, and the same verdict wherever and whenever a message is read."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from quopri import encodestring

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresponder_dagster.determination import determine
from autoresponder_dagster.determination.lexicon import LANGUAGES, lexicon
from autoresponder_dagster_tests.determination.invariants import broken_invariants

EXAMPLES = Path(__file__).parent / "fixtures" / "authored" / "dev"
SENTENCES = [sentence for language in LANGUAGES for entry in lexicon(language).entries for sentence in entry.match]
CHARSETS = [
    "utf-8",
    "iso-8859-1",
    "windows-1252",
    "utf-16",
    "utf-7",
    "iso-2022-jp",
    "gb2312",
    "us-ascii",
    "unknown-8bit",
]
ENCODERS = {
    "7bit": bytes,
    "base64": b64encode,
    "quoted-printable": encodestring,
    "x-unknown": bytes,
}
TEXT_TYPES = ["text/plain", "text/html", "text/enriched", "text/calendar", "message/delivery-status", "text/vcard"]

texts = st.one_of(
    st.lists(st.sampled_from(SENTENCES), max_size=5).map("\n".join),
    st.text(max_size=80),
    st.sampled_from(
        [
            "ann.lee@harbor.example",
            "ann [at] harbor.example",
            "until 3 November",
            "-- \nJo Doe",
            "> quoted",
            "<p>I have left</p>",
        ]
    ),
)
headers = st.dictionaries(
    st.sampled_from(
        [
            "From",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "Precedence",
            "Return-Path",
            "In-Reply-To",
            "X-Failed-Recipients",
        ]
    ),
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            [
                "Jo Doe <jo@doe.example>",
                "Mail Delivery System <mailer-daemon@doe.example>",
                "Automatic reply: x",
                "Undeliverable: x",
            ]
        ),
        st.sampled_from(["auto-replied", "bulk", "<>", "Wed, 14 Oct 2026 09:00:00 +0000", "=?utf-8?q?I_have_left?="]),
    ),
)


@st.composite
def text_parts(draw):
    """A leaf: some text in a charset and an encoding, which need not be what its header says."""
    content_type, charset, encoding = (
        draw(st.sampled_from(TEXT_TYPES)),
        draw(st.sampled_from(CHARSETS)),
        draw(st.sampled_from(sorted(ENCODERS))),
    )
    written_in = charset if draw(st.booleans()) and charset != "unknown-8bit" else "utf-8"
    payload = ENCODERS[encoding](draw(texts).encode(written_in, "replace"))
    return (
        f"Content-Type: {content_type}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + payload
    )


def multiparts(children):
    def joined(kind, parts, boundary):
        opening = f'Content-Type: {kind}; boundary="{boundary}"\r\n\r\n'.encode()
        return (
            opening
            + b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
            + b"--%s--\r\n" % boundary.encode()
        )

    kinds = st.sampled_from(
        [
            "multipart/mixed",
            "multipart/alternative",
            "multipart/report; report-type=delivery-status",
            "multipart/related",
        ]
    )
    attached = children.map(lambda part: b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n" + part)
    return st.builds(
        joined, kinds, st.lists(children | attached, max_size=4), st.sampled_from(["b", "bb", "b--", "=_x"])
    )


def message(head, part):
    # A header value is one line: whatever else it is, is up to its characters.
    lines = [f"{name}: {' '.join(value.splitlines())}".encode("utf-8", "replace") for name, value in head.items()]
    return b"\r\n".join([*lines, part])


messages = st.builds(message, headers, st.recursive(text_parts(), multiparts, max_leaves=8))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(messages)
def test_what_holds_for_every_message(raw):
    assert broken_invariants(raw) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"From: y@\xf3\n\nhello",
        b"Subject: =??b?A?=\n\nhello",
        b"Subject: =??B?U\x90\x89Vr?=\n\nhello",
        b"Message-ID: =??b?A?=\n\nhello",
        b"Auto-Submitted: =??b?A?=\n\nhello",
        b"Content-Type: e\n [\n\nhello",
        b"Content-Type: l\ti\n\nhello",
        b"Content-Type: text/plain; charset=\x00\n\n\xa3",
        b"From: Postmaster\nSubject: Mail System Error\n\n<r@1.1",
    ],
)
def test_what_the_fuzzer_found(raw):
    assert broken_invariants(raw) == []


def verdicts(seed: str, **environment: str) -> str:
    """The verdicts on the examples, read in a process whose sets have another order."""
    return subprocess.run(
        [sys.executable, "-m", __name__],
        env={**os.environ, **environment, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_another_process_gives_the_same_verdicts_with_and_without_the_automaton():
    first = verdicts("1", AUTORESPONDER_PURE_PYTHON="0")

    assert first
    assert first == verdicts("2", AUTORESPONDER_PURE_PYTHON="1")


if __name__ == "__main__":
    for path in sorted(EXAMPLES.glob("*.eml")):
        print(json.dumps(determine(path.read_bytes()), default=str))  # noqa: T201 - read by the test above
