"""Anybody can try read-only and live mode without an org: the command serves one that holds the sample world."""

import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
import requests
from simple_salesforce.api import Salesforce
from sqlalchemy import create_engine, text

from autoresponder_dagster.automation.launch import Launch, launch_day
from autoresponder_dagster.build import build_defs
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.emulators.salesforce.__main__ import load
from autoresponder_dagster_tests.emulators.salesforce.loopback import loopback_session, plain_client
from autoresponder_dagster_tests.world import read_csv

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
TUESDAY = "2026-11-10"


@contextmanager
def started(*options):
    """Start the command on a free port; yields what it tells the user to export."""
    command = [sys.executable, "-m", "autoresponder_dagster_tests.emulators.salesforce", "--port", "0"]
    arguments = [*command, "--fixtures", str(SAMPLE), *options]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        exports = {}
        while "AUTORESPONDER_ORG_IDS" not in exports:
            name, _, value = process.stdout.readline().removeprefix("export ").partition("=")
            exports[name] = shlex.split(value)[0]
        try:
            yield exports
        finally:
            process.send_signal(signal.SIGINT)


def test_over_http_it_holds_the_sample_s_people(no_salesforce_environment):
    with started() as exports:
        client = Salesforce(
            domain=exports["SALESFORCE_DOMAIN"].removesuffix(".salesforce.com"),
            consumer_key=exports["SALESFORCE_CLIENT_ID"],
            consumer_secret=exports["SALESFORCE_CLIENT_SECRET"],
            session=loopback_session(exports["SALESFORCE_LOOPBACK_URL"]),
        )
        for sobject, file in (("Contact", "salesforce_contacts.csv"), ("Lead", "salesforce_leads.csv")):
            ids = {record["Id"] for record in client.query_all_iter(f"SELECT Id FROM {sobject}")}
            assert ids == {row["Id"] for row in read_csv(SAMPLE / file)}
        engine = create_engine(exports["MULTIPUB_CONNECTION_STRING"])
        with engine.connect() as connection:
            subscribers = connection.execute(text("SELECT subsnum FROM subscribers")).scalars().all()
        engine.dispose()
        assert sorted(subscribers) == sorted(row["subsnum"] for row in read_csv(SAMPLE / "multipub_subscribers.csv"))


def test_over_https_it_is_trusted_by_who_was_told_to(no_salesforce_environment):
    with started("--tls") as exports:
        url = f"{exports['SALESFORCE_LOOPBACK_URL']}/services/data"
        assert url.startswith("https://127.0.0.1:")
        assert requests.get(url, verify=exports["REQUESTS_CA_BUNDLE"], timeout=5).ok
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(url, verify=True, timeout=5)


def test_the_sample_s_records_are_as_an_org_would_have_them(salesforce_org):
    load(salesforce_org, SAMPLE)
    client = plain_client(salesforce_org)
    seen = {record["Id"]: record for record in client.query_all_iter("SELECT Id, LastModifiedDate, Status FROM Lead")}
    for row in read_csv(SAMPLE / "salesforce_leads.csv"):
        assert seen[row["Id"]]["LastModifiedDate"] == row["LastModifiedDate"].replace("Z", ".000+0000")
        # A value that the record has already is one that the org takes.
        if row["IsConverted"] == "false":
            assert client.Lead.update(row["Id"], {"Status": row["Status"]}) == 204
    contact = next(row for row in read_csv(SAMPLE / "salesforce_contacts.csv") if row["AccountId"])
    assert client.Contact.update(contact["Id"], {"AccountId": contact["AccountId"]}) == 204
    subscribed = [row for row in read_csv(SAMPLE / "salesforce_contacts.csv") if row["HasActiveSubscription"] == "true"]
    assert client.query("SELECT Id FROM Subscription__c")["totalSize"] == len(subscribed)


@pytest.mark.slow
def test_a_live_day_does_there_what_a_mock_day_does_in_memory(no_salesforce_environment, tmp_path, monkeypatch):
    logs = {}
    with started("--tls") as exports:
        for name, value in exports.items():
            monkeypatch.setenv(name, value)
        for mode in (Mode.MOCK, Mode.LIVE):
            launch = Launch(
                mode=mode,
                fixtures=SAMPLE,
                output_dir=tmp_path / "output",
                warehouse_dir=tmp_path / "warehouse",
                resources={"notifier": {"config": {"mode": "mock"}}},
            )
            with dg.DagsterInstance.ephemeral() as instance:
                outcome = launch_day(build_defs(), instance, TUESDAY, launch)
            assert outcome.failures == ()
            (log,) = (tmp_path / "output").glob(f"{mode}*/{TUESDAY}/action_log.csv")
            logs[mode] = [
                {name: value for name, value in row.items() if name not in {"mode", "executed_at"}}
                for row in read_csv(log)
            ]
    assert {"applied", "noop", "skipped"} <= {row["result"] for row in logs[Mode.LIVE]}
    assert logs[Mode.LIVE] == logs[Mode.MOCK]
