"""The ``autoresponder`` command as an operator meets it."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from autoresponder_dagster.cli import LEADING_COLUMNS, app
from autoresponder_dagster.clients.salesforce.connect import open_salesforce
from autoresponder_dagster.io.warehouse import Warehouse
from autoresponder_dagster.ledger import LedgerDatabase, WriteLedger
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster.writing.execution import DayRun, execute
from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.ledger.plans import plan_of, row
from autoresponder_dagster_tests.world import LEFT, World, read_csv

MONDAY, TUESDAY = "2026-11-09", "2026-11-10"
JANE = "jane.doe@northfield.example"
LONG_AGO = {"LastModifiedDate": "2026-01-01T00:00:00.000+0000", "LastModifiedById": "005000000000009AAA"}
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


def test_determine_explains_how_a_message_was_read(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(f"From: Jane Doe <{JANE}>\nSubject: Automatic reply\n\n{LEFT}\n")
    code, output = invoke("determine", "--explain", tmp_path / "a.eml")
    assert code == 0, output
    assert str(tmp_path / "a.eml") in output
    assert ("INACTIVE" in output, "en." in output) == (True, True)
    code, output = invoke("determine", tmp_path / "a.eml")
    assert (code, "--output, or ask for --explain" in output) == (1, True)
    code, output = invoke("determine", "--explain", tmp_path / "a.eml", "--output", tmp_path / "out.csv")
    assert (code, "Statements" in output, len(read_csv(tmp_path / "out.csv"))) == (0, True, 1)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Two messages, of which the label of one is wrong on purpose."""
    folder = tmp_path / "labelled"
    folder.mkdir()
    for name in ("a.eml", "b.eml"):
        (folder / name).write_text(f"From: Jane Doe <{JANE}>\nSubject: Automatic reply\n\n{LEFT}\n")
    (folder / "labels.csv").write_text("file,determination,new_email\na.eml,INACTIVE,\nb.eml,ACTIVE,\n")
    return folder


def test_evaluate_prints_and_draws(labelled: Path, tmp_path: Path) -> None:
    code, output = invoke("evaluate", labelled, "--plot", tmp_path / "plots" / "calibration.png")
    assert code == 0, output
    assert "Unsafe: wrong, state-changing and confident (1)" in output
    assert str(tmp_path / "plots" / "calibration.png") in output
    assert (tmp_path / "plots" / "calibration.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (["--min", "accuracy=0.5", "--max", "unsafe=1"], None),
        (["--min", "accuracy=0.51"], "accuracy is 0.5, below 0.51."),
        (["--max", "unsafe=0"], "unsafe is 1, above 0."),
        (["--min", "accuracy=0.4", "--min", "automation_rate=0.9"], "automation_rate is 0.5, below 0.9."),
    ],
)
def test_evaluate_fails_where_a_threshold_is_missed(labelled: Path, limits: list[str], message: str | None) -> None:
    code, output = invoke("evaluate", labelled, *limits)
    assert (code, message is None or message in output) == (0 if message is None else 1, True)


@pytest.mark.parametrize(
    ("labels", "arguments", "message"),
    [
        (None, [], "labels.csv does not exist"),
        ("file,determination\n", [], "has no rows"),
        ("file,label\na.eml,ACTIVE\n", [], "has no column determination"),
        ("file,determination\nc.eml,ACTIVE\n", [], "names c.eml"),
        ("file,determination\na.eml,GONE\n", [], "'GONE'"),
        ("file,determination,accept\na.eml,ACTIVE,INACTIVE|GONE\n", [], "'GONE'"),
        ("file,determination\na.eml,ACTIVE\n", ["--min", "precision=0.5"], "no figure 'precision'"),
        ("file,determination\na.eml,ACTIVE\n", ["--min", "accuracy"], "accuracy=0.95"),
    ],
)
def test_evaluate_explains_mistakes(labelled: Path, labels: str | None, arguments: list[str], message: str) -> None:
    (labelled / "labels.csv").unlink()
    if labels is not None:
        (labelled / "labels.csv").write_text(labels)
    code, output = invoke("evaluate", labelled, *arguments)
    assert (code, message in output, "Traceback" in output) == (1, True, False)


