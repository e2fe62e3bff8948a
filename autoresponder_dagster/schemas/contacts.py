"""Frames about people: what the outside systems know of an address.

``email`` is always the address that was asked for, trimmed and lower-cased: the join key of the house.
"""

from autoresponder_dagster.schemas.base import (
    DAY,
    Count,
    Flag,
    FrameModel,
    Text,
    UtcTime,
    one_of,
    optional,
    required,
    utc,
)
from autoresponder_dagster.schemas.enums import GateState, SObject


class SalesforceRecord(FrameModel):
    """One Contact or Lead that carries an address that was asked for (rules.md §3).

    ``status`` is ``Contact_Status__c`` of a Contact and ``Status`` of a Lead; ``company`` is a Lead's.
    ``last_modified_by_pipeline`` is true where the last change was made by the pipeline's own user.
    ``has_active_subscription`` is the answer of ``check_active_subscription``, null for Leads. Where the
    org could not be reached, every address that was asked for has one row without a record and with
    ``is_degraded`` true (rules.md §2, fallback).
    """

    partition: Text = required(str_matches=DAY)
    email: Text = required()
    sobject: Text = one_of(SObject, nullable=True)
    record_id: Text = optional(str_length={"min_value": 1})
    name: Text = optional()
    title: Text = optional()
    company: Text = optional()
    status: Text = optional()
    account_id: Text = optional()
    record_type_id: Text = optional()
    is_converted: Flag = optional()
    converted_contact_id: Text = optional()
    last_modified_at: UtcTime = utc(nullable=True)
    last_modified_by_pipeline: Flag = optional()
    has_active_subscription: Flag = optional()
    is_degraded: Flag = optional()


class MultipubSubscriber(FrameModel):
    """One subscriber of an address, with counts of orders as of the partition's date (rules.md §9)."""

    partition: Text = required(str_matches=DAY)
    email: Text = required()
    subsnum: Text = required(str_length={"min_value": 1})
    name: Text = optional()
    organization: Text = optional()
    active_orders: Count = required(ge=0)
    recent_orders: Count = required(ge=0)
    single_issue_orders: Count = required(ge=0)


class CupolaPerson(FrameModel):
    """One CUPOLA row of an address (rules.md §3).

    ``organization_domains`` holds the e-mail domains of all rows of the same organisation, joined by ``;``.
    """

    partition: Text = required(str_matches=DAY)
    email: Text = required()
    cupola_person_id: Text = required(str_length={"min_value": 1})
    name: Text = optional()
    organization: Text = optional()
    title: Text = optional()
    is_active: Flag = required()
    updated_at: UtcTime = utc(nullable=True)
    organization_domains: Text = optional()


class UnifiedContact(FrameModel):
    """One address × Salesforce record, with the Multipub and CUPOLA columns of the address (rules.md §3).

    Every sender has at least one row; a sender without a Salesforce record has one whose ``sobject``
    and ``record_id`` are null. Addresses that are only mentioned in a message have ``is_sender``
    false: they are looked up so that target addresses can be checked before anything is written.
    """

    partition: Text = required(str_matches=DAY)
    email: Text = required()
    is_sender: Flag = required()
    sobject: Text = one_of(SObject, nullable=True)
    record_id: Text = optional()
    name: Text = optional()
    title: Text = optional()
    organization: Text = optional()
    status: Text = optional()
    is_active: Flag = optional()
    is_converted: Flag = optional()
    account_id: Text = optional()
    last_modified_at: UtcTime = utc(nullable=True)
    last_modified_by_pipeline: Flag = optional()
    has_active_subscription: Flag = optional()
    subsnum: Text = optional()
    active_orders: Count = required(ge=0)
    recent_orders: Count = required(ge=0)
    single_issue_orders: Count = required(ge=0)
    is_multipub_owned: Flag = required()
    cupola_state: Text = one_of(GateState)
    cupola_person_id: Text = optional()
    cupola_name: Text = optional()
    cupola_organization: Text = optional()
    cupola_is_ambiguous: Flag = required()
    cupola_domains: Text = optional()
    is_degraded: Flag = optional()
