"""Evaluation: how good the engine is on a labelled folder of messages.

Belongs here: comparing verdicts with labels and counting. Does not belong here: how the figures are shown
(``reporting/evaluation.py``). The labels file is ``labels.csv`` beside the ``.eml`` files, with the columns
``file, determination`` and, where known, ``accept, hard, language`` and the facts of ``DeterminationRow``;
``accept`` and the facts may hold several valid values separated by ``|``. A fact without a column is not scored.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import fmean

from autoresponder_dagster.determination import determine
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.people import strip_honorifics
from autoresponder_dagster.determination.verdict import WRITE_CONFIDENCE, Verdict
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas.enums import STATE_CHANGING, Determination

LABELS_FILE = "labels.csv"
BANDS = 20
"""Bands of confidence in a calibration: 0.05 wide."""
FACTS = ("new_email", "new_title", "new_org", "replacement_name", "replacement_email", "return_date", "effective_date")


@dataclass(frozen=True)
class Scored:
    """One message: its label and its verdict."""

    file: str
    label: Mapping[str, str]
    verdict: Verdict

    @property
    def accepted(self) -> set[str]:
        """The determinations that count as right."""
        return set(accepted_by(self.label))

    @property
    def is_right(self) -> bool:
        """Whether the determination is one of the accepted ones."""
        return str(self.verdict.determination) in self.accepted

    @property
    def is_confident(self) -> bool:
        """Whether the verdict may be written."""
        return self.verdict.confidence >= WRITE_CONFIDENCE

    @property
    def is_unsafe(self) -> bool:
        """Whether a wrong verdict may be written: the worst error there is."""
        return self.is_confident and self.verdict.determination in STATE_CHANGING and not self.is_right


def accepted_by(label: Mapping[str, str]) -> tuple[str, ...]:
    """Return the determinations that a row of a labels file accepts, the best first."""
    return (label["determination"], *filter(None, (label.get("accept") or "").split("|")))


def read_labels(folder: Path) -> list[dict[str, str]]:
    """Return the rows of a folder's labels file.

    Raises:
        ConfigurationError: there is none, it has no rows, lacks a column, names a file that is not there, or
            an unknown determination.
    """
    path = folder / LABELS_FILE
    if not path.is_file():
        raise ConfigurationError(f"{path} does not exist. Name a folder with .eml files and their {LABELS_FILE}.")
    with path.open(encoding="utf-8", newline="") as lines:
        labels = list(csv.DictReader(lines))
    if not labels:
        raise ConfigurationError(f"{path} has no rows; give it one for each message.")
    if missing := {"file", "determination"} - labels[0].keys():
        raise ConfigurationError(f"{path} has no column {', '.join(sorted(missing))}.")
    for row in labels:
        if not (folder / row["file"]).is_file():
            raise ConfigurationError(f"{path} names {row['file']}, which is not in the folder.")
        if unknown := set(accepted_by(row)) - set(Determination):
            raise ConfigurationError(f"{path} gives {row['file']} the unknown determination {min(unknown)!r}.")
    return labels


def score(folder: Path, label: Mapping[str, str]) -> Scored:
    """Return label and verdict of one labelled message of a folder."""
    return Scored(label["file"], label, determine((folder / label["file"]).read_bytes()))


def score_folder(folder: Path, wanted: Callable[[str], bool] = lambda _: True) -> list[Scored]:
    """Return label and verdict of every labelled message of a folder that ``wanted`` accepts by its file name."""
    return [score(folder, label) for label in read_labels(folder) if wanted(label["file"])]


def accuracy(scored: Iterable[Scored]) -> float:
    """Return the share of right determinations; 1.0 of nothing."""
    results = [one.is_right for one in scored]
    return sum(results) / len(results) if results else 1.0


def unsafe(scored: Iterable[Scored]) -> list[Scored]:
    """Return the wrong verdicts that could have been written."""
    return [one for one in scored if one.is_unsafe]


def automation_rate(scored: Iterable[Scored]) -> float:
    """Return the share of state-changing labels whose verdict is right and confident; 1.0 of nothing."""
    wanted = [one for one in scored if one.label["determination"] in set(map(str, STATE_CHANGING))]
    return sum(one.is_right and one.is_confident for one in wanted) / len(wanted) if wanted else 1.0


def accuracy_by(scored: Iterable[Scored], column: str) -> dict[str, tuple[int, int]]:
    """Return right and all per value of a label column."""
    totals: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for one in scored:
        value = one.label.get(column) or "-"
        totals[value] += 1
        right[value] += one.is_right
    return {value: (right[value], totals[value]) for value in sorted(totals)}


def confusion(scored: Iterable[Scored]) -> dict[tuple[str, str], int]:
    """Return how often each (label, determination) pair occurred; an accepted one counts as the label."""
    pairs = Counter(
        (one.label["determination"], one.label["determination"] if one.is_right else str(one.verdict.determination))
        for one in scored
    )
    return dict(sorted(pairs.items()))


def is_fact_right(stated: str, found: str | None, fact: str = "") -> bool:
    """Tell whether a found fact is one of the valid values of a label (``|`` between them).

    A person's title before the name ("Dr.") may be there or not.
    """
    if not stated:
        return found is None
    same = strip_honorifics if fact == "replacement_name" else str
    return found is not None and any(fold(same(found)) == fold(same(valid)) for valid in stated.split("|"))


def fact_accuracy(scored: Iterable[Scored]) -> dict[str, dict[str, int]]:
    """Return per fact: stated, right, missed, wrong, spurious; over messages whose determination is right."""
    table = {fact: dict.fromkeys(("stated", "right", "missed", "wrong", "spurious"), 0) for fact in FACTS}
    for one in scored:
        if not one.is_right:
            continue
        for fact in FACTS:
            if fact not in one.label:
                continue
            stated, found = one.label[fact] or "", getattr(one.verdict, fact)
            counts = table[fact]
            counts["stated"] += bool(stated)
            if stated and is_fact_right(stated, found, fact):
                counts["right"] += 1
            elif stated:
                counts["missed" if found is None else "wrong"] += 1
            elif found is not None:
                counts["spurious"] += 1
    return table


def calibration(scored: Iterable[Scored]) -> dict[str, tuple[int, int]]:
    """Return right and all per band of confidence, of state-changing verdicts."""
    bands: dict[str, tuple[int, int]] = {}
    for one in scored:
        if one.verdict.determination not in STATE_CHANGING:
            continue
        low = int(one.verdict.confidence * 20) / 20
        right, total = bands.get(f"{low:.2f}", (0, 0))
        bands[f"{low:.2f}"] = (right + one.is_right, total + 1)
    return dict(sorted(bands.items()))


@dataclass(frozen=True)
class Band:
    """The verdicts of one band of confidence: how many, how many of them right, and their mean confidence."""

    low: float
    right: int
    total: int
    confidence: float

    @property
    def share(self) -> float:
        """The share that is right."""
        return self.right / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies with 95 % probability (Wilson score interval)."""
        z = 1.96
        middle = self.share + z**2 / (2 * self.total)
        spread = z * sqrt(self.share * (1 - self.share) / self.total + (z / (2 * self.total)) ** 2)
        whole = 1 + z**2 / self.total
        return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def bands(scored: Iterable[Scored]) -> tuple[Band, ...]:
    """Return the calibration of all verdicts: one band for each 0.05 of confidence in which there is a verdict."""
    by_band: dict[int, list[Scored]] = {}
    for one in scored:
        by_band.setdefault(int(one.verdict.confidence * BANDS + 1e-9), []).append(one)
    return tuple(
        Band(
            low=number / BANDS,
            right=sum(one.is_right for one in members),
            total=len(members),
            confidence=fmean(one.verdict.confidence for one in members),
        )
        for number, members in sorted(by_band.items())
    )


