"""Frames about changes: what is planned, what came of it, and the log of both."""

from autoresponder_dagster.schemas.base import DAY, FrameModel, Number, Text, UtcTime, one_of, optional, required, utc
from autoresponder_dagster.schemas.enums import (
    Determination,
    Disposition,
    Mode,
    SObject,
    WriteAction,
    WriteResultCode,
)
from autoresponder_dagster.schemas.messages import MAX_EVIDENCE


class PlannedWrite(FrameModel):
    """One sender × record × field that the determination would change (rules.md §5 and §9).

    ``disposition`` says whether it is sent, already so (``noop``) or held back (``skip``, with ``gate``
    and ``skip_reason``). ``last_modified_at`` is the record's when it was looked up: the precondition.
    ``contact_name`` and ``account_name`` are filled for ``create_contact`` only, whose ``record_id`` and
    ``field`` are null and whose ``new_value`` is the address of the new Contact.
    """

    partition: Text = required(str_matches=DAY)
    action_id: Text = required(unique=True)
    sender_email: Text = required()
    inbox_source: Text = required()
    determination: Text = one_of(Determination)
    confidence: Number = required(ge=0, le=1)
    sobject: Text = one_of(SObject)
    record_id: Text = optional()
    action: Text = one_of(WriteAction)
    field: Text = optional()
    old_value: Text = optional()
    new_value: Text = required()
    disposition: Text = one_of(Disposition)
    gate: Text = optional()
    skip_reason: Text = optional()
    evidence: Text = optional(str_length={"max_value": MAX_EVIDENCE})
    evidence_at: UtcTime = utc()
    message_id: Text = required()
    last_modified_at: UtcTime = utc(nullable=True)
    contact_name: Text = optional()
    account_name: Text = optional()


class WriteResult(FrameModel):
    """How one planned row ended. One row per planned row, also for those that were never sent.

    ``executed_at`` is null where nothing was attempted. ``old_value`` is what the field held just before it
    was sent; null where it was empty or nothing was sent.
    """

    partition: Text = required(str_matches=DAY)
    action_id: Text = required(unique=True)
    result: Text = one_of(WriteResultCode)
    error_code: Text = optional()
    error_message: Text = optional()
    mode: Text = one_of(Mode)
    executed_at: UtcTime = utc(nullable=True)
    old_value: Text = optional()


class UnsupportedWrite(FrameModel):
    """A write of an earlier run that stands in Salesforce, and that the day's plan made anew does not bear out.

    ``key`` is the write's in the ledger; ``previous_value`` is what an undo puts back, null for an empty field.
    """

    partition: Text = required(str_matches=DAY)
    key: Text = required(unique=True)
    sobject: Text = one_of(SObject)
    record_id: Text = required()
    field: Text = required()
    written_value: Text = required()
    previous_value: Text = optional()
    determination: Text = one_of(Determination)
    confidence: Number = required(ge=0, le=1)
    inbox_source: Text = required()
    evidence_at: UtcTime = utc()
    message_id: Text = required()


class ActionLogRow(FrameModel):
    """The file ``action_log.csv`` (rules.md §7): every planned, skipped and no-op action.

    ``sobject`` is null for ``add_suppression``, which is Marketing Cloud's.
    """

    action_id: Text = required(unique=True)
    partition: Text = required(str_matches=DAY)
    sender_email: Text = required()
    determination: Text = one_of(Determination)
    sobject: Text = one_of(SObject, nullable=True)
    record_id: Text = optional()
    action: Text = one_of(WriteAction)
    field: Text = optional()
    old_value: Text = optional()
    new_value: Text = optional()
    gate: Text = optional()
    skip_reason: Text = optional()
    mode: Text = one_of(Mode)
    result: Text = one_of(WriteResultCode)
    error_code: Text = optional()
    evidence_at: UtcTime = utc()
    message_id: Text = required()
    executed_at: UtcTime = utc(nullable=True)
