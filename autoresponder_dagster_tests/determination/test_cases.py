"""Authored messages in eleven languages: departures, changes, absences and the traps of grammar."""

from pathlib import Path

import pytest
import yaml

from autoresponder_dagster.determination import determine
from autoresponder_dagster.determination.evaluation import WRITE_CONFIDENCE
from autoresponder_dagster.schemas.enums import STATE_CHANGING
from autoresponder_dagster_tests.determination.messages import build

CASES = yaml.safe_load(Path(__file__).with_name("fixtures").joinpath("cases.yaml").read_text("utf-8"))
FACTS = ("new_email", "new_title", "new_org", "replacement_name", "replacement_email", "return_date", "effective_date")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['lang']}: {case['body'][:50]}")
def test_case(case):
    raw = build(
        case["body"],
        sender=case["from"],
        subject=case.get("subject", "Automatic reply: Directory"),
        date=case.get("date", "Wed, 14 Oct 2026 09:00:00 +0000"),
        auto=case.get("auto", True),
    )
    verdict = determine(raw)
    accepted = case["want"].split("|")
    is_missed = bool(case.get("missed"))
    assert (verdict.determination in accepted) is not is_missed
    is_write = verdict.determination in STATE_CHANGING and verdict.confidence >= WRITE_CONFIDENCE
    if case.get("weak") or is_missed:
        assert not is_write
    elif len(accepted) == 1 and verdict.determination in STATE_CHANGING and not case.get("open"):
        assert is_write, f"confidence is {verdict.confidence}"
    assert {fact: getattr(verdict, fact) for fact in FACTS if fact in case} == {
        fact: case[fact] for fact in FACTS if fact in case
    }
    if verdict.determination != "UNKNOWN":
        assert verdict.replacement_email is None or "replacement_email" in case, "a spurious successor"
        assert verdict.new_email is None or "new_email" in case, "a spurious address"


def test_no_case_breaks_the_reader():
    """The catch-all of ``determine`` must never hide a fault of ours."""
    verdicts = [determine(build(case["body"], sender=case["from"], auto=case.get("auto", True))) for case in CASES]
    assert [verdict.parse_problem for verdict in verdicts if verdict.parse_problem] == []
