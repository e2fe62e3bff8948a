"""What an operator is told before a run writes."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from autoresponder_dagster.cli import app
from autoresponder_dagster.clients.salesforce.connect import SalesforceSettings, check_org, readiness
from autoresponder_dagster.clients.salesforce.live import LiveOptions
from autoresponder_dagster.clients.salesforce.mock import MockSalesforce
from autoresponder_dagster.clients.salesforce.preflight import Severity, preflight
from autoresponder_dagster.clients.salesforce.queries import SubscriptionLookup
from autoresponder_dagster.clients.salesforce.writer import AUDIT_CATEGORY_FIELD, AUDIT_DATE_FIELD
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.clients.salesforce.conftest import NOW, QUICK
from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID, Field


def not_well(report):
    return {finding.check: (finding.severity.value, finding.found) for finding in report.findings if finding.cure}


def test_an_org_that_is_ready(read_only, salesforce_org):
    report = preflight(read_only)
    assert not_well(report) == {}
    assert report.errors == ()
    found = {finding.check: finding.found for finding in report.findings}
    assert found["Org"] == f"Emulated Org (sandbox, {ORG_ID})"
    assert found["Contact.Contact_Status__c values"] == "'Active', 'Inactive'"
    assert found["Lead.Status values"] == "'Inactive', 'Open - Not Contacted'"
    assert found["Contact.Title"] == "string, up to 128 characters"
    assert found["API budget"].endswith("are left to us")
    assert read_only.api_calls == 1
    assert salesforce_org.mutating_requests == []


def change_field(org, sobject, name, **changes):
    org.org.schema[sobject][name] = replace(org.org.schema[sobject][name], **changes)


@pytest.mark.parametrize(
    ("spoil", "check", "severity", "found"),
    [
        (
            lambda org: org.org.hide("Contact", "Contact_Status__c"),
            "Contact.Contact_Status__c",
            "error",
            "missing, or hidden by field-level security",
        ),
        (
            lambda org: change_field(org, "Contact", "Contact_Status__c", picklist=("Active", "Gone")),
            "Contact.Contact_Status__c values",
            "error",
            "lacks 'Inactive'",
        ),
        (
            lambda org: change_field(org, "Lead", "Status", picklist=("Inactive", "New")),
            "Lead.Status values",
            "error",
            "lacks 'Open - Not Contacted'",
        ),
        (
            lambda org: change_field(org, "Contact", "Contact_Status__c", type="string", picklist=()),
            "Contact.Contact_Status__c values",
            "error",
            "a field of type string",
        ),
        (
            lambda org: change_field(org, "Contact", "Contact_Status__c", is_dependent=True),
            "Contact.Contact_Status__c values",
            "error",
            "depends on None",
        ),
        (
            lambda org: change_field(org, "Contact", "Contact_Status__c", is_restricted=False),
            "Contact.Contact_Status__c values",
            "warning",
            "'Active', 'Inactive'; the org would take any other text as well",
        ),
        (
            lambda org: change_field(org, "Lead", "Email", is_updateable=False),
            "Lead.Email",
            "error",
            "may not be edited by this user",
        ),
        (lambda org: org.org.unwritable_objects.add("Lead"), "Lead", "error", "may not be edited"),
        (
            lambda org: setattr(org, "daily_limit", 2_001),
            "API budget",
            "error",
            "API limit exceeded: 1 of 2,001 calls of 24 hours are used",
        ),
    ],
)
def test_what_is_not_well_is_named_with_its_cure(read_only, salesforce_org, spoil, check, severity, found):
    spoil(salesforce_org)
    assert not_well(preflight(read_only)) == {check: (severity, found)}


def test_a_status_that_converts_leads_is_an_error(read_only, salesforce_org):
    for status in salesforce_org.org.records["LeadStatus"].values():
        status["IsConverted"] = status["ApiName"] == "Inactive"
    assert "Lead.Status conversion" in not_well(preflight(read_only))


def test_a_record_type_that_lacks_a_value_is_a_warning(read_only, salesforce_org):
    org = salesforce_org.org
    record_type = org.add("RecordType", DeveloperName="Press", SobjectType="Contact", IsActive=True)
    org.record_type_picklists["Contact", record_type[:15]] = ("Active",)
    [(check, (severity, found))] = not_well(preflight(read_only)).items()
    assert (check, severity) == ("Contact record type Press", "warning")
    assert found == "Contact_Status__c lacks 'Inactive': its records will refuse the change"
    assert read_only.api_calls == 2


def test_optional_writes_are_checked_where_they_are_on(open_client, salesforce_org):
    subscription = SubscriptionLookup("Nonsense__c", "Contact__c")
    client = open_client(Mode.READ_ONLY, writes_audit_fields=True, logs_tasks=True, subscription=subscription)
    names = {
        f"{sobject}.{name}" for sobject in ("Contact", "Lead") for name in (AUDIT_DATE_FIELD, AUDIT_CATEGORY_FIELD)
    }
    assert {finding.check for finding in preflight(client).errors} == names | {"Subscriptions of Contacts"}
    for sobject in ("Contact", "Lead"):
        salesforce_org.org.schema[sobject] |= {AUDIT_DATE_FIELD: Field("date"), AUDIT_CATEGORY_FIELD: Field()}
    client = open_client(Mode.READ_ONLY, writes_audit_fields=True, logs_tasks=True)
    assert preflight(client).errors == ()


def test_the_fields_of_the_org_are_listed(read_only):
    fields = {(each.sobject, each.name): each for each in preflight(read_only).fields}
    assert fields["Contact", "Contact_Status__c"].values == ("Active", "Inactive")
    assert fields["Lead", "Status"].is_updateable


def test_an_org_that_does_not_answer_is_an_error_of_its_own(read_only, salesforce_org):
    salesforce_org.faults = [Fault(path="/composite", status=500, body=[], times=9)]
    with pytest.raises(LookupFailedError, match="could not be looked at"):
        preflight(read_only)


def test_a_mock_org_is_always_ready():
    assert readiness(MockSalesforce(clock=lambda: NOW)).errors == ()


def test_what_prevents_a_connection_is_a_finding(salesforce_org, monkeypatch):
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "wrong-secret")
    (finding,) = check_org(Mode.READ_ONLY, SalesforceSettings(transport=QUICK)).findings
    assert finding.severity is Severity.ERROR
    assert finding.found.startswith("Authentication failed")
    assert "wrong-secret" not in finding.found


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "not armed"),
        ({"AUTORESPONDER_ALLOW_LIVE": "1"}, "armed for this org"),
        ({"AUTORESPONDER_ALLOW_LIVE": "1", "AUTORESPONDER_ORG_IDS": "00D000000000009AAA"}, "not armed"),
    ],
)
def test_live_is_checked_for_arming_and_changes_nothing(salesforce_org, monkeypatch, variables, expected):
    monkeypatch.delenv("AUTORESPONDER_ALLOW_LIVE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    report = check_org(Mode.LIVE, SalesforceSettings(live=LiveOptions(), transport=QUICK))
    assert {finding.check: finding.found for finding in report.findings}["Live writes"] == expected
    assert salesforce_org.mutating_requests == []


def test_the_command_prints_the_table_and_fails_where_live_would(salesforce_org):
    runner = CliRunner()
    ready = runner.invoke(app, ["preflight"])
    assert ready.exit_code == 0, ready.output
    assert "Contact.Contact_Status__c" in ready.output
    assert "Custom fields and picklists" in ready.output
    assert ready.output.rstrip().endswith("Ready.")
    salesforce_org.org.hide("Contact", "Contact_Status__c")
    spoiled = runner.invoke(app, ["preflight", "--no-fields"])
    assert spoiled.exit_code == 1
    assert "Insufficient privileges" in spoiled.output
    assert "Not ready: 1 finding(s)" in spoiled.output


def test_the_command_has_nothing_to_say_of_a_mock_org():
    result = CliRunner().invoke(app, ["preflight", "--mode", "mock"])
    assert result.exit_code == 1
    assert "needs no preflight" in result.output


def test_the_command_looks_for_what_the_run_config_asks_for(salesforce_org, tmp_path):
    config = tmp_path / "run.yaml"
    config.write_text("resources:\n  salesforce:\n    config: {write_audit_fields: true}\n")
    result = CliRunner().invoke(app, ["preflight", "--no-fields", "--config", str(config)])
    assert result.exit_code == 1
    assert "Not ready: 4 finding(s)" in result.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("resources: [", "could not be read as YAML"),
        ("salesforce: {config: {}}", "is no run config"),
        ("resources: {salesforce: {log_tasks: true}}", "is no run config"),
        ("resources: {salesforce: {config: {log_taks: true}}}", "log_taks"),
        ("resources: {salesforce: {config: {conditional_up_to: many}}}", "conditional_up_to"),
    ],
)
def test_a_run_config_that_is_none_is_named(salesforce_org, tmp_path, content, message):
    config = tmp_path / "run.yaml"
    config.write_text(content)
    result = CliRunner().invoke(app, ["preflight", "--config", str(config)])
    assert result.exit_code == 1
    assert message in result.output.replace("\n", " ")
