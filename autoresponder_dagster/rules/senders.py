"""From one verdict per message to one per sender and day (rules.md §4 and §9, conflicts).

Does not belong here: how a message is understood (``determination/``), what a verdict does (``plan``).
"""

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.addresses import is_role_mailbox, is_valid_email
from autoresponder_dagster.rules.columns import Column, folded, holds, normalized, usable
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas import DeterminationRow, SenderDetermination
from autoresponder_dagster.schemas.enums import DEPARTURES, STATE_CHANGING, Category, Determination

UPDATES = (Determination.EMAIL_UPDATE, Determination.TITLE_UPDATE)
"""Determinations that change an address or a title of a person who stays."""

# Determinations of one family agree with each other; two families in one day contradict.
_FAMILIES = {
    Determination.INACTIVE: "departure",
    Determination.REPLACEMENT: "departure",
    Determination.EMAIL_UPDATE: "update",
    Determination.TITLE_UPDATE: "update",
    Determination.ACTIVE: "presence",
    Determination.OUT_OF_OFFICE: "presence",
    Determination.UNKNOWN: "unknown",
}
# Of its family the one that says more: it absorbs the other.
_ABSORBING = (Determination.REPLACEMENT, Determination.EMAIL_UPDATE)

_FACTS = [
    DeterminationRow.new_email,
    DeterminationRow.new_title,
    DeterminationRow.new_org,
    DeterminationRow.replacement_name,
    DeterminationRow.replacement_email,
    DeterminationRow.replacement_title,
    DeterminationRow.return_date,
    DeterminationRow.effective_date,
]
_VERDICT = [DeterminationRow.determination, DeterminationRow.category]
_SENDER = SenderDetermination.sender_email


def demote_uncertain(determinations: DataFrame[DeterminationRow], policy: Policy) -> DataFrame[DeterminationRow]:
    """Turn every verdict below ``min_review_confidence`` into UNKNOWN, category unclear (rules.md §4).

    The evidence and the confidence stay; the facts of a verdict that does not count are cleared.
    """
    is_uncertain = holds(determinations[DeterminationRow.confidence].lt(policy.min_review_confidence)) & determinations[
        DeterminationRow.determination
    ].ne(Determination.UNKNOWN)
    rows = determinations.copy()
    rows.loc[is_uncertain, DeterminationRow.determination] = Determination.UNKNOWN.value
    rows.loc[is_uncertain, DeterminationRow.category] = Category.UNCLEAR.value
    rows.loc[is_uncertain, _FACTS] = pd.NA
    return DeterminationRow.typed(rows)


def settle_senders(determinations: DataFrame[DeterminationRow], policy: Policy) -> DataFrame[SenderDetermination]:
    """Settle what a day's messages of each sender say together (rules.md §4 and §9, conflicts).

    UNKNOWN gives way to anything. REPLACEMENT absorbs INACTIVE, EMAIL_UPDATE absorbs TITLE_UPDATE; of ACTIVE
    and OUT_OF_OFFICE the newest counts; any other two contradict, and so do two addresses or successors.
    Evidence and facts are those of the newest messages, taken from messages at write confidence where
    there are any; a fact that a message leaves out is no contradiction.

    Args:
        determinations: the day's verdicts after ``demote_uncertain``. Rows without a usable sender are left
            out (``review`` asks about them).
        policy: ``min_write_confidence`` and ``role_names`` count here.

    Returns:
        One row per sender, sorted by address, with new and replacement addresses normalised. The row of a
        conflicting sender is that of the newest message.
    """
    rows = determinations.assign(
        **{
            _SENDER: usable(determinations[DeterminationRow.sender_email]),
            DeterminationRow.new_email: normalized(determinations[DeterminationRow.new_email]),
            DeterminationRow.replacement_email: normalized(determinations[DeterminationRow.replacement_email]),
            "family": determinations[DeterminationRow.determination].map(_FAMILIES).astype("string"),
        }
    ).dropna(subset=[_SENDER])
    rows = rows.sort_values([_SENDER, DeterminationRow.received_at, DeterminationRow.message_id])
    message_counts = rows.groupby(_SENDER).size()

    is_known = holds(rows[DeterminationRow.determination].ne(Determination.UNKNOWN))
    speaking = rows[is_known | ~is_known.groupby(rows[_SENDER]).transform("any")]
    is_conflicting = speaking[_SENDER].isin(_conflicting_senders(speaking))
    counting = _at_best_confidence(speaking[_counts(speaking, is_conflicting)], policy)

    settled = counting.drop_duplicates(_SENDER, keep="last").set_index(_SENDER)
    settled[_VERDICT] = _most_telling(counting).set_index(_SENDER)[_VERDICT]
    settled[_FACTS] = counting.groupby(_SENDER)[_FACTS].last()

    settled[SenderDetermination.evidence_at] = settled[DeterminationRow.received_at]
    settled[SenderDetermination.is_conflicting] = settled.index.isin(speaking.loc[is_conflicting, _SENDER])
    settled[SenderDetermination.is_shared_mailbox] = _are_role_mailboxes(settled.index, policy)
    settled[SenderDetermination.message_count] = message_counts
    return SenderDetermination.typed(settled.reset_index())


