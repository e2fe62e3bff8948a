"""What the pipeline asks of Multipub, the subscription database. It is never written."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

import pandas as pd


@dataclass(frozen=True)
class Subscriptions:
    """Subscribers of the addresses asked for, and all their orders.

    The columns are those of ``records.SUBSCRIBER_LAYOUT`` (``email`` normalised) and ``records.ORDER_LAYOUT``:
    ISO 8601 days in the date columns, a nullable boolean ``is_single_issue``, everything else text.
    """

    subscribers: pd.DataFrame
    orders: pd.DataFrame


class MultipubClient(Protocol):
    """Lookups of subscribers."""

    def lookup_by_emails(self, emails: Collection[str]) -> Subscriptions:
        """Return the subscribers of the addresses and their orders.

        Raises:
            LookupFailedError: the lookup did not complete; never reported as "no subscriber".
        """
