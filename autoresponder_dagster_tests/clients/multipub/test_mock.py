import pandas as pd
import pytest

from autoresponder_dagster.clients.multipub import FixtureMultipub, MultipubClient
from autoresponder_dagster.errors import ConfigurationError

SUBSCRIBERS = """\
subsnum,email,name,organization
00123,Jane.Doe@acme.example,Jane Doe,Acme
456,jane.doe@ACME.example,,
789,li@acme.example,,
"""
ORDERS = """\
subsnum,order_id,product_code,order_type,status,start_date,expire_date,is_single_issue,purchase_date
00123,1,HN,subscription,active,2026-01-01,2026-12-31,false,
123,2,HN,subscription,active,2026-01-01,2026-12-31,false,
456,3,HN,single_issue,completed,,,true,2026-02-03
789,4,HN,subscription,cancelled,,,,
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "multipub_subscribers.csv").write_text(SUBSCRIBERS)
    (tmp_path / "multipub_orders.csv").write_text(ORDERS)
    return tmp_path


def test_the_mock_answers_as_the_database_would(folder):
    client: MultipubClient = FixtureMultipub(folder)

    found = client.lookup_by_emails(["jane.doe@acme.EXAMPLE "])

    assert found.subscribers["subsnum"].tolist() == ["00123", "456"]
    assert found.subscribers["email"].unique().tolist() == ["jane.doe@acme.example"]
    assert found.orders["order_id"].tolist() == ["1", "3"]
    assert found.orders["is_single_issue"].tolist() == [False, True]
    assert found.orders["expire_date"][0] == "2026-12-31"
    assert pd.isna(found.orders["expire_date"][1])


def test_an_unknown_address_has_no_subscriber(folder):
    found = FixtureMultipub(folder).lookup_by_emails(["unknown@x.example"])

    assert found.subscribers.empty
    assert found.orders.empty


@pytest.mark.parametrize("file_name", ["multipub_subscribers.csv", "multipub_orders.csv"])
def test_a_world_without_a_file_is_refused(folder, file_name):
    (folder / file_name).unlink()

    with pytest.raises(ConfigurationError, match=f"has no {file_name}"):
        FixtureMultipub(folder)


def test_a_malformed_day_is_named(folder):
    (folder / "multipub_orders.csv").write_text(ORDERS.replace("2026-02-03", "3.2.2026"))

    with pytest.raises(ConfigurationError, match=r"multipub_orders\.csv: column purchase_date, data row 3"):
        FixtureMultipub(folder)
