"""Training: how the weights of the learned reader and of the second look come about (``make train``).

Belongs here: reading the examples, weighing both views against each other, and an honest figure of how good the fit
is on messages that it has not seen. Needs scikit-learn, which is a dependency of development only. Does not belong
here: how the network learns (``fitting.py``), using the weights.

How much the statements count beside the learned reader is fitted to examples that neither has seen: its opinions
come from models fitted without them, and the lexicons were developed on other messages.
"""

import csv
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.optimize import minimize
from sklearn.model_selection import StratifiedKFold

from autoresponder_dagster.determination.decision import said
from autoresponder_dagster.determination.evaluation import (
    LABELS_FILE,
    Scored,
    accepted_by,
    accuracy,
    automation_rate,
    read_labels,
    unsafe,
)
from autoresponder_dagster.determination.features import Features, features
from autoresponder_dagster.determination.fitting import Network, fit, weights_of
from autoresponder_dagster.determination.learned import WEIGHTS_FILE, Numbers, Opinion, apply, read_weights
from autoresponder_dagster.determination.reading import Reading, read
from autoresponder_dagster.determination.second_look import SHARPNESS, SILENT, VIEWS_FILE, view_of, weigh
from autoresponder_dagster.determination.transport import own_subject
from autoresponder_dagster.determination.verdict import Verdict
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas.enums import STATE_CHANGING, Determination

FOLDS = 5
WEIGHT_OF_A_CASE, WEIGHT_OF_A_MESSAGE = 3.0, 2.0
"""Cases of the test suite were chosen one by one, each for a distinction that must be made; whole messages of
labelled folders are nearer to real ones than the short examples."""
USUAL, CAUTION = 1.0, 4.0
"""The weight of a view of which the examples tell nothing, and how strongly a fitted one is drawn to it: the
examples are harder than mail is, so they make the statements seem worse."""
SHARES: Mapping[str, float] = {
    Determination.OUT_OF_OFFICE: 0.22,
    Determination.INACTIVE: 0.19,
    Determination.REPLACEMENT: 0.16,
    Determination.UNKNOWN: 0.14,
    Determination.EMAIL_UPDATE: 0.12,
    Determination.TITLE_UPDATE: 0.07,
    Determination.ACTIVE: 0.10,
}
"""How often each determination is expected: about as in the labelled auto-replies of the business, ACTIVE oftener, for
people answer, too. Examples are written for what is hard to tell, so they are weighed: what is rare needs more to be
believed."""
DECIMALS = 2
"""Decimal places of the weight of a view."""
LEAST = 1e-5
"""No probability is taken for smaller."""
_HEAD = re.compile(r"^## ", re.MULTILINE)
_FIELDS = 4
UNMARKED_EVERY = 10
"""Of so many examples in a file one is shown without what marks an automatic reply: some programs leave it out."""
UNSEEN = "unseen"
"""The folder of examples that nobody looks at who develops the lexicons."""
_ANY_DATE = "Wed, 14 Oct 2026 09:00:00 +0000"
_ANY_SUBJECT = "Automatic reply"
_ANSWER = "Re: News"
_ANYBODY = "Ann Lee <ann.lee@acme.example>"


@dataclass(frozen=True)
class Example:
    """A message and the determinations that a careful reader accepts, the best first; and how much it counts."""

    raw: bytes
    accepted: tuple[str, ...]
    weight: float = 1.0
    is_familiar: bool = False
    """Whether the lexicons were developed on it: then how the statements fare on it proves nothing."""


def weights_by_share(examples: Sequence[Example]) -> Numbers:
    """Return how much each example counts, so that those of each determination together have its expected share."""
    counts = Counter(example.accepted[0] for example in examples)
    by_label = {label: SHARES[label] * len(examples) / count for label, count in counts.items()}
    return np.array([by_label[example.accepted[0]] for example in examples])


def fitted(shown: Sequence[Features], examples: Sequence[Example]) -> Network:
    """Return the network, fitted to the features of examples."""
    counts = np.array([example.weight for example in examples]) * weights_by_share(examples)
    return fit(shown, [example.accepted[0] for example in examples], counts / counts.mean())


