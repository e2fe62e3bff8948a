"""Splitting of what is to be done into what travels together.

Belongs here: sizes and order. Does not belong here: sending.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, UpdateBatch
from autoresponder_dagster.schemas.enums import SObject

CONDITIONAL_RECORDS = 25
"""Most parts of a composite."""
COLLECTION_RECORDS = 200
"""Most records of an sObject Collection."""

_Item = TypeVar("_Item")

RecordKey = tuple[SObject, str]
"""Object and the first 15 characters of the id, which say all."""


def chunked(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """Yield consecutive parts of at most ``size`` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def record_key(update: FieldUpdate) -> RecordKey:
    """Return what is the same for all updates of a record."""
    return update.sobject, update.record_id[:15]


def by_record(updates: Sequence[FieldUpdate]) -> dict[RecordKey, list[FieldUpdate]]:
    """Group updates by record, in the order of each record's first update."""
    groups: dict[RecordKey, list[FieldUpdate]] = {}
    for update in updates:
        groups.setdefault(record_key(update), []).append(update)
    return groups


def conditional_batches(updates: Sequence[FieldUpdate]) -> list[UpdateBatch]:
    """Split updates into batches of at most 25 records.

    All fields of a record travel in one request. A field that is set twice is set again in a later batch.
    """
    return [_batch(groups) for round_ in _rounds(updates) for groups in chunked(round_, CONDITIONAL_RECORDS)]


def collection_batches(updates: Sequence[FieldUpdate]) -> list[UpdateBatch]:
    """Split updates into batches of at most 200 records of one object, in the order of their ids.

    Records of one object and neighbourhood lock each other less (salesforce.md §5.3).
    """
    batches = []
    for round_ in _rounds(updates):
        for sobject in SObject:
            groups = sorted(
                (group for group in round_ if group[0].sobject is sobject), key=lambda group: group[0].record_id
            )
            batches += [_batch(chunk, is_conditional=False) for chunk in chunked(groups, COLLECTION_RECORDS)]
    return batches


def _rounds(updates: Sequence[FieldUpdate]) -> Iterator[list[list[FieldUpdate]]]:
    """Yield groups of updates by record, no field twice in a group."""
    rest = list(updates)
    while rest:
        groups: dict[RecordKey, dict[str, FieldUpdate]] = {}
        later = []
        for update in rest:
            fields = groups.setdefault(record_key(update), {})
            if fields.setdefault(update.field, update) is not update:
                later.append(update)
        yield [list(fields.values()) for fields in groups.values()]
        rest = later


def _batch(groups: Sequence[Sequence[FieldUpdate]], *, is_conditional: bool = True) -> UpdateBatch:
    return UpdateBatch(tuple(update for group in groups for update in group), is_conditional)
