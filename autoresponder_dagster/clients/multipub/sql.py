"""Multipub over SQL: the live and the read-only form, which are the same (Multipub is never written).

The layout of the tables is an installation's own, so the queries are settings. The defaults fit a table
``subscribers`` and a table ``orders`` joined by ``subsnum``.
"""

from collections.abc import Collection

from autoresponder_dagster.clients.matching import join_keys, rows_of
from autoresponder_dagster.clients.multipub.protocol import Subscriptions
from autoresponder_dagster.clients.multipub.records import ORDER_LAYOUT, SUBSCRIBER_LAYOUT, subscriptions_of
from autoresponder_dagster.clients.sql import CONNECT_TIMEOUT_SECONDS, ReadOnlyDatabase

SUBSCRIBERS_QUERY = """
SELECT subscribers.subsnum AS subsnum,
       subscribers.email AS email,
       subscribers.name AS name,
       subscribers.organization AS organization
FROM subscribers
WHERE LOWER(LTRIM(RTRIM(subscribers.email))) IN :emails
"""
"""The subscribers of a list of addresses; ``:emails`` are trimmed and lower-case. Columns: ``SUBSCRIBER_LAYOUT``."""

ORDERS_QUERY = """
SELECT orders.subsnum AS subsnum,
       orders.order_id AS order_id,
       orders.product_code AS product_code,
       orders.order_type AS order_type,
       orders.status AS status,
       orders.start_date AS start_date,
       orders.expire_date AS expire_date,
       orders.is_single_issue AS is_single_issue,
       orders.purchase_date AS purchase_date
FROM orders
JOIN subscribers ON subscribers.subsnum = orders.subsnum
WHERE LOWER(LTRIM(RTRIM(subscribers.email))) IN :emails
"""
"""All orders of the subscribers of a list of addresses. Columns: ``ORDER_LAYOUT``."""


class SqlMultipub:
    """Lookups in the Multipub database, in batches of at most ``BATCH_SIZE`` values per statement.

    Nothing is connected before the first lookup.

    Raises:
        ConfigurationError: the URL cannot be used.
    """

    def __init__(
        self,
        url: str,
        subscribers_query: str = SUBSCRIBERS_QUERY,
        orders_query: str = ORDERS_QUERY,
        *,
        connect_timeout_seconds: int = CONNECT_TIMEOUT_SECONDS,
    ) -> None:
        self._database = ReadOnlyDatabase("Multipub", url, connect_timeout_seconds=connect_timeout_seconds)
        self._subscribers_query = subscribers_query
        self._orders_query = orders_query

    def lookup_by_emails(self, emails: Collection[str]) -> Subscriptions:
        """Return the subscribers of the addresses and their orders; see ``MultipubClient``."""
        keys = join_keys(emails)
        subscribers = rows_of(
            self._database.select_in(self._subscribers_query, "emails", keys, SUBSCRIBER_LAYOUT), keys
        )
        orders = self._database.select_in(self._orders_query, "emails", keys, ORDER_LAYOUT)
        return subscriptions_of(subscribers, orders)
