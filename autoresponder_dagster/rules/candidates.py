"""Which writes each determination would lead to, before anything holds them back (rules.md §5).

Does not belong here: what holds a write back (``guards``), and what then becomes of it (``plan``).
"""

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.rules.columns import Column, digest, holds
from autoresponder_dagster.rules.identity import with_profile
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.senders import UPDATES, are_personal, deciding_senders
from autoresponder_dagster.schemas import PlannedWrite, SenderDetermination, UnifiedContact
from autoresponder_dagster.schemas.enums import (
    ACTIVE_STATUS,
    DEPARTURES,
    INACTIVE_STATUS,
    STATUS_FIELD,
    Determination,
    SObject,
    WriteAction,
)

EMAIL_FIELD = "Email"
TITLE_FIELD = "Title"

IS_NOOP = "is_noop"
"""Column of the candidates: the record is already as wanted."""

_IDENTITY = [
    PlannedWrite.partition,
    PlannedWrite.sender_email,
    PlannedWrite.sobject,
    PlannedWrite.record_id,
    PlannedWrite.field,
    PlannedWrite.new_value,
    PlannedWrite.message_id,
]
_TARGET = [UnifiedContact.email, UnifiedContact.record_id]


def candidate_writes(
    senders: DataFrame[SenderDetermination], contacts: DataFrame[UnifiedContact], policy: Policy
) -> pd.DataFrame:
    """List every sender × record × field that a determination would change (rules.md §5).

    None for OUT_OF_OFFICE, UNKNOWN and conflicting senders. A Multipub-owned Contact is always listed, so
    that its skip is logged in every path, and is never a no-op.

    Returns:
        The columns of ``SenderDetermination`` and of the record in ``UnifiedContact``, then those of
        ``PlannedWrite`` that make up the write, and ``is_noop``; sorted like the plan.
    """
    deciding = deciding_senders(senders)
    records = contacts[contacts[UnifiedContact.record_id].notna()].drop(columns=UnifiedContact.partition)
    pairs = deciding.merge(records, left_on=SenderDetermination.sender_email, right_on=UnifiedContact.email)
    kinds = [_inactivations(pairs), _reactivations(pairs), _address_changes(pairs, contacts), _title_changes(pairs)]
    if policy.auto_add_replacements:
        kinds.append(_creations(deciding, contacts, pairs, policy))
    rows = pd.concat(kinds)
    rows[IS_NOOP] = rows[IS_NOOP] & ~holds(rows[UnifiedContact.is_multipub_owned])
    order = [PlannedWrite.sender_email, PlannedWrite.sobject, PlannedWrite.record_id, PlannedWrite.field]
    rows = rows.sort_values(order, na_position="last").reset_index(drop=True)
    return rows.assign(**{PlannedWrite.action_id: digest(rows, _IDENTITY)})


def _inactivations(pairs: pd.DataFrame) -> pd.DataFrame:
    rows = pairs[pairs[SenderDetermination.determination].isin(DEPARTURES)]
    status = rows[UnifiedContact.status]
    return _writes(
        rows,
        WriteAction.SET_INACTIVE,
        field=rows[UnifiedContact.sobject].map(STATUS_FIELD),
        old_value=status,
        new_value=INACTIVE_STATUS,
        is_noop=holds(status.eq(INACTIVE_STATUS)),
    )


def _reactivations(pairs: pd.DataFrame) -> pd.DataFrame:
    """List what ACTIVE would reactivate; a record whose activity is unknown is left alone (rules.md §3)."""
    is_known = pairs[UnifiedContact.is_active].notna() | holds(pairs[UnifiedContact.is_multipub_owned])
    rows = pairs[holds(pairs[SenderDetermination.determination].eq(Determination.ACTIVE)) & is_known]
    status = rows[UnifiedContact.status]
    is_active = holds(rows[UnifiedContact.is_active])
    reactivated = rows[UnifiedContact.sobject].map(ACTIVE_STATUS).astype("string")
    return _writes(
        rows,
        WriteAction.REACTIVATE,
        field=rows[UnifiedContact.sobject].map(STATUS_FIELD),
        old_value=status,
        new_value=reactivated.mask(is_active, status),
        is_noop=is_active,
    )


def _address_changes(pairs: pd.DataFrame, contacts: DataFrame[UnifiedContact]) -> pd.DataFrame:
    """List the new addresses; a record that was also found under the new one already carries it."""
    is_update = holds(pairs[SenderDetermination.determination].eq(Determination.EMAIL_UPDATE))
    rows = pairs[is_update & pairs[SenderDetermination.new_email].notna()]
    target = pd.MultiIndex.from_frame(rows[[SenderDetermination.new_email, UnifiedContact.record_id]])
    return _writes(
        rows,
        WriteAction.SET_EMAIL,
        field=EMAIL_FIELD,
        old_value=rows[SenderDetermination.sender_email],
        new_value=rows[SenderDetermination.new_email],
        is_noop=holds(rows[SenderDetermination.new_email].eq(rows[SenderDetermination.sender_email]))
        | target.isin(pd.MultiIndex.from_frame(contacts[_TARGET])),
    )


def _title_changes(pairs: pd.DataFrame) -> pd.DataFrame:
    is_update = pairs[SenderDetermination.determination].isin(UPDATES)
    rows = pairs[is_update & pairs[SenderDetermination.new_title].notna()]
    return _writes(
        rows,
        WriteAction.SET_TITLE,
        field=TITLE_FIELD,
        old_value=rows[UnifiedContact.title],
        new_value=rows[SenderDetermination.new_title],
        is_noop=holds(rows[UnifiedContact.title].str.strip().eq(rows[SenderDetermination.new_title].str.strip())),
    )


def _creations(
    deciding: pd.DataFrame, contacts: DataFrame[UnifiedContact], pairs: pd.DataFrame, policy: Policy
) -> pd.DataFrame:
    """List the Contacts to create for replacements with a name and a personal address (rules.md §5)."""
    is_replacement = holds(deciding[SenderDetermination.determination].eq(Determination.REPLACEMENT))
    named = deciding[is_replacement & deciding[SenderDetermination.replacement_name].notna()]
    people = with_profile(named[are_personal(named[SenderDetermination.replacement_email], policy)], contacts)
    people[UnifiedContact.sobject] = SObject.CONTACT.value
    is_contact = holds(contacts[UnifiedContact.sobject].eq(SObject.CONTACT))
    address = people[SenderDetermination.replacement_email]
    return _writes(
        people.reindex(columns=pairs.columns).astype(pairs.dtypes),
        WriteAction.CREATE_CONTACT,
        field=None,
        old_value=None,
        new_value=address,
        is_noop=address.isin(contacts.loc[is_contact, UnifiedContact.email]),
        contact_name=people[SenderDetermination.replacement_name],
        account_name=people[UnifiedContact.cupola_organization].fillna(people[UnifiedContact.organization]),
    )


def _writes(rows: pd.DataFrame, action: WriteAction, *, is_noop: Column, **cells: Column | str | None) -> pd.DataFrame:
    """Add to the rows what is to be written; a missing name of the new Contact stays null."""
    names = (
        PlannedWrite.field,
        PlannedWrite.old_value,
        PlannedWrite.new_value,
        PlannedWrite.contact_name,
        PlannedWrite.account_name,
    )
    text = {name: pd.Series(cells.get(name), index=rows.index, dtype="string") for name in names}
    return rows.assign(
        **{PlannedWrite.action: pd.Series(action.value, index=rows.index, dtype="string")}, **text, is_noop=is_noop
    )