def read_examples(path: Path) -> list[Example]:
    """Read a file of examples, a folder of such text files, or a labelled folder of messages.

    A file is text: each message begins with a line ``## determination[/accepted…] | From | date | Subject``,
    with `` | human`` at its end where no program sent it; its body follows. The lexicons were developed with
    them in sight, but for those in a folder ``unseen``. A YAML file is a list of mappings
    with ``from, body, want`` and perhaps ``date, subject, auto``; changes marked ``weak`` are doubtful on
    purpose and are left out. A CSV file holds absences, with the columns ``day, return_date, text``; those
    without a day of return are left out.

    Raises:
        ConfigurationError: a head line is malformed; the message names it.
    """
    if path.is_dir() and not (path / LABELS_FILE).exists():
        return [example for file in sorted(path.glob("*.txt")) for example in read_examples(file)]
    if path.is_dir():
        return [
            Example(
                (path / row["file"]).read_bytes(),
                accepted_by(row),
                weight=WEIGHT_OF_A_MESSAGE,
                is_familiar=True,
            )
            for row in read_labels(path)
        ]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as lines:
            return [_absence(row) for row in csv.DictReader(lines) if row["return_date"]]
    if path.suffix == ".yaml":
        return [_case(case) for case in yaml.safe_load(path.read_text("utf-8")) if not _is_doubtful(case)]
    before, *blocks = _HEAD.split(path.read_text("utf-8"))
    if before.strip() or not blocks:
        raise ConfigurationError(f"{path} does not begin with the head of a message (## determination | …).")
    return [
        replace(_example(block, path, is_marked=number % UNMARKED_EVERY != 0), is_familiar=path.parent.name != UNSEEN)
        for number, block in enumerate(blocks, 1)
    ]


def _absence(row: Mapping[str, str]) -> Example:
    moment = format_datetime(datetime.combine(date.fromisoformat(row["day"]), time(12, tzinfo=UTC)))
    raw = _message(_ANYBODY, moment, _ANY_SUBJECT, row["text"], is_human=False)
    return Example(raw, (str(Determination.OUT_OF_OFFICE),), is_familiar=True)


def _is_doubtful(case: Mapping[str, Any]) -> bool:
    return bool(case.get("weak")) and case["want"].split("|")[0] in STATE_CHANGING


def _case(case: Mapping[str, Any]) -> Example:
    return Example(
        _message(
            case["from"],
            case.get("date") or _ANY_DATE,
            case.get("subject", _ANY_SUBJECT),
            case["body"],
            is_human=not case.get("auto", True),
        ),
        tuple(case["want"].split("|")),
        weight=WEIGHT_OF_A_CASE,
        is_familiar=True,
    )


def _example(block: str, path: Path, *, is_marked: bool) -> Example:
    head, _, body = block.partition("\n")
    fields = [field.strip() for field in head.split("|")]
    is_human = fields[_FIELDS:] == ["human"]
    if not (len(fields) == _FIELDS or is_human):
        raise ConfigurationError(f"{path}: '## {head}' must be: ## determination | From | date | Subject [| human]")
    accepted, sender, day, subject = fields[:_FIELDS]
    if not (is_marked or is_human):
        subject, _ = own_subject(subject, is_automatic=True)
    moment = format_datetime(datetime.combine(date.fromisoformat(day), time(12, tzinfo=UTC)))
    return Example(
        _message(sender, moment, subject or _ANSWER, body, is_human=is_human or not is_marked),
        tuple(str(Determination(name)) for name in accepted.split("/")),
    )


def _message(sender: str, moment: str, subject: str, body: str, *, is_human: bool) -> bytes:
    message = EmailMessage()
    message["From"], message["Date"], message["Subject"] = sender, moment, subject
    if not is_human:
        message["Auto-Submitted"] = "auto-replied"
    message.set_content(body.strip() + "\n")
    return message.as_bytes()


def unseen_opinions(shown: Sequence[Features], examples: Sequence[Example]) -> list[Opinion]:
    """Return what the learned reader takes each example to say where it was fitted to the others."""
    labels = [example.accepted[0] for example in examples]
    opinions: dict[int, Opinion] = {}
    for learn, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels):
        model = fitted([shown[number] for number in learn], [examples[number] for number in learn])
        weights = read_weights(weights_of(model))
        opinions.update({number: apply(weights, shown[number]) for number in test})
    return [opinions[number] for number in range(len(examples))]


