"""The folder of deliverables of a run's label: ``<base>/<label>/<YYYY-MM-DD>/``.

A re-run replaces a day's files whole: a file that its asset no longer produces is removed (rules.md §7).
"""

from collections.abc import Mapping
from pathlib import Path

from autoresponder_dagster.files import write_atomically


class Deliverables:
    """Files for people, by day."""

    def __init__(self, base: Path, label: str) -> None:
        self.folder = base / label

    def day_folder(self, partition: str) -> Path:
        """Return the folder of a day."""
        return self.folder / partition

    def replace(self, partition: str, pattern: str, files: Mapping[str, bytes]) -> list[Path]:
        """Write a day's files of one asset and remove those of an earlier run that are no longer there.

        Args:
            partition: the day.
            pattern: glob, relative to the day's folder, of every file that this asset owns.
            files: content by path relative to the day's folder.

        Returns:
            The paths written, sorted.
        """
        folder = self.day_folder(partition)
        written = {folder / name for name in files}
        for name, content in files.items():
            write_atomically(folder / name, content)
        for stale in set(folder.glob(pattern)) - written:
            stale.unlink()
        return sorted(written)
