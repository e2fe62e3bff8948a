"""Counting, on a folder small enough to count by hand."""

from autoresponder_dagster.determination.evaluation import (
    accuracy,
    automation_rate,
    calibration,
    confusion,
    fact_accuracy,
    report,
    score_folder,
    unsafe,
)
from autoresponder_dagster_tests.determination.messages import build

LABELS = """file,determination,accept,hard,language,new_email,new_title,new_org,replacement_name,replacement_email,return_date,effective_date,note
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
