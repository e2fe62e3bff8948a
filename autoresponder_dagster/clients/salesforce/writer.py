"""Changing many records in few calls, each only as it was planned.

Belongs here: how changes travel, the second look at what went unanswered, the outcome of each. Does not
belong here: which changes (``rules``), repetition of one request (``retrying``).

An ordinary day's batch is a composite of conditional PATCHes: the org itself refuses a record that was
changed after the lookup. A large backfill's batch is read again, compared and sent as an sObject
Collection. Setting a field to a value twice leaves the same value, so an unclear answer is settled by
reading the records again and, where they still hold the old value, sending them again.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_conditional_requests.htm
"""

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from simple_salesforce.api import Salesforce
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt

from autoresponder_dagster.clients.salesforce.batching import RecordKey, by_record
from autoresponder_dagster.clients.salesforce.outcomes import API_ERRORS, NO_ANSWER, SalesforceProblem
from autoresponder_dagster.clients.salesforce.preconditions import may_be_set, next_second, precondition_headers
from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, RecordState, UpdateBatch, WriteOutcome
from autoresponder_dagster.clients.salesforce.reader import RecordReader
from autoresponder_dagster.clients.salesforce.transport import GuardedSession
from autoresponder_dagster.errors import InterceptedWriteError, LookupFailedError
from autoresponder_dagster.schemas.enums import SObject, WriteResultCode

AUDIT_DATE_FIELD = "LastAutoResponseDate__c"
AUDIT_CATEGORY_FIELD = "AutoResponseCategory__c"
"""The optional audit fields of Contact and Lead: a date and a text (rules.md §5)."""

_RECORD_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_ERROR = 400
_MOST_UNANSWERED = 3
"""So many batches in a row that could not even be read again, and the rest is deferred."""
_MOST_MISCONFIGURED = 5
"""So many refusals of a field for the same fault of the org's set-up, and the field is left alone."""

_LOGGER = logging.getLogger(__name__)


class StateReader(Protocol):
    """Reads what the org holds of records now."""

    def __call__(self, ids: Mapping[SObject, Sequence[str]]) -> dict[tuple[SObject, str], RecordState]:
        """See ``SalesforceClient.read_records``."""


@dataclass
class _Change:
    """What is still to be set on one record, and since when nobody else may have changed it."""

    sobject: SObject
    record_id: str
    updates: list[FieldUpdate]
    unmodified_since: datetime | None
    audit: dict[str, str | None]
    """Values of the audit fields, which no update stands for."""
    problem: SalesforceProblem | None = None
    """What came of the last try; None before the first."""
    is_unseen: bool = False
    """The record must be looked at before it is changed: no condition guards it."""
    is_unclear: bool = False
    """The last try may have been carried out, and nobody has looked since."""
    was_unclear: bool = False
    """Some try may have been carried out, perhaps later than anybody looked."""

    @property
    def lacks_moment(self) -> bool:
        """True where the old value is known, but no moment by which the org itself could judge."""
        return self.unmodified_since is None and any(update.expected is not None for update in self.updates)

    @property
    def values(self) -> dict[str, str | None]:
        """What to send; an empty text is null, as Salesforce stores it."""
        return {update.field: update.value or None for update in self.updates} | self.audit


@dataclass
class _Batch:
    """The state of one batch: changes still open, outcomes so far."""

    is_conditional: bool
    open: dict[RecordKey, _Change]
    outcomes: dict[str, WriteOutcome] = field(default_factory=dict)

    def close(
        self, change: _Change, result: WriteResultCode, code: str | None = None, message: str | None = None
    ) -> None:
        """End every update of a change alike."""
        for update in change.updates:
            self.end(change, update, result, code, message)

    def end(
        self,
        change: _Change,
        update: FieldUpdate,
        result: WriteResultCode,
        code: str | None = None,
        message: str | None = None,
    ) -> None:
        """End one update of a change; a change without any is closed."""
        self.outcomes[update.action_id] = WriteOutcome(update.action_id, result, code, message)
        change.updates = [each for each in change.updates if each is not update]
        if not change.updates:
            del self.open[change.sobject, change.record_id[:15]]


