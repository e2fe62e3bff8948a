"""Writing a file whole or not at all.

Belongs here: what every layer needs that writes files. Does not belong here: which files there are.
"""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

PRIVATE_FOLDER = 0o700


def private_folder(folder: Path) -> Path:
    """Create a folder (and its parents) that only its owner can enter; frames hold personal data."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    return folder


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file through a temporary neighbour and a rename, so that no reader ever sees half of it."""
    private_folder(path.parent)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as temporary:
        try:
            temporary.write(content)
            temporary.flush()
            os.fsync(temporary.fileno())
            Path(temporary.name).replace(path)
        except BaseException:
            Path(temporary.name).unlink(missing_ok=True)
            raise
