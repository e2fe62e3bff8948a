"""A ledger in memory."""

from collections.abc import Iterator

import pytest

from autoresponder_dagster.ledger import LedgerDatabase


@pytest.fixture
def database() -> Iterator[LedgerDatabase]:
    opened = LedgerDatabase.open("sqlite://")
    yield opened
    opened.close()
