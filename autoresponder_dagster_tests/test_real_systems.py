"""The whole graph against real components on loopback: databases, an emulated org over HTTP, a mail server."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import NullPool, create_engine

from autoresponder_dagster.automation.launch import DayOutcome, Launch, launch_day
from autoresponder_dagster.build import build_defs
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.world import LEFT, World, read_csv

MONDAY = "2026-11-09"
JANE = "jane.doe@northfield.example"
OTHER_USER = "005000000000009AAA"


class Post:
    """Keeps what the mail server accepts."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        self.received.append(envelope.content)
        return "250 OK"


@pytest.fixture
def post() -> Iterator[Controller]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free_port = listener.getsockname()[1]
    controller = Controller(Post(), hostname="127.0.0.1", port=free_port)
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def world() -> World:
    world = World()
    world.email(JANE, LEFT, f"{MONDAY}T10:00:00Z")
    world.person(JANE)
    return world


@pytest.fixture
def systems(
    world: World, database_url: str, salesforce_org: SalesforceEmulator, monkeypatch: pytest.MonkeyPatch
) -> SalesforceEmulator:
    """Databases and an org that hold the world, in the environment of a deployment."""
    tables = {
        "EmailRepository": pd.DataFrame(world.emails).assign(
            ReceivedDate=lambda rows: pd.to_datetime(rows["ReceivedDate"]).dt.tz_localize(None),
            InsertedDateTime=lambda rows: pd.to_datetime(rows["InsertedDateTime"]).dt.tz_localize(None),
        ),
        "person": pd.DataFrame({"person_id": [1], "name": ["Jane Doe"]}),
        "organization": pd.DataFrame({"organization_id": [1], "name": ["Northfield Clinic"]}),
        "link_org_person": pd.DataFrame(
            {
                "link_org_person_id": [7],
                "person_id": [1],
                "organization_id": [1],
                "email": [f" {JANE.title()} "],
                "title": ["Director"],
                "is_active": [True],
                "updated_at": [pd.Timestamp("2026-01-01")],
            }
        ),
        "subscribers": pd.DataFrame(columns=["subsnum", "email", "name", "organization"]),
        "orders": pd.DataFrame(
            columns=[
                "subsnum",
                "order_id",
                "product_code",
                "order_type",
                "status",
                "start_date",
                "expire_date",
                "is_single_issue",
                "purchase_date",
            ]
        ),
    }
    engine = create_engine(database_url, poolclass=NullPool)
    for name, rows in tables.items():
        rows.to_sql(name, engine, index=False)
    for system in ("EMAIL_REPOSITORY", "CUPOLA", "MULTIPUB"):
        monkeypatch.setenv(f"{system}_CONNECTION_STRING", database_url)
    return salesforce_org


def add_jane(org: SalesforceEmulator) -> tuple[str, str]:
    before = {"LastModifiedDate": "2026-01-01T00:00:00.000+0000", "LastModifiedById": OTHER_USER}
    contact = org.org.add("Contact", LastName="Doe", Email=JANE.upper(), Contact_Status__c="Active", **before)
    lead = org.org.add(
        "Lead", LastName="Doe", Company="Northfield", Email=JANE, Status="Open - Not Contacted", **before
    )
    return contact, lead


def run(tmp_path: Path, instance: dg.DagsterInstance, mode: Mode, **resources: dict[str, Any]) -> DayOutcome:
    launch = Launch(
        mode=mode,
        fixtures=tmp_path / "no fixtures",
        output_dir=tmp_path / "output",
        warehouse_dir=tmp_path / "warehouse",
        ledger_path=tmp_path / "ledger.db",
        resources={name: {"config": config} for name, config in resources.items()},
    )
    return launch_day(build_defs(), instance, MONDAY, launch)


