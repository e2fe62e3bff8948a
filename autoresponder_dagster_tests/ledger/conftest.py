"""A ledger on each of the real databases."""

from collections.abc import Iterator

import pytest

from autoresponder_dagster.ledger import LedgerDatabase, WriteLedger
from autoresponder_dagster.schemas.enums import Mode

ORG = "00D000000000001AAA"


@pytest.fixture
def database(database_url: str) -> Iterator[LedgerDatabase]:
    opened = LedgerDatabase.open(database_url)
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: LedgerDatabase) -> WriteLedger:
    return WriteLedger(database, Mode.LIVE, ORG)