def at_write_confidence(senders: pd.DataFrame, policy: Policy) -> Column:
    """Tell which verdicts are certain enough to be acted on (rules.md §4)."""
    return holds(senders[SenderDetermination.confidence].ge(policy.min_write_confidence))


def deciding_senders(senders: pd.DataFrame) -> pd.DataFrame:
    """Select the senders whose verdict may change something: a contradiction never does."""
    return senders[
        senders[SenderDetermination.determination].isin(STATE_CHANGING)
        & ~holds(senders[SenderDetermination.is_conflicting])
    ]


def confirmed_departures(senders: DataFrame[SenderDetermination], policy: Policy) -> pd.DataFrame:
    """Select the originals of INACTIVE and REPLACEMENT that the lists and the suppression may name.

    At write confidence, not conflicting, and not a shared mailbox (rules.md §7 and §9).
    """
    return senders[_is_confirmed(senders, policy) & senders[SenderDetermination.determination].isin(DEPARTURES)]


def confirmed_address_changes(senders: DataFrame[SenderDetermination], policy: Policy) -> pd.DataFrame:
    """Select the EMAIL_UPDATE senders that the lists may name, as ``confirmed_departures`` does for departures."""
    is_update = holds(senders[SenderDetermination.determination].eq(Determination.EMAIL_UPDATE))
    return senders[_is_confirmed(senders, policy) & is_update]


def are_personal(addresses: Column, policy: Policy) -> Column:
    """Tell which addresses are valid and a person's own, not a role mailbox; null is neither."""
    # One look per distinct address: the form of an address is no column operation.
    role_names = frozenset(policy.role_names)
    personal = [
        address
        for address in addresses.dropna().unique()
        if is_valid_email(address) and not is_role_mailbox(address, role_names)
    ]
    return addresses.isin(personal)


def _is_confirmed(senders: pd.DataFrame, policy: Policy) -> Column:
    return (
        at_write_confidence(senders, policy)
        & ~holds(senders[SenderDetermination.is_conflicting])
        & ~holds(senders[SenderDetermination.is_shared_mailbox])
    )


def _counts(speaking: pd.DataFrame, is_conflicting: Column) -> Column:
    """Tell which messages count: the newest of a conflict, the newest kind of a presence, all others."""
    by_sender = speaking.groupby(_SENDER)
    is_newest = ~speaking.duplicated(_SENDER, keep="last")
    is_presence = holds(speaking["family"].eq("presence"))
    is_newest_kind = holds(
        speaking[DeterminationRow.determination].eq(by_sender[DeterminationRow.determination].transform("last"))
    )
    is_unknown = holds(speaking["family"].eq("unknown"))
    takes_newest_only = is_conflicting | is_unknown
    return (takes_newest_only & is_newest) | (~takes_newest_only & (~is_presence | is_newest_kind))


def _at_best_confidence(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Keep of each sender the messages at write confidence, or all where there is none.

    An absence never writes, so the newest counts at any confidence.
    """
    is_absence = holds(rows[DeterminationRow.determination].eq(Determination.OUT_OF_OFFICE))
    is_certain = is_absence | at_write_confidence(rows, policy)
    return rows[is_certain | ~is_certain.groupby(rows[_SENDER]).transform("any")]


def _most_telling(counting: pd.DataFrame) -> pd.DataFrame:
    """Return of each sender the newest message whose determination absorbs the others."""
    absorbs = counting[DeterminationRow.determination].isin(_ABSORBING)
    ranked = counting.assign(absorbs=absorbs).sort_values([_SENDER, "absorbs"], kind="stable")
    return ranked.drop_duplicates(_SENDER, keep="last")


def _conflicting_senders(speaking: pd.DataFrame) -> "pd.Index[str]":
    """List the senders whose messages contradict each other in kind, address or successor."""
    stating = speaking[speaking["family"].isin(["departure", "update"])]
    successor_name = folded(stating[DeterminationRow.replacement_name])
    successor_email = stating[DeterminationRow.replacement_email]
    is_name_only = successor_name.notna() & successor_email.isna()

    kinds = speaking.groupby(_SENDER)["family"].nunique()
    addresses = stating.groupby(_SENDER)[DeterminationRow.new_email].nunique()
    successors = stating.groupby(_SENDER)[DeterminationRow.replacement_email].nunique()
    names = successor_name.groupby(stating[_SENDER]).nunique()
    lacks_address = is_name_only.groupby(stating[_SENDER]).any()
    return (
        kinds.index[kinds > 1]
        .union(addresses.index[addresses > 1])
        .union(successors.index[successors > 1])
        .union(names.index[(names > 1) & lacks_address])
    )


def _are_role_mailboxes(addresses: "pd.Index[str]", policy: Policy) -> list[bool]:
    # One look per distinct sender: words of a mailbox name are no column operation.
    role_names = frozenset(policy.role_names)
    return [is_role_mailbox(address, role_names) for address in addresses]
