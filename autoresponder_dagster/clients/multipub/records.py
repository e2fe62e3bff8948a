"""The frames of Multipub, however their rows were fetched.

Belongs here: columns and which orders belong to which subscribers. Does not belong here: which orders count
as active or recent, which is a rule.
"""

import pandas as pd

from autoresponder_dagster.clients.columns import DAY, FLAG, KEY, TEXT, Layout
from autoresponder_dagster.clients.multipub.protocol import Subscriptions

SUBSCRIBER_LAYOUT: Layout = {"subsnum": KEY, "email": TEXT, "name": TEXT, "organization": TEXT}
ORDER_LAYOUT: Layout = {
    "subsnum": KEY,
    "order_id": TEXT,
    "product_code": TEXT,
    "order_type": TEXT,
    "status": TEXT,
    "start_date": DAY,
    "expire_date": DAY,
    "is_single_issue": FLAG,
    "purchase_date": DAY,
}


def subscriptions_of(subscribers: pd.DataFrame, orders: pd.DataFrame) -> Subscriptions:
    """Return subscribers with their own orders out of ``orders``."""
    own = orders["subsnum"].isin(subscribers["subsnum"])
    return Subscriptions(subscribers=subscribers, orders=orders[own].reset_index(drop=True))
