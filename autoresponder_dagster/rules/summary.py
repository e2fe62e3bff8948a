"""The day in numbers (rules.md §7, run_summary).

Does not belong here: how the numbers are shown (``reporting/``).
"""

from collections.abc import Mapping

from pandera.typing import DataFrame

from autoresponder_dagster.rules.columns import Column, holds
from autoresponder_dagster.schemas import (
    ActionLogRow,
    DeterminationRow,
    EmailMessage,
    ReviewItem,
    SummaryCount,
    SuppressionRow,
    UnifiedContact,
)


def summarise(
    partition: str,
    messages: DataFrame[EmailMessage],
    determinations: DataFrame[DeterminationRow],
    contacts: DataFrame[UnifiedContact],
    actions: DataFrame[ActionLogRow],
    review: DataFrame[ReviewItem],
    suppression: DataFrame[SuppressionRow],
    *,
    reported: Mapping[str, Mapping[str, int]],
) -> DataFrame[SummaryCount]:
    """Count the day's messages, people, actions and questions.

    Args:
        partition: the day, ISO 8601.
        messages: every message received, duplicates marked.
        determinations: one row per message that counts.
        contacts: the addresses and their records.
        actions: the action log.
        review: the questions of Human Review.
        suppression: the rows for Marketing.
        reported: further sections: what the last run told of itself, such as its API calls by asset.

    Returns:
        One row per section and key, keys sorted. A value that did not occur has no row; the totals always have.
    """
    records = contacts[contacts[UnifiedContact.record_id].notna()]
    senders = contacts[contacts[UnifiedContact.is_sender]]
    sections: dict[str, Mapping[str, int]] = {
        "messages": {
            "received": len(messages),
            "duplicates": int(messages[EmailMessage.duplicate_of].notna().sum()),
            "determined": len(determinations),
        },
        "contacts": {
            "senders": senders[UnifiedContact.email].nunique(),
            "subscribers": senders.loc[senders[UnifiedContact.subsnum].notna(), UnifiedContact.email].nunique(),
            "salesforce_records": records[UnifiedContact.record_id].nunique(),
            "degraded": int(holds(contacts[UnifiedContact.is_degraded]).sum()),
        },
        "determination": _tally(determinations[DeterminationRow.determination]),
        "category": _tally(determinations[DeterminationRow.category]),
        "action": _tally(actions[ActionLogRow.action]),
        "result": _tally(actions[ActionLogRow.result]),
        "review": _tally(review[ReviewItem.reason]),
        "suppression": {"rows": len(suppression)},
        **reported,
    }
    return SummaryCount.from_rows(
        {
            SummaryCount.partition: partition,
            SummaryCount.section: section,
            SummaryCount.key: key,
            SummaryCount.count: count,
        }
        for section, counts in sections.items()
        for key, count in sorted(counts.items())
    )


def _tally(column: Column) -> dict[str, int]:
    return {str(key): int(count) for key, count in column.value_counts().items()}
