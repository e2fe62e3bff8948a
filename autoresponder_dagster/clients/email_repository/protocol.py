"""What the pipeline asks of the email repository, the store of received auto-replies."""

from datetime import date
from typing import Protocol

import pandas as pd


class EmailRepository(Protocol):
    """The messages of one day."""

    def fetch(self, day: date) -> pd.DataFrame:
        """Return every message received on a UTC day, duplicates included (rules.md §3).

        Returns:
            The columns of ``EmailMessage`` but ``partition`` and ``mentioned_emails``. ``message_id`` may
            repeat here; ``source`` is the path (relative to the store) or the row's id.

        Raises:
            LookupFailedError: the store could not be read completely.
        """
