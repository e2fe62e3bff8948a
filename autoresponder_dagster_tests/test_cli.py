"""The ``autoresponder`` command as an operator meets it."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from autoresponder_dagster.cli import LEADING_COLUMNS, app
from autoresponder_dagster_tests.world import LEFT, World, read_csv

MONDAY, TUESDAY = "2026-11-09", "2026-11-10"
JANE = "jane.doe@northfield.example"
runner = CliRunner()


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World()
    world.email(JANE, LEFT, f"{MONDAY}T10:00:00Z")
    world.contact(JANE)
    world.write(tmp_path / "fixtures")
    return world


def invoke(*arguments: object) -> tuple[int, str]:
    result = runner.invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_run_a_range_and_export_the_org(world: World, tmp_path: Path) -> None:
    code, output = invoke(
        *("run", "--from", MONDAY, "--to", TUESDAY, "--fixtures", tmp_path / "fixtures"),
        *("--output", tmp_path / "output", "--export-org", tmp_path / "org"),
    )
    assert code == 0, output
    assert "INACTIVE" in output
    assert "set_inactive" in output
    assert str(tmp_path / "output" / "mock" / MONDAY / "action_log.csv") in output
    [contact] = read_csv(tmp_path / "org" / "salesforce_contacts.csv")
    assert contact["Contact_Status__c"] == "Inactive"
    assert read_csv(tmp_path / "fixtures" / "salesforce_contacts.csv")[0]["Contact_Status__c"] == "Active"


def test_run_without_a_day_takes_the_latest_with_mail(world: World, tmp_path: Path) -> None:
    code, output = invoke("run", "--fixtures", tmp_path / "fixtures", "--output", tmp_path / "output")
    assert code == 0, output
    assert [path.name for path in (tmp_path / "output" / "mock").iterdir()] == [MONDAY]


def test_each_run_starts_from_the_fixtures(world: World, tmp_path: Path) -> None:
    for _ in range(2):
        code, output = invoke(
            *("run", "--partition", MONDAY, "--fixtures", tmp_path / "fixtures", "--output", tmp_path / "output")
        )
        assert code == 0, output
    assert read_csv(tmp_path / "output" / "mock" / MONDAY / "action_log.csv")[0]["result"] == "applied"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--partition", MONDAY, "--from", MONDAY, "--to", TUESDAY], "either --partition, or --from and --to"),
        (["--from", MONDAY], "both --from and --to"),
        (["--from", TUESDAY, "--to", MONDAY], "lies before"),
        (["--mode", "live"], "name the day"),
        (["--mode", "read_only", "--partition", MONDAY, "--export-org", "x"], "needs --mode mock"),
        (["--partition", MONDAY, "--fixtures", "no-such-folder"], "no-such-folder"),
        (["--partition", "2999-01-01"], "2999-01-01"),
    ],
)
def test_mistakes_are_explained_without_a_stack_trace(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = invoke("run", *arguments)
    assert code == 1
    assert message in output
    assert "Traceback" not in output


def test_determine_writes_one_row_per_message(tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    mail.mkdir()
    (mail / "a.eml").write_text(f"From: Jane Doe <{JANE}>\nSubject: Automatic reply\n\n{LEFT}\n")
    (mail / "b.eml").write_bytes(b"\x00\xff")
    code, output = invoke("determine", mail, "--output", tmp_path / "out.csv")
    assert code == 0, output
    rows = read_csv(tmp_path / "out.csv")
    assert tuple(rows[0])[: len(LEADING_COLUMNS)] == LEADING_COLUMNS
    assert [(Path(row["source"]).name, row["determination"]) for row in rows] == [
        ("a.eml", "INACTIVE"),
        ("b.eml", "UNKNOWN"),
    ]
    assert invoke("determine", mail, "--output", tmp_path / "out.parquet")[0] == 0
    assert pd.read_parquet(tmp_path / "out.parquet")["determination"].tolist() == ["INACTIVE", "UNKNOWN"]


def test_determine_needs_messages_and_a_known_format(tmp_path: Path) -> None:
    code, output = invoke("determine", tmp_path / "nothing", "--output", tmp_path / "out.csv")
    assert (code, "does not exist" in output) == (1, True)
    code, output = invoke("determine", tmp_path, "--output", tmp_path / "out.xls")
    assert (code, ".csv or .parquet" in output) == (1, True)


def test_sample_data_is_a_world_that_runs(tmp_path: Path) -> None:
    code, output = invoke("sample-data", "--seed", "5", "--messages", "30", "--days", "2", "--out", tmp_path / "world")
    assert code == 0, output
    code, output = invoke("run", "--fixtures", tmp_path / "world", "--output", tmp_path / "output")
    assert code == 0, output