def test_sample_data_is_a_world_that_runs(tmp_path: Path) -> None:
    code, output = invoke("sample-data", "--seed", "5", "--messages", "30", "--days", "2", "--out", tmp_path / "world")
    assert code == 0, output
    code, output = invoke("run", "--fixtures", tmp_path / "world", "--output", tmp_path / "output")
    assert code == 0, output


def test_run_takes_further_config_from_a_file(world: World, tmp_path: Path) -> None:
    config = tmp_path / "run.yaml"
    config.write_text("resources:\n  policy:\n    config: {min_write_confidence: 1.0}\n")
    code, output = invoke(
        *("run", "--partition", MONDAY, "--fixtures", tmp_path / "fixtures"),
        *("--output", tmp_path / "output", "--config", config),
    )
    assert code == 0, output
    [row] = read_csv(tmp_path / "output" / "mock" / MONDAY / "action_log.csv")
    assert row["gate"] == "LOW_CONFIDENCE"


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, salesforce_org: SalesforceEmulator, tmp_path: Path) -> SalesforceEmulator:
    """An org that may be written, and a ledger of which a day's write was made in it."""
    monkeypatch.setenv("AUTORESPONDER_ALLOW_LIVE", "1")
    contact = salesforce_org.org.add("Contact", LastName="Doe", Email=JANE, Contact_Status__c="Active", **LONG_AGO)
    client = open_salesforce(Mode.LIVE, clock=lambda: datetime.now(UTC))
    database = LedgerDatabase.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger = WriteLedger(database, Mode.LIVE, client.org_id)
    execute(plan_of(row(record_id=contact)), DayRun(MONDAY, "run-1", Mode.LIVE), ledger, client, Policy())
    database.close()
    assert salesforce_org.org.find("Contact", contact)["Contact_Status__c"] == "Inactive"
    return salesforce_org


def test_history_says_why_a_record_was_changed(live: SalesforceEmulator, tmp_path: Path) -> None:
    plan = plan_of(row(evidence="I have left Northfield Clinic."))
    Warehouse(tmp_path / "warehouse", "live").write("salesforce_write_plan", MONDAY, plan)
    places = ("--ledger", tmp_path / "ledger.db", "--warehouse", tmp_path / "warehouse")
    code, output = invoke("history", JANE, *places)
    assert code == 0, output
    for said in ("Contact_Status__c:", "applied", "INACTIVE (0.95)", "I have left", "run run-1"):
        assert said in output
    assert "knows nothing" in invoke("history", "nobody@northfield.example", *places)[1]


@pytest.mark.parametrize("choice", [("--partition", MONDAY), ("--run", "run-1")])
def test_undo_puts_back_what_was_there(live: SalesforceEmulator, tmp_path: Path, choice: tuple[str, str]) -> None:
    [contact] = live.org.records["Contact"]
    ledger = ("--ledger", tmp_path / "ledger.db")
    code, output = invoke("undo", *choice, "--dry-run", *ledger)
    assert (code, "would be reverted" in output) == (0, True), output
    assert live.org.find("Contact", contact)["Contact_Status__c"] == "Inactive"
    code, output = invoke("undo", *choice, *ledger)
    assert (code, "reverted" in output) == (0, True), output
    assert live.org.find("Contact", contact)["Contact_Status__c"] == "Active"


def test_undo_takes_one_choice_and_an_armed_process(
    live: SalesforceEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke("undo", "--ledger", tmp_path / "ledger.db")[0] == 1
    monkeypatch.delenv("AUTORESPONDER_ALLOW_LIVE")
    code, output = invoke("undo", "--partition", MONDAY, "--ledger", tmp_path / "ledger.db")
    assert (code, "AUTORESPONDER_ALLOW_LIVE" in output) == (1, True)