@dataclass(frozen=True)
class Evaluation:
    """Everything that is measured on a labelled folder.

    Attributes:
        shares: between 0 and 1, by the names under which a threshold can be set; a share of nothing is 1.
        counts: the same.
        confusion: count by (label, verdict); an accepted verdict counts as the label.
        wrong: the messages whose determination is not accepted, unsafe ones first.
        bands: the calibration of all verdicts.
        by_language: right and all by language of the label.
        by_difficulty: right and all, hard (``1``) and easy (``0``) ones.
        facts: stated, right, missed, wrong and spurious by fact.
        write_confidence: from where on a verdict is confident.
    """

    shares: Mapping[str, float]
    counts: Mapping[str, int]
    confusion: Mapping[tuple[str, str], int]
    wrong: tuple[Scored, ...]
    bands: tuple[Band, ...]
    by_language: Mapping[str, tuple[int, int]]
    by_difficulty: Mapping[str, tuple[int, int]]
    facts: Mapping[str, Mapping[str, int]]
    write_confidence: float = WRITE_CONFIDENCE


def evaluate(scored: Sequence[Scored]) -> Evaluation:
    """Return everything that is measured on scored messages."""
    facts = fact_accuracy(scored)
    return Evaluation(
        shares={
            "accuracy": accuracy(scored),
            "hard_accuracy": accuracy(one for one in scored if one.label.get("hard") == "1"),
            "confident_accuracy": accuracy(one for one in scored if one.is_confident),
            "automation_rate": automation_rate(scored),
            **{
                f"{fact}_accuracy": counts["right"] / counts["stated"] if counts["stated"] else 1.0
                for fact, counts in facts.items()
            },
        },
        counts={
            "messages": len(scored),
            "unsafe": len(unsafe(scored)),
            **{f"{fact}_spurious": counts["spurious"] for fact, counts in facts.items()},
        },
        confusion=confusion(scored),
        wrong=tuple(sorted((one for one in scored if not one.is_right), key=lambda one: (not one.is_unsafe, one.file))),
        bands=bands(scored),
        by_language=accuracy_by(scored, "language"),
        by_difficulty=accuracy_by(scored, "hard"),
        facts=facts,
    )


def report(scored: list[Scored]) -> str:
    """Return all of it as text for a terminal."""
    hard = [one for one in scored if one.label.get("hard") == "1"]
    lines = [
        f"messages {len(scored)}, right {accuracy(scored):.1%}, hard ones {accuracy(hard):.1%}",
        f"automation rate {automation_rate(scored):.1%}",
        f"unsafe {len(unsafe(scored))}: {', '.join(one.file for one in unsafe(scored))}",
        "by language "
        + ", ".join(f"{value} {right}/{total}" for value, (right, total) in accuracy_by(scored, "language").items()),
        "calibration " + ", ".join(f"{band} {right}/{total}" for band, (right, total) in calibration(scored).items()),
        "confusion (label → verdict)",
    ]
    lines.extend(f"  {label:14} → {found:14} {count}" for (label, found), count in confusion(scored).items())
    lines.append("facts (where the determination is right)")
    lines.extend(
        f"  {fact:18} " + " ".join(f"{kind}={count}" for kind, count in counts.items())
        for fact, counts in fact_accuracy(scored).items()
    )
    return "\n".join(lines)
