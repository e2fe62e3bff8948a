"""CUPOLA from a fixture file."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from autoresponder_dagster.clients.cupola.people import PERSON_LAYOUT, complete
from autoresponder_dagster.clients.fixtures import read_fixture
from autoresponder_dagster.clients.matching import join_keys, rows_of

PEOPLE_FILE = "cupola_people.csv"


class FixtureCupola:
    """The people of ``cupola_people.csv``, read once.

    Raises:
        ConfigurationError: the file is absent or ill-formed.
    """

    def __init__(self, fixtures_dir: Path) -> None:
        self._people = read_fixture(fixtures_dir, PEOPLE_FILE, PERSON_LAYOUT)

    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        """Return every row of the addresses; see ``CupolaClient``."""
        return complete(rows_of(self._people, join_keys(emails)), self._people)
