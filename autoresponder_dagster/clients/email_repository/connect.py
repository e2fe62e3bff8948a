"""From a setting to the email repository that it names."""

import re
from collections.abc import Mapping
from pathlib import Path

from autoresponder_dagster.clients.email_repository.files import FileRepository
from autoresponder_dagster.clients.email_repository.protocol import EmailRepository
from autoresponder_dagster.clients.email_repository.sql import DEFAULT_TABLE, SqlRepository
from autoresponder_dagster.clients.sql import CONNECT_TIMEOUT_SECONDS
from autoresponder_dagster.errors import ConfigurationError

_DATABASE_URL = re.compile(r"\s*[a-z][a-z0-9_+]*://")


def open_email_repository(
    location: str,
    *,
    table: str = DEFAULT_TABLE,
    columns: Mapping[str, str] | None = None,
    connect_timeout_seconds: int = CONNECT_TIMEOUT_SECONDS,
) -> EmailRepository:
    """Return the repository at a location: a database URL, or the path of a folder, Maildir or mbox.

    Args:
        location: the value of ``EMAIL_REPOSITORY_CONNECTION_STRING``.
        table: see ``SqlRepository``; of no meaning for a path, like the other arguments.
        columns: see ``SqlRepository``.
        connect_timeout_seconds: see ``SqlRepository``.

    Raises:
        ConfigurationError: the location is empty, or nothing is there.
    """
    if not location.strip():
        raise ConfigurationError(
            "EMAIL_REPOSITORY_CONNECTION_STRING is not set. Give the path of a folder of .eml files, a Maildir or an "
            ".mbox file, or a database URL such as postgresql+psycopg://user:password@host/database."
        )
    if _DATABASE_URL.match(location):
        return SqlRepository(location.strip(), table, columns, connect_timeout_seconds=connect_timeout_seconds)
    return FileRepository(Path(location.strip()).expanduser())
