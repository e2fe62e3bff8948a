from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresponder_dagster.clients.salesforce.queries import SubscriptionLookup, in_queries
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster_tests.emulators.salesforce.soql import parse

FIELDS = ["Id", "Email"]


@settings(deadline=None)
@given(st.sets(st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable())), st.integers(480, 900))
def test_statements_ask_for_every_value_once_and_fit(values, max_bytes):
    statements = list(in_queries(FIELDS, "Contact", "Email", values, max_bytes=max_bytes))
    asked = [value for statement in statements for value in parse(statement).comparisons[0].values]
    assert sorted(asked) == sorted(values)
    assert all(len(quote_plus(statement)) <= max_bytes for statement in statements)


def test_no_value_gives_no_statement():
    assert list(in_queries(FIELDS, "Contact", "Email", [])) == []


def test_chunks_are_as_large_as_the_bound_allows():
    values = [f"person{number:04d}@customer.example" for number in range(1000)]
    statements = list(in_queries(FIELDS, "Contact", "Email", values, max_bytes=12_000))
    sizes = [len(quote_plus(statement)) for statement in statements]
    assert len(statements) == 4
    assert all(11_900 < size <= 12_000 for size in sizes[:-1])


def test_a_value_longer_than_the_bound_is_asked_alone():
    statements = list(in_queries(FIELDS, "Contact", "Email", ["a" * 500, "b"], max_bytes=200))
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
    (statement,) = in_queries(FIELDS, "Contact", "Email", [hostile], condition="Status__c = 'Active'")
    assert [comparison.values for comparison in parse(statement).comparisons] == [[hostile], ["Active"]]


@pytest.mark.parametrize("name", ["", "Sub scription", "Subscription__c WHERE", "x;y"])
def test_object_and_field_of_the_subscription_must_be_names(name):
    with pytest.raises(ConfigurationError):
        SubscriptionLookup(name, "Contact__c")
    with pytest.raises(ConfigurationError):
        SubscriptionLookup("Subscription__c", name)
