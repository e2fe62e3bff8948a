"""The CUPOLA frame, however its rows were fetched.

Belongs here: columns and the domains of organisations. Does not belong here: the choice of the preferred
row and the gate, which are rules.
"""

import pandas as pd

from autoresponder_dagster.addresses import domain_of
from autoresponder_dagster.clients.columns import FLAG, KEY, TEXT, UTC_TIME, Layout

PERSON_LAYOUT: Layout = {
    "cupola_person_id": KEY,
    "email": TEXT,
    "name": TEXT,
    "organization": TEXT,
    "title": TEXT,
    "is_active": FLAG,
    "updated_at": UTC_TIME,
}
MEMBER_LAYOUT: Layout = {"organization": TEXT, "email": TEXT}


def organizations_of(people: pd.DataFrame) -> list[str]:
    """Return the distinct names of organisations, sorted."""
    return sorted(people["organization"].dropna().unique())


def complete(people: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return the people with the domains of their organisations.

    A person is active only where CUPOLA says so: null reads as not active, so that it opens no gate.

    Args:
        people: rows of ``PERSON_LAYOUT`` with ``email`` normalised.
        members: rows of ``MEMBER_LAYOUT``: every row of the organisations named in ``people``.

    Returns:
        The columns of ``CupolaPerson`` but ``partition``.
    """
    domains = members["email"].map(domain_of, na_action="ignore").astype("string")
    known = pd.DataFrame({"organization": members["organization"], "domain": domains})
    known = known[known["domain"].str.len().gt(0).fillna(value=False)].drop_duplicates().sort_values("domain")
    joined = known.groupby("organization")["domain"].agg(";".join)
    return people.assign(
        is_active=people["is_active"].fillna(value=False),
        organization_domains=people["organization"].map(joined).astype("string"),
    )
