import pandas as pd
import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.dialects import mssql

from autoresponder_dagster.clients.multipub import MultipubClient, SqlMultipub
from autoresponder_dagster.clients.multipub.records import ORDER_LAYOUT, SUBSCRIBER_LAYOUT
from autoresponder_dagster.clients.multipub.sql import ORDERS_QUERY, SUBSCRIBERS_QUERY
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster_tests.clients.databases import execute, insert


@pytest.fixture
def url(database_url):
    execute(
        database_url,
        "CREATE TABLE subscribers (subsnum VARCHAR(10), email VARCHAR(99), name VARCHAR(99), organization VARCHAR(99))",
        "CREATE TABLE orders (subsnum VARCHAR(10), order_id INTEGER, product_code VARCHAR(10), order_type VARCHAR(20),"
        " status VARCHAR(20), start_date DATE, expire_date TIMESTAMP, is_single_issue BOOLEAN, purchase_date DATE)",
    )
    insert(
        database_url,
        "subscribers",
        {"subsnum": "00123", "email": "Jane.Doe@Acme.example ", "name": "Jane Doe", "organization": "Acme"},
        {"subsnum": "456", "email": "jane.doe@acme.example", "name": None, "organization": None},
        {"subsnum": "789", "email": "li@acme.example", "name": None, "organization": None},
    )
    order = {"product_code": "HN", "order_type": "subscription", "status": "active", "is_single_issue": False}
    insert(
        database_url,
        "orders",
        {
            **order,
            "subsnum": "00123",
            "order_id": 1,
            "start_date": "2026-01-01",
            "expire_date": "2026-12-31 23:59:59",
            "purchase_date": None,
        },
        {
            **order,
            "subsnum": "456",
            "order_id": 2,
            "start_date": None,
            "expire_date": None,
            "purchase_date": "2026-02-03",
            "order_type": "single_issue",
            "is_single_issue": True,
        },
        {**order, "subsnum": "789", "order_id": 3, "start_date": None, "expire_date": None, "purchase_date": None},
    )
    return database_url


def test_subscribers_and_their_orders_are_found_whatever_case_and_spaces(url):
    client: MultipubClient = SqlMultipub(url)

    found = client.lookup_by_emails([" JANE.DOE@acme.example"])
    subscribers = found.subscribers.sort_values("subsnum")
    orders = found.orders.sort_values("order_id")

    assert subscribers["subsnum"].tolist() == ["00123", "456"]
    assert subscribers["email"].unique().tolist() == ["jane.doe@acme.example"]
    assert orders["subsnum"].tolist() == ["00123", "456"]
    assert orders["order_id"].tolist() == ["1", "2"]
    assert orders["is_single_issue"].tolist() == [False, True]
    assert orders["start_date"].iloc[0] == "2026-01-01"
    assert orders["expire_date"].iloc[0] == "2026-12-31"
    assert pd.isna(orders["purchase_date"].iloc[0])
    assert orders["purchase_date"].iloc[1] == "2026-02-03"


@pytest.mark.parametrize("emails", [[], ["unknown@x.example"]])
def test_no_subscriber_is_a_pair_of_typed_empty_frames(url, emails):
    found = SqlMultipub(url).lookup_by_emails(emails)

    assert found.subscribers.empty
    assert found.orders.empty
    assert {name: str(dtype) for name, dtype in found.subscribers.dtypes.items()} == {
        name: kind.dtype for name, kind in SUBSCRIBER_LAYOUT.items()
    }
    assert {name: str(dtype) for name, dtype in found.orders.dtypes.items()} == {
        name: kind.dtype for name, kind in ORDER_LAYOUT.items()
    }


def test_subscription_numbers_may_be_numbers(database_url):
    execute(
        database_url,
        "CREATE TABLE subscribers (subsnum INTEGER, email VARCHAR(100), name VARCHAR(9), organization VARCHAR(9))",
        "CREATE TABLE orders (subsnum INTEGER, order_id INTEGER, product_code VARCHAR(9), order_type VARCHAR(9),"
        " status VARCHAR(9), start_date DATE, expire_date DATE, is_single_issue INTEGER, purchase_date DATE)",
        "INSERT INTO subscribers VALUES (42, 'a@x.example', NULL, NULL)",
        "INSERT INTO orders VALUES (42, 1, NULL, NULL, NULL, NULL, NULL, 1, NULL)",
    )

    found = SqlMultipub(database_url).lookup_by_emails(["a@x.example"])

    assert found.subscribers["subsnum"].tolist() == ["42"]
    assert found.orders["subsnum"].tolist() == ["42"]


def test_a_failure_in_the_second_query_fails_the_lookup(url):
    execute(url, "DROP TABLE orders")

    with pytest.raises(LookupFailedError, match="The Multipub database did not answer completely"):
        SqlMultipub(url).lookup_by_emails(["jane.doe@acme.example"])


@pytest.mark.parametrize("query", [SUBSCRIBERS_QUERY, ORDERS_QUERY])
def test_the_default_queries_compile_for_sql_server(query):
    statement = text(query).bindparams(bindparam("emails", ["a", "b"], expanding=True))

    compiled = statement.compile(dialect=mssql.dialect(), compile_kwargs={"render_postcompile": True})

    assert "WHERE LOWER(LTRIM(RTRIM(subscribers.email))) IN (:emails_1, :emails_2)" in str(compiled)
