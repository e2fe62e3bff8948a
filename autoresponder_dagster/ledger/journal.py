"""The journal of one org in one mode: who may send a write now, and what became of it.

Every change of the journal locks the realm first, so that two writers never decide at once; calls to
Salesforce happen between transactions, never inside one. The lease of a write that is being sent is by the
database's clock. When it has run out, its sender is taken for dead.

Does not belong here: entering a plan (``planning``), calling Salesforce (``writing/``).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from pandera.typing import DataFrame
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    exists,
    insert,
    literal,
    or_,
    select,
    update,
)

from autoresponder_dagster.ledger.database import LedgerDatabase, chunks, note_unfinished
from autoresponder_dagster.ledger.heads import move_heads, overtaken, same_field
from autoresponder_dagster.ledger.keys import sender_digest, write_key
from autoresponder_dagster.ledger.planning import NEWER_EVIDENCE, enter, keyed
from autoresponder_dagster.ledger.tables import database_time, heads, realms, writes
from autoresponder_dagster.ledger.write import IN_FLIGHT, STANDING, Head, Settlement, Write, WriteState
from autoresponder_dagster.schemas import PlannedWrite
from autoresponder_dagster.schemas.enums import Mode

DEFAULT_LEASE = timedelta(seconds=120)
"""How long a write may be on its way. Four times the longest that a call may last, and less than
``free_slots_after_run_end_seconds`` of ``dagster.yaml``."""

INTERRUPTED = "interrupted"
"""Why a day is unfinished from the moment at which its writes are planned until they are settled."""

_COLUMNS = [writes.c[field.name] for field in fields(Write)]


class WriteLedger:
    """The writes of one org in one mode, for one writer.

    Args:
        database: where it is kept.
        mode: mode of Salesforce: what was only rehearsed never meets what was done.
        org_id: id of the org.
        lease: how long a write that this writer sends is its own.
    """

    def __init__(self, database: LedgerDatabase, mode: Mode, org_id: str, *, lease: timedelta = DEFAULT_LEASE) -> None:
        self.lease = lease
        self._database = database
        self._mode = mode
        self._realm = f"{mode}/{org_id}"
        self._realm_id = database.realm_id(mode, org_id)
        self._owner = uuid4().hex

    # ── Planning ─────────────────────────────────────────────────────────────────────────────────

    def plan(self, partition: str, run_id: str, plan: DataFrame[PlannedWrite]) -> dict[str, str]:
        """Enter a day's plan; see ``planning.enter``. The day is unfinished until somebody says otherwise.

        Returns:
            The key of each row by its action id.
        """
        rows = keyed(self._realm, plan)
        with self._deciding() as connection:
            enter(connection, self._realm_id, partition, run_id, rows.drop_duplicates("key"))
            note_unfinished(connection, self._mode, partition, INTERRUPTED, run_id)
        return dict(zip(plan[PlannedWrite.action_id], rows["key"], strict=True))

    def plan_reverts(self, run_id: str, originals: Sequence[Write]) -> list[str]:
        """Plan to put back what the fields held before these writes.

        The evidence stays that of the original: the message that was taken back must not be acted on again,
        and an older one neither.

        Returns:
            The keys of the new writes, in order.
        """
        keys = [
            write_key(
                self._realm,
                original.sobject,
                original.record_id,
                original.field,
                original.previous or "",
                original.evidence_id,
                reverts=original.key,
            )
            for original in originals
        ]
        with self._deciding() as connection:
            for key, original in zip(keys, originals, strict=True):
                if connection.scalar(select(writes.c.key).where(writes.c.key == key)) is None:
                    connection.execute(self._revert(key, original, run_id))
                connection.execute(
                    update(writes)
                    .where(writes.c.key == key, writes.c.state.not_in(_names(*IN_FLIGHT, *STANDING)))
                    .values(state=WriteState.PLANNED.value, run_id=run_id, error_code=None, error_message=None)
                )
        return keys

    def _revert(self, key: str, original: Write, run_id: str) -> Any:
        kept = [column for column in writes.c if column.name not in {"owner", "lease_until"}]
        changed: Mapping[str, Any] = {
            "key": literal(key),
            "value": literal(original.previous or ""),
            "previous": literal(original.value),
            "action": literal("undo"),
            "run_id": literal(run_id),
            "state": literal(WriteState.PLANNED.value),
            "attempts": literal(0),
            "planned_at": database_time(),
            "settled_at": database_time(),
            "reverts": literal(original.key),
        }
        source = select(*(changed.get(column.name, column) for column in kept)).where(writes.c.key == original.key)
        return insert(writes).from_select([column.name for column in kept], source)

    # ── Sending ──────────────────────────────────────────────────────────────────────────────────

    def claim(self, keys: Collection[str]) -> set[str]:
        """Claim planned writes, and with them their records: nobody else looks at them and sends to them.

        Returns:
            The keys that are this writer's now: not of those that are planned no more, whose field newer
            evidence has set, or whose record another writer has.
        """
        with self._deciding() as connection:
            self._supersede(connection, keys)
            planned = [write for write in self._by_key(connection, keys) if write.state is WriteState.PLANNED]
            busy = self._busy_records(connection, planned)
            # Of two messages about one field the newer one goes first, and overtakes the other.
            newest = {_field_of(write): write.key for write in sorted(planned, key=_evidence_of)}
            claimed = [write.key for write in planned if write.key == newest[_field_of(write)] and not busy[write.key]]
            self._mark(connection, claimed, state=WriteState.CLAIMED.value)
        return set(claimed)

    def begin(self, previous: Mapping[str, str | None]) -> set[str]:
        """Mark claimed writes as being sent.

        Args:
            previous: by key, what the field holds now: what an undo puts back, and by which the next run can
                tell whether the write was carried out.

        Returns:
            The keys that may be sent, within a quarter of the lease. A claim that ran out is lost.
        """
        with self._deciding() as connection:
            own = select(writes.c.key).where(
                writes.c.key.in_(list(previous)),
                writes.c.owner == self._owner,
                writes.c.state == WriteState.CLAIMED.value,
            )
            keys = list(connection.scalars(own))
            self._mark(
                connection,
                keys,
                state=WriteState.SENDING.value,
                previous=case({key: previous[key] for key in keys}, value=writes.c.key) if keys else None,
                attempts=writes.c.attempts + 1,
            )
        return set(keys)

    def release(self, keys: Iterable[str]) -> None:
        """Give back writes that were claimed or marked, and not sent after all."""
        self.settle(Settlement(key, WriteState.PLANNED) for key in keys)

    def settle(self, settlements: Iterable[Settlement]) -> None:
        """Write down what became of this writer's own writes.

        One that another writer has taken over meanwhile is left to it. An applied one, and one whose field
        held the value already, becomes the head of its field, unless newer evidence is.
        """
        done = list(settlements)
        rows = [
            {"of": each.key, "as": each.state.value, "code": each.error_code, "text": each.error_message}
            for each in done
        ]
        if not rows:
            return
        with self._deciding() as connection:
            connection.execute(
                update(writes)
                .where(writes.c.key == bindparam("of"), writes.c.owner == self._owner)
                # Many rows at once take no list.
                .where(or_(*(writes.c.state == name for name in _names(*IN_FLIGHT))))
                .values(
                    state=bindparam("as"),
                    error_code=bindparam("code"),
                    error_message=bindparam("text"),
                    settled_at=database_time(),
                ),
                rows,
            )
            for chunk in chunks([each.key for each in done if each.state in STANDING]):
                is_ours = and_(
                    writes.c.key.in_(chunk), writes.c.owner == self._owner, writes.c.state.in_(_names(*STANDING))
                )
                move_heads(connection, and_(is_ours, writes.c.reverts.is_(None)))
                self._take_back(connection, and_(is_ours, writes.c.reverts.is_not(None)))

    def defer(self, keys: Collection[str], code: str, message: str) -> None:
        """Put planned writes off, and say why."""
        with self._deciding() as connection:
            for chunk in chunks(keys):
                connection.execute(
                    update(writes)
                    .where(writes.c.key.in_(chunk), writes.c.state == WriteState.PLANNED.value)
                    .values(
                        state=WriteState.DEFERRED.value,
                        error_code=code,
                        error_message=message,
                        settled_at=database_time(),
                    )
                )

    def take_over(self, limit: int = 200) -> list[Write]:
        """Make this writer the owner of writes whose sender is dead, to find out what became of them.

        What was only claimed is planned again.

        Returns:
            At most ``limit`` writes that were marked as sent, or whose fate was unknown, and whose lease has
            run out, the oldest first.
        """
        is_stranded = and_(
            writes.c.realm_id == self._realm_id,
            writes.c.state.in_(_names(*IN_FLIGHT)),
            writes.c.lease_until < database_time(),
        )
        with self.reading() as connection:
            if not connection.scalar(select(exists().where(is_stranded))):
                return []
        with self._deciding() as connection:
            connection.execute(
                update(writes)
                .where(is_stranded, writes.c.state == WriteState.CLAIMED.value)
                .values(state=WriteState.PLANNED.value)
            )
            query = select(*_COLUMNS).where(is_stranded).order_by(writes.c.lease_until, writes.c.key).limit(limit)
            found = list(_read_writes(connection, query))
            self._mark(connection, [write.key for write in found])
        return found

    def finish(self, partition: str, reason: str | None, run_id: str) -> None:
        """Write down how a day ended: settled, or why it must be run again."""
        if reason is None:
            self._database.note_finished(self._mode, partition)
        else:
            self._database.note_unfinished(self._mode, partition, reason, run_id)

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a transaction that changes nothing."""
        with self._database.reading() as connection:
            yield connection

    def find(self, keys: Collection[str]) -> dict[str, Write]:
        """Return writes by key."""
        with self.reading() as connection:
            return {write.key: write for write in self._by_key(connection, keys)}

    def of_partition(self, partition: str) -> list[Write]:
        """Return every write of a day, by record and field."""
        return self._read(writes.c.partition == partition)

    def of_run(self, run_id: str) -> list[Write]:
        """Return every write that a run planned or sent last, by record and field."""
        return self._read(writes.c.run_id == run_id)

    def of_record(self, record_id: str) -> list[Write]:
        """Return every write of a record, by field and evidence; a short id finds the long one."""
        return self._read(writes.c.record_id.startswith(record_id, autoescape=True))

    def of_sender(self, address: str) -> list[Write]:
        """Return every write on the grounds of a sender's messages."""
        return self._read(writes.c.sender == sender_digest(address))

    def records_of(self, partition: str, addresses: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
        """Return the records, as object and id, that writes of a day were about, by the sender's address.

        An applied address change hides a record from a lookup by the old address (rules.md §9, State).
        """
        by_digest = {sender_digest(address): address for address in addresses}
        query = (
            select(writes.c.sender, writes.c.sobject, writes.c.record_id)
            .where(writes.c.realm_id == self._realm_id, writes.c.partition == partition, writes.c.record_id != "")
            .distinct()
            .order_by(writes.c.sobject, writes.c.record_id)
        )
        found: dict[str, list[tuple[str, str]]] = {}
        with self.reading() as connection:
            for sender, sobject, record_id in connection.execute(query):
                if sender in by_digest:
                    found.setdefault(by_digest[sender], []).append((sobject, record_id))
        return found

    def heads_of(self, keys: Collection[str]) -> dict[str, Head]:
        """Return what the ledger has as the newest news of the field of each write, by the write's key."""
        found: dict[str, Head] = {}
        with self.reading() as connection:
            for chunk in chunks(keys):
                query = select(writes.c.key, heads.c.key, heads.c.value).join(heads, same_field(heads, writes))
                for key, head, value in connection.execute(query.where(writes.c.key.in_(chunk))):
                    found[key] = Head(head, value)
        return found

    def standing(self, originals: Iterable[Write]) -> list[Write]:
        """Select the applied writes whose field, as far as the ledger knows, still is as they set it.

        It is not where newer evidence has set or confirmed it, nor where the write was taken back.
        """
        applied = {write.key: write for write in originals if write.state is WriteState.APPLIED}
        newest = self.heads_of(applied)
        others = self.find([head.key for key, head in newest.items() if head.key != key])
        return [
            write
            for key, write in applied.items()
            if (head := newest.get(key)) is not None
            and (head.key == key or others[head.key].state is WriteState.REVERTED)
            and head.value == write.value
        ]

    # ── Helpers ──────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _deciding(self) -> Iterator[Connection]:
        """Yield a transaction that nobody else of the realm decides beside."""
        with self._database.writing() as connection:
            connection.execute(select(realms.c.realm_id).where(realms.c.realm_id == self._realm_id).with_for_update())
            yield connection

    def _mark(self, connection: Connection, keys: Collection[str], **values: Any) -> None:
        """Make writes this writer's for the length of a lease."""
        now: datetime = connection.execute(select(database_time())).scalar_one()
        for chunk in chunks(keys):
            connection.execute(
                update(writes)
                .where(writes.c.key.in_(chunk))
                .values(owner=self._owner, lease_until=now + self.lease, settled_at=database_time(), **values)
            )

    def _supersede(self, connection: Connection, keys: Collection[str]) -> None:
        """Give up planned writes whose field newer evidence has set; what takes a write back goes by the value."""
        is_news = and_(writes.c.state == WriteState.PLANNED.value, writes.c.reverts.is_(None))
        for chunk in chunks(keys):
            connection.execute(
                update(writes)
                .where(writes.c.key.in_(chunk), is_news, overtaken())
                .values(state=WriteState.SUPERSEDED.value, error_code=NEWER_EVIDENCE, settled_at=database_time())
            )

    def _busy_records(self, connection: Connection, planned: Sequence[Write]) -> dict[str, bool]:
        """Tell of each write, by key, whether somebody is at its record."""
        busy: set[tuple[str, str]] = set()
        for chunk in chunks({write.record_id for write in planned}):
            query = select(writes.c.sobject, writes.c.record_id).where(
                writes.c.realm_id == self._realm_id,
                writes.c.record_id.in_(chunk),
                writes.c.state.in_(_names(*IN_FLIGHT)),
            )
            busy.update((sobject, record_id) for sobject, record_id in connection.execute(query))
        return {write.key: not write.is_creation and (write.sobject, write.record_id) in busy for write in planned}

    def _take_back(self, connection: Connection, is_revert: ColumnElement[bool]) -> None:
        """Write down that writes were taken back; the evidence of the field stays, its value is the restored one."""
        reverts = select(writes).where(is_revert).subquery("reverts")
        connection.execute(
            update(heads)
            .where(same_field(heads, reverts))
            .values(value=case((reverts.c.value == "", None), else_=reverts.c.value))
        )
        connection.execute(
            update(writes)
            .where(writes.c.key.in_(select(reverts.c.reverts)), writes.c.state == WriteState.APPLIED.value)
            .values(state=WriteState.REVERTED.value, settled_at=database_time())
        )

    def _read(self, condition: ColumnElement[bool]) -> list[Write]:
        query = (
            select(*_COLUMNS)
            .where(writes.c.realm_id == self._realm_id, condition)
            .order_by(writes.c.sobject, writes.c.record_id, writes.c.field, writes.c.evidence_at, writes.c.evidence_id)
        )
        with self.reading() as connection:
            return list(_read_writes(connection, query))

    def _by_key(self, connection: Connection, keys: Collection[str]) -> Iterator[Write]:
        for chunk in chunks(keys):
            yield from _read_writes(connection, select(*_COLUMNS).where(writes.c.key.in_(chunk)))


def _read_writes(connection: Connection, query: Select[Any]) -> Iterator[Write]:
    for row in connection.execute(query):
        values = row._asdict()
        yield Write(**values | {"state": WriteState(values["state"])})


def _field_of(write: Write) -> tuple[str, ...]:
    """Return what only one write at a time may set; a record to be created is one by itself."""
    return (write.sobject, write.record_id, write.field, write.key if write.is_creation else "")


def _evidence_of(write: Write) -> tuple[datetime, str]:
    return write.evidence_at, write.evidence_id


def _names(*states: WriteState) -> list[str]:
    return [state.value for state in states]
