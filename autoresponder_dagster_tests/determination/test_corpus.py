"""The shared corpus, where it is present: nobody living and no bounce may be written, and accuracy holds.

Files of ``authored`` whose number is divisible by five are held out for the final evaluation.
"""

import csv
import os
import re
from pathlib import Path

import pytest

from autoresponder_dagster.determination import determine
from autoresponder_dagster.determination.evaluation import (
    WRITE_CONFIDENCE,
    Scored,
    accuracy,
    automation_rate,
    fact_accuracy,
    score_folder,
    unsafe,
)
from autoresponder_dagster.schemas.enums import STATE_CHANGING

CORPUS = Path(os.environ.get("AUTORESPONDER_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
HELD_OUT_EVERY = 5
pytestmark = pytest.mark.skipif(not (CORPUS / "authored").is_dir(), reason="the shared corpus is not on this machine")


def is_open(file: str) -> bool:
    return int(re.sub(r"\D", "", file)) % HELD_OUT_EVERY != 0


@pytest.fixture(scope="module")
def authored() -> list[Scored]:
    return score_folder(CORPUS / "authored", is_open)


def test_authored_messages_are_never_written_wrongly(authored):
    assert [one.file for one in unsafe(authored)] == []


def test_authored_accuracy(authored):
    assert accuracy(authored) >= 0.97
    assert accuracy([one for one in authored if one.label["hard"] == "1"]) >= 0.95
    assert automation_rate(authored) >= 0.85


@pytest.mark.parametrize(
    ("fact", "share"),
    [
        ("new_email", 0.97),
        ("replacement_email", 0.97),
        ("replacement_name", 0.95),
        ("return_date", 0.92),
        ("new_title", 0.9),
        ("effective_date", 0.9),
    ],
)
def test_authored_facts(authored, fact, share):
    counts = fact_accuracy(authored)[fact]
    assert counts["right"] >= share * counts["stated"]
    # "Since the end of June" is a date to us; the labels give none.
    assert counts["spurious"] <= (1 if fact == "effective_date" else 0)


@pytest.fixture(scope="module")
def real() -> list[tuple[dict[str, str], object]]:
    with (CORPUS / "real" / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        return [(row, determine((CORPUS / "real" / row["file"]).read_bytes())) for row in csv.DictReader(lines)]


def accepted(row: dict[str, str]) -> set[str]:
    labels = {row["label"], *row["alt_label"].split("|")}
    return {"UNKNOWN" if label == "UNDELIVERABLE" else label for label in labels}


def test_real_messages_are_never_written_wrongly(real):
    wrong = [
        row["file"]
        for row, verdict in real
        if verdict.determination in STATE_CHANGING
        and verdict.confidence >= WRITE_CONFIDENCE
        and verdict.determination not in accepted(row)
    ]
    assert wrong == []


def test_real_bounces_are_never_a_statement_about_a_person(real):
    assert {verdict.determination for row, verdict in real if row["label"] == "UNDELIVERABLE"} == {"UNKNOWN"}


def test_real_accuracy(real):
    right = sum(verdict.determination in accepted(row) for row, verdict in real)
    assert right >= 0.90 * len(real)


def test_no_message_breaks_the_reader(authored, real):
    """The catch-all of ``determine`` must never hide a fault of ours."""
    problems = [one.verdict.parse_problem for one in authored] + [verdict.parse_problem for _, verdict in real]
    assert [problem for problem in problems if problem and problem.startswith("could not be read")] == []
