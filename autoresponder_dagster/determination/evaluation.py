"""Evaluation: how good the engine is on a labelled folder of messages.

Belongs here: comparing verdicts with labels and counting. The labels file is ``labels.csv`` beside the
``.eml`` files, with the columns ``file, determination, accept, hard, language`` and the facts of
``DeterminationRow``; ``accept`` and the facts may hold several valid values separated by ``|``.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autoresponder_dagster.determination import determine
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.verdict import Verdict
from autoresponder_dagster.schemas.enums import STATE_CHANGING

WRITE_CONFIDENCE = 0.80
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
        return {self.label["determination"], *filter(None, (self.label.get("accept") or "").split("|"))}

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


def score_folder(folder: Path, wanted: Callable[[str], bool] = lambda file: True) -> list[Scored]:
    """Return label and verdict of every labelled message of a folder that ``wanted`` accepts by its file name."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        labels = [row for row in csv.DictReader(lines) if wanted(row["file"])]
    return [Scored(row["file"], row, determine((folder / row["file"]).read_bytes())) for row in labels]


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
        totals[one.label[column]] += 1
        right[one.label[column]] += one.is_right
    return {value: (right[value], totals[value]) for value in sorted(totals)}


def confusion(scored: Iterable[Scored]) -> dict[tuple[str, str], int]:
    """Return how often each (label, determination) pair occurred; an accepted one counts as the label."""
    pairs = Counter(
        (one.label["determination"], one.label["determination"] if one.is_right else str(one.verdict.determination))
        for one in scored
    )
    return dict(sorted(pairs.items()))


def is_fact_right(stated: str, found: str | None) -> bool:
    """Tell whether a found fact is one of the valid values of a label (``|`` between them)."""
    if not stated:
        return found is None
    return found is not None and any(fold(found) == fold(valid) for valid in stated.split("|"))


def fact_accuracy(scored: Iterable[Scored]) -> dict[str, dict[str, int]]:
    """Return per fact: stated, right, missed, wrong, spurious; over messages whose determination is right."""
    table = {fact: dict.fromkeys(("stated", "right", "missed", "wrong", "spurious"), 0) for fact in FACTS}
    for one in scored:
        if not one.is_right:
            continue
        for fact in FACTS:
            stated, found = one.label.get(fact) or "", getattr(one.verdict, fact)
            counts = table[fact]
            counts["stated"] += bool(stated)
            if stated and is_fact_right(stated, found):
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


def report(scored: list[Scored]) -> str:
    """Return all of it as text for a terminal."""
    lines = [
        f"messages {len(scored)}, right {accuracy(scored):.1%}, hard ones {accuracy([s for s in scored if s.label.get('hard') == '1']):.1%}",
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
