"""Messages per second on one core: the determination engine, and what one might compare it with.

Run by ``make bench``. All rows read the same generated messages (``autoresponder_dagster.sampledata``) on one core,
each row once per round, and report the median of processor time. Every round has messages of its own, for the engine
remembers sentences that it has read; the smallest are left out, so that their mean size is about 5 KB. The rows beside
the engine do less than it does: they parse only, or look for a failed address only, or cut the quoted text only. The
last one is how one would port a keyword engine straightforwardly: ``policy.default``, BeautifulSoup, and one search
after another for each entry of the same lexicons, with no sense of who did what. "engine ÷ this" is the engine's
messages per second divided by the row's. ``--least-ratio`` fails where the engine is slower than that share of the
standard library's parser: a floor that holds on any machine.
"""

import argparse
import email
import email.policy
import gc
import json
import logging
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from statistics import median

from bs4 import BeautifulSoup
from flufl.bounce import all_failures
from mailparser_reply import EmailReplyParser
from rich.console import Console
from rich.progress import track
from rich.table import Table

from autoresponder_dagster.determination import determine, engine_version, mentioned_emails
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import LANGUAGES, lexicon
from autoresponder_dagster.determination.parse import parse
from autoresponder_dagster.sampledata.systems import Systems
from autoresponder_dagster.sampledata.world import WorldSpec, generate_messages

ENGINE = "the engine: determine"
PURE = "the engine: determine, without the extra `fast`"
PARSE_ONLY = "email, compat32: parse only"
MEAN_SIZE = 5_000
PACKAGES = ("selectolax", "ahocorasick-rs", "fast-mail-parser", "flufl.bounce", "mail-parser-reply", "beautifulsoup4")
REPLY_LANGUAGES = ["en", "de", "fr", "es", "pt", "it", "nl", "pl", "sv", "ja", "zh"]
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
PATTERNS = [
    re.compile(entry.pattern.pattern, re.ASCII) for language in LANGUAGES for entry in lexicon(language).entries
]


def parse_compat32(raw: bytes) -> object:
    """Parse with the older policy, and decode the first part that is text."""
    message = email.message_from_bytes(raw)
    text = next((part for part in message.walk() if part.get_content_maintype() == "text"), message)
    payload = text.get_payload(decode=True)
    charset = text.get_content_charset("utf-8")
    return [*message.items(), payload.decode(charset, "replace") if isinstance(payload, bytes) else ""]


def parse_default(raw: bytes) -> object:
    """Parse as the documentation of the standard library recommends, and take the body."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    return [*message.items(), body.get_content() if body is not None else ""]


def straightforward_port(raw: bytes) -> object:
    """Find every lexicon entry and every address of a message, the straightforward way."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("html", "plain"))
    text = body.get_content() if body is not None else ""
    if body is not None and body.get_content_type() == "text/html":
        text = BeautifulSoup(text, "html.parser").get_text("\n")
    folded = fold(f"{message['subject']}\n{text}")
    return [pattern for pattern in PATTERNS if pattern.search(folded)], ADDRESS.findall(text)


def rows(texts: dict[bytes, str]) -> dict[str, Callable[[bytes], object]]:
    """Return what is measured, by its name in the table.

    Args:
        texts: the text of each message, for the row that does not parse.
    """
    reply_parser = EmailReplyParser(languages=REPLY_LANGUAGES)
    measured: dict[str, Callable[[bytes], object]] = {
        ENGINE: determine,
        "the engine: mentioned_emails": mentioned_emails,
        "the engine: parse only": parse,
        PARSE_ONLY: email.message_from_bytes,
        "email, compat32: parse, headers, body": parse_compat32,
        "email, policy.default: parse, headers, body": parse_default,
        "flufl.bounce: failed addresses": lambda raw: all_failures(email.message_from_bytes(raw)),
        "mail-parser-reply: cut quotes of parsed text": lambda raw: reply_parser.read(texts[raw]).latest_reply,
        "straightforward port": straightforward_port,
    }
    if find_spec("fast_mail_parser") is not None:
        measured["fast-mail-parser: parse only"] = import_module("fast_mail_parser").parse_email
    return measured


