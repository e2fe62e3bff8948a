"""The whole graph, run by Dagster in this process over small worlds."""

import hashlib
import json
from pathlib import Path

import dagster as dg
import pytest

from autoresponder_dagster.automation.launch import DayOutcome, Launch, launch_day
from autoresponder_dagster.build import build_defs
from autoresponder_dagster.clients.salesforce.mock import MockSalesforce
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.world import LEFT, World, read_csv

MONDAY, TUESDAY = "2026-11-09", "2026-11-10"
JANE = "jane.doe@northfield.example"

LISTS = {
    "output_document_inactive_people.csv": (
        "email,name,organization,inbox_source,received_at,category,determination,cupola_person_id,cupola_state,"
        "salesforce_contact_ids,salesforce_lead_ids,subsnum,active_orders,recent_orders,single_issue_orders,"
        "salesforce_outcome,subscription_warning,sfmc_suppression_added,new_org"
    ),
    "output_document_email_update_requests.csv": (
        "email,new_email,new_title,inbox_source,subsnum,salesforce_contact_ids,salesforce_lead_ids,outcome"
    ),
    "output_document_alternate_contacts.csv": ("email,replacement_name,replacement_email,replacement_title,in_cupola"),
    "output_document_inactive_new_org.csv": "email,name,new_org,new_email",
    "output_document_undeliverables.csv": "message_id,failed_recipient,status_code,reason,received_at",
    "output_document_inactive_no_cupola_match.csv": "email,name,inbox_source,determination",
    "output_document_multipub_audit.csv": "email,subsnum,active_orders,recent_orders,single_issue_orders,outcome",
    "output_document_human_review.csv": (
        "review_id,partition,reason,sender_email,inbox_source,received_at,message_id,subject,category,determination,"
        "confidence,evidence,cupola_state,cupola_person_id,subsnum,sobject,record_id,field,current_value,"
        "proposed_value,return_date,suggested_action"
    ),
    "action_log.csv": (
        "action_id,partition,sender_email,determination,sobject,record_id,action,field,old_value,new_value,gate,"
        "skip_reason,mode,result,error_code,evidence_at,message_id,executed_at"
    ),
    "determinations.csv": (
        "message_id,sender_email,inbox_source,received_at,determination,category,confidence,evidence,language,"
        "new_email,new_title,new_org,replacement_name,replacement_email,return_date,effective_date"
    ),
}


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_defs()


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    return Launch(
        mode=Mode.MOCK,
        fixtures=tmp_path / "fixtures",
        output_dir=tmp_path / "output",
        warehouse_dir=tmp_path / "warehouse",
        mock_org_dir=tmp_path / "org",
    )


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run(definitions: dg.Definitions, instance: dg.DagsterInstance, day: str, launch: Launch) -> DayOutcome:
    outcome = launch_day(definitions, instance, day, launch)
    assert outcome.failures == ()
    return outcome


def test_a_departure_goes_all_the_way(
    definitions: dg.Definitions, instance: dg.DagsterInstance, launch: Launch
) -> None:
    world = World()
    world.email(JANE, LEFT, f"{MONDAY}T10:00:00Z")
    contact, lead = world.contact(JANE.upper()), world.lead(JANE)
    world.write(launch.fixtures)
    before = digests(launch.fixtures)

    folder = run(definitions, instance, MONDAY, launch).folder

    assert folder == launch.output_dir / "mock" / MONDAY
    assert (folder / f"Marketing_NoLongerThere_{MONDAY}.csv").read_bytes() == (
        f"Email Address,Status,Date Added\r\n{JANE},Unsubscribed,{MONDAY}\r\n".encode()
    )
    log = read_csv(folder / "action_log.csv")
    assert {(row["record_id"], row["field"], row["new_value"], row["result"]) for row in log} == {
        (contact, "Contact_Status__c", "Inactive", "applied"),
        (lead, "Status", "Inactive", "applied"),
    }
    assert all(row["executed_at"] == f"{TUESDAY}T00:00:00Z" for row in log)
    [person] = read_csv(folder / "output_document_inactive_people.csv")
    assert person["salesforce_outcome"] == "applied"
    assert (person["salesforce_contact_ids"], person["salesforce_lead_ids"]) == (contact, lead)
    summary = json.loads((folder / "run_summary.json").read_text("utf-8"))
    assert summary["determination"]["INACTIVE"] == 1
    assert {path.name[:3] for path in (folder / "outbox").iterdir()} >= {"N04", "N08"}
    assert digests(launch.fixtures) == before, "the fixture files are never changed"


def test_a_quiet_day_has_every_list_and_no_suppression_file(
    definitions: dg.Definitions, instance: dg.DagsterInstance, launch: Launch
) -> None:
    World().write(launch.fixtures)
    folder = run(definitions, instance, MONDAY, launch).folder
    for name, header in LISTS.items():
        assert (folder / name).read_bytes() == f"{header}\r\n".encode(), name
    assert list(folder.glob("*NoLongerThere*")) == []
    assert (folder / "run_summary.html").exists()


def test_a_second_materialization_is_byte_identical(
    definitions: dg.Definitions, instance: dg.DagsterInstance, launch: Launch
) -> None:
    world = World()
    world.email(JANE, LEFT, f"{MONDAY}T10:00:00Z")
    world.contact(JANE)
    world.write(launch.fixtures)
    fresh_org = Launch(launch.mode, launch.fixtures, launch.output_dir, launch.warehouse_dir)
    first = digests(run(definitions, instance, MONDAY, fresh_org).folder)
    assert digests(run(definitions, instance, MONDAY, fresh_org).folder) == first


