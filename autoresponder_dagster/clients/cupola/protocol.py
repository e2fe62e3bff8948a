"""What the pipeline asks of CUPOLA, the organisation and person database. It is never written."""

from collections.abc import Collection
from typing import Protocol

import pandas as pd


class CupolaClient(Protocol):
    """Lookups of people and of the domains of their organisations."""

    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        """Return every row of the addresses.

        Returns:
            The columns of ``CupolaPerson`` but ``partition``.

        Raises:
            LookupFailedError: the lookup did not complete; never reported as "no row".
        """
