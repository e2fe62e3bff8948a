"""A backfill over a month after a rule was mended: only what is read differently now makes work."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from autoresponder_dagster.assets import determinations as assets
from autoresponder_dagster.automation.launch import Launch, launch_day
from autoresponder_dagster.build import build_defs
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.world import LEFT, World, read_csv

DAYS = [f"2026-09-{day:02d}" for day in range(1, 31)]
UNREAD = "The undersigned no longer works here."
MENDED = {3, 17, 28}
"""Days on which a message came that only the mended rule reads."""


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    world = World()
    for number, day in enumerate(DAYS, start=1):
        for person, text in (("ann", LEFT), ("bob", UNREAD if number in MENDED else LEFT)):
            address = f"{person}{number}@northfield.example"
            world.email(address, text, f"{day}T10:00:00Z")
            world.contact(address)
    world.write(tmp_path / "fixtures")
    return Launch(
        mode=Mode.MOCK,
        fixtures=tmp_path / "fixtures",
        output_dir=tmp_path / "output",
        warehouse_dir=tmp_path / "warehouse",
        mock_org_dir=tmp_path / "org",
    )


def run_month(instance: dg.DagsterInstance, launch: Launch) -> dict[str, dict[str, int]]:
    """Run every day; returns by day what the run summary says of the last run."""
    definitions = build_defs()
    told = {}
    for day in DAYS:
        outcome = launch_day(definitions, instance, day, launch)
        assert outcome.failures == ()
        told[day] = json.loads((outcome.folder / "run_summary.json").read_text("utf-8"))["last_run"]
    return told


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_month_after_a_mended_rule(
    instance: dg.DagsterInstance, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    mended = assets.determine_frame

    def not_yet(*args: Any, **options: Any) -> pd.DataFrame:
        """Read as before the rule was mended."""
        verdicts = mended(*args, **options)
        unread = verdicts["evidence"].str.contains("undersigned", na=False)
        return verdicts.assign(
            determination=verdicts["determination"].mask(unread, "UNKNOWN"),
            category=verdicts["category"].mask(unread, "unclear"),
        )

    monkeypatch.setattr(assets, "determine_frame", not_yet)
    first = run_month(instance, launch)
    assert sum(told["sent"] for told in first.values()) == 2 * len(DAYS) - len(MENDED)
    logs = {day: (launch.output_dir / "mock" / day / "action_log.csv").read_bytes() for day in DAYS}

    monkeypatch.setattr(assets, "determine_frame", mended)
    second = run_month(instance, launch)

    sent = {number for number, day in enumerate(DAYS, start=1) if second[day]["sent"]}
    assert sent == MENDED
    assert sum(told["sent"] for told in second.values()) == len(MENDED)
    unchanged = [day for number, day in enumerate(DAYS, start=1) if number not in MENDED]
    assert {day: (launch.output_dir / "mock" / day / "action_log.csv").read_bytes() for day in unchanged} == {
        day: logs[day] for day in unchanged
    }
    assert all(len(read_csv(launch.output_dir / "mock" / day / "action_log.csv")) == 2 for day in DAYS)