def test_what_one_day_writes_is_seen_on_the_next(
    definitions: dg.Definitions, instance: dg.DagsterInstance, launch: Launch
) -> None:
    world = World()
    world.email(JANE, LEFT, f"{MONDAY}T10:00:00Z")
    world.email(JANE, LEFT, f"{TUESDAY}T10:00:00Z")
    contact = world.contact(JANE)
    world.write(launch.fixtures)
    run(definitions, instance, MONDAY, launch)
    folder = run(definitions, instance, TUESDAY, launch).folder
    [row] = read_csv(folder / "action_log.csv")
    assert (row["record_id"], row["result"]) == (contact, "noop")
    assert launch.mock_org_dir is not None
    exported = {row["Id"]: row for row in read_csv(launch.mock_org_dir / "salesforce_contacts.csv")}
    assert exported[contact]["Contact_Status__c"] == "Inactive"
    assert exported[contact]["LastModifiedDate"] == f"{TUESDAY}T00:00:00Z"
    assert MockSalesforce.from_folder(launch.mock_org_dir, clock=lambda: pytest.fail("nothing is written")) is not None


def test_duplicates_count_once_on_a_day_and_across_days(
    definitions: dg.Definitions, instance: dg.DagsterInstance, launch: Launch
) -> None:
    world = World()
    for day in (MONDAY, MONDAY, TUESDAY):
        world.email(JANE, LEFT, f"{day}T10:00:00Z", MessageId="<same@mail.example>")
    world.write(launch.fixtures)
    monday = run(definitions, instance, MONDAY, launch).folder
    tuesday = run(definitions, instance, TUESDAY, launch).folder
    assert len(read_csv(monday / "determinations.csv")) == 1
    assert read_csv(tuesday / "determinations.csv") == []
    messages = [
        json.loads((folder / "run_summary.json").read_text("utf-8"))["messages"] for folder in (monday, tuesday)
    ]
    assert [(count["received"], count["duplicates"]) for count in messages] == [(2, 1), (1, 1)]


def test_live_without_arming_fails_at_the_start_and_says_so(
    definitions: dg.Definitions, instance: dg.DagsterInstance, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTORESPONDER_ALLOW_LIVE", raising=False)
    live = Launch(Mode.LIVE, launch.fixtures, launch.output_dir, launch.warehouse_dir)
    outcome = launch_day(definitions, instance, MONDAY, live)
    assert any("AUTORESPONDER_ALLOW_LIVE=1" in failure for failure in outcome.failures)
    assert not launch.output_dir.exists()
    assert not launch.warehouse_dir.exists()


def test_a_missing_fixture_is_an_error_in_plain_words(
    definitions: dg.Definitions, instance: dg.DagsterInstance, launch: Launch
) -> None:
    World().write(launch.fixtures)
    (launch.fixtures / "cupola_people.csv").unlink()
    outcome = launch_day(definitions, instance, MONDAY, launch)
    assert any("cupola_people.csv" in failure for failure in outcome.failures)


MOVED = "My email address has changed to jane.smith@northfield.example."
AWAY = "I am out of the office until 20 November 2026."


def lists_of(folder: Path) -> dict[str, str]:
    """Return digests of the day's lists."""
    return {name: digest for name, digest in digests(folder).items() if name.endswith(".csv")}


def test_a_day_that_is_run_again_over_what_it_wrote_says_the_same(
    definitions: dg.Definitions, instance: dg.DagsterInstance, launch: Launch
) -> None:
    world = World()
    world.email(JANE, MOVED, f"{MONDAY}T10:00:00Z")
    world.email("ann.lee@northfield.example", LEFT, f"{MONDAY}T11:00:00Z")
    for address in (JANE, "ann.lee@northfield.example"):
        world.contact(address.title())
        world.person(address)
    world.write(launch.fixtures)

    first = lists_of(run(definitions, instance, MONDAY, launch).folder)
    folder = run(definitions, instance, MONDAY, launch).folder

    assert lists_of(folder) == first
    log = {row["action"]: row for row in read_csv(folder / "action_log.csv")}
    assert {action: row["result"] for action, row in log.items()} == {"set_email": "applied", "set_inactive": "applied"}
    assert log["set_email"]["old_value"] == JANE.title()


def test_older_news_never_overwrites_newer_news(
    definitions: dg.Definitions, instance: dg.DagsterInstance, launch: Launch
) -> None:
    world = World()
    world.email(JANE, LEFT, f"{MONDAY}T10:00:00Z")
    world.email(JANE, "I am back in the office.", f"{TUESDAY}T10:00:00Z")
    contact = world.contact(JANE, Contact_Status__c="Inactive")
    world.write(launch.fixtures)
    run(definitions, instance, TUESDAY, launch)
    [row] = read_csv(run(definitions, instance, MONDAY, launch).folder / "action_log.csv")
    assert (row["record_id"], row["result"]) == (contact, "superseded")


def test_a_write_that_a_mended_rule_would_not_make_waits_for_a_person(
    definitions: dg.Definitions, instance: dg.DagsterInstance, launch: Launch
) -> None:
    world = World()
    world.email(JANE, LEFT, f"{MONDAY}T10:00:00Z")
    contact = world.contact(JANE)
    world.write(launch.fixtures)
    run(definitions, instance, MONDAY, launch)
    world.emails[0]["Body"] = AWAY
    world.write(launch.fixtures)

    folder = run(definitions, instance, MONDAY, launch).folder

    rows = [row for row in read_csv(folder / "output_document_human_review.csv") if row["field"]]
    columns = ("reason", "sender_email", "record_id", "current_value", "proposed_value", "determination")
    assert [tuple(row[column] for column in columns) for row in rows] == [
        ("WRITE_NO_LONGER_SUPPORTED", JANE, contact, "Inactive", "Active", "OUT_OF_OFFICE")
    ]
