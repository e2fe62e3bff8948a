"""Notifications as files: the form of every run that is not live, and the memory of the live one."""

import re
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from autoresponder_dagster.files import write_atomically

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class OutboxMailer:
    """Writes each message as ``<key>.eml`` into a folder; nothing is sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, message: EmailMessage, *, key: str) -> str:
        """Write a message; returns ``outbox``, or ``already_sent`` where the very same file is there.

        Raises:
            ValueError: the key is no plain file name.
        """
        path, content = message_path(self._folder, key), message.as_bytes(policy=SMTP)
        if path.is_file() and path.read_bytes() == content:
            return "already_sent"
        write_atomically(path, content)
        return "outbox"


def message_path(folder: Path, key: str) -> Path:
    """Return the file of a key.

    Raises:
        ValueError: the key is no plain file name.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} cannot name a file: use letters, digits, dots, dashes and underscores.")
    return folder / f"{key}.eml"
