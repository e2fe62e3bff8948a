"""When a record may still be changed as planned: nobody else had a hand in it meanwhile.

Belongs here: the comparison of a planned update with what a record holds, the same for a real org and the
mock one. Does not belong here: reading or sending.
"""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, RecordState


def may_be_set(update: FieldUpdate, found: RecordState) -> bool:
    """Tell whether a field that does not hold the new value yet may be set.

    Not where it holds another value than when the change was planned, nor where somebody else changed
    the record, in whatever field, after ``unmodified_since``.
    """
    if update.expected is not None and found.values.get(update.field) != update.expected:
        return False
    if update.unmodified_since is None or found.is_last_modified_by_pipeline:
        return True
    return found.last_modified_at is not None and found.last_modified_at <= next_second(update.unmodified_since)


def next_second(moment: datetime) -> datetime:
    """Round up to whole seconds, which is all that the API's conditions compare."""
    return moment if moment.microsecond == 0 else moment.replace(microsecond=0) + timedelta(seconds=1)


def precondition_headers(moment: datetime | None) -> dict[str, str]:
    """Return the header that lets a record be changed only if nobody changed it since (RFC 9110 §13.1.4)."""
    return {"If-Unmodified-Since": format_datetime(moment.astimezone(UTC), usegmt=True)} if moment else {}