def one_core() -> None:
    """Keep the process on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def seconds(read: Callable[[bytes], object], messages: Sequence[bytes]) -> float:
    """Return the processor time that reading all messages takes."""
    gc.collect()
    started = time.process_time()
    for raw in messages:
        read(raw)
    return time.process_time() - started


def versions() -> str:
    """Name everything that decides the speed."""
    found = [f"Python {platform.python_version()}", f"engine {engine_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    return ", ".join(found)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Messages per second on one core.")
    parser.add_argument("-n", "--messages", type=int, default=500, help="for each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least-ratio", type=float, default=0.0, help=f"floor of the engine's speed ÷ {PARSE_ONLY!r}")
    parser.add_argument("--engine-only", action="store_true", help="print the seconds of the engine's rounds as JSON")
    return parser.parse_args()


def messages_of(seed: int, number: int) -> list[bytes]:
    """Return generated messages, the smallest left out until the mean is ``MEAN_SIZE``, a quarter at most."""
    world = generate_messages(WorldSpec(seed, number, days=5), Systems())
    messages = sorted((message.raw for message in world), key=len, reverse=True)
    least = 3 * len(messages) // 4
    while len(messages) > least and sum(map(len, messages)) / len(messages) < MEAN_SIZE:
        messages.pop()
    return messages


def seconds_without_extra(options: argparse.Namespace) -> list[float]:
    """Return the seconds of the engine's rounds in a process that leaves the extra ``fast`` out."""
    numbers = ("--messages", options.messages, "--rounds", options.rounds, "--seed", options.seed)
    command = [sys.executable, __file__, "--engine-only", *map(str, numbers)]
    environment = {**os.environ, "AUTORESPONDER_PURE_PYTHON": "1"}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603
    taken: list[float] = json.loads(printed)
    return taken


def main() -> int:
    """Measure every row and print one table; return 1 where the engine is below the floor."""
    options = arguments()
    one_core()
    logging.disable()  # the detectors of flufl.bounce report what they cannot read
    rounds = [messages_of(options.seed + number, options.messages) for number in range(options.rounds)]
    warm_up = messages_of(options.seed + options.rounds, 50)
    if options.engine_only:
        seconds(determine, warm_up)
        print(json.dumps([seconds(determine, messages) for messages in rounds]))
        return 0
    measured = rows({raw: parse(raw).text for messages in (*rounds, warm_up) for raw in messages})
    times: dict[str, list[float]] = {name: [] for name in measured}
    for read in measured.values():
        seconds(read, warm_up)  # what is loaded once is loaded before the first round
    for messages in track(rounds, "Reading", console=Console(stderr=True), transient=True):
        for name, read in measured.items():
            times[name].append(seconds(read, messages))
    times = {ENGINE: times.pop(ENGINE), PURE: seconds_without_extra(options), **times}
    each_of = {name: median(t / len(m) for t, m in zip(taken, rounds, strict=True)) for name, taken in times.items()}
    number, size = sum(map(len, rounds)), sum(len(raw) for messages in rounds for raw in messages)
    table = Table(
        title=f"{number} messages of {size / number:,.0f} bytes on average, median of {options.rounds} rounds"
    )
    table.add_column("reads")
    for heading in ("messages/s", "µs/message", "spread", "engine ÷ this"):
        table.add_column(heading, justify="right")
    for name, taken in times.items():
        spread = (max(taken) - min(taken)) / median(taken)
        each = each_of[name]
        table.add_row(name, f"{1 / each:,.0f}", f"{each * 1e6:,.0f}", f"{spread:.0%}", f"{each / each_of[ENGINE]:.2f}")
    console = Console(width=None if Console().is_terminal else 120)
    console.print(table)
    console.print(versions(), highlight=False, soft_wrap=True)
    ratio = each_of[PARSE_ONLY] / each_of[ENGINE]
    if ratio < options.least_ratio:
        console.print(
            f"The engine reads {ratio:.3f} messages while the parser reads one; the floor is {options.least_ratio}."
        )
    return int(ratio < options.least_ratio)


if __name__ == "__main__":
    raise SystemExit(main())
