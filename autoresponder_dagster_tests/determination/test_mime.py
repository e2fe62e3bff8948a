"""What is taken apart without the standard library is what the standard library makes of it."""

from email import message_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresponder_dagster.determination.mime import Part, read_headers, read_message, read_plain, read_with_library
from autoresponder_dagster.sampledata.systems import Systems
from autoresponder_dagster.sampledata.world import WorldSpec, generate_messages
from autoresponder_dagster_tests.determination.test_random_messages import EXAMPLES, messages

GENERATED = [message.raw for message in generate_messages(WorldSpec(11, 200, days=5), Systems())]
WRITTEN = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.eml"))]


def agrees(raw: bytes) -> bool:
    """Whether both ways agree, where the short one answers."""
    plain = read_plain(raw)
    return plain is None or plain == read_with_library(raw)


@pytest.mark.parametrize("raw", GENERATED + WRITTEN)
def test_a_message_of_ours_is_taken_apart_as_the_library_does(raw):
    assert agrees(raw)


def test_most_messages_need_no_library():
    assert sum(read_plain(raw) is not None for raw in GENERATED + WRITTEN) > 0.95 * len(GENERATED + WRITTEN)


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(messages)
def test_a_random_tree_of_parts_is_taken_apart_as_the_library_does(raw):
    assert agrees(raw)


LINES = st.sampled_from(
    [
        *(b"", b" ", b"\t", b"text", b"From a@b.example", b"From: a@b.example", b": no name", b"a b: c", b" folded"),
        *(b"Content-Type: text/plain", b"Content-Type: text/html; charset=utf-8", b"Content-Type: text", b"Subject:"),
        *(
            b"Content-Type: multipart/mixed; boundary=b",
            b"Content-Type: multipart/mixed",
            b"Content-Type: message/rfc822",
        ),
        *(b'Content-Type: multipart/mixed; boundary="b "', b"Content-Type: multipart/digest; boundary=b; boundary=c"),
        *(b"Content-Type: multipart/mixed;\r\n boundary=c", b"Content-Type: multipart/mixed; boundary*=us-ascii''b"),
        *(b"Content-Type: multipart/report; boundary==_b", b"Content-Type: text/plain; charset*0=utf; charset*1=-8"),
        *(
            b"--b",
            b"--b--",
            b"--b ",
            b"--b-- \t",
            b"--bc",
            b"--c",
            b"--c--",
            b"--",
            b"--=_b",
            b"--=_b--",
            b"\xe9: \xe9",
        ),
        *(
            b"Content-Transfer-Encoding: base64",
            b"Content-Disposition: Attachment",
            b"x: \xe9",
            b"SSBsZWZ0",
            b"a=3D=\xe9",
        ),
    ]
)
ENDS = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r\n", b"\r\n", b"\r", b"\n\r"])


@settings(max_examples=1_000, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(st.tuples(LINES, ENDS), max_size=16), st.sampled_from([b"\n", b"\r\n", None]))
def test_any_lines_are_taken_apart_as_the_library_does(lines, end):
    assert agrees(b"".join(line + (own if end is None else end) for line, own in lines))


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_apart_as_the_library_does(raw):
    assert agrees(raw)


ENCODED = st.one_of(
    st.binary(max_size=60),
    st.text("ABab09+/=\r\n -_", max_size=40).map(str.encode),
    st.just(b"begin 644 x\n#0V%T\n`\nend\n"),
)


@given(st.sampled_from(["", "7bit", "base64", "quoted-printable", "x-uuencode", "uue", "base64 ", "x-other"]), ENCODED)
def test_content_is_decoded_as_the_library_does(encoding, encoded):
    part = Part("text/plain", None, encoding, is_attachment=False, encoded=encoded)
    message = message_from_bytes(b"Content-Transfer-Encoding: " + encoding.encode() + b"\n\n")
    message.set_payload(encoded.decode("ascii", "surrogateescape"))

    assert part.content() == message.get_payload(decode=True)


def test_headers_alone_are_read_like_those_of_a_whole_message():
    for raw in WRITTEN:
        block = raw.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0] + b"\n\n"
        assert read_headers(block) == read_message(raw)[0]
