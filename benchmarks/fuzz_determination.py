"""Fuzz the determination engine: mutated messages for a time; what breaks an invariant is cut down and kept.

Run by ``make fuzz SECONDS=1800``. Seeds are all ``.eml`` files below the given folders. Hypothesis draws a seed and
some edits. Where an invariant of ``autoresponder_dagster_tests/determination/invariants.py`` does not hold, or the
determination takes longer than a second of processor time, lines and bytes that do not matter are cut away, and the
message is written to ``--out`` with what it breaks. A worker does the reading: a message that crashes it or hangs is
a finding too, and another worker goes on.
"""

import argparse
import faulthandler
import logging
import re
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from autoresponder_dagster.determination import determine, engine_version
from autoresponder_dagster.determination.lexicon import LANGUAGES, lexicon
from autoresponder_dagster_tests.determination.invariants import broken_invariants

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

MAX_SEED_BYTES = 60_000
MAX_CPU_SECONDS = 1.0
HANG_SECONDS = 60
BATCH = 1_000
"""Inputs for which Hypothesis remembers what it has tried."""
LAST_INPUT = "last-input.eml"

TOKENS = [
    # Line ends, control characters, whatever separates
    *(b"\r\n", b"\n\n", b"\r", b"\x00", b"\xff", b"\x1b$B", b" ", b"\t", b",", b"@", b"<", b">", b"(", b"=", b"=\r\n"),
    # Quotes, signatures, envelopes
    *(b"--", b"-- \n", b"\n> ", b"\n>>> ", b"From: ", b"\nFrom a@b.example Wed Oct 14 09:00:00 2026\n"),
    # Headers, encoded words, dates
    *(b"Subject: ", b"=?utf-8?q?a=0D=0Ab?=", b"=?utf-8?b?4oCo?=", b"=?utf-8?b?A?=", b"=?x?b?"),
    *(b"\nAuto-Submitted: auto-replied\n", b"\nDate: 31 Feb 99999 99:99:99 +9999\n"),
    # MIME
    *(b"\nContent-Type: text/html\n", b"\nContent-Type: text/plain; charset=utf-16\n", b"; charset=utf-7"),
    *(b'; charset="=?utf-8?q?x?="', b"; charset*=a'b'c", b"\nContent-Transfer-Encoding: base64\n"),
    *(b"\nContent-Transfer-Encoding: quoted-printable\n", b"\nContent-Transfer-Encoding: x-uuencode\n"),
    *(b"\nContent-Type: multipart/mixed; boundary=b\n\n--b\n", b"\n--b--\n", b"\nContent-Type: message/rfc822\n\n"),
    *(b"\nContent-Type: message/delivery-status\n\n", b"\nFinal-Recipient: rfc822; a@b.example\nAction: failed\n"),
    b"\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n",
    # HTML
    *(b"<div>", b"<p style='display:none'>", b"<a href='mailto:a%40b.example?x'>", b"</", b"<!--", b"<table><tr><td>"),
    *(b"&#x0;", b"&#xd800;", b"&amp"),
    # Dates, and characters that fold to others
    *(b"0000-00-00", b"31/02/2026", b"until 99/99/99", b"9999-12-31", b"tomorrow"),
    *(text.encode() for text in ("ß", "İ", "ﬁ", "e\u0301", "\u2028", "\u202e", "＠", "。", "\U0001f3d6", "𝐀")),
]


def phrases() -> Iterator[bytes]:
    """Yield the example sentences of all lexicons."""
    for language in LANGUAGES:
        for entry in lexicon(language).entries:
            for sentence in (*entry.match, *entry.no_match):
                yield sentence.encode()


