from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table
from sqlalchemy.dialects import mssql, postgresql

from autoresponder_dagster.clients.email_repository import EmailRepository, SqlRepository
from autoresponder_dagster.clients.email_repository.sql import day_statement
from autoresponder_dagster.errors import ConfigurationError, LookupFailedError
from autoresponder_dagster.schemas import EmailMessage
from autoresponder_dagster_tests.clients.databases import execute, insert

DAY = date(2026, 3, 31)
ROW = {"account": "HospitalNews", "subject": "Automatic reply", "body": "I left.", "sender": "Jane@Acme.example"}
COLUMNS = {"AccountName": "account", "SenderEmail": "sender"}


def create(url, *rows, time_type="TIMESTAMP", table="received"):
    execute(
        url,
        f"CREATE TABLE {table} (id INTEGER, account VARCHAR(50), subject VARCHAR(200), body TEXT, sender VARCHAR(200),"
        f" receiveddate {time_type}, inserteddatetime {time_type})",
    )
    defaults = {**ROW, "receiveddate": None, "inserteddatetime": None}
    if rows:
        insert(url, table, *({**defaults, "id": number, **row} for number, row in enumerate(rows, start=1)))


def test_a_row_is_a_message(database_url):
    create(database_url, {"receiveddate": "2026-03-31 08:15:00.25", "inserteddatetime": "2026-03-31 08:16:00"})
    repository: EmailRepository = SqlRepository(database_url, "received", COLUMNS)

    frame = repository.fetch(DAY)

    [row] = frame.to_dict("records")
    assert (row["source"], row["inbox_source"], row["sender_email"]) == ("1", "HospitalNews", "jane@acme.example")
    assert row["message_id"].startswith("sha256:")
    assert row["received_at"] == datetime(2026, 3, 31, 8, 15, 0, 250_000, tzinfo=UTC)
    assert row["inserted_at"] == datetime(2026, 3, 31, 8, 16, tzinfo=UTC)
    assert row["raw"].endswith(b"\n\nI left.")
    EmailMessage.validate(EmailMessage.typed(frame.assign(partition="2026-03-31")))


def test_the_day_is_half_open_and_every_row_has_one(database_url):
    times = ["2026-03-30 23:59:59.999", "2026-03-31 00:00:00", "2026-03-31 23:59:59.999", "2026-04-01 00:00:00"]
    create(database_url, *({"receiveddate": moment} for moment in times))
    repository = SqlRepository(database_url, "received", COLUMNS)

    assert repository.fetch(date(2026, 3, 30))["source"].tolist() == ["1"]
    assert repository.fetch(DAY)["source"].tolist() == ["2", "3"]
    assert repository.fetch(date(2026, 4, 1))["source"].tolist() == ["4"]


def test_a_row_without_received_date_belongs_to_the_day_of_its_insertion(database_url):
    create(
        database_url,
        {"inserteddatetime": "2026-03-31 10:00:00"},
        {"receiveddate": "2026-03-30 10:00:00", "inserteddatetime": "2026-03-31 10:00:00"},
    )

    assert SqlRepository(database_url, "received", COLUMNS).fetch(DAY)["source"].tolist() == ["1"]


def test_a_time_with_a_zone_is_converted(postgres_url):
    create(
        postgres_url,
        {"receiveddate": "2026-04-01 01:59:59+02"},
        {"receiveddate": "2026-04-01 02:00:00+02"},
        {"receiveddate": "2026-03-30 22:00:00-02"},
        time_type="TIMESTAMPTZ",
    )
    execute(postgres_url, "ALTER ROLE postgres SET timezone = 'America/New_York'")

    frame = SqlRepository(postgres_url, "received", COLUMNS).fetch(DAY)

    assert frame["source"].tolist() == ["1", "3"]
    assert frame["received_at"][0] == datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)


def test_sqlite_may_hold_times_in_any_of_its_forms(sqlite_url):
    create(
        sqlite_url,
        {"receiveddate": "2026-03-31T00:00:00Z"},
        {"receiveddate": "2026-03-31 23:59:59"},
        {"receiveddate": "2026-04-01T01:00:00+02:00"},
        {"receiveddate": "2026-04-01T00:00:00Z"},
    )

    assert SqlRepository(sqlite_url, "received", COLUMNS).fetch(DAY)["source"].tolist() == ["1", "2", "3"]


def test_a_time_that_cannot_be_read_fails_the_day(sqlite_url):
    create(sqlite_url, {"receiveddate": "last Tuesday", "inserteddatetime": "2026-03-31 10:00:00"})

    with pytest.raises(LookupFailedError, match="The email repository database did not answer completely: ValueError"):
        SqlRepository(sqlite_url, "received", COLUMNS).fetch(DAY)


def test_message_ids_and_headers_are_read_where_the_table_has_them(database_url):
    create(database_url)
    execute(
        database_url,
        "ALTER TABLE received ADD COLUMN messageid VARCHAR(99)",
        "ALTER TABLE received ADD COLUMN headers TEXT",
    )
    insert(
        database_url,
        "received",
        {
            **ROW,
            "id": 1,
            "receiveddate": "2026-03-31 08:15:00",
            "messageid": "<1@m.example>",
            "headers": "From: J <jane@acme.example>\r\nAuto-Submitted: auto-replied\r\n",
        },
    )

    frame = SqlRepository(database_url, "received", COLUMNS).fetch(DAY)

    assert frame["message_id"].tolist() == ["1@m.example"]
    assert b"Auto-Submitted: auto-replied\n" in frame["raw"][0]


