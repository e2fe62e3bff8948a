"""Messages in files: ``.eml``, mbox (RFC 4155) and Maildir, also mixed in one tree of folders.

Belongs here: finding and reading the files. Does not belong here: what a message says.
"""

import mailbox
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from autoresponder_dagster.clients.email_repository.received import DEFAULT_INBOX, ReceivedMessage, to_frame
from autoresponder_dagster.determination import read_envelope
from autoresponder_dagster.errors import ConfigurationError, LookupFailedError

_EML = ".eml"
_MBOX = ".mbox"
_MAILDIR_MESSAGES = ("cur", "new")
_MAILDIR = {*_MAILDIR_MESSAGES, "tmp"}
_MBOX_SEPARATOR = b"From "


@dataclass(frozen=True)
class _MessageFile:
    path: Path
    relative: str
    inbox_source: str


class FileRepository:
    """The messages under a path: a folder (searched with all its subfolders), an mbox or one message.

    A folder with ``cur``, ``new`` and ``tmp`` is a Maildir. Elsewhere ``*.eml`` is a message and ``*.mbox`` an
    mbox, whose messages are numbered (``archive.mbox#000012``); other files and hidden ones are not mail. The inbox
    source is the first folder level below the path, else ``default``.

    Raises:
        ConfigurationError: there is nothing at the path.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise ConfigurationError(
                f"The email repository {path} does not exist. Give a folder of .eml files, a Maildir or an .mbox file."
            )
        self._path = path

    def fetch(self, day: date) -> pd.DataFrame:
        """Return every message received on a UTC day; see ``EmailRepository``.

        All files are read, but only the messages of the day are held.
        """
        return to_frame(message for message in self.messages() if message.day == day)

    def messages(self) -> Iterator[ReceivedMessage]:
        """Yield every message in the order of the paths.

        A message counts as received at the time of its topmost ``Received`` header, else of its ``Date``
        header, else of its file (rules.md §3).

        Raises:
            LookupFailedError: a file or folder could not be read.
        """
        return _read_all(self._path)


def iter_messages(paths: Iterable[Path]) -> Iterator[ReceivedMessage]:
    """Yield every message under files and folders, in order, one in memory at a time.

    What a path is, is settled as in ``FileRepository``. Each ``source`` begins with the path as given.

    Raises:
        ConfigurationError: there is nothing at a path.
        LookupFailedError: a file or folder could not be read.
    """
    for path in paths:
        if not path.exists():
            raise ConfigurationError(f"{path} does not exist. Give .eml or .mbox files, or folders of them.")
        folder = path if path.is_dir() else path.parent
        for message in _read_all(path):
            yield replace(message, source=(folder / message.source).as_posix())


def _read_all(path: Path) -> Iterator[ReceivedMessage]:
    if not path.is_dir():
        yield from _read(_MessageFile(path, _readable(path.name), DEFAULT_INBOX))
        return
    with _named_failure(path):
        files = sorted(_find_files(path, path, None, set()), key=lambda file: file.relative)
    for file in files:
        yield from _read(file)


def _find_files(folder: Path, root: Path, inbox: str | None, seen: set[Path]) -> Iterator[_MessageFile]:
    """Yield the files with messages below a folder; linked folders too, but each real one once."""
    if folder.resolve() in seen:
        return
    seen.add(folder.resolve())
    entries = list(folder.iterdir())
    is_maildir = {entry.name for entry in entries if entry.is_dir()} >= _MAILDIR
    for entry in entries:
        if is_maildir and entry.name in _MAILDIR:
            # Messages in ``tmp`` are still being delivered (https://cr.yp.to/proto/maildir.html).
            messages = list(entry.iterdir()) if entry.name in _MAILDIR_MESSAGES else []
        elif entry.is_dir():
            yield from _find_files(entry, root, inbox or _readable(entry.name), seen)
            continue
        else:
            messages = [entry] if entry.suffix.lower() in (_EML, _MBOX) else []
        for path in messages:
            if not path.name.startswith("."):
                yield _MessageFile(path, _readable(path.relative_to(root).as_posix()), inbox or DEFAULT_INBOX)


def _readable(name: str) -> str:
    """Return a file name as text, also one whose bytes are not UTF-8."""
    return os.fsencode(name).decode("utf-8", "replace")


def _read(file: _MessageFile) -> Iterator[ReceivedMessage]:
    with _named_failure(file.path):
        modified_at = datetime.fromtimestamp(file.path.stat().st_mtime, UTC)
        if not _is_mbox(file.path):
            yield _received(file.relative, file.inbox_source, file.path.read_bytes(), modified_at)
            return
        for number, raw in enumerate(_read_mbox(file.path), start=1):
            yield _received(f"{file.relative}#{number:06d}", file.inbox_source, raw, modified_at)


def _received(source: str, inbox_source: str, raw: bytes, modified_at: datetime) -> ReceivedMessage:
    envelope = read_envelope(raw)
    received_at = envelope.received_at or envelope.date or modified_at
    return ReceivedMessage(source, inbox_source, raw, envelope, received_at)


def _is_mbox(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix == _EML:
        return False
    with path.open("rb") as opened:
        beginning = opened.read(len(_MBOX_SEPARATOR))
    if suffix == _MBOX and beginning not in (b"", _MBOX_SEPARATOR):
        raise LookupFailedError(f"{path} is not an mbox: it does not begin with a 'From ' line (RFC 4155).")
    return suffix == _MBOX or beginning == _MBOX_SEPARATOR


def _read_mbox(path: Path) -> Iterator[bytes]:
    messages = mailbox.mbox(path, create=False)
    try:
        for key in messages.iterkeys():
            yield messages.get_bytes(key)
    finally:
        messages.close()


@contextmanager
def _named_failure(path: Path) -> Iterator[None]:
    """Turn a failure to read into one that names the file: a message is never skipped."""
    try:
        yield
    except OSError as error:
        raise LookupFailedError(
            f"{error.filename or path} could not be read ({error.strerror or error}). The email repository is read "
            "completely or not at all: make it readable or move it away, then run the partition again."
        ) from error
