import re
import traceback

import pytest
from sqlalchemy import event, make_url

from autoresponder_dagster.clients.columns import KEY, TEXT
from autoresponder_dagster.clients.sql import BATCH_SIZE, ReadOnlyDatabase
from autoresponder_dagster.errors import ConfigurationError, LookupFailedError
from autoresponder_dagster_tests.clients.databases import execute, insert

LAYOUT = {"id": KEY, "email": TEXT}
JANE = "jane.doe@x.example"
QUERY = "SELECT id AS id, email AS email FROM people WHERE LOWER(email) IN :emails"


@pytest.fixture
def people(database_url):
    execute(database_url, "CREATE TABLE people (id INTEGER, email VARCHAR(100))")
    insert(database_url, "people", *({"id": n, "email": f"P{n}@x.example"} for n in range(2 * BATCH_SIZE + 1)))
    return ReadOnlyDatabase("CUPOLA", database_url)


def test_values_are_looked_up_in_batches(people):
    asked = []
    event.listen(
        people._engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, parameters, context, executemany: asked.append(len(parameters)),
    )

    found = people.select_in(QUERY, "emails", [f"p{n}@x.example" for n in range(2 * BATCH_SIZE + 1)], LAYOUT)

    assert asked == [BATCH_SIZE, BATCH_SIZE, 1]
    assert sorted(found["id"].astype(int)) == list(range(2 * BATCH_SIZE + 1))


def test_a_value_is_never_part_of_the_statement(people):
    found = people.select_in(QUERY, "emails", ["' OR 1=1 --", "p1@x.example"], LAYOUT)

    assert found["id"].tolist() == ["1"]


def test_a_value_that_no_database_can_hold_matches_nothing_and_spoils_nothing(people):
    found = people.select_in(QUERY, "emails", ["a\0@x.example", "\udce4@x.example", "p1@x.example"], LAYOUT)

    assert found["id"].tolist() == ["1"]


def test_nothing_asked_is_a_typed_empty_frame_without_a_connection():
    database = ReadOnlyDatabase("CUPOLA", "postgresql+psycopg://user:secret@127.0.0.1:1/db")

    assert list(database.select_in(QUERY, "emails", [], LAYOUT).columns) == ["id", "email"]


def test_a_query_that_writes_leaves_no_trace(people):
    query = "DELETE FROM people WHERE LOWER(email) IN :emails RETURNING id, email"

    assert len(people.select_in(query, "emails", ["p1@x.example"], LAYOUT)) == 1
    assert len(people.select_in(QUERY, "emails", ["p1@x.example"], LAYOUT)) == 1


def test_a_query_without_the_list_parameter_is_refused(people):
    with pytest.raises(ConfigurationError, match="must look up a list with IN :emails"):
        people.select_in("SELECT id, email FROM people", "emails", ["p1@x.example"], LAYOUT)


def test_a_query_without_a_column_is_refused_even_where_it_finds_nothing(people):
    with pytest.raises(ConfigurationError, match=r"column email missing.*with AS"):
        people.select_in("SELECT id FROM people WHERE email IN :emails", "emails", ["nobody@x.example"], LAYOUT)


def test_a_malformed_value_fails_the_lookup(people):
    query = "SELECT NULL AS id, email FROM people WHERE LOWER(email) IN :emails"

    with pytest.raises(LookupFailedError, match="column id, data row 1: expected an identifier"):
        people.select_in(query, "emails", ["p1@x.example"], LAYOUT)


@pytest.mark.parametrize("query", ["SELECT id, email FROM nowhere WHERE email IN :emails", "SELEKT :emails"])
def test_an_error_of_the_database_is_a_failed_lookup_without_statement_or_values(people, query):
    with pytest.raises(LookupFailedError) as error:
        people.select_in(query, "emails", [JANE], LAYOUT)

    shown = "".join(traceback.format_exception(error.value))
    assert "The CUPOLA database did not answer completely" in shown
    assert JANE not in shown
    assert "WHERE" not in str(error.value)


def test_an_address_that_the_driver_repeats_is_masked(postgres_url):
    query = f"SELECT CAST(value AS INT) FROM (SELECT CAST('{JANE}' AS TEXT) AS value) AS t WHERE value IN :emails"

    with pytest.raises(LookupFailedError, match=r"invalid input syntax.*\*\*\*@\*\*\*") as error:
        ReadOnlyDatabase("CUPOLA", postgres_url).select_in(query, "emails", [JANE], LAYOUT)

    assert JANE not in "".join(traceback.format_exception(error.value))


def test_addresses_are_not_logged(people, caplog):
    caplog.set_level("INFO", logger="sqlalchemy.engine")

    people.select_in(QUERY, "emails", [JANE], LAYOUT)

    assert "SELECT id AS id" in caplog.text
    assert JANE not in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://reader:s3cr%40t%2Fpw@127.0.0.1:1/db",
        "postgresql+psycopg://reader@127.0.0.1:1/db?password=s3cr%40t%2Fpw",
        "postgresql+psycopg://reader:s3cr%40t%2Fpw@no-such-host.invalid/db",
    ],
)
def test_an_unreachable_database_is_a_failed_lookup_without_the_password(url):
    database = ReadOnlyDatabase("Multipub", url, connect_timeout_seconds=2)

    with pytest.raises(LookupFailedError) as error:
        database.select_in(QUERY, "emails", ["a@x.example"], LAYOUT)

    assert "s3cr" not in "".join(traceback.format_exception(error.value)) + repr(database)


def test_a_password_that_the_driver_repeats_is_masked(postgres_url):
    url = make_url(postgres_url).set(password="s3cr@t", database="s3cr@t").render_as_string(hide_password=False)

    with pytest.raises(LookupFailedError, match=r'database "\*\*\*" does not exist'):
        ReadOnlyDatabase("CUPOLA", url).select_in(QUERY, "emails", ["a@x.example"], LAYOUT)


@pytest.mark.parametrize("url", ["no url", "nosuchdb://u:s3cret@h/d", "postgresql+psycopg://u:pw#s3cret@h:port/d", ""])
def test_what_is_no_database_url_is_refused_without_repeating_it(url):
    with pytest.raises(ConfigurationError, match="EMAIL_REPOSITORY_CONNECTION_STRING is not a database URL") as error:
        ReadOnlyDatabase("email repository", url)

    assert "s3cret" not in "".join(traceback.format_exception(error.value))


def test_a_missing_driver_is_named_with_the_extra_to_install():
    with pytest.raises(ConfigurationError, match=r"pymssql.*autoresponder-dagster\[sqlserver\]"):
        ReadOnlyDatabase("CUPOLA", "mssql+pymssql://u:p@h/d")


def test_an_absent_sqlite_file_is_not_created(tmp_path):
    with pytest.raises(ConfigurationError, match=re.escape(str(tmp_path / "absent.db"))):
        ReadOnlyDatabase("CUPOLA", f"sqlite:///{tmp_path}/absent.db")

    assert list(tmp_path.iterdir()) == []
