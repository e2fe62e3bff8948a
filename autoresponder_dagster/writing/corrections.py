"""Writes that were made and that the day's messages, as they are read now, no longer bear out (rules.md §6).

Does not belong here: taking them back (``undo``), asking a person (``rules/review``).
"""

from pandera.typing import DataFrame

from autoresponder_dagster.ledger import Write, WriteLedger
from autoresponder_dagster.schemas import PlannedWrite, UnifiedContact, UnsupportedWrite
from autoresponder_dagster.schemas.enums import Disposition


def unsupported_writes_of(
    partition: str, plan: DataFrame[PlannedWrite], contacts: DataFrame[UnifiedContact], ledger: WriteLedger
) -> DataFrame[UnsupportedWrite]:
    """List the day's applied writes that still stand in Salesforce, though the plan made anew has no place for them.

    A write is borne out where the plan has the same value for the field, or writes or finds another one.
    A record that was not looked up is left out: of it nothing can be said.

    Args:
        partition: the day.
        plan: its plan, as it was carried out last.
        contacts: the records that the plan was made of.
        ledger: the ledger of the org that it was carried out in.
    """
    looked_up = set(contacts[UnifiedContact.record_id].dropna())
    borne_out = _borne_out(plan)
    standing = ledger.standing(write for write in ledger.of_partition(partition) if not write.is_creation)
    return UnsupportedWrite.from_rows(
        _row(write)
        for write in standing
        if write.record_id in looked_up
        and not borne_out & {(write.record_id, write.field, write.value), (write.record_id, write.field, None)}
    )


def _borne_out(plan: DataFrame[PlannedWrite]) -> set[tuple[str, str, str | None]]:
    """Return record, field and value of the planned rows; without the value where the plan decides on the field."""
    is_decided = plan[PlannedWrite.disposition].ne(Disposition.SKIP)
    columns = [PlannedWrite.record_id, PlannedWrite.field, PlannedWrite.new_value]
    named = plan[columns].itertuples(index=False, name=None)
    decided = plan.loc[is_decided, columns].assign(**{PlannedWrite.new_value: None}).itertuples(index=False, name=None)
    return {*named, *decided}


def _row(write: Write) -> dict[str, object]:
    return {
        UnsupportedWrite.partition: write.partition,
        UnsupportedWrite.key: write.key,
        UnsupportedWrite.sobject: write.sobject,
        UnsupportedWrite.record_id: write.record_id,
        UnsupportedWrite.field: write.field,
        UnsupportedWrite.written_value: write.value,
        UnsupportedWrite.previous_value: write.previous,
        UnsupportedWrite.determination: write.determination,
        UnsupportedWrite.confidence: write.confidence,
        UnsupportedWrite.inbox_source: write.inbox_source,
        UnsupportedWrite.evidence_at: write.evidence_at,
        UnsupportedWrite.message_id: write.evidence_id,
    }
