from datetime import UTC, date, datetime

import pytest

from autoresponder_dagster.clients.email_repository import EmailRepository, FixtureRepository
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas import EmailMessage
from autoresponder_dagster_tests.clients.email_repository.letters import letter

DAY = date(2026, 3, 31)
TABLE = """\
Id,AccountName,Subject,Body,SenderEmail,ReceivedDate,InsertedDateTime
10,HospitalNews,Automatic reply,"I left.
Bye",jane@acme.example,2026-03-31T08:15:00Z,2026-03-31T08:16:00Z
9,,,,,2026-04-02T00:00:00Z,
"""


def test_messages_in_folders_take_their_inbox_from_the_first_level(tmp_path):
    (tmp_path / "email_repository" / "HospitalNews" / "deep").mkdir(parents=True)
    (tmp_path / "email_repository" / "HospitalNews" / "deep" / "1.eml").write_bytes(letter())
    repository: EmailRepository = FixtureRepository(tmp_path)

    frame = repository.fetch(DAY)

    assert frame["inbox_source"].tolist() == ["HospitalNews"]
    assert frame["source"].tolist() == ["HospitalNews/deep/1.eml"]


@pytest.mark.parametrize("folder", ["", "email_repository"])
def test_messages_in_a_table_take_their_inbox_from_it(tmp_path, folder):
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / "emails.csv").write_text(TABLE)

    frame = FixtureRepository(tmp_path).fetch(DAY)

    [row] = frame.to_dict("records")
    assert (row["source"], row["inbox_source"], row["sender_email"]) == ("10", "HospitalNews", "jane@acme.example")
    assert row["received_at"] == datetime(2026, 3, 31, 8, 15, tzinfo=UTC)
    assert row["raw"].endswith(b"\n\nI left.\nBye")
    EmailMessage.validate(EmailMessage.typed(frame.assign(partition="2026-03-31")))


def test_folders_and_tables_are_read_together(tmp_path):
    (tmp_path / "email_repository").mkdir()
    (tmp_path / "email_repository" / "1.eml").write_bytes(letter())
    (tmp_path / "emails.csv").write_text(TABLE)

    assert FixtureRepository(tmp_path).fetch(DAY)["source"].tolist() == ["1.eml", "10"]


def test_the_latest_day_is_that_of_the_newest_message(tmp_path):
    (tmp_path / "emails.csv").write_text(TABLE)

    assert FixtureRepository(tmp_path).latest_day() == date(2026, 4, 2)


def test_a_world_without_mail_has_no_latest_day_and_quiet_days(tmp_path):
    (tmp_path / "email_repository").mkdir()

    assert FixtureRepository(tmp_path).latest_day() is None
    assert FixtureRepository(tmp_path).fetch(DAY).empty


def test_a_folder_that_holds_no_store_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"needs email_repository/ with \.eml files, or emails\.csv"):
        FixtureRepository(tmp_path)


def test_an_absent_folder_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="--fixtures DIR"):
        FixtureRepository(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE.replace("Subject", "Betreff"), r"emails\.csv: column Subject missing"),
        (TABLE.replace("2026-03-31T08:15:00Z", "yesterday"), r"emails\.csv: column ReceivedDate, data row 1"),
        (TABLE.replace("2026-04-02T00:00:00Z", ""), r"emails\.csv: column ReceivedDate, data row 2"),
        (TABLE.replace("\n9,", "\n,"), r"emails\.csv: column Id, data row 2"),
    ],
)
def test_an_ill_formed_table_is_named_with_its_column(tmp_path, table, message):
    (tmp_path / "emails.csv").write_text(table)

    with pytest.raises(ConfigurationError, match=message):
        FixtureRepository(tmp_path).fetch(DAY)
