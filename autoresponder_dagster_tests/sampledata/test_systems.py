"""The fixture files have the columns of the contract, and their cells the form that the mock clients read."""

from datetime import UTC, date, datetime

import pytest

from autoresponder_dagster.sampledata.chance import seeded
from autoresponder_dagster.sampledata.records import order_row
from autoresponder_dagster.sampledata.systems import Systems, case_checksum, salesforce_id

HEADERS = {
    "salesforce_contacts.csv": (
        "Id,Email,FirstName,LastName,Name,Title,Contact_Status__c,AccountId,RecordTypeId,LastModifiedDate,"
        "LastModifiedById,HasActiveSubscription"
    ),
    "salesforce_leads.csv": (
        "Id,Email,FirstName,LastName,Name,Title,Company,Status,IsConverted,ConvertedContactId,LastModifiedDate,"
        "LastModifiedById"
    ),
    "multipub_subscribers.csv": "subsnum,email,name,organization",
    "multipub_orders.csv": (
        "subsnum,order_id,product_code,order_type,status,start_date,expire_date,is_single_issue,purchase_date"
    ),
    "cupola_people.csv": "cupola_person_id,email,name,organization,title,is_active,updated_at",
}


def test_files_of_an_empty_world_are_their_headers():
    assert {name: content.decode() for name, content in Systems().files()} == {
        name: f"{header}\n" for name, header in HEADERS.items()
    }


@pytest.mark.parametrize(
    ("prefix", "number", "expected"),
    [("001", 0, "0015e0000000000AAA"), ("003", 61, "0035e000000000zAAA"), ("00Q", 62**2 * 11, "00Q5e0000000B00EAE")],
)
def test_record_ids_count_in_base_62(prefix, number, expected):
    assert salesforce_id(prefix, number) == expected


def test_checksum_is_that_of_salesforce():
    assert case_checksum("001A0000006Vm9r") == "IAC"


def test_cells_are_written_as_the_contract_says():
    systems = Systems()
    systems.add_cupola_person(
        {
            "email": "a@b.example",
            "is_active": False,
            "title": None,
            "updated_at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        }
    )
    systems.add_order({"subsnum": "7", "start_date": date(2026, 1, 2), "is_single_issue": True})
    files = dict(systems.files())

    assert files["cupola_people.csv"].decode().splitlines()[1] == "50001,a@b.example,,,,false,2026-01-02T03:04:00Z"
    assert files["multipub_orders.csv"].decode().splitlines()[1] == "7,ORD-700001,,,,2026-01-02,,true,"


def test_a_column_that_the_file_lacks_is_refused():
    systems = Systems()
    systems.add_lead({"Colour": "red"})

    with pytest.raises(ValueError, match="Colour"):
        list(systems.files())


def test_people_of_one_organization_share_an_account():
    systems = Systems()
    for organization in ("A", "B", "A"):
        systems.add_contact({}, organization)
    accounts = [row["AccountId"] for row in systems.contacts]

    assert accounts[0] == accounts[2] != accounts[1]


@pytest.mark.parametrize(
    ("kind", "is_running", "ended_within_a_year"),
    [("active", True, False), ("expired_recently", False, True), ("expired_long_ago", False, False)],
)
def test_orders_are_what_their_kind_says_on_the_first_day(kind, is_running, ended_within_a_year):
    today = date(2026, 11, 9)
    for number in range(200):
        row = order_row(kind, today, seeded(str(number)))
        assert (row["start_date"] <= today <= row["expire_date"]) is is_running
        assert (today.replace(year=2025) <= row["expire_date"] < today) is ended_within_a_year


def test_unknown_kinds_of_order_are_refused():
    with pytest.raises(ValueError, match="weekly"):
        order_row("weekly", date(2026, 11, 9), seeded("a"))