def lists_of(folder: Path) -> dict[str, bytes]:
    """Return the day's lists; the run summary tells of the last run, with its API calls."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.csv")}


def plain_smtp(post: Controller) -> dict[str, Any]:
    return {"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_security": "none"}


def arm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTORESPONDER_ALLOW_LIVE", "1")


def test_read_only_looks_up_for_real_and_writes_nothing(
    systems: SalesforceEmulator, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    contact, lead = add_jane(systems)
    outcome = run(tmp_path, instance, Mode.READ_ONLY)
    assert outcome.failures == ()
    assert outcome.folder == tmp_path / "output" / "read_only" / MONDAY
    log = read_csv(outcome.folder / "action_log.csv")
    assert {(row["record_id"], row["result"], row["mode"]) for row in log} == {
        (contact, "intercepted", "read_only"),
        (lead, "intercepted", "read_only"),
    }
    assert systems.mutating_requests == []
    assert systems.org.find("Contact", contact)["Contact_Status__c"] == "Active"
    [person] = read_csv(outcome.folder / "output_document_inactive_people.csv")
    assert person["cupola_person_id"] == "7"
    assert list((outcome.folder / "outbox").glob("N08_*.eml")), "nothing is mailed in read_only"


def test_live_writes_once_and_mails_once(
    systems: SalesforceEmulator,
    tmp_path: Path,
    instance: dg.DagsterInstance,
    post: Controller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contact, lead = add_jane(systems)
    owner = systems.org.find("Lead", lead)["OwnerId"]
    arm(monkeypatch)
    first = run(tmp_path, instance, Mode.LIVE, notifier=plain_smtp(post))
    assert first.failures == ()
    assert systems.org.find("Contact", contact)["Contact_Status__c"] == "Inactive"
    assert systems.org.find("Lead", lead)["Status"] == "Inactive"
    assert systems.org.find("Lead", lead)["OwnerId"] == owner, "no assignment rule ran"
    assert len(systems.mutating_requests) == 1, "both records travel in one call"
    assert len(systems.org.changes) == 2
    files = lists_of(first.folder)
    mails = len(post.handler.received)
    assert mails >= 2

    second = run(tmp_path, instance, Mode.LIVE, notifier=plain_smtp(post))
    assert second.failures == ()
    assert len(systems.mutating_requests) == 1, "what is already so is not written again"
    assert {row["result"] for row in read_csv(second.folder / "action_log.csv")} == {"applied"}
    assert lists_of(second.folder) == files, "a second materialization says the same, byte by byte"
    assert len(post.handler.received) == mails, "nothing is mailed twice"


def test_an_org_that_is_not_ready_gets_nothing_and_the_day_says_what_to_mend(
    systems: SalesforceEmulator,
    tmp_path: Path,
    instance: dg.DagsterInstance,
    post: Controller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, lead = add_jane(systems)
    arm(monkeypatch)
    field = systems.org.schema["Lead"]["Status"]
    systems.org.schema["Lead"]["Status"] = replace(field, picklist=("New", "Open - Not Contacted"))
    outcome = run(tmp_path, instance, Mode.LIVE, notifier=plain_smtp(post))
    assert outcome.failures == ()
    assert "salesforce_writes: preflight" in outcome.failed_checks
    assert systems.mutating_requests == []
    log = read_csv(outcome.folder / "action_log.csv")
    assert {(row["result"], row["error_code"]) for row in log} == {("deferred", "NOT_READY")}

    read_only = run(tmp_path, instance, Mode.READ_ONLY)
    assert {row["result"] for row in read_csv(read_only.folder / "action_log.csv")} == {"intercepted"}

    systems.org.schema["Lead"]["Status"] = field
    mended = run(tmp_path, instance, Mode.LIVE, notifier=plain_smtp(post))
    assert "salesforce_writes: preflight" not in mended.failed_checks
    assert systems.org.find("Lead", lead)["Status"] == "Inactive"


def test_a_day_that_would_overdraw_the_api_budget_is_deferred_whole(
    systems: SalesforceEmulator,
    tmp_path: Path,
    instance: dg.DagsterInstance,
    post: Controller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, lead = add_jane(systems)
    arm(monkeypatch)
    systems.api_calls, systems.daily_limit = 12_500, 15_000
    outcome = run(tmp_path, instance, Mode.LIVE, notifier=plain_smtp(post))
    assert outcome.failures == ()
    assert systems.mutating_requests == []
    assert {row["result"] for row in read_csv(outcome.folder / "action_log.csv")} == {"deferred"}
    systems.api_calls = 0
    run(tmp_path, instance, Mode.LIVE, notifier=plain_smtp(post))
    assert systems.org.find("Lead", lead)["Status"] == "Inactive"


def test_an_unreachable_org_is_loud_and_loses_nothing(
    systems: SalesforceEmulator,
    tmp_path: Path,
    instance: dg.DagsterInstance,
    post: Controller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arm(monkeypatch)
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "wrong secret")
    outcome = run(tmp_path, instance, Mode.LIVE, notifier=plain_smtp(post))
    assert outcome.failures == ()
    assert "salesforce_records: salesforce_available" in outcome.failed_checks
    [person] = read_csv(outcome.folder / "output_document_inactive_people.csv")
    assert person["salesforce_outcome"] == "deferred"
    assert (outcome.folder / f"Marketing_NoLongerThere_{MONDAY}.csv").exists(), "Marketing's file does not wait"
    summary = (outcome.folder / "run_summary.json").read_text("utf-8")
    assert json.loads(summary)["contacts"]["degraded"] > 0
    everything = b"".join(path.read_bytes() for path in (tmp_path / "output").rglob("*") if path.is_file())
    assert b"wrong secret" not in everything


def test_an_org_that_is_not_named_is_refused(
    systems: SalesforceEmulator, tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact, _ = add_jane(systems)
    arm(monkeypatch)
    monkeypatch.setenv("AUTORESPONDER_ORG_IDS", "00D000000000099")
    outcome = run(tmp_path, instance, Mode.LIVE)
    assert any("AUTORESPONDER_ORG_IDS" in failure for failure in outcome.failures)
    assert systems.mutating_requests == []
    assert systems.org.find("Contact", contact)["Contact_Status__c"] == "Active"


@pytest.mark.parametrize("system", ["email_repository", "cupola", "multipub"])
def test_a_live_org_never_meets_fixture_people(
    system: str,
    systems: SalesforceEmulator,
    tmp_path: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arm(monkeypatch)
    outcome = run(tmp_path, instance, Mode.LIVE, **{system: {"mode": "mock"}})
    assert any(f"{system} is mock" in failure for failure in outcome.failures)
    assert systems.sent("GET") == []


def test_a_database_that_does_not_answer_is_an_error_and_not_an_absent_row(
    systems: SalesforceEmulator, tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    monkeypatch.setenv("MULTIPUB_CONNECTION_STRING", f"sqlite:///{empty}")
    outcome = run(tmp_path, instance, Mode.READ_ONLY)
    assert any(failure.startswith("multipub_subscribers: The Multipub database") for failure in outcome.failures)
    assert not (outcome.folder / "action_log.csv").exists()


def test_a_mock_run_needs_no_credential_and_opens_no_connection(tmp_path: Path) -> None:
    world = World()
    world.email(JANE, LEFT, f"{MONDAY}T10:00:00Z")
    world.contact(JANE)
    world.write(tmp_path / "fixtures")
    program = (
        "import socket\n"
        "def refuse(*args, **kwargs): raise AssertionError('a mock run opened a connection')\n"
        "socket.socket.connect = refuse\n"
        "from autoresponder_dagster.cli import app\n"
        f"app(['run', '--partition', '{MONDAY}', '--fixtures', r'{tmp_path / 'fixtures'}', "
        f"'--output', r'{tmp_path / 'output'}'])\n"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert read_csv(tmp_path / "output" / "mock" / MONDAY / "action_log.csv")[0]["result"] == "applied"
