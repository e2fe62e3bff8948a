"""Messages made to cost time or memory, and a child process that measures what each costs.

``python -m autoresponder_dagster_tests.determination.hostile [NAME...]`` prints one JSON object per message. Each is
read in a process of its own, forked from one that has everything loaded, with hard limits, so that a message that
breaks its limit breaks nothing else.
"""

import json
import os
import resource
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from autoresponder_dagster.determination import determine, mentioned_emails, read_envelope
from autoresponder_dagster.determination.lexicon import LANGUAGES, lexicon

MEGABYTE = 1_000_000
HARD_CPU_SECONDS = 5
HARD_MEGABYTES = 2_000

HEAD = b"\r\n".join(
    [
        b"From: Jo Doe <jo@doe.example>",
        b"Subject: Automatic reply: x",
        b"Auto-Submitted: auto-replied",
        b"Date: Wed, 14 Oct 2026 09:00:00 +0000",
        b"",
    ]
)
TEXT = HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n"
BASE64 = HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n"
PRINTABLE = HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
MIXED = HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
REPORT = (
    HEAD
    + b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    + b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
)
ARCHIVE = b"--b\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
BOUNCE = TEXT.replace(b"Jo Doe <jo@doe.example>", b"MAILER-DAEMON@harbor.example")
RECIPIENT = b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n\r\n"
LEFT = b"I have left Harbor. Please contact Ann Lee, ann.lee@harbor.example.\r\n"


