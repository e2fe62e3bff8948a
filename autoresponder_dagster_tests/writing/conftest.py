"""A ledger in memory."""

from collections.abc import Iterator

import pytest

from autoresponder_dagster.ledger import LedgerDatabase, WriteLedger
from autoresponder_dagster.schemas.enums import Mode


@pytest.fixture
def database() -> Iterator[LedgerDatabase]:
    opened = LedgerDatabase.open("sqlite://")
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: LedgerDatabase) -> WriteLedger:
    return WriteLedger(database, Mode.LIVE, "00D000000000001AAA")
