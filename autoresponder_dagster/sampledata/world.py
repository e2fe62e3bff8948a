"""Worlds of any size, drawn from a seed: a mailbox, the mock systems that know its senders, and the right answers.

Belongs here: what happens in a generated world. Does not belong here: the words (``templates/``), the form of a message
(``mail``), of a person (``people``) or of a fixture file (``systems``).

A world is a function of its ``WorldSpec``: no clock, no locale, no iteration over sets.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path

from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.sampledata.author import Answer, Author, Label
from autoresponder_dagster.sampledata.chance import seeded
from autoresponder_dagster.sampledata.mail import render
from autoresponder_dagster.sampledata.systems import Systems
from autoresponder_dagster.schemas.enums import DEPARTURES

MAILBOX_FOLDER = "email_repository"
LABELS_FILE = "labels.csv"
FIRST_DAY = date(2026, 11, 9)

_AGAIN = 0.02
"""Share of messages in which an earlier sender's answer arrives once more, to a later mailing."""
_REDELIVERED = 0.01
"""Share of messages that are an earlier one, delivered twice on the same day."""
_REMEMBERED = 200
"""Departed people of whom the latest may answer again."""


@dataclass(frozen=True)
class WorldSpec:
    """Which world: ``messages`` spread evenly over ``days`` days from ``first_day`` on."""

    seed: int
    messages: int
    days: int
    first_day: date = FIRST_DAY

    def __post_init__(self) -> None:
        if self.messages < 0 or self.days < 1:
            raise ConfigurationError(
                f"A world needs at least 0 messages and 1 day, not {self.messages} messages and {self.days} days."
            )


@dataclass(frozen=True)
class SampleMessage:
    """One message of a world: its path below the world's folder, its bytes and its label."""

    path: str
    raw: bytes
    label: Label


def write_world(spec: WorldSpec, out: Path, on_progress: Callable[[int], None] | None = None) -> None:
    """Write a world as a fixtures folder (rules.md §2): mailbox, mock systems and ``labels.csv``.

    Args:
        spec: which world.
        out: an empty or absent folder.
        on_progress: called with the number of messages written so far, after each.

    Raises:
        ConfigurationError: the folder holds something, which is never overwritten.
    """
    if out.exists() and any(out.iterdir()):
        raise ConfigurationError(f"The folder {out} is not empty. Name an empty or a new one with --out.")
    (out / MAILBOX_FOLDER).mkdir(parents=True, exist_ok=True)
    systems = Systems()
    labels = []
    folders: set[Path] = set()
    for written, message in enumerate(generate_messages(spec, systems), start=1):
        path = out / message.path
        if path.parent not in folders:
            path.parent.mkdir(parents=True)
            folders.add(path.parent)
        path.write_bytes(message.raw)
        labels.append(message.label)
        if on_progress is not None:
            on_progress(written)
    systems.write(out)
    (out / LABELS_FILE).write_bytes(_labels_csv(labels))


def generate_messages(spec: WorldSpec, systems: Systems) -> Iterator[SampleMessage]:
    """Yield the messages of a world in the order of their days; the senders' records go into ``systems``."""
    rng = seeded(str(spec.seed))
    author = Author(rng, spec.first_day, systems)
    previous: Answer | None = None
    departed: list[Answer] = []
    for number in range(spec.messages):
        day = spec.first_day + timedelta(days=number * spec.days // spec.messages)
        chance = rng.random()
        if previous is not None and previous.letter.received_at.date() == day and chance < _REDELIVERED:
            answer = author.redelivered(previous)
        elif departed and chance < _REDELIVERED + _AGAIN:
            answer = author.again(rng.choice(departed), day)
        else:
            answer = author.answer(day)
            if answer.label.determination in DEPARTURES:
                departed = [*departed[-_REMEMBERED:], answer]
        previous = answer
        path = f"{MAILBOX_FOLDER}/{answer.inbox}/{day}/{number:06}.eml"
        # The bytes depend on the answer alone: delivered twice, it has the same Message-ID.
        raw = render(answer.letter, answer.system, seeded(f"{spec.seed}/{answer.number}"))
        yield SampleMessage(path, raw, replace(answer.label, file=path))


def _labels_csv(labels: list[Label]) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [column.name for column in fields(Label)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(vars(label) for label in labels)
    return buffer.getvalue().encode()
