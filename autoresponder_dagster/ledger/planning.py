"""Entering a day's plan: what is new, what is open again, what newer evidence has overtaken.

Whole sets at a time, in a few statements, so that a day of a hundred thousand rows takes seconds beside a
ledger of millions. Does not belong here: the sending (``journal``).
"""

from typing import Any

import pandas as pd
from pandera.typing import DataFrame
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    and_,
    exists,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)

from autoresponder_dagster.ledger.heads import holds_another_value, move_heads, overtaken, same_field
from autoresponder_dagster.ledger.keys import sender_digest, write_key
from autoresponder_dagster.ledger.tables import database_time, writes
from autoresponder_dagster.ledger.write import DONE, IN_FLIGHT, UNSENT, WriteState
from autoresponder_dagster.schemas import PlannedWrite
from autoresponder_dagster.schemas.base import to_rows
from autoresponder_dagster.schemas.enums import Disposition

NOT_PLANNED = "NOT_PLANNED_ANY_MORE"
"""Why a write that was never sent is given up: the plan made anew does not have it."""

NEWER_EVIDENCE = "NEWER_EVIDENCE"
"""Why a write is not sent: the field was set on the grounds of a newer message."""

_STATE_OF = {
    Disposition.SEND.value: WriteState.PLANNED.value,
    Disposition.NOOP.value: WriteState.NOOP.value,
    Disposition.SKIP.value: WriteState.SKIPPED.value,
}
_STAGED_COLUMNS = (
    writes.c.key,
    writes.c.sobject,
    writes.c.record_id,
    writes.c.field,
    writes.c.value,
    writes.c.action,
    writes.c.determination,
    writes.c.confidence,
    writes.c.inbox_source,
    writes.c.sender,
    writes.c.evidence_at,
    writes.c.evidence_id,
    writes.c.state,
    writes.c.gate,
)
_staged = Table(
    "staged_writes",
    MetaData(),
    *(Column(column.name, column.type) for column in _STAGED_COLUMNS),
    PrimaryKeyConstraint("key"),
    prefixes=["TEMPORARY"],
)
_CHUNK = 10_000


def keyed(realm: str, plan: DataFrame[PlannedWrite]) -> pd.DataFrame:
    """Return the rows of a plan as the ledger names them, in the plan's order.

    Returns:
        The columns of the staging table; what a skipped row would have written is left out.
    """
    held_back = plan[PlannedWrite.disposition].eq(Disposition.SKIP)
    columns: dict[str, Any] = {
        "sobject": plan[PlannedWrite.sobject],
        "record_id": plan[PlannedWrite.record_id].fillna(""),
        "field": plan[PlannedWrite.field].fillna(""),
        "value": plan[PlannedWrite.new_value].mask(held_back),
        "action": plan[PlannedWrite.action],
        "determination": plan[PlannedWrite.determination],
        "confidence": plan[PlannedWrite.confidence],
        "inbox_source": plan[PlannedWrite.inbox_source],
        # A cryptographic hash has no vectorised form.
        "sender": plan[PlannedWrite.sender_email].map(sender_digest),
        "evidence_at": plan[PlannedWrite.evidence_at],
        "evidence_id": plan[PlannedWrite.message_id],
        "state": plan[PlannedWrite.disposition].map(_STATE_OF),
        "gate": plan[PlannedWrite.gate],
    }
    rows = pd.DataFrame(columns, index=plan.index)
    identity = zip(
        rows["sobject"],
        rows["record_id"],
        rows["field"],
        plan[PlannedWrite.new_value],
        rows["evidence_id"],
        strict=True,
    )
    rows.insert(0, "key", [write_key(realm, *parts) for parts in identity])
    return rows


def enter(connection: Connection, realm_id: int, partition: str, run_id: str, rows: pd.DataFrame) -> None:
    """Enter a day's plan in one transaction.

    A row that was carried out, found to be so, taken back or is being sent stays as it is; every other one
    is as the plan says. A planned one that a newer message has overtaken is superseded. What the plan
    found to be so already is the newest news of its field from now on; where the ledger has another value
    for it, or a write on its way, the plan may be out of date, and the row is to be looked at again.
    Writes of the day that were never sent and are planned no more are superseded.

    Args:
        connection: a transaction that holds the realm.
        realm_id: mode and org.
        partition: the day.
        run_id: the run that plans.
        rows: the frame of ``keyed``; a key occurs once.
    """
    _stage(connection, rows)
    is_staged = writes.c.key == _staged.c.key
    _insert_new(connection, realm_id, partition, run_id)
    connection.execute(
        update(writes)
        .where(is_staged, writes.c.state.not_in(_names(*DONE, *IN_FLIGHT)))
        .values(
            state=_staged.c.state,
            value=_staged.c.value,
            gate=_staged.c.gate,
            partition=partition,
            run_id=run_id,
            error_code=None,
            error_message=None,
            settled_at=database_time(),
        )
    )
    connection.execute(
        update(writes)
        .where(is_staged, writes.c.state == WriteState.PLANNED.value, overtaken())
        .values(state=WriteState.SUPERSEDED.value, error_code=NEWER_EVIDENCE)
    )
    connection.execute(
        update(writes)
        .where(is_staged, writes.c.state == WriteState.NOOP.value, _may_be_out_of_date())
        .values(state=WriteState.PLANNED.value)
    )
    is_found = and_(writes.c.key.in_(select(_staged.c.key)), writes.c.state == WriteState.NOOP.value)
    move_heads(connection, is_found)
    connection.execute(
        update(writes)
        .where(
            writes.c.realm_id == realm_id,
            writes.c.partition == partition,
            writes.c.state.in_(_names(*UNSENT)),
            writes.c.reverts.is_(None),
            ~exists().where(is_staged),
        )
        .values(state=WriteState.SUPERSEDED.value, error_code=NOT_PLANNED, settled_at=database_time())
    )
    _staged.drop(connection)


def _stage(connection: Connection, rows: pd.DataFrame) -> None:
    _staged.create(connection)
    cells = list(to_rows(rows))
    for start in range(0, len(cells), _CHUNK):
        connection.execute(insert(_staged), cells[start : start + _CHUNK])
    # So that a database goes from the few staged rows to the many writes, and not the other way round.
    connection.execute(text("ANALYZE staged_writes"))


def _insert_new(connection: Connection, realm_id: int, partition: str, run_id: str) -> None:
    values: dict[str, Any] = {column.name: _staged.c[column.name] for column in _STAGED_COLUMNS} | {
        "realm_id": literal(realm_id),
        "partition": literal(partition),
        "run_id": literal(run_id),
        "attempts": literal(0),
        "planned_at": database_time(),
        "settled_at": database_time(),
    }
    is_new = ~exists().where(writes.c.key == _staged.c.key)
    connection.execute(insert(writes).from_select(list(values), select(*values.values()).where(is_new)))


def _may_be_out_of_date() -> ColumnElement[bool]:
    """Return the condition that a field that was found to be as wanted may not be so any more."""
    others = writes.alias("others")
    is_on_its_way = exists().where(same_field(others, writes), others.c.state.in_(_names(*IN_FLIGHT)))
    return or_(is_on_its_way, holds_another_value())


def _names(*states: WriteState) -> list[str]:
    return [state.value for state in states]
