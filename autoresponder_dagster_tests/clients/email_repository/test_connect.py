import pytest

from autoresponder_dagster.clients.email_repository import FileRepository, SqlRepository, open_email_repository
from autoresponder_dagster.errors import ConfigurationError


def test_a_path_is_a_store_of_files(tmp_path):
    assert isinstance(open_email_repository(f" {tmp_path} "), FileRepository)


def test_a_url_is_a_database(sqlite_url):
    assert isinstance(open_email_repository(sqlite_url), SqlRepository)


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("  ", "EMAIL_REPOSITORY_CONNECTION_STRING is not set"),
        ("/no/such/folder", "/no/such/folder does not exist"),
        ("imap://user:s3cret@host/", "EMAIL_REPOSITORY_CONNECTION_STRING is not a database URL"),
    ],
)
def test_what_is_neither_is_refused(location, message):
    with pytest.raises(ConfigurationError, match=message) as error:
        open_email_repository(location)

    assert "s3cret" not in str(error.value)
