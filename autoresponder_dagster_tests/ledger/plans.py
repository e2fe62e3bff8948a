"""Plans for the tests of the ledger: one row is one field of one record."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from autoresponder_dagster.schemas import PlannedWrite

NINE = datetime(2026, 11, 9, 9, tzinfo=UTC)
TEN = datetime(2026, 11, 9, 10, tzinfo=UTC)
MONDAY, TUESDAY = "2026-11-09", "2026-11-10"
JANE = "003000000000001AAA"


def row(value: str = "Inactive", **cells: Any) -> dict[str, Any]:
    """Return one planned row, to be sent unless it says otherwise."""
    cells = {
        "partition": MONDAY,
        "sender_email": "jane.doe@northfield.example",
        "inbox_source": "HospitalNews",
        "determination": "INACTIVE",
        "confidence": 0.95,
        "sobject": "Contact",
        "record_id": JANE,
        "action": "set_inactive",
        "field": "Contact_Status__c",
        "old_value": "Active",
        "new_value": value,
        "disposition": "send",
        "evidence_at": NINE,
        "message_id": "1@mail.example",
    } | cells
    identity = (cells[name] for name in ("record_id", "field", "new_value", "message_id"))
    return {"action_id": "/".join(map(str, identity))} | cells


def plan_of(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return a plan."""
    return PlannedWrite.from_rows(rows)
