"""SOQL: ``IN`` lookups in as few statements as an URI can hold.

Belongs here: the text of queries. Does not belong here: sending them. Every value is quoted by
``format_soql``; no other way puts a value into a statement.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from simple_salesforce.format import format_soql

from autoresponder_dagster.errors import ConfigurationError

MAX_URI_BYTES = 12_000
"""Bound of an encoded statement. Salesforce refuses an URI of 16,384 bytes (salesforce.md §3.2)."""


@dataclass(frozen=True)
class SubscriptionLookup:
    """Where the org keeps subscriptions of Contacts, for ``check_active_subscription``.

    Args:
        sobject: API name of the object, such as ``Subscription__c``.
        contact_field: API name of its field that holds the Contact's id.
        condition: SOQL that holds for an active one, such as ``Status__c = 'Active'``; empty for all.
    """

    sobject: str
    contact_field: str
    condition: str = ""

    def __post_init__(self) -> None:
        for name in (self.sobject, self.contact_field):
            if not name.isidentifier():
                raise ConfigurationError(f"{name!r} is not the API name of a Salesforce object or field.")


def in_queries(
    fields: Sequence[str],
    sobject: str,
    key: str,
    values: Iterable[str],
    *,
    condition: str = "",
    max_bytes: int = MAX_URI_BYTES,
) -> Iterator[str]:
    """Yield the statements that together ask for the records of every value once.

    Args:
        fields: API names of the fields to read.
        sobject: API name of the object.
        key: API name of the field that is compared with the values.
        values: what is asked for; sorted here, so that equal lookups are equal requests.
        condition: a further SOQL condition.
        max_bytes: bound of one statement, percent-encoded.
    """
    # API names are constants of ours or checked by SubscriptionLookup; the condition is the operator's.
    prefix = f"SELECT {','.join(fields)} FROM {sobject} WHERE {key} IN "  # noqa: S608
    suffix = f" AND ({condition})" if condition else ""
    room = max_bytes - len(quote_plus(f"{prefix}(){suffix}"))
    for chunk in _chunks(sorted(set(values)), room):
        yield prefix + format_soql("{}", chunk) + suffix


def _chunks(values: Sequence[str], room: int) -> Iterator[list[str]]:
    """Split values so that the encoded literals of each part, commas included, fit into ``room`` bytes."""
    chunk: list[str] = []
    used = 0
    for value in values:
        size = len(quote_plus(format_soql("{}", value) + ","))
        if chunk and used + size > room:
            yield chunk
            chunk, used = [], 0
        chunk.append(value)
        used += size
    if chunk:
        yield chunk