def test_names_may_carry_a_schema_and_need_quotes(postgres_url):
    execute(
        postgres_url,
        'CREATE SCHEMA "Mail"',
        'CREATE TABLE "Mail"."EmailRepository" ("Id" BIGINT, "AccountName" TEXT, "Subject" TEXT, "Body" TEXT,'
        ' "SenderEmail" TEXT, "ReceivedDate" TIMESTAMP, "InsertedDateTime" TIMESTAMP)',
        """INSERT INTO "Mail"."EmailRepository" VALUES (9, NULL, NULL, NULL, NULL, '2026-03-31', NULL)""",
    )

    assert SqlRepository(postgres_url, "Mail.EmailRepository").fetch(DAY)["source"].tolist() == ["9"]


def test_there_is_no_row_cap(database_url):
    create(database_url, *({"receiveddate": "2026-03-31 08:15:00", "subject": f"{n}"} for n in range(1_201)))

    frame = SqlRepository(database_url, "received", COLUMNS).fetch(DAY)

    assert len(frame) == 1_201
    assert frame["source"].tolist() == [f"{n}" for n in range(1, 1_202)]


def test_a_quiet_day_is_a_typed_empty_frame(database_url):
    create(database_url)

    frame = SqlRepository(database_url, "received", COLUMNS).fetch(DAY)

    assert frame.empty
    EmailMessage.validate(EmailMessage.typed(frame))


def test_a_missing_table_is_a_configuration_error(database_url):
    with pytest.raises(ConfigurationError, match=r"no table elsewhere\. Set its table"):
        SqlRepository(database_url, "elsewhere", COLUMNS).fetch(DAY)


@pytest.mark.parametrize(
    ("columns", "missing"),
    [({}, "AccountName, SenderEmail"), ({**COLUMNS, "Headers": "raw_headers"}, "raw_headers")],
)
def test_missing_columns_are_a_configuration_error(database_url, columns, missing):
    create(database_url)

    with pytest.raises(ConfigurationError, match=f"has no column {missing}"):
        SqlRepository(database_url, "received", columns).fetch(DAY)


def test_a_time_column_of_another_type_is_a_configuration_error(database_url):
    create(database_url, time_type="VARCHAR(50)")

    with pytest.raises(ConfigurationError, match=r"Column receiveddate of received is VARCHAR\(50\)"):
        SqlRepository(database_url, "received", COLUMNS).fetch(DAY)


def test_a_mapping_of_an_unknown_column_is_a_configuration_error(sqlite_url):
    with pytest.raises(ConfigurationError, match="there is no Sender"):
        SqlRepository(sqlite_url, columns={"Sender": "sender"})


def test_an_unreachable_store_is_a_failed_lookup():
    repository = SqlRepository("postgresql+psycopg://u:secret@127.0.0.1:1/d", connect_timeout_seconds=2)

    with pytest.raises(LookupFailedError, match="The email repository database did not answer completely"):
        repository.fetch(DAY)


def columns_of(time_type):
    table = Table(
        "EmailRepository",
        MetaData(),
        Column("Id", Integer),
        Column("SenderEmail", String),
        Column("ReceivedDate", time_type),
        Column("InsertedDateTime", time_type),
        schema="dbo",
    )
    return dict(table.columns)


def test_the_statement_compiles_for_sql_server():
    statement = day_statement(columns_of(mssql.DATETIME2()), DAY, "mssql")

    compiled = statement.compile(dialect=mssql.dialect(), compile_kwargs={"literal_binds": True})

    assert " ".join(str(compiled).split()) == (
        "SELECT dbo.[EmailRepository].[Id] AS [Id], dbo.[EmailRepository].[SenderEmail] AS [SenderEmail], "
        "dbo.[EmailRepository].[ReceivedDate] AS [ReceivedDate], "
        "dbo.[EmailRepository].[InsertedDateTime] AS [InsertedDateTime] "
        "FROM dbo.[EmailRepository] "
        "WHERE dbo.[EmailRepository].[ReceivedDate] >= '2026-03-31 00:00:00' "
        "AND dbo.[EmailRepository].[ReceivedDate] < '2026-04-01 00:00:00' "
        "OR dbo.[EmailRepository].[ReceivedDate] IS NULL "
        "AND dbo.[EmailRepository].[InsertedDateTime] >= '2026-03-31 00:00:00' "
        "AND dbo.[EmailRepository].[InsertedDateTime] < '2026-04-01 00:00:00' "
        "ORDER BY dbo.[EmailRepository].[Id]"
    )


def test_the_statement_compiles_for_postgresql():
    statement = day_statement(columns_of(DateTime(timezone=True)), DAY, "postgresql")

    compiled = statement.compile(dialect=postgresql.dialect())

    assert '"ReceivedDate" >= %(ReceivedDate_1)s' in str(compiled)
    assert compiled.params["ReceivedDate_1"] == datetime(2026, 3, 31, tzinfo=UTC)
    assert compiled.params["ReceivedDate_2"] == datetime(2026, 4, 1, tzinfo=UTC)
