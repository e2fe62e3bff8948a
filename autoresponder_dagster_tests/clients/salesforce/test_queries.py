from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresponder_dagster.clients.salesforce.queries import (
    MAX_STATEMENT_CHARACTERS,
    MAX_VALUES,
    InQuery,
    SubscriptionLookup,
)
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster_tests.emulators.salesforce.soql import parse

FIELDS = ("Id", "Email")


def ask(values, condition=""):
    return InQuery(FIELDS, "Contact", "Email", tuple(values), condition)


@settings(deadline=None)
@given(st.sets(st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable())), st.integers(480, 900))
def test_statements_ask_for_every_value_once_and_fit(values, max_bytes):
    statements = [part.soql for part in ask(values).for_uris(max_bytes)]
    asked = [value for statement in statements for value in parse(statement).comparisons[0].values]
    assert sorted(asked) == sorted(values)
    assert all(len(quote_plus(statement)) <= max_bytes for statement in statements)


def test_no_value_gives_no_statement():
    assert [*ask([]).for_uris(), *ask([]).for_bodies()] == []


def test_chunks_are_as_large_as_the_bound_allows():
    values = [f"person{number:04d}@customer.example" for number in range(1000)]
    statements = [part.soql for part in ask(values).for_uris(12_000)]
    sizes = [len(quote_plus(statement)) for statement in statements]
    assert len(statements) == 4
    assert all(11_900 < size <= 12_000 for size in sizes[:-1])


def test_a_value_longer_than_the_bound_is_asked_alone():
    statements = [part.soql for part in ask(["a" * 500, "b"]).for_uris(200)]
    assert [parse(statement).comparisons[0].values for statement in statements] == [["a" * 500], ["b"]]


@pytest.mark.parametrize(
    "hostile",
    [
        "o'brien@x.example",
        "back\\slash@x.example",
        "x') OR Id != null OR Email IN ('",
        'quote"d@x.example',
        "l\nb@x.example",
    ],
)
def test_a_hostile_value_stays_one_value(hostile):
    query = ask([hostile], condition="Status__c = 'Active'")
    for statement in (query.soql, *(part.soql for part in query.for_uris())):
        assert [comparison.values for comparison in parse(statement).comparisons] == [[hostile], ["Active"]]


def test_a_statement_in_a_body_holds_up_to_500_addresses_and_20000_characters():
    short = list(ask(f"{number}@x.example" for number in range(1000)).for_bodies())
    assert [len(part.values) for part in short] == [MAX_VALUES, MAX_VALUES]
    long = list(ask(f"{number:03d}{'x' * 90}@customer.example" for number in range(500)).for_bodies())
    assert len(long) == 3
    assert max(len(part.soql) for part in long) <= MAX_STATEMENT_CHARACTERS
    assert [value for part in long for value in part.values] == sorted(
        f"{number:03d}{'x' * 90}@customer.example" for number in range(500)
    )


def test_halves_ask_for_the_same():
    first, second = ask("abcde").halves()
    assert first.values + second.values == tuple("abcde")


@pytest.mark.parametrize("name", ["", "Sub scription", "Subscription__c WHERE", "x;y"])
def test_object_and_field_of_the_subscription_must_be_names(name):
    with pytest.raises(ConfigurationError):
        SubscriptionLookup(name, "Contact__c")
    with pytest.raises(ConfigurationError):
        SubscriptionLookup("Subscription__c", name)
