"""Multipub from fixture files."""

from collections.abc import Collection
from pathlib import Path

from autoresponder_dagster.clients.fixtures import read_fixture
from autoresponder_dagster.clients.matching import join_keys, rows_of
from autoresponder_dagster.clients.multipub.protocol import Subscriptions
from autoresponder_dagster.clients.multipub.records import ORDER_LAYOUT, SUBSCRIBER_LAYOUT, subscriptions_of

SUBSCRIBERS_FILE = "multipub_subscribers.csv"
ORDERS_FILE = "multipub_orders.csv"


class FixtureMultipub:
    """The subscribers and orders of the fixture files, read once.

    Raises:
        ConfigurationError: a file is absent or ill-formed.
    """

    def __init__(self, fixtures_dir: Path) -> None:
        self._subscribers = read_fixture(fixtures_dir, SUBSCRIBERS_FILE, SUBSCRIBER_LAYOUT)
        self._orders = read_fixture(fixtures_dir, ORDERS_FILE, ORDER_LAYOUT)

    def lookup_by_emails(self, emails: Collection[str]) -> Subscriptions:
        """Return the subscribers of the addresses and their orders; see ``MultipubClient``."""
        return subscriptions_of(rows_of(self._subscribers, join_keys(emails)), self._orders)
