"""One write as the ledger knows it, and the states that it goes through.

    planned ─▶ claimed ─▶ sending ─▶ applied ─▶ reverted
       │          │          ├─▶ rejected | conflict | deferred | intercepted
       │          │          └─▶ unknown: sent, and nobody could tell what became of it
       │          └─▶ noop | conflict | rejected: the record was looked at, and nothing sent
       └─▶ skipped | superseded | deferred

Does not belong here: how a state is stored (``tables``) or reached (``journal``, ``planning``).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WriteState(StrEnum):
    """Where a write stands."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending"
    UNKNOWN = "unknown"
    APPLIED = "applied"
    NOOP = "noop"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    DEFERRED = "deferred"
    SUPERSEDED = "superseded"
    INTERCEPTED = "intercepted"
    REVERTED = "reverted"


IN_FLIGHT = (WriteState.CLAIMED, WriteState.SENDING, WriteState.UNKNOWN)
"""Somebody is at it, or was: nobody else may look at the record and send to it until that is settled."""

UNSENT = (WriteState.PLANNED, WriteState.DEFERRED)
"""Still to be sent."""

DONE = (WriteState.APPLIED, WriteState.NOOP, WriteState.REVERTED)
"""What a plan made anew does not open again: it was carried out, found to be so, or taken back by a person."""

STANDING = (WriteState.APPLIED, WriteState.NOOP)
"""The record held the value when the write was settled: it becomes the head of its field."""


@dataclass(frozen=True)
class Write:
    """One write: what is to be set on the grounds of which message, and how far it has come.

    Attributes:
        key: its identity (``keys.write_key``).
        sobject: object.
        record_id: id of the record; empty for one to be created.
        field: field; empty for a record to be created.
        value: the new value; null where it was held back (``skipped``), and is then nobody's business here.
        previous: what the field held just before it was sent; null for an empty field.
        action: what the plan calls it.
        evidence_at: time of the message, UTC.
        evidence_id: id of the message.
        partition: day of the message.
        run_id: the run that planned or sent it last.
        state: where it stands.
        gate: what held it back.
        attempts: how often it was sent.
        error_code: why it did not succeed.
        error_message: the same in words, without personal data.
        settled_at: when it got its state, by the database's clock, UTC.
        reverts: key of the write that this one takes back.
    """

    key: str
    sobject: str
    record_id: str
    field: str
    value: str | None
    previous: str | None
    action: str
    determination: str
    confidence: float
    inbox_source: str
    evidence_at: datetime
    evidence_id: str
    partition: str
    run_id: str
    state: WriteState
    gate: str | None
    attempts: int
    error_code: str | None
    error_message: str | None
    settled_at: datetime
    reverts: str | None

    @property
    def is_creation(self) -> bool:
        """True where a record is to be created."""
        return not self.record_id


@dataclass(frozen=True)
class Settlement:
    """What became of one write."""

    key: str
    state: WriteState
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True)
class Head:
    """The newest news of a field: the key of the write that brought it, and the value as the ledger knows it."""

    key: str
    value: str | None


@dataclass(frozen=True)
class UnfinishedDay:
    """A day whose writes are not all settled: why, by which run, and since when (UTC)."""

    partition: str
    reason: str
    run_id: str
    noted_at: datetime