class RecordWriter:
    """Carries batches of changes out. It remembers what stops all further writing."""

    def __init__(
        self,
        salesforce: Salesforce,
        session: GuardedSession,
        reader: RecordReader,
        read_states: StateReader,
        *,
        writes_audit_fields: bool = False,
    ) -> None:
        self._salesforce = salesforce
        self._session = session
        self._reader = reader
        self._read_states = read_states
        self._writes_audit_fields = writes_audit_fields
        self._unanswered = 0
        self._stop: SalesforceProblem | None = None
        self._misconfigured: Counter[tuple[SObject, str, str]] = Counter()

    def send(self, batch: UpdateBatch) -> list[WriteOutcome]:
        """Carry a batch out; one outcome per update, in the same order."""
        changes = {
            key: _Change(key[0], updates[0].record_id, list(updates), _earliest(updates), self._audit_of(updates))
            for key, updates in by_record(batch.updates).items()
        }
        state = _Batch(batch.is_conditional, changes)
        for change in list(state.open.values()):
            self._leave_out(state, change)
        for change in state.open.values():
            change.is_unseen = not batch.is_just_read and (change.lacks_moment or not state.is_conditional)
        if state.open:
            waits = self._session.settings.lock_waits
            Retrying(
                stop=stop_after_attempt(1 + len(waits)),
                wait=lambda retry: _wait(state, waits, retry),
                retry=retry_if_result(bool),
                retry_error_callback=lambda _: None,
                sleep=self._session.settings.sleep,
            )(lambda: self._attempt(state))
        for change in list(state.open.values()):
            problem = change.problem or SalesforceProblem(0, NO_ANSWER, "Not sent.")
            result = WriteResultCode.UNKNOWN if change.is_unclear else WriteResultCode.DEFERRED
            state.close(change, result, problem.code, problem.short_message)
        return [state.outcomes[update.action_id] for update in batch.updates]

    def _audit_of(self, updates: Sequence[FieldUpdate]) -> dict[str, str | None]:
        note = next((update.note for update in updates if update.note is not None), None)
        if note is None or not self._writes_audit_fields:
            return {}
        return {AUDIT_DATE_FIELD: note.received_at.date().isoformat(), AUDIT_CATEGORY_FIELD: note.category}

    def _leave_out(self, state: _Batch, change: _Change) -> None:
        """End at once what need not, or must not, be sent."""
        if self._stop is not None:
            state.close(change, WriteResultCode.DEFERRED, self._stop.code, "Not sent.")
        elif not _RECORD_ID.fullmatch(change.record_id):
            state.close(change, WriteResultCode.REJECTED, "MALFORMED_ID", "Not a record id.")
        else:
            for update in list(change.updates):
                code = self._code_of_misconfigured(update)
                if code is not None:
                    state.end(
                        change,
                        update,
                        WriteResultCode.DEFERRED,
                        code,
                        "Not sent: the org is not set up for this field.",
                    )

    def _attempt(self, state: _Batch) -> bool:
        """Send what is open once and take note of the answers; tell whether anything is left for another try."""
        unseen = [change for change in state.open.values() if change.is_unseen]
        if unseen:
            self._look_again(state, unseen)
        changes = list(state.open.values())
        if not changes:
            return False
        try:
            answers = self._send_conditional(changes) if state.is_conditional else self._send_collections(changes)
        except InterceptedWriteError:
            for change in changes:
                state.close(change, WriteResultCode.INTERCEPTED)
            return False
        self._take_note(state, changes, answers)
        if self._stop is not None:
            _LOGGER.warning("Salesforce takes no more writes; the rest is deferred. %s", self._stop)
            return False
        return bool(state.open)

    def _take_note(
        self, state: _Batch, changes: Sequence[_Change], answers: Sequence[SalesforceProblem | None]
    ) -> None:
        """End what is certain, and look again at what is not; the rest stays open."""
        second_look = []
        for change, problem in zip(changes, answers, strict=True):
            change.problem, change.is_unclear = problem, problem is not None and problem.is_unclear
            change.was_unclear = change.was_unclear or change.is_unclear
            # A collection has no condition, and before the next try time will have passed.
            change.is_unseen = not state.is_conditional
            if problem is None:
                state.close(change, WriteResultCode.APPLIED)
            elif problem.stops_everything:
                self._stop = problem
                state.close(change, WriteResultCode.DEFERRED, problem.code, problem.short_message)
            elif problem.is_unclear or problem.is_precondition_failure:
                second_look.append(change)
            elif not problem.is_passing:
                self._refuse(state, change, problem)
        if second_look:
            self._look_again(state, second_look)

    def _send_conditional(self, changes: Sequence[_Change]) -> list[SalesforceProblem | None]:
        """Send one PATCH for each record, together; None where it was carried out."""
        version = self._salesforce.sf_version
        parts = [
            {
                "method": "PATCH",
                "url": f"/services/data/v{version}/sobjects/{change.sobject}/{change.record_id}",
                # The headers of the whole do not reach its parts.
                "httpHeaders": {"Sforce-Auto-Assign": "FALSE"} | precondition_headers(change.unmodified_since),
                "body": change.values,
            }
            for change in changes
        ]
        try:
            answers = self._reader.composite(parts)
        except API_ERRORS as error:
            return [SalesforceProblem.of(error)] * len(changes)
        return [SalesforceProblem.of_body(status, body) if status >= _ERROR else None for status, body in answers]

    def _send_collections(self, changes: Sequence[_Change]) -> list[SalesforceProblem | None]:
        """Send records of one object as a collection; half of it where one record locks them all."""
        records = [
            {"attributes": {"type": change.sobject}, "id": change.record_id, **change.values} for change in changes
        ]
        try:
            answer = self._salesforce.restful(
                "composite/sobjects", method="PATCH", json={"allOrNone": False, "records": records}
            )
        except API_ERRORS as error:
            return [SalesforceProblem.of(error)] * len(changes)
        if not isinstance(answer, list) or len(answer) != len(changes):
            return [SalesforceProblem.of_body(0, None)] * len(changes)
        problems = [_problem_of_item(item) for item in answer]
        if len(changes) > 1 and all(problem is not None and problem.is_locked for problem in problems):
            middle = len(changes) // 2
            return self._send_collections(changes[:middle]) + self._send_collections(changes[middle:])
        return problems

    def _look_again(self, state: _Batch, changes: Sequence[_Change]) -> None:
        """Read records again and settle each update by what they hold; the rest stays open."""
        asked_at = self._session.journal.org_time
        ids: dict[SObject, list[str]] = {}
        for change in changes:
            ids.setdefault(change.sobject, []).append(change.record_id)
        try:
            states = self._read_states(ids)
        except LookupFailedError as error:
            _LOGGER.warning("Records whose change is not certain could not be read again. %s", error)
            self._unanswered += 1
            if self._unanswered == _MOST_UNANSWERED:
                self._stop = SalesforceProblem(0, NO_ANSWER, "Salesforce does not answer.")
            for change in changes:
                problem = change.problem
                if problem is not None and change.is_unclear:
                    state.close(change, WriteResultCode.UNKNOWN, problem.code, problem.short_message)
                else:
                    state.close(change, WriteResultCode.DEFERRED, NO_ANSWER, "The record could not be read again.")
            return
        self._unanswered = 0
        for change in changes:
            self._settle(state, change, states.get((change.sobject, change.record_id)), asked_at)

    def _settle(self, state: _Batch, change: _Change, found: RecordState | None, asked_at: datetime | None) -> None:
        """Compare what a record holds with what was planned for it."""
        if found is None:
            state.close(change, WriteResultCode.REJECTED, "NOT_FOUND", "The record does not exist any more.")
            return
        may_be_ours = change.was_unclear and found.is_last_modified_by_pipeline
        for update in list(change.updates):
            value = found.values.get(update.field)
            if (value or "") == update.value:
                state.end(change, update, WriteResultCode.APPLIED if may_be_ours else WriteResultCode.NOOP)
            elif not may_be_set(update, found):
                state.end(
                    change, update, WriteResultCode.CONFLICT, "PRECONDITION_FAILED", "Somebody else changed the record."
                )
        # From now on nobody may have changed it since before it was read; that it changed before is known.
        moments = [] if asked_at is None else [asked_at]
        if found.last_modified_at is not None:
            moments.append(next_second(found.last_modified_at))
        change.unmodified_since = max(moments, default=None)
        change.is_unclear = change.is_unseen = False

    def _refuse(self, state: _Batch, change: _Change, problem: SalesforceProblem) -> None:
        """End what the org refuses; where it names the fields, the others stay open."""
        if change.audit.keys() & set(problem.fields):
            _LOGGER.warning("The org refuses the audit fields of %s; they are left out. %s", change.sobject, problem)
            change.audit = {}
            return
        named = [update for update in change.updates if update.field in problem.fields]
        refused = named if named and len(named) < len(change.updates) else list(change.updates)
        for update in refused:
            if problem.is_configuration:
                self._misconfigured[update.sobject, update.field, problem.code] += 1
            state.end(change, update, problem.result, problem.code, problem.short_message)

    def _code_of_misconfigured(self, update: FieldUpdate) -> str | None:
        """Return the code with which a field was refused too often; None where it was not."""
        return next(
            (
                code
                for (sobject, name, code), times in self._misconfigured.items()
                if (sobject, name) == (update.sobject, update.field) and times >= _MOST_MISCONFIGURED
            ),
            None,
        )


def _earliest(updates: Sequence[FieldUpdate]) -> datetime | None:
    """Return the moment after which nobody may have changed a record."""
    moments = [next_second(update.unmodified_since) for update in updates if update.unmodified_since is not None]
    return min(moments, default=None)


def _problem_of_item(item: Any) -> SalesforceProblem | None:
    """Return what kept one record of a collection from being changed; None where it was changed."""
    if isinstance(item, dict) and item.get("success") is True:
        return None
    errors = item.get("errors") if isinstance(item, dict) else None
    return SalesforceProblem.of_body(_ERROR, errors or None)


def _wait(state: _Batch, waits: Sequence[float], retry: RetryCallState) -> float:
    """Wait only where a record is locked or the org is busy."""
    is_busy = any(change.problem is not None and change.problem.is_passing for change in state.open.values())
    return waits[min(retry.attempt_number, len(waits)) - 1] if is_busy and waits else 0.0
