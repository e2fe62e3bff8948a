"""Opens the connector the way the pipeline does, against the loopback org."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from autoresponder_dagster.clients.salesforce.connect import SalesforceSettings, open_salesforce
from autoresponder_dagster.clients.salesforce.live import LiveOptions
from autoresponder_dagster.clients.salesforce.retrying import TransportOptions
from autoresponder_dagster.schemas.enums import Mode

QUICK = TransportOptions(
    connect_timeout=1,
    read_timeout=0.3,
    query_timeout=0.3,
    attempts=2,
    longest_wait=0.02,
    concurrency_wait=0.01,
    lock_waits=(0.01, 0.01, 0.01, 0.01),
)
PATIENT = replace(QUICK, connect_timeout=20, read_timeout=20, query_timeout=20)
"""For all tests but those of a silent server: a busy machine must not look like one."""
NOW = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)


@pytest.fixture
def armed(monkeypatch):
    monkeypatch.setenv("AUTORESPONDER_ALLOW_LIVE", "1")


@pytest.fixture
def open_client(salesforce_org, request):
    """Build a client of a mode; by default it fails where it would fall back."""
    transport = QUICK if request.node.get_closest_marker("silent_server") else PATIENT

    def build(mode, *, on_unavailable="fail", **live):
        settings = SalesforceSettings(on_unavailable=on_unavailable, live=LiveOptions(**live), transport=transport)
        return open_salesforce(mode, clock=lambda: NOW, settings=settings)

    return build


@pytest.fixture
def live(open_client, armed):
    return open_client(Mode.LIVE)


@pytest.fixture
def read_only(open_client):
    return open_client(Mode.READ_ONLY)
