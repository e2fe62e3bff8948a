"""From bytes to text: broken and hostile messages included."""

import base64
from datetime import UTC, datetime

import pytest

from autoresponder_dagster.determination import read_envelope
from autoresponder_dagster.determination.parse import html_to_text, parse
from autoresponder_dagster_tests.determination.messages import build

HEAD = b"From: Jo Doe <jo@doe.example>\r\nSubject: Automatic reply: x\r\n"


def test_envelope_reads_names_times_and_identifiers():
    raw = (
        b"Received: from a by b; Tue, 13 Oct 2026 23:30:00 -0400\r\n"
        b"Received: from c by a; Mon, 12 Oct 2026 10:00:00 +0000\r\n"
        b"From: =?utf-8?q?J=C3=BCrgen?= Beck <Juergen.BECK@Verein.example>\r\n"
        b"Subject: =?utf-8?b?w4ku?= x\r\nDate: Fri, 1 Jan 2021 00:00:00 +0100\r\nMessage-ID: <a.b@c>\r\n\r\n"
    )
    envelope = read_envelope(raw)
    assert envelope.sender_email == "juergen.beck@verein.example"
    assert envelope.sender_name == "Jürgen Beck"
    assert envelope.message_id == "a.b@c"
    assert envelope.subject == "É. x"
    assert envelope.received_at == datetime(2026, 10, 14, 3, 30, tzinfo=UTC)
    assert envelope.date == datetime(2020, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"\xff\xfe", b"From: ((((((", b"Date: never\nReceived: ;\n\n", b"From \n\n"]
)
def test_envelope_of_nothing_is_empty(raw):
    assert read_envelope(raw).sender_email is None


def test_an_encoded_address_in_the_name_is_not_the_sender():
    raw = b"From: =?utf-8?q?boss=40good=2Eexample_=3Cboss=40good=2Eexample=3E?= <mallory@bad.example>\r\n\r\n"
    assert read_envelope(raw).sender_email == "mallory@bad.example"


def test_line_breaks_in_encoded_headers_are_removed():
    subject = read_envelope(b"Subject: =?utf-8?q?a=0D=0ABcc=3A_x?=\r\n\r\n").subject
    assert subject == "a Bcc: x"


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        (b"Content-Type: text/plain; charset=iso-8859-1", "Grüße".encode("latin-1"), "Grüße"),
        (b"Content-Type: text/plain; charset=utf-8", "Grüße".encode("latin-1"), "Grüße"),
        (b"Content-Type: text/plain; charset=no-such-thing", "Grüße".encode(), "Grüße"),
        (b"Content-Type: text/plain; charset=gb2312", "离职".encode("gb18030"), "离职"),
        (b"Content-Type: text/plain; charset=iso-2022-jp", "退職".encode("iso-2022-jp"), "退職"),
        (b"Content-Type: text/plain; charset=utf-8", "GrÃ¼Ã\u009fe".encode(), "Grüße"),
        (b"Content-Transfer-Encoding: base64", base64.b64encode(b"I have left."), "I have left."),
        (b"Content-Transfer-Encoding: base64", base64.b64encode(b"I have left.")[:-1] + b"!!", "I have left"),
        (b"Content-Transfer-Encoding: quoted-printable", b"I have=20left=\r\n.=ZZ", "I have left.=ZZ"),
    ],
)
def test_charsets_and_encodings(headers, body, text):
    assert parse(HEAD + headers + b"\r\n\r\n" + body).text.strip() == text


def test_html_keeps_lines_and_targets_and_drops_what_is_hidden_or_struck():
    html = (
        "<html><head><title>no</title><style>p{}</style></head><body><p>First&nbsp;line</p><div>Second<br>third</div>"
        '<p style="display:none">hidden</p><p><s>I have left</s> I am here, '
        'write to <a href="mailto:jo%40doe.example?subject=x">me</a>.</p>'
        '<table><tr><td>a</td><td>b</td></tr></table><blockquote type="cite">quoted</blockquote></body></html>'
    )
    text = html_to_text(html)
    assert [line for line in text.splitlines() if line] == [
        "First line", "Second", "third", "I am here, write to me <jo@doe.example> .", "a", "b",
    ]  # fmt: skip


def test_an_attachment_is_not_the_text():
    raw = (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nI am here.\r\n'
        b"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=x.txt\r\n\r\n"
        b"I have left Acme.\r\n--b--\r\n"
    )
    assert parse(raw).text.strip() == "I am here."


def test_an_attached_message_is_not_the_text():
    raw = (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee attached.\r\n'
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nI have left Acme.\r\n--b--\r\n"
    )
    parsed = parse(raw)
    assert parsed.text.strip() == "See attached."
    assert "I have left Acme." in parsed.original


def test_html_only_by_reference_to_its_links():
    raw = build("Please contact Ann Lee.", html='<p>Please contact <a href="mailto:alee@x.example">Ann Lee</a>.</p>')
    assert "alee@x.example" in parse(raw).text


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (HEAD + b"X-A: " + b"a" * 280_000 + b"\r\n\r\nhi", "header too large"),
        (HEAD + b"X-A: b\r\n" * 5_000 + b"\r\nhi", "header too large"),
        (HEAD + b"\r\n" + b"word " * 1_100_000, "larger than"),
        (
            HEAD
            + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(2_000)),
            "nested parts",
        ),
        (
            HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nhi\r\n" * 50_000,
            "too many parts",
        ),
        (HEAD + b"Content-Type: application/pdf\r\n\r\n%PDF", "no readable text part"),
        (HEAD + b"Content-Type: application/ms-tnef\r\n\r\nx", "winmail.dat"),
    ],
    ids=["huge header", "many headers", "large", "nested", "many parts", "no text", "tnef"],
)
def test_limits_are_named(raw, problem):
    assert problem in (parse(raw).problem or "")
