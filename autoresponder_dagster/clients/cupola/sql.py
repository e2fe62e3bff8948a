"""CUPOLA over SQL: the live and the read-only form, which are the same (CUPOLA is never written).

The layout of the tables is an installation's own, so the queries are settings. The defaults fit a
``link_org_person`` table between ``person`` and ``organization``.
"""

from collections.abc import Collection

import pandas as pd

from autoresponder_dagster.clients.cupola.people import MEMBER_LAYOUT, PERSON_LAYOUT, complete, organizations_of
from autoresponder_dagster.clients.matching import join_keys, rows_of
from autoresponder_dagster.clients.sql import CONNECT_TIMEOUT_SECONDS, ReadOnlyDatabase

PEOPLE_QUERY = """
SELECT link.link_org_person_id AS cupola_person_id,
       link.email AS email,
       person.name AS name,
       organization.name AS organization,
       link.title AS title,
       link.is_active AS is_active,
       link.updated_at AS updated_at
FROM link_org_person AS link
LEFT JOIN person ON person.person_id = link.person_id
LEFT JOIN organization ON organization.organization_id = link.organization_id
WHERE LOWER(LTRIM(RTRIM(link.email))) IN :emails
"""
"""All rows of a list of addresses; ``:emails`` are trimmed and lower-case. Columns: ``PERSON_LAYOUT``."""

DOMAINS_QUERY = """
SELECT DISTINCT organization.name AS organization, link.email AS email
FROM link_org_person AS link
JOIN organization ON organization.organization_id = link.organization_id
WHERE organization.name IN :organizations
"""
"""The addresses of a list of organisations, by their names as ``PEOPLE_QUERY`` returns them."""


class SqlCupola:
    """Lookups in the CUPOLA database, in batches of at most ``BATCH_SIZE`` values per statement.

    Nothing is connected before the first lookup.

    Raises:
        ConfigurationError: the URL cannot be used.
    """

    def __init__(
        self,
        url: str,
        people_query: str = PEOPLE_QUERY,
        domains_query: str = DOMAINS_QUERY,
        *,
        connect_timeout_seconds: int = CONNECT_TIMEOUT_SECONDS,
    ) -> None:
        self._database = ReadOnlyDatabase("CUPOLA", url, connect_timeout_seconds=connect_timeout_seconds)
        self._people_query = people_query
        self._domains_query = domains_query

    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        """Return every row of the addresses; see ``CupolaClient``."""
        keys = join_keys(emails)
        people = rows_of(self._database.select_in(self._people_query, "emails", keys, PERSON_LAYOUT), keys)
        members = self._database.select_in(
            self._domains_query, "organizations", organizations_of(people), MEMBER_LAYOUT
        )
        return complete(people, members)
