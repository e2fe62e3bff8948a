from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.dialects import mssql

from autoresponder_dagster.clients.cupola import CupolaClient, SqlCupola
from autoresponder_dagster.clients.cupola.sql import DOMAINS_QUERY, PEOPLE_QUERY
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.schemas import CupolaPerson
from autoresponder_dagster_tests.clients.databases import execute, insert


@pytest.fixture
def url(database_url):
    execute(
        database_url,
        "CREATE TABLE person (person_id INTEGER PRIMARY KEY, name VARCHAR(100))",
        "CREATE TABLE organization (organization_id INTEGER PRIMARY KEY, name VARCHAR(100))",
        "CREATE TABLE link_org_person (link_org_person_id INTEGER PRIMARY KEY, person_id INTEGER,"
        " organization_id INTEGER, email VARCHAR(100), title VARCHAR(100), is_active BOOLEAN, updated_at TIMESTAMP)",
    )
    insert(database_url, "person", {"person_id": 1, "name": "Jane Doe"}, {"person_id": 2, "name": "Li Wei"})
    insert(
        database_url, "organization", {"organization_id": 1, "name": "Acme"}, {"organization_id": 2, "name": "Ümlaut"}
    )
    insert(
        database_url,
        "link_org_person",
        *(
            dict(
                zip(
                    ("link_org_person_id", "person_id", "organization_id", "email", "title", "is_active", "updated_at"),
                    row,
                    strict=True,
                )
            )
            for row in [
                (10, 1, 1, " Jane.Doe@Acme.example ", "Editor", True, "2026-03-31 08:15:00"),
                (11, 1, 2, "jane.doe@acme.example", None, False, None),
                (12, 2, 1, "li@news.acme.example", "Publisher", None, "2026-01-01 00:00:00"),
                (13, 2, 2, None, "Publisher", True, None),
                (14, None, None, "nobody@x.example", None, True, None),
                (15, 2, 1, "LI@ACME.EXAMPLE", None, True, None),
                (16, 2, 2, "li@umlaut.example", None, True, None),
            ]
        ),
    )
    return database_url


def test_every_row_of_an_address_is_found_whatever_its_case_and_spaces(url):
    client: CupolaClient = SqlCupola(url)

    people = client.lookup_by_emails(["JANE.doe@acme.example ", "unknown@x.example"]).sort_values("cupola_person_id")

    assert people["cupola_person_id"].tolist() == ["10", "11"]
    assert people["email"].unique().tolist() == ["jane.doe@acme.example"]
    assert people["name"].tolist() == ["Jane Doe", "Jane Doe"]
    assert people["organization"].tolist() == ["Acme", "Ümlaut"]
    assert people["is_active"].tolist() == [True, False]
    assert people["updated_at"].iloc[0] == datetime(2026, 3, 31, 8, 15, tzinfo=UTC)


def test_domains_are_those_of_all_rows_of_the_organisation(url):
    people = SqlCupola(url).lookup_by_emails(["jane.doe@acme.example"]).sort_values("cupola_person_id")

    assert people["organization_domains"].tolist() == ["acme.example;news.acme.example", "acme.example;umlaut.example"]


def test_a_row_without_person_or_organisation_counts_too(url):
    people = SqlCupola(url).lookup_by_emails(["nobody@x.example"])

    assert people["cupola_person_id"].tolist() == ["14"]
    assert people[["name", "organization", "organization_domains"]].isna().all(axis=None)


def test_a_row_not_said_to_be_active_is_not(url):
    assert SqlCupola(url).lookup_by_emails(["li@news.acme.example"])["is_active"].tolist() == [False]


@pytest.mark.parametrize("emails", [[], ["unknown@x.example"]])
def test_no_row_is_a_typed_empty_frame(url, emails):
    people = SqlCupola(url).lookup_by_emails(emails)

    assert people.empty
    CupolaPerson.validate(CupolaPerson.typed(people.assign(partition="2026-03-31")))


def test_found_rows_fit_the_schema(url):
    people = SqlCupola(url).lookup_by_emails(["jane.doe@acme.example", "li@acme.example", "nobody@x.example"])

    assert len(CupolaPerson.validate(CupolaPerson.typed(people.assign(partition="2026-03-31")))) == 4
    assert set(people.columns) == set(CupolaPerson.columns()) - {"partition"}


def test_the_queries_are_settings(database_url):
    execute(database_url, "CREATE TABLE ip4 (id VARCHAR(10), mail VARCHAR(100), org VARCHAR(50), state CHAR(1))")
    insert(database_url, "ip4", {"id": "00123", "mail": "a@x.example", "org": "X", "state": "Y"})
    client = SqlCupola(
        database_url,
        people_query="SELECT id AS cupola_person_id, mail AS email, NULL AS name, org AS organization, NULL AS title,"
        " state AS is_active, NULL AS updated_at FROM ip4 WHERE LOWER(mail) IN :emails",
        domains_query="SELECT org AS organization, mail AS email FROM ip4 WHERE org IN :organizations",
    )

    people = client.lookup_by_emails(["a@x.example"])

    assert people[["cupola_person_id", "is_active", "organization_domains"]].values.tolist() == [
        ["00123", True, "x.example"]
    ]


def test_a_failed_lookup_is_an_error_and_never_no_row(sqlite_url):
    with pytest.raises(
        LookupFailedError, match="The CUPOLA database did not answer completely: OperationalError: no such"
    ):
        SqlCupola(sqlite_url).lookup_by_emails(["a@x.example"])


@pytest.mark.parametrize(("query", "parameter"), [(PEOPLE_QUERY, "emails"), (DOMAINS_QUERY, "organizations")])
def test_the_default_queries_compile_for_sql_server(query, parameter):
    statement = text(query).bindparams(bindparam(parameter, ["a", "b"], expanding=True))

    compiled = statement.compile(dialect=mssql.dialect(), compile_kwargs={"render_postcompile": True})

    assert str(compiled).rstrip().endswith(f"IN (:{parameter}_1, :{parameter}_2)")
