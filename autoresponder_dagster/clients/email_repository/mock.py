"""The email repository from fixture files: folders of messages, ``emails.csv``, or both."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd

from autoresponder_dagster.clients.columns import InvalidCellError
from autoresponder_dagster.clients.email_repository.files import FileRepository
from autoresponder_dagster.clients.email_repository.received import ReceivedMessage, to_frame
from autoresponder_dagster.clients.email_repository.rows import OPTIONAL_COLUMNS, ROW_LAYOUT, messages_of
from autoresponder_dagster.clients.fixtures import read_fixture, require_fixtures_dir
from autoresponder_dagster.errors import ConfigurationError

MAILBOX_FOLDER = "email_repository"
TABLE_FILE = "emails.csv"


class FixtureRepository:
    """The messages of a fixtures folder.

    They are the files below ``email_repository/`` (see ``FileRepository``) and the rows of ``emails.csv``, which
    lies in the fixtures folder or in ``email_repository/``.

    Raises:
        ConfigurationError: the folder does not exist or holds neither.
    """

    def __init__(self, fixtures_dir: Path) -> None:
        folder = require_fixtures_dir(fixtures_dir)
        mailbox = folder / MAILBOX_FOLDER
        self._mailbox = FileRepository(mailbox) if mailbox.is_dir() else None
        self._table_folders = [place for place in (folder, mailbox) if (place / TABLE_FILE).is_file()]
        if self._mailbox is None and not self._table_folders:
            raise ConfigurationError(
                f"The fixtures folder {folder} holds no mail: it needs {MAILBOX_FOLDER}/ with .eml files, or "
                f"{TABLE_FILE}."
            )

    def fetch(self, day: date) -> pd.DataFrame:
        """Return every message received on a UTC day; see ``EmailRepository``."""
        return to_frame(message for message in self._messages() if message.day == day)

    def latest_day(self) -> date | None:
        """Return the last day on which a message was received; null where there is none."""
        return max((message.day for message in self._messages()), default=None)

    def _messages(self) -> Iterator[ReceivedMessage]:
        if self._mailbox is not None:
            yield from self._mailbox.messages()
        for folder in self._table_folders:
            rows = read_fixture(folder, TABLE_FILE, ROW_LAYOUT, OPTIONAL_COLUMNS)
            try:
                yield from messages_of(rows)
            except InvalidCellError as error:
                raise ConfigurationError(f"{folder / TABLE_FILE}: {error}.") from error
