"""A client that is not ours: what it is told by the emulated org, nobody here has made pleasant for it."""

import pytest

from autoresponder_dagster_tests.emulators.salesforce.loopback import plain_client


@pytest.fixture
def client(salesforce_org):
    """simple-salesforce, unmodified."""
    return plain_client(salesforce_org)