def filled(unit: str | bytes, size: int) -> bytes:
    """Return a unit repeated up to a size in bytes."""
    unit = unit.encode() if isinstance(unit, str) else unit
    return (unit * (size // len(unit) + 1))[:size]


def text(unit: str | bytes, size: int = 64_000) -> Callable[[], bytes]:
    return lambda: TEXT + filled(unit, size)


def html(unit: str | bytes, size: int = 400_000) -> Callable[[], bytes]:
    return lambda: HTML + filled(unit, size)


def headed(header: bytes) -> bytes:
    """Return a short message with one more header."""
    return HEAD + header + b"\r\n\r\n" + LEFT


def only(header: bytes) -> bytes:
    """Return a short message with this header alone."""
    return header + b"\r\n\r\n" + LEFT


def nested_multiparts(depth: int) -> bytes:
    opening = b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n'
    return HEAD + b"".join(opening % (number, number) for number in range(depth)) + b"\r\n" + LEFT


def long_boundary() -> bytes:
    boundary = b"b" * 60_000
    return headed(b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s' % (boundary, boundary))


def archives() -> bytes:
    """Attach a thousand small archives of nothing."""
    archive = b64encode(b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(3_000))
    return MIXED + b"--b\r\n\r\n" + LEFT + (ARCHIVE + archive + b"\r\n") * 1_000 + b"--b--\r\n"


def addresses() -> bytes:
    return TEXT + " ".join(f"a{number}@b{number}.example" for number in range(3_000)).encode()


def examples(language: str) -> list[str]:
    return [sentence for entry in lexicon(language).entries for sentence in entry.match]


def every_example(language: str) -> bytes:
    """Return the example sentences of a lexicon, again and again."""
    return TEXT + filled(" ".join(examples(language)) + "\n", 64_000)


def half_matches(language: str) -> bytes:
    """Return the example sentences without their last words and without a full stop: one endless sentence."""
    halves = (" ".join(sentence.split(" ")[:-1]) or sentence[:-2] for sentence in examples(language))
    return TEXT + filled(" ".join(halves) + " ", 64_000)


MESSAGES: dict[str, Callable[[], bytes]] = {
    # Headers
    "one header of 280 kB": lambda: headed(b"X-A: " + b"a" * 280_000),
    "one folded header of 280 kB": lambda: headed(b"References:" + b"\r\n <a@b.example>" * 18_000),
    "From of 250 kB": lambda: only(b"From: " + b"a " * 125_000 + b"<jo@doe.example>"),
    "From of initials": lambda: only(b"From: " + b"J.R." * 2_000 + b" <jo@doe.example>"),
    "Subject of 250 kB": lambda: only(b"From: jo@doe.example\r\nSubject: " + b"I have left " * 20_000),
    "Subject of encoded words": lambda: only(b"Subject: " + b"=?utf-8?q?=C3=A9?= " * 13_000),
    "Subject of unclosed encoded words": lambda: only(b"Subject: " + b"=?" * 120_000),
    "Subject of reply marks": lambda: only(b"From: jo@doe.example\r\nSubject: " + b"Re: AW: " * 1_000),
    "60,000 headers": lambda: HEAD + b"X-A: b\r\n" * 60_000 + b"\r\n" + LEFT,
    "parentheses in From": lambda: only(b"From: " + b"(" * 5_000),
    "parentheses in Date": lambda: only(b"From: jo@doe.example\r\nDate: Wed, 14 Oct 2026 " + b"(" * 5_000),
    "quotes in From": lambda: only(b"From: " + b'"\\' * 100_000),
    "angle brackets in From": lambda: only(b"From: " + b"<a@" * 80_000),
    "a local part of 8 kB": lambda: only(b"From: <" + b"a." * 4_000 + b"a@doe.example>"),
    "thousands of recipients": lambda: headed(b"To: " + b"a@b.example,\r\n " * 15_000),
    "parameters in Content-Type": lambda: headed(b"Content-Type: text/plain" + b"; a*0*=b" * 25_000),
    "no header end": lambda: b"a: b\r\n" * 800_000,
    # Structure
    "delivery report of blank lines": lambda: REPORT + b"\r\n" * 262_000 + b"--b--\r\n",
    "delivery report of 30,000 blocks": lambda: REPORT + b"Action: failed\r\n\r\n" * 30_000 + b"--b--\r\n",
    "delivery report of 60,000 recipients": lambda: REPORT + RECIPIENT * 60_000 + b"--b--\r\n",
    "2,000 nested multiparts": lambda: nested_multiparts(2_000),
    "100,000 nested multiparts": lambda: nested_multiparts(100_000),
    "2,000 nested messages": lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 2_000 + LEFT,
    "100,000 parts": lambda: MIXED + b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n",
    "100,000 parts without a line between": lambda: MIXED + b"--b\r\n" * 100_000 + b"--b--\r\n",
    "lines like boundaries": lambda: MIXED + b"--b\r\n\r\n" + LEFT + b"--a\r\n" * 900_000,
    "a boundary of 60 kB": long_boundary,
    "a thousand archives": archives,
    # Size
    "one line of 5 MB": lambda: TEXT + filled("I have left ", 5 * MEGABYTE),
    "one word of 5 MB": lambda: TEXT + b"a" * 5 * MEGABYTE,
    "one line of HTML of 5 MB": lambda: HTML + filled("<p>I have left</p>", 5 * MEGABYTE),
    "base64 of 5 MB": lambda: BASE64 + filled("SSBoYXZlIGxlZnQgSGFyYm9yLiA=", 5 * MEGABYTE),
    "base64 of 5 MB of nothing": lambda: BASE64 + b"\r\n" * 2_500_000,
    "quoted-printable of 5 MB": lambda: PRINTABLE + b"=\r\n" * 1_600_000,
    "50 MB of text": lambda: TEXT + filled(LEFT, 50 * MEGABYTE),
    "50 MB of HTML": lambda: HTML + filled("<div>I have left", 50 * MEGABYTE),
    "50 MB of line ends": lambda: TEXT + b"\n" * 50 * MEGABYTE,
    "50 MB before the header": lambda: b"\n" * 50 * MEGABYTE + HEAD,
    "50 MB of archive": lambda: MIXED + b"--b\r\n\r\n" + LEFT + ARCHIVE + filled("UEsDBBQAAAAIAA==", 50 * MEGABYTE),
    # HTML
    "60,000 nested elements": html("<div>"),
    "nested tables": html("<table><tr><td>"),
    "nested quotes": html("<blockquote type=cite>"),
    "nested hidden elements": html('<p style="display:none"><span style="display:none">'),
    "hidden elements": html('<p style="display:none">a</p>'),
    "unclosed tags": html("<a"),
    "half tags": html("<p " * 50 + "<"),
    "unclosed links": html('<a href="mailto:a@b.example">'),
    "thousands of links": html('<a href="mailto:ann.lee@harbor.example">Ann</a> '),
    "one attribute of 400 kB": lambda: HTML + b'<p class="' + b"a " * 200_000 + b'">I have left</p>',
    "thousands of attributes": lambda: HTML + b"<p " + filled("a=b ", 400_000) + b">I have left</p>",
    "comments": html("<!-- a -->"),
    "open comments": html("<!--"),
    "entities": html("&lt;&#x41;&nbsp;"),
    "half entities": html("&am"),
    "line breaks": html("<br>"),
    # Text on which regular expressions may choke
    "thousands of addresses": text("ann.lee@harbor.example, "),
    "thousands of different addresses": addresses,
    "thousands of obfuscated addresses": text("ann [at] harbor [dot] example "),
    "at signs": text("a@"),
    "dots": text("a."),
    "an address of 60 kB": text("a.b-c_d+"),
    "one word": text("a"),
    "words without an end": text("abc "),
    "capitalised words": text("John Marrow "),
    "honorifics without names": text("Dr. Prof. "),
    "blanks": text(" "),
    "blanks before a letter": text(" " * 2_000 + "x\n"),
    "tabs and line ends": text("\t\n"),
    "no-break spaces": text("\u00a0"),
    "line ends": text("\n"),
    "quote marks": text("> "),
    "quoted lines": text("> a\n"),
    "signature lines": text("-- \n"),
    "rules": text("-----\n"),
    "attributions": text("On Tue, Ann wrote:\n"),
    "half attributions": text("On Tue, Oct 13, 2026 at 9:00 AM Ann Lee <ann.lee@harbor.example> "),
    "header labels": text("From: Ann\nSent: now\n"),
    "commas": text("left, "),
    "full stops": text(". "),
    "sentences": text("I left. "),
    "slashes": text("1/2/"),
    "dates": text("14 Oct 2026 "),
    "figures before a verb": text("1999-12-31" * 40 + "x is no longer with us. "),
    "an address with a line about it, again and again": lambda: filled(
        b"dorothea@midvalley.example\n\nStill your Volunteer. Its replacement is younger and belongs to me:\n\n", 16_000
    ),
    "half dates": text("from 1 to 2 October until the 3rd of "),
    "digits": text("1"),
    "cues without dates": text("until returning on back from "),
    "negations": text("not no longer never "),
    "relatives": text("my father my mother "),
    "conditions": text("if you when unless "),
    "pronouns": text("he she they I you "),
    "successors": text("Please contact my successor at or via "),
    "bounce words": lambda: BOUNCE + filled("mailbox user recipient listed exceed group message ", 64_000),
    "ticket words": text("ticket case request reference number "),
    "challenge words": text("please reply to this message click on this link "),
    "combining marks": text("e\u0301\u0302\u0303"),
    "zero width": text("l\u200be\u200bf\u200bt\u200b "),
    "right to left": text("\u202eleft "),
    "ideographs": text("退職いたしました"),
    "ideographs without a verb": text("私は本日を持ちまして"),
    "characters that grow when folded": text("ﷺ"),
    "characters of four bytes": text("\U0001f3d6"),
    "double encoding": text("Ã\u00a9"),
    **{f"half matches, {language}": partial(half_matches, language) for language in LANGUAGES},
    **{f"every example, {language}": partial(every_example, language) for language in LANGUAGES},
}
"""What is sent, by name."""


def warm_up() -> None:
    """Load everything that a first message would load: lexicons, compiled patterns, parsers."""
    for language in LANGUAGES:
        determine(every_example(language))
    determine(HTML + LEFT)
    determine(REPORT + b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n")


def cost(raw: bytes) -> dict[str, Any]:
    """Read a message in this process; return processor seconds by function, and memory beyond the message."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = {}
    for function in (determine, mentioned_emails, read_envelope):
        started = time.process_time()
        answer = function(raw)
        seconds[function.__name__] = round(time.process_time() - started, 3)
        if function is determine:
            problem = answer.parse_problem
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "megabytes": round((after - before) / 1_000), "parse_problem": problem}


def measure(raw: bytes) -> dict[str, Any]:
    """Read a message in a forked process with hard limits; return its cost, or the signal that ended it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        mapped = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        limit = mapped + HARD_MEGABYTES * MEGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CPU, (HARD_CPU_SECONDS, HARD_CPU_SECONDS))
        os.write(writing, json.dumps(cost(raw)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(answer) if answer else {"ended_by": os.waitstatus_to_exitcode(status)}


def main(names: list[str]) -> None:
    warm_up()
    for name in names or MESSAGES:
        print(json.dumps({"name": name, **measure(MESSAGES[name]())}), flush=True)  # noqa: T201 - read by the tests


if __name__ == "__main__":
    main(sys.argv[1:])
