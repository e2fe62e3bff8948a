"""The email repository: messages by day, from files or SQL (live and read_only) and from fixtures (mock).

``open_email_repository`` is the way in for a real store; it is never written.
"""

from autoresponder_dagster.clients.email_repository.connect import open_email_repository
from autoresponder_dagster.clients.email_repository.files import FileRepository, iter_messages
from autoresponder_dagster.clients.email_repository.mock import FixtureRepository
from autoresponder_dagster.clients.email_repository.protocol import EmailRepository
from autoresponder_dagster.clients.email_repository.received import ReceivedMessage
from autoresponder_dagster.clients.email_repository.sql import SqlRepository

__all__ = [
    "EmailRepository",
    "FileRepository",
    "FixtureRepository",
    "ReceivedMessage",
    "SqlRepository",
    "iter_messages",
    "open_email_repository",
]
