"""The frames of the house: one strict pandera model per frame.

Belongs here: what a frame holds. Does not belong here: how it is computed. Columns are referred to
through these models (``UnifiedContact.email`` is the string ``"email"``).
"""

from autoresponder_dagster.schemas.contacts import CupolaPerson, MultipubSubscriber, SalesforceRecord, UnifiedContact
from autoresponder_dagster.schemas.deliverables import (
    AlternateContact,
    EmailUpdateRequest,
    InactiveNewOrg,
    InactiveNoCupolaMatch,
    InactivePerson,
    MultipubAudit,
    Notification,
    SummaryCount,
    SuppressionRow,
    Undeliverable,
)
from autoresponder_dagster.schemas.messages import DeterminationRow, EmailMessage, SenderDetermination
from autoresponder_dagster.schemas.review import ReviewItem
from autoresponder_dagster.schemas.writes import ActionLogRow, PlannedWrite, UnsupportedWrite, WriteResult

__all__ = [
    "ActionLogRow",
    "AlternateContact",
    "CupolaPerson",
    "DeterminationRow",
    "EmailMessage",
    "EmailUpdateRequest",
    "InactiveNewOrg",
    "InactiveNoCupolaMatch",
    "InactivePerson",
    "MultipubAudit",
    "MultipubSubscriber",
    "Notification",
    "PlannedWrite",
    "ReviewItem",
    "SalesforceRecord",
    "SenderDetermination",
    "SummaryCount",
    "SuppressionRow",
    "Undeliverable",
    "UnifiedContact",
    "UnsupportedWrite",
    "WriteResult",
]