def fitted_views(
    verdicts: Sequence[Verdict], opinions: Sequence[Opinion], examples: Sequence[Example]
) -> dict[str, float]:
    """Return how much each view of the statements counts beside the learned reader's: likeliest on these examples."""
    names = sorted({view_of(verdict) for verdict in verdicts})
    columns = sorted(Determination)
    learned = np.log(
        np.maximum([[opinion.probabilities.get(one, 0.0) for one in columns] for opinion in opinions], LEAST)
    )
    accepted = np.array([[one in example.accepted for one in columns] for example in examples])
    row, said = np.arange(len(verdicts)), [columns.index(verdict.determination) for verdict in verdicts]
    usual = np.array([0.0 if name.endswith(SILENT) else USUAL for name in names])
    view = [names.index(view_of(verdict)) for verdict in verdicts]
    counts = weights_by_share(examples)

    def loss(weights: Numbers) -> float:
        odds = learned * weights[-1]
        odds[row, said] += weights[:-1][view]
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        right = (odds * accepted).sum(axis=1) / odds.sum(axis=1)
        return float(
            -(counts * np.log(np.maximum(right, LEAST))).sum() + CAUTION * np.square(weights[:-1] - usual).sum()
        )

    weights = minimize(loss, np.array([*usual, 1.0])).x
    return {SHARPNESS: float(weights[-1]), **dict(zip(names, weights[:-1].tolist(), strict=True))}


def views_of(weights: Mapping[str, float]) -> str:
    """Return the weights of the views as the text of a file."""
    return "view\tweight\n" + "".join(f"{name}\t{weight:.{DECIMALS}f}\n" for name, weight in weights.items())


def measured(
    readings: Sequence[Reading],
    opinions: Sequence[Opinion],
    examples: Sequence[Example],
    weights: Mapping[str, float],
) -> str:
    """Return how the engine does on examples that neither view has seen, by what authorises a verdict."""
    verdicts = [
        weigh(reading, said(reading), opinion, weights) for reading, opinion in zip(readings, opinions, strict=True)
    ]
    scored = [
        Scored("", {"determination": example.accepted[0], "accept": "|".join(example.accepted)}, verdict)
        for example, verdict in zip(examples, verdicts, strict=True)
    ]
    summary = (
        f"{len(scored)} messages that neither had seen: right {accuracy(scored):.1%}, unsafe {len(unsafe(scored))}, "
        f"automation {automation_rate(scored):.1%}"
    )
    lines = [summary]
    for determination in sorted(STATE_CHANGING):
        written = [one for one in scored if one.is_confident and one.verdict.determination == determination]
        lines.append(f"  {determination}: {len(written)} authorised, {len(unsafe(written))} of them wrong")
    return "\n".join(lines)


def main(folder: str, paths: Sequence[str]) -> None:
    """Fit the reader and the second look to examples and write their weights; say how they do on unseen ones."""
    examples = [example for path in paths for example in read_examples(Path(path))]
    readings = [read(example.raw, None, None) for example in examples]
    shown = [features(reading) for reading in readings]
    opinions = unseen_opinions(shown, examples)
    right = sum(opinion.determination in example.accepted for opinion, example in zip(opinions, examples, strict=True))
    sys.stdout.write(f"{len(examples)} messages; right on unseen ones ({FOLDS} folds): {right / len(examples):.1%}\n")
    Path(folder, WEIGHTS_FILE).write_text(weights_of(fitted(shown, examples)), "utf-8")
    new = [number for number, example in enumerate(examples) if not example.is_familiar]
    if new:
        readings = [readings[number] for number in new]
        opinions = [opinions[number] for number in new]
        examples = [examples[number] for number in new]
        weights = fitted_views([said(reading) for reading in readings], opinions, examples)
        Path(folder, VIEWS_FILE).write_text(views_of(weights), "utf-8")
        sys.stdout.write(measured(readings, opinions, examples, weights) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
