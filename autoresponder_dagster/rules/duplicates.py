"""Each message once (rules.md §3 and §9, duplicates).

Does not belong here: what a message's identity is made of; the reader of the messages settles that.
"""

from collections.abc import Collection

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.rules.columns import natural_order
from autoresponder_dagster.schemas import EmailMessage

EARLIER_PARTITION = "earlier partition"
"""Value of ``duplicate_of`` where an earlier day holds the message."""


def mark_duplicates(messages: pd.DataFrame, known_message_ids: Collection[str]) -> DataFrame[EmailMessage]:
    """Mark every copy of a message but one (rules.md §3).

    The copy that counts is the earliest inserted, then the one with the lowest id or path; none counts where
    an earlier partition already holds the message.

    Args:
        messages: rows of ``EmailMessage``. A null ``inserted_at`` is later than any time; numeric ids compare
            as numbers.
        known_message_ids: what earlier partitions hold.

    Returns:
        All rows, with ``duplicate_of``, sorted by time, ``message_id`` and ``source``.
    """
    order = [EmailMessage.message_id, EmailMessage.inserted_at, "source_order"]
    ranked = messages.assign(source_order=natural_order(messages[EmailMessage.source])).sort_values(
        order, na_position="last"
    )
    first = ranked.groupby(EmailMessage.message_id)[EmailMessage.source].transform("first")
    duplicate_of = first.where(ranked.duplicated(EmailMessage.message_id))
    is_known = ranked[EmailMessage.message_id].isin(list(known_message_ids))
    rows = ranked.assign(**{EmailMessage.duplicate_of: duplicate_of.mask(is_known, EARLIER_PARTITION)})
    return EmailMessage.typed(rows.sort_values([EmailMessage.received_at, EmailMessage.message_id, "source_order"]))


def without_duplicates(messages: DataFrame[EmailMessage]) -> DataFrame[EmailMessage]:
    """Drop the rows that ``mark_duplicates`` marked."""
    return EmailMessage.typed(messages[messages[EmailMessage.duplicate_of].isna()])
