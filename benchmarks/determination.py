"""Messages per second on one core: the determination engine, and what one might compare it with.

Run by ``make bench``. All rows read the same generated messages (``autoresponder_dagster.sampledata``) in one process,
round after round, each row once per round, and report the median of processor time. The rows beside the engine do
less than it does: they parse only, or look for a failed address only, or cut the quoted text only. The last one is
how one would port a keyword engine straightforwardly: ``policy.default``, BeautifulSoup, and one search after another
for each entry of the same lexicons, with no sense of who did what. "engine ÷ this" is the engine's messages per second
divided by the row's.
"""

import argparse
import email
import email.policy
import gc
import logging
import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
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
PACKAGES = ("selectolax", "fast-mail-parser", "google-re2", "flufl.bounce", "mail-parser-reply", "beautifulsoup4")
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
    return {
        ENGINE: determine,
        "the engine: mentioned_emails": mentioned_emails,
        "the engine: parse only": parse,
        "email, compat32: parse only": email.message_from_bytes,
        "email, compat32: parse, headers, body": parse_compat32,
        "email, policy.default: parse, headers, body": parse_default,
        "flufl.bounce: failed addresses": lambda raw: all_failures(email.message_from_bytes(raw)),
        "mail-parser-reply: cut quotes of parsed text": lambda raw: reply_parser.read(texts[raw]).latest_reply,
        "straightforward port": straightforward_port,
    }


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
    parser.add_argument("-n", "--messages", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    """Measure every row and print one table."""
    options = arguments()
    one_core()
    logging.disable()  # the detectors of flufl.bounce report what they cannot read
    world = generate_messages(WorldSpec(options.seed, options.messages, days=5), Systems())
    messages = [message.raw for message in world]
    measured = rows({raw: parse(raw).text for raw in messages})
    times: dict[str, list[float]] = {name: [] for name in measured}
    for read in measured.values():
        seconds(read, messages[:50])  # what is loaded once is loaded before the first round
    for _ in track(range(options.rounds), "Reading", console=Console(stderr=True), transient=True):
        for name, read in measured.items():
            times[name].append(seconds(read, messages))
    size = sum(map(len, messages)) / len(messages)
    table = Table(title=f"{len(messages)} messages of {size:,.0f} bytes on average, median of {options.rounds} rounds")
    table.add_column("reads")
    for heading in ("messages/s", "µs/message", "spread", "engine ÷ this"):
        table.add_column(heading, justify="right")
    engine = median(times[ENGINE])
    for name, taken in times.items():
        middle = median(taken)
        spread = (max(taken) - min(taken)) / middle
        rate, each = len(messages) / middle, middle / len(messages) * 1e6
        table.add_row(name, f"{rate:,.0f}", f"{each:,.0f}", f"{spread:.0%}", f"{middle / engine:.2f}")
    console = Console(width=None if Console().is_terminal else 120)
    console.print(table)
    console.print(versions(), highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
