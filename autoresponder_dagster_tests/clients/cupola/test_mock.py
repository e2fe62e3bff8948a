from datetime import UTC, datetime

import pandas as pd
import pytest

from autoresponder_dagster.clients.cupola import CupolaClient, FixtureCupola
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas import CupolaPerson

PEOPLE = """\
cupola_person_id,email,name,organization,title,is_active,updated_at
00010,Jane.Doe@acme.example,Jane Doe,Acme,Editor,true,2026-03-31T08:15:00Z
00011, jane.doe@ACME.example,Jane Doe,Umlaut,,false,
00012,li@news.acme.example,Li Wei,Acme,,,
00013,,No Mail,Acme,,true,
"""


@pytest.fixture
def client(tmp_path) -> CupolaClient:
    (tmp_path / "cupola_people.csv").write_text(PEOPLE)
    return FixtureCupola(tmp_path)


def test_the_mock_answers_as_the_database_would(client):
    people = client.lookup_by_emails([" jane.doe@Acme.Example"])

    assert people["cupola_person_id"].tolist() == ["00010", "00011"]
    assert people["email"].unique().tolist() == ["jane.doe@acme.example"]
    assert people["is_active"].tolist() == [True, False]
    assert people["organization_domains"].tolist() == ["acme.example;news.acme.example", "acme.example"]
    assert people["updated_at"][0] == datetime(2026, 3, 31, 8, 15, tzinfo=UTC)
    assert pd.isna(people["title"][1])
    CupolaPerson.validate(CupolaPerson.typed(people.assign(partition="2026-03-31")))


def test_a_row_not_said_to_be_active_is_not(client):
    assert client.lookup_by_emails(["li@news.acme.example"])["is_active"].tolist() == [False]


def test_an_unknown_address_and_an_empty_one_have_no_row(client):
    people = client.lookup_by_emails(["unknown@x.example", ""])

    assert people.empty
    CupolaPerson.validate(CupolaPerson.typed(people.assign(partition="2026-03-31")))


def test_a_world_without_the_file_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"has no cupola_people\.csv"):
        FixtureCupola(tmp_path)
