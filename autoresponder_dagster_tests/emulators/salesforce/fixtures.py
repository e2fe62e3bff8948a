"""Pytest fixtures: one server for the session, an empty org and a clean environment for each test."""

import os
from collections.abc import Iterator

import pytest

from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.emulators.salesforce.logins import CLIENT_ID, CLIENT_SECRET, HOST
from autoresponder_dagster_tests.emulators.server import serve


@pytest.fixture(scope="session")
def _salesforce_server() -> Iterator[SalesforceEmulator]:
    with serve(SalesforceEmulator()) as emulator:
        yield emulator


@pytest.fixture
def no_salesforce_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away every setting of the machine that runs the tests."""
    for name in list(os.environ):
        if name.startswith(("SALESFORCE_", "AUTORESPONDER_")):
            monkeypatch.delenv(name)


@pytest.fixture
def salesforce_org(
    _salesforce_server: SalesforceEmulator, no_salesforce_environment: None, monkeypatch: pytest.MonkeyPatch
) -> SalesforceEmulator:
    """An empty org, and an environment that reaches it with client credentials and is not armed."""
    _salesforce_server.reset()
    monkeypatch.setenv("SALESFORCE_LOOPBACK_URL", _salesforce_server.url)
    monkeypatch.setenv("SALESFORCE_DOMAIN", HOST)
    monkeypatch.setenv("SALESFORCE_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", CLIENT_SECRET)
    return _salesforce_server
