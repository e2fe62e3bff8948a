"""Counting, on a folder small enough to count by hand."""

import pytest

from autoresponder_dagster.determination.evaluation import (
    Band,
    accuracy,
    automation_rate,
    bands,
    calibration,
    confusion,
    evaluate,
    fact_accuracy,
    report,
    score_folder,
    unsafe,
)
from autoresponder_dagster_tests.determination.messages import build

COLUMNS = "file,determination,accept,hard,language,new_email,new_title,new_org,replacement_name,replacement_email"
LABELS = f"""{COLUMNS},return_date,effective_date,note
1.eml,INACTIVE,,0,en,,,,,,,,right
2.eml,ACTIVE,,1,en,,,,,,,,the label is wrong on purpose: an unsafe verdict
3.eml,UNKNOWN,OUT_OF_OFFICE,1,en,,,,,,2026-10-20,,accepted
4.eml,REPLACEMENT,,0,en,,,,Ann Lee|Bo Roe,alee@harbor.example,,,right
"""
BODIES = [
    "I have left Harbor.",
    "I have left Harbor.",
    "I am out of the office until October 20.",
    "I have left Harbor. Please contact Ann Lee, alee@harbor.example.",
]


def test_scores(tmp_path):
    (tmp_path / "labels.csv").write_text(LABELS, encoding="utf-8")
    for number, body in enumerate(BODIES, 1):
        (tmp_path / f"{number}.eml").write_bytes(build(body))
    scored = score_folder(tmp_path)
    assert accuracy(scored) == 0.75
    assert [one.file for one in unsafe(scored)] == ["2.eml"]
    assert automation_rate(scored) == 2 / 3
    assert confusion(scored)["ACTIVE", "INACTIVE"] == 1
    assert fact_accuracy(scored)["replacement_name"]["right"] == 1
    assert fact_accuracy(scored)["return_date"] == {"stated": 1, "right": 1, "missed": 0, "wrong": 0, "spurious": 0}
    assert sum(total for _, total in calibration(scored).values()) == 3
    assert "unsafe 1: 2.eml" in report(scored)
    assert len(score_folder(tmp_path, lambda file: file == "1.eml")) == 1


def test_an_evaluation_holds_all_figures(tmp_path):
    (tmp_path / "labels.csv").write_text(LABELS, encoding="utf-8")
    for number, body in enumerate(BODIES, 1):
        (tmp_path / f"{number}.eml").write_bytes(build(body))
    evaluation = evaluate(score_folder(tmp_path))
    assert evaluation.shares["accuracy"] == 0.75
    assert evaluation.shares["hard_accuracy"] == 0.5
    assert evaluation.shares["replacement_email_accuracy"] == 1
    assert evaluation.counts["unsafe"] == 1
    assert [one.file for one in evaluation.wrong] == ["2.eml"]
    assert evaluation.by_difficulty == {"0": (2, 2), "1": (1, 2)}


def test_a_band_holds_the_verdicts_of_its_confidence(tmp_path):
    (tmp_path / "labels.csv").write_text(LABELS, encoding="utf-8")
    for number, body in enumerate(BODIES, 1):
        (tmp_path / f"{number}.eml").write_bytes(build(body))
    scored = score_folder(tmp_path)
    found = bands(scored)
    assert sum(band.total for band in found) == 4
    assert sum(band.right for band in found) == 3
    assert all(band.low <= round(band.confidence, 9) < band.low + 0.05 for band in found)


def test_few_verdicts_say_little_about_their_band():
    assert Band(low=0.95, right=10, total=10, confidence=0.95).interval == pytest.approx((0.7225, 1.0), abs=1e-3)
    assert Band(low=0.5, right=5, total=10, confidence=0.5).interval == pytest.approx((0.2366, 0.7634), abs=1e-3)


def test_a_fact_without_a_column_is_not_scored(tmp_path):
    (tmp_path / "labels.csv").write_text("file,determination\n4.eml,REPLACEMENT\n", encoding="utf-8")
    (tmp_path / "4.eml").write_bytes(build(BODIES[3]))
    assert all(set(counts.values()) == {0} for counts in fact_accuracy(score_folder(tmp_path)).values())
