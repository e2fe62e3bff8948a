"""An org in memory that keeps a journal of every change, and fails when it is told to."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pandas as pd

from autoresponder_dagster.clients.salesforce.protocol import (
    ApiBudget,
    FieldUpdate,
    NewContact,
    RecordState,
    UpdateBatch,
    WriteOutcome,
)
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.schemas.enums import SObject, WriteResultCode

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


class KilledError(BaseException):
    """The process is gone: nothing of it runs any more."""


@dataclass
class Held:
    """A record: its fields, and who changed it last and when."""

    values: dict[str, str | None]
    modified_at: datetime = LONG_AGO
    by_pipeline: bool = False


@dataclass
class MemoryOrg:
    """Answers like the client of a real org. Each call passes ``on_call``, which may raise, before and after."""

    records: dict[tuple[SObject, str], Held] = field(default_factory=dict)
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    """Record, field and value of every change of ours, in order."""
    on_call: Callable[[str], None] = lambda _: None
    refusals: dict[str, WriteOutcome] = field(default_factory=dict)
    """How a write of a record ends, by its id, where it is not carried out."""
    contacts: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    batch_size: int = 25
    usage: ApiBudget | None = None
    org_id: str = "00D000000000001AAA"
    is_degraded: bool = False
    unavailable_reason: str | None = None
    api_calls: int = 0

    def add(self, record_id: str, **values: str | None) -> None:
        self.records[SObject.CONTACT, record_id] = Held(dict(values))

    def value(self, record_id: str, name: str = "Contact_Status__c") -> str | None:
        return self.records[SObject.CONTACT, record_id].values[name]

    def edit(self, record_id: str, at: datetime = NOW, **values: str | None) -> None:
        """Change a record as somebody else does."""
        held = self.records[SObject.CONTACT, record_id]
        held.values.update(values)
        held.modified_at, held.by_pipeline = at, False

    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        raise NotImplementedError

    def read_records(self, ids: Mapping[SObject, Collection[str]]) -> dict[tuple[SObject, str], RecordState]:
        self._call("read")
        wanted = [(sobject, record_id) for sobject, found in ids.items() for record_id in found]
        return {
            key: RecordState(dict(held.values), held.modified_at, held.by_pipeline)
            for key in wanted
            if (held := self.records.get(key)) is not None
        }

    def budget(self) -> ApiBudget | None:
        return self.usage

    def planned_calls(self, updates: Sequence[FieldUpdate], contacts: Sequence[NewContact]) -> int:
        return len(self.batches(updates)) + len(contacts)

    def batches(self, updates: Sequence[FieldUpdate]) -> list[UpdateBatch]:
        by_record: dict[str, list[FieldUpdate]] = {}
        for update in updates:
            by_record.setdefault(update.record_id, []).append(update)
        records = list(by_record.values())
        return [
            UpdateBatch(tuple(update for record in records[start : start + self.batch_size] for update in record))
            for start in range(0, len(records), self.batch_size)
        ]

    def send(self, batch: UpdateBatch) -> list[WriteOutcome]:
        self._call("send")
        outcomes = [self._set(update) for update in batch.updates]
        self._call("sent")
        return outcomes

    def update(self, updates: Sequence[FieldUpdate]) -> list[WriteOutcome]:
        return [outcome for batch in self.batches(updates) for outcome in self.send(batch)]

    def add_contacts(self, contacts: Sequence[NewContact]) -> list[WriteOutcome]:
        self._call("send")
        outcomes = []
        for contact in contacts:
            known = contact.email in self.contacts
            self.contacts.extend([] if known else [contact.email])
            outcomes.append(WriteOutcome(contact.action_id, WriteResultCode.NOOP if known else WriteResultCode.APPLIED))
        self._call("sent")
        return outcomes

    def _set(self, update: FieldUpdate) -> WriteOutcome:
        refusal = self.refusals.get(update.record_id)
        if refusal is not None:
            return WriteOutcome(update.action_id, refusal.result, refusal.error_code)
        held = self.records[update.sobject, update.record_id]
        since = update.unmodified_since
        is_edited = not held.by_pipeline and since is not None and held.modified_at > since
        if is_edited or (held.values[update.field] or "") != (update.expected or ""):
            return WriteOutcome(update.action_id, WriteResultCode.CONFLICT, "PRECONDITION_FAILED")
        held.values[update.field] = update.value or None
        held.modified_at, held.by_pipeline = NOW + timedelta(seconds=len(self.changes)), True
        self.changes.append((update.record_id, update.field, update.value))
        return WriteOutcome(update.action_id, WriteResultCode.APPLIED)

    def _call(self, step: str) -> None:
        self.calls.append(step)
        self.on_call(step)


def dies_at(step: str, number: int = 1) -> Callable[[str], None]:
    """Return an ``on_call`` that kills the process at the given occurrence of a step."""
    left = [number]

    def kill(called: str) -> None:
        left[0] -= called == step
        if called == step and left[0] == 0:
            raise KilledError

    return kill


def is_down(_: str) -> None:
    """Be an ``on_call`` of an org that does not answer."""
    raise LookupFailedError("A Salesforce lookup failed. Salesforce did not answer.")
