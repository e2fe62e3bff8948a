"""SOQL: ``IN`` lookups in statements of bounded size.

Belongs here: the text of queries. Does not belong here: sending them. Every value is quoted by
``format_soql``; no other way puts a value into a statement.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

from simple_salesforce.format import format_soql

from autoresponder_dagster.errors import ConfigurationError

MAX_URI_BYTES = 12_000
"""Bound of an encoded statement in an URI. Salesforce refuses an URI of 16,384 bytes (salesforce.md §3.2)."""
MAX_STATEMENT_CHARACTERS = 20_000
MAX_VALUES = 500
"""Bounds of a statement in a body, far below Salesforce's own of 100,000 characters."""


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


@dataclass(frozen=True)
class InQuery:
    """A question for the records of some values.

    Args:
        fields: API names of the fields to read.
        sobject: API name of the object.
        key: API name of the field that is compared with the values.
        values: what is asked for.
        condition: a further SOQL condition; the operator's own.
    """

    fields: tuple[str, ...]
    sobject: str
    key: str
    values: tuple[str, ...]
    condition: str = ""

    @property
    def soql(self) -> str:
        """The statement."""
        return self._prefix + format_soql("{}", list(self.values)) + self._suffix

    @property
    def _prefix(self) -> str:
        # API names are constants of ours or checked by SubscriptionLookup.
        return f"SELECT {','.join(self.fields)} FROM {self.sobject} WHERE {self.key} IN "  # noqa: S608

    @property
    def _suffix(self) -> str:
        return f" AND ({self.condition})" if self.condition else ""

    def for_uris(self, max_bytes: int = MAX_URI_BYTES) -> Iterator["InQuery"]:
        """Yield questions that together ask the same, each at most ``max_bytes`` long when percent-encoded."""
        return self._split(lambda text: len(quote_plus(text)), max_bytes, len(self.values))

    def for_bodies(self) -> Iterator["InQuery"]:
        """Yield questions that together ask the same, each small enough for one part of a composite."""
        return self._split(len, MAX_STATEMENT_CHARACTERS, MAX_VALUES)

    def halves(self) -> Iterator["InQuery"]:
        """Yield the question in two halves."""
        middle = len(self.values) // 2
        yield replace(self, values=self.values[:middle])
        yield replace(self, values=self.values[middle:])

    def _split(self, size_of: Callable[[str], int], room: int, most: int) -> Iterator["InQuery"]:
        """Split the values, sorted and each once, so that equal lookups are equal requests."""
        room -= size_of(f"{self._prefix}(){self._suffix}")
        for chunk in _chunks(sorted(set(self.values)), size_of, room, most):
            yield replace(self, values=tuple(chunk))


def _chunks(values: Sequence[str], size_of: Callable[[str], int], room: int, most: int) -> Iterator[list[str]]:
    """Split values into parts of at most ``most`` whose literals, commas included, fit into ``room``."""
    chunk: list[str] = []
    used = 0
    for value in values:
        size = size_of(format_soql("{}", value) + ",")
        if chunk and (used + size > room or len(chunk) == most):
            yield chunk
            chunk, used = [], 0
        chunk.append(value)
        used += size
    if chunk:
        yield chunk