def mutated(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Return messages made of seeds by up to eight edits at places given as shares of the length."""
    place = st.floats(0, 1, exclude_max=True)
    inserted = st.one_of(
        st.sampled_from(TOKENS),
        st.sampled_from(list(phrases())),
        st.binary(max_size=20),
        st.text(max_size=10).map(lambda text: text.encode("utf-8", "surrogatepass")),
    )
    edits = st.one_of(
        st.tuples(st.just("insert"), place, inserted, st.integers(1, 3) | st.integers(4, 300)),
        st.tuples(st.just("replace"), place, inserted, st.integers(1, 40)),
        st.tuples(st.just("delete"), place, st.just(b""), st.integers(1, 2_000)),
        st.tuples(st.just("repeat"), place, st.just(b""), st.integers(1, 400)),
        st.tuples(st.just("splice"), place, st.sampled_from(seeds), st.integers(0, 4_000)),
    )
    return st.builds(edited, st.sampled_from(seeds), st.lists(edits, max_size=8))


def edited(raw: bytes, edits: list[tuple[str, float, bytes, int]]) -> bytes:
    """Apply edits, each at a place of the message as it then is."""
    for kind, place, piece, number in edits:
        at = int(place * len(raw))
        head, tail = raw[:at], raw[at:]
        match kind:
            case "insert":
                raw = head + piece * number + tail
            case "replace":
                raw = head + piece + tail[number:]
            case "delete":
                raw = head + tail[number:]
            case "repeat":
                raw = head + tail[:number] * 20 + tail
            case _:
                raw = head + piece[number:]
    return raw


def reduced(raw: bytes, is_broken: Callable[[bytes], bool], seconds: float = 120) -> bytes:
    """Cut away what does not matter: ever smaller runs of lines, then of bytes (delta debugging)."""
    end = time.monotonic() + seconds
    for pieces in (raw.splitlines(keepends=True), None):
        parts = [raw[at : at + 1] for at in range(len(raw))] if pieces is None else pieces
        size = max(len(parts) // 2, 1)
        while time.monotonic() < end:
            start = 0
            before = len(parts)
            while start < len(parts) and time.monotonic() < end:
                shorter = parts[:start] + parts[start + size :]
                if is_broken(b"".join(shorter)):
                    parts = shorter
                else:
                    start += size
            if size == 1 and len(parts) == before:
                break
            size = max(size // 2, 1)
        raw = b"".join(parts)
    return raw


def kind_of(broken: str) -> str:
    """Return what is broken without the values, so that one defect is reported once."""
    return re.sub(r"[\d.]+", "N", re.split(r": ?['\[\"]|'", broken)[0])


def examine(raw: bytes) -> list[str]:
    """Return what does not hold for a message, in words."""
    started = time.process_time()
    try:
        determine(raw)
        seconds = time.process_time() - started
        broken = broken_invariants(raw)
    except Exception as error:  # noqa: BLE001 - nothing may raise: that is a finding
        where = traceback.extract_tb(error.__traceback__)[-1]
        return [f"{type(error).__name__} raised in {where.name} of {Path(where.filename).name}: '{error}'"]
    return [f"took {seconds:.1f} s of processor time", *broken] if seconds > MAX_CPU_SECONDS else broken


@dataclass
class Worker:
    """Reads mutated messages until the time is over."""

    messages: st.SearchStrategy[bytes]
    out: Path
    deadline: float
    inputs: "Synchronized[int]"
    known: set[str]

    def run(self, number: int) -> None:
        """Examine batch after batch, each drawn from a number of its own."""
        logging.disable()  # the detectors of flufl.bounce report what they cannot read
        while time.monotonic() < self.deadline:
            number += 1
            self._batch(number)

    def _batch(self, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=BATCH,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(self.messages)
        def examine_each(raw: bytes) -> None:
            if time.monotonic() > self.deadline:
                return
            self.inputs.value += 1
            (self.out / LAST_INPUT).write_bytes(raw)
            faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
            broken = examine(raw)
            faulthandler.cancel_dump_traceback_later()
            for kind in {kind_of(one) for one in broken} - self.known:
                self._keep(raw, kind)

        examine_each()

    def _keep(self, raw: bytes, kind: str) -> None:
        self.known.add(kind)
        raw = reduced(raw, lambda shorter: kind in map(kind_of, examine(shorter)))
        save_finding(self.out, f"{self.inputs.value:06d}", raw, "\n".join(examine(raw)))


def save_finding(out: Path, name: str, raw: bytes, what: str) -> None:
    """Write a message that breaks something, and what it breaks."""
    (out / f"{name}.eml").write_bytes(raw)
    (out / f"{name}.txt").write_text(f"{what}\n", encoding="utf-8", errors="backslashreplace")
    print(f"{name}.eml ({len(raw)} bytes): {what}", flush=True)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fuzz the determination engine.")
    parser.add_argument("seeds", nargs="+", type=Path, help="folders of .eml files")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0, help="the same number draws the same inputs from the same seeds")
    parser.add_argument("--out", type=Path, required=True, help="folder of the findings")
    return parser.parse_args()


def main() -> int:
    """Fuzz until the time is over; return 1 where something was found."""
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    files = sorted(path for folder in options.seeds for path in folder.rglob("*.eml"))
    seeds = [raw for path in files if len(raw := path.read_bytes()) <= MAX_SEED_BYTES]
    messages = mutated(seeds)
    for raw in seeds:
        determine(raw)  # What is loaded once is loaded before anything is timed; the workers are forked from here.
    print(f"Engine {engine_version()}, {len(seeds)} seeds, {options.seconds:.0f} s", flush=True)
    context = get_context("fork")
    inputs = context.Value("L", 0)
    started = time.monotonic()
    deadline = started + options.seconds
    number = options.seed * 1_000_000
    earlier = set(options.out.glob("*.txt"))
    while time.monotonic() < deadline:
        # What a worker of this run has found, the next one need not find again.
        found = [path.read_text("utf-8") for path in options.out.glob("*.txt") if path not in earlier]
        known = {kind_of(line) for text in found for line in text.splitlines()}
        worker = context.Process(target=Worker(messages, options.out, deadline, inputs, known).run, args=(number,))
        worker.start()
        worker.join()
        number += 100_000
        if worker.exitcode:
            how = f"ended the worker ({worker.exitcode}): a crash, or longer than {HANG_SECONDS} s"
            save_finding(options.out, f"{inputs.value:06d}-crash", (options.out / LAST_INPUT).read_bytes(), how)
    (options.out / LAST_INPUT).unlink(missing_ok=True)
    findings = set(options.out.glob("*.txt")) - earlier
    print(f"{inputs.value} inputs in {time.monotonic() - started:.0f} s, {len(findings)} findings in {options.out}")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
