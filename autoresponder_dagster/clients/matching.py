"""Matching by e-mail address: trimmed and without regard to case, on both sides (rules.md §3).

Belongs here: what the lookups of every system share. Does not belong here: how rows are fetched.
"""

from collections.abc import Iterable

import pandas as pd

from autoresponder_dagster.addresses import normalize_email


def join_keys(emails: Iterable[str]) -> list[str]:
    """Return the distinct normalised addresses, sorted; empty ones are left out."""
    return sorted({key for email in emails if (key := normalize_email(email)) is not None})


def rows_of(rows: pd.DataFrame, keys: list[str], column: str = "email") -> pd.DataFrame:
    """Return the rows whose ``column`` matches one of ``keys``, with that column normalised.

    A database may match more loosely than asked (SQL Server ignores accents in some collations); such rows
    belong to somebody else.
    """
    normalized = rows[column].map(normalize_email, na_action="ignore").astype("string")
    return rows.assign(**{column: normalized})[normalized.isin(keys)].reset_index(drop=True)
