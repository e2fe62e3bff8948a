"""What a write is the same by: its key. And whom it was about, without the address.

Does not belong here: anything that reads the ledger.
"""

from hashlib import sha256

_SEPARATOR = "\x1f"
_LENGTH = 32


def write_key(
    realm: str, sobject: str, record_id: str, field: str, value: str, evidence_id: str, *, reverts: str = ""
) -> str:
    """Return the identity of a write: 32 hexadecimal digits.

    Neither the run nor the partition is part of it, so that a re-run and a backfill mean the same write.

    Args:
        realm: mode and org.
        sobject: object.
        record_id: id of the record; empty for one to be created.
        field: field; empty for a record to be created.
        value: the new value.
        evidence_id: the message that the write rests on.
        reverts: key of the write that is undone; empty for an ordinary write.
    """
    return _digest(realm, sobject, record_id, field, value, evidence_id, reverts)


def sender_digest(address: str) -> str:
    """Return what stands for a sender in the ledger: an address can be looked up, but not read off."""
    return _digest("sender", address.strip().lower())


def _digest(*parts: str) -> str:
    return sha256(_SEPARATOR.join(parts).encode()).hexdigest()[:_LENGTH]
