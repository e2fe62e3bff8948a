"""Frames of the files that people import and read (rules.md §7).

Columns are those of the file, in its order. Flags are ``Yes`` or ``No`` and several ids are joined by
``;``, as the files want them.
"""

from autoresponder_dagster.schemas.base import (
    DAY,
    NO_CONTROL_CHARACTERS,
    Count,
    FrameModel,
    Text,
    UtcTime,
    one_of,
    optional,
    required,
    utc,
)
from autoresponder_dagster.schemas.enums import Category, Determination, GateState, WriteResultCode

YES_NO = ("Yes", "No")

DETERMINATION_COLUMNS = [
    "message_id",
    "sender_email",
    "inbox_source",
    "received_at",
    "determination",
    "category",
    "confidence",
    "evidence",
    "language",
    "new_email",
    "new_title",
    "new_org",
    "replacement_name",
    "replacement_email",
    "return_date",
    "effective_date",
]
"""Columns of ``determinations.csv``: those of ``DeterminationRow`` that people read."""


SAFE_ADDRESS = r"^[^\s,;\"<>=+\-@＝＋－＠][^\s,;\"<>]*@[^\s,;\"<>@]+$"
"""An address that every import reads as it stands: one cell, and no formula to a spreadsheet."""


class SuppressionRow(FrameModel):
    """One address for Marketing Cloud to unsubscribe: ``{BusinessUnit}_NoLongerThere_{date}.csv``.

    ``status`` is always ``Unsubscribed``. No cell may be changed for a spreadsheet's sake: an address
    that a spreadsheet would run never gets here. ``rest_result`` is null unless the address was also added
    over REST, which is off by default.
    """

    partition: Text = required(str_matches=DAY)
    business_unit: Text = required(str_length={"min_value": 1})
    inbox_source: Text = required()
    email_address: Text = required(unique=True, str_matches=SAFE_ADDRESS)
    status: Text = one_of(["Unsubscribed"])
    date_added: Text = required(str_matches=DAY)
    determination: Text = one_of([Determination.INACTIVE, Determination.REPLACEMENT])
    evidence_at: UtcTime = utc()
    message_id: Text = required()
    rest_result: Text = one_of(WriteResultCode, nullable=True)


class InactivePerson(FrameModel):
    """``output_document_inactive_people.csv``: originals of INACTIVE and REPLACEMENT."""

    email: Text = required(unique=True)
    name: Text = optional()
    organization: Text = optional()
    inbox_source: Text = required()
    received_at: UtcTime = utc()
    category: Text = one_of(Category)
    determination: Text = one_of([Determination.INACTIVE, Determination.REPLACEMENT])
    cupola_person_id: Text = optional()
    cupola_state: Text = one_of(GateState)
    salesforce_contact_ids: Text = optional()
    salesforce_lead_ids: Text = optional()
    subsnum: Text = optional()
    active_orders: Count = required(ge=0)
    recent_orders: Count = required(ge=0)
    single_issue_orders: Count = required(ge=0)
    salesforce_outcome: Text = required()
    subscription_warning: Text = one_of(YES_NO)
    sfmc_suppression_added: Text = one_of(YES_NO)
    new_org: Text = optional()


class EmailUpdateRequest(FrameModel):
    """``output_document_email_update_requests.csv``: every changed address."""

    email: Text = required(unique=True)
    new_email: Text = required()
    new_title: Text = optional()
    inbox_source: Text = required()
    subsnum: Text = optional()
    salesforce_contact_ids: Text = optional()
    salesforce_lead_ids: Text = optional()
    outcome: Text = required()


class AlternateContact(FrameModel):
    """``output_document_alternate_contacts.csv``: who has taken over."""

    email: Text = required()
    replacement_name: Text = optional()
    replacement_email: Text = optional()
    replacement_title: Text = optional()
    in_cupola: Text = one_of(YES_NO)


class InactiveNewOrg(FrameModel):
    """``output_document_inactive_new_org.csv``: people who left and named their new employer."""

    email: Text = required(unique=True)
    name: Text = optional()
    new_org: Text = optional()
    new_email: Text = optional()


class Undeliverable(FrameModel):
    """``output_document_undeliverables.csv``: one row per delivery report."""

    message_id: Text = required(unique=True)
    failed_recipient: Text = optional()
    status_code: Text = optional()
    reason: Text = required()
    received_at: UtcTime = utc()


class InactiveNoCupolaMatch(FrameModel):
    """``output_document_inactive_no_cupola_match.csv``: departed people whom CUPOLA does not know."""

    email: Text = required(unique=True)
    name: Text = optional()
    inbox_source: Text = required()
    determination: Text = one_of([Determination.INACTIVE, Determination.REPLACEMENT])


class MultipubAudit(FrameModel):
    """``output_document_multipub_audit.csv``: every departed person with a Multipub record."""

    email: Text = required(unique=True)
    subsnum: Text = required()
    active_orders: Count = required(ge=0)
    recent_orders: Count = required(ge=0)
    single_issue_orders: Count = required(ge=0)
    outcome: Text = one_of(["CLEAR", "WARNED", "DEFERRED"])


class Notification(FrameModel):
    """One message of the pipeline to a team (rules.md §7, N02–N08).

    ``content_hash`` with ``notification`` and ``partition`` is the identity: nothing is mailed twice.
    ``outcome`` is ``sent``, ``outbox`` or ``already_sent``.
    """

    partition: Text = required(str_matches=DAY)
    notification: Text = required(str_matches=r"^N0\d$")
    recipients: Text = required(str_matches=NO_CONTROL_CHARACTERS)
    subject: Text = required(str_matches=NO_CONTROL_CHARACTERS)
    content_hash: Text = required(str_matches=r"^[0-9a-f]{64}$")
    attachments: Count = required(ge=0)
    rows: Count = required(ge=0)
    outcome: Text = one_of(["sent", "outbox", "already_sent"])


class SummaryCount(FrameModel):
    """One count of ``run_summary.json``: for instance section ``determination``, key ``INACTIVE``."""

    partition: Text = required(str_matches=DAY)
    section: Text = required()
    key: Text = required()
    count: Count = required(ge=0)
