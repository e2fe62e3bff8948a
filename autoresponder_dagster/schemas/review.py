"""The frame of the Human Review queue."""

from autoresponder_dagster.schemas.base import DAY, FrameModel, Number, Text, UtcTime, one_of, optional, required, utc
from autoresponder_dagster.schemas.enums import Category, Determination, GateState, ReviewReason, SObject
from autoresponder_dagster.schemas.messages import MAX_EVIDENCE


class ReviewItem(FrameModel):
    """One question for a person: ``output_document_human_review.csv`` (rules.md §5, §7, §9).

    ``review_id`` is stable over re-runs: it is made of the partition, the reason, the message and the
    record and field in question.
    """

    review_id: Text = required(unique=True)
    partition: Text = required(str_matches=DAY)
    reason: Text = one_of(ReviewReason)
    sender_email: Text = optional()
    inbox_source: Text = required()
    received_at: UtcTime = utc()
    message_id: Text = required()
    subject: Text = optional()
    category: Text = one_of(Category)
    determination: Text = one_of(Determination)
    confidence: Number = required(ge=0, le=1)
    evidence: Text = optional(str_length={"max_value": MAX_EVIDENCE})
    cupola_state: Text = one_of(GateState, nullable=True)
    cupola_person_id: Text = optional()
    subsnum: Text = optional()
    sobject: Text = one_of(SObject, nullable=True)
    record_id: Text = optional()
    field: Text = optional()
    current_value: Text = optional()
    proposed_value: Text = optional()
    return_date: Text = optional(str_matches=DAY)
    suggested_action: Text = required()
