"""The tables of ``autoresponder history`` and ``autoresponder undo``.

Belongs here: what is shown and how. Does not belong here: what happened (``writing/``).
"""

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from autoresponder_dagster.ledger import Write
from autoresponder_dagster.reporting.explanation import shown

_NOTHING = "–"


def history_table(rows: Sequence[tuple[str, Write]], evidence: Mapping[tuple[str, str], str]) -> Table:
    """Return what was done and declined, each with its reason.

    Args:
        rows: mode, and the write.
        evidence: the sentence of a message, by day and message id, where it is still stored.
    """
    table = Table("Message", "Mode", "Record", "Change", "Ended", "Because", show_lines=True)
    for mode, write in rows:
        table.add_row(
            Text(f"{write.evidence_at:%Y-%m-%d %H:%M}Z"),
            mode,
            Text(_record(write)),
            Text(shown(change(write))),
            Text(f"{write.state}\n{write.settled_at:%Y-%m-%d %H:%M}Z\n{write.key}"),
            Text(shown(_because(write, evidence.get((write.partition, write.evidence_id))))),
        )
    return table


def undo_table(rows: Sequence[tuple[Write, str]]) -> Table:
    """Return what an undo did about each write, and why it left the others alone."""
    table = Table("Record", "Was written", "Undo", "Write")
    for write, verdict in rows:
        table.add_row(Text(_record(write)), Text(shown(change(write))), Text(shown(verdict)), write.key)
    return table


def change(write: Write) -> str:
    """Say what a write changes; the value of one that was held back is not kept."""
    if write.is_creation:
        return f"create {write.value or _NOTHING}"
    before = f"{write.previous or _NOTHING} → " if write.attempts else ""
    return f"{write.field}: {before}{write.value or _NOTHING}"


def _record(write: Write) -> str:
    return f"{write.sobject}\n{write.record_id}" if write.record_id else write.sobject


def _because(write: Write, evidence: str | None) -> str:
    reasons = [
        f"{write.determination} ({write.confidence:.2f})",
        f"“{evidence}”" if evidence else None,
        f"held back: {write.gate}" if write.gate else None,
        " ".join(filter(None, (write.error_code, write.error_message))) or None,
        f"takes back {write.reverts}" if write.reverts else None,
        f"message {write.evidence_id}",
        f"run {write.run_id}",
    ]
    return "\n".join(filter(None, reasons))
