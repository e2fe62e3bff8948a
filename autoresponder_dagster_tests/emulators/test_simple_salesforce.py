"""simple-salesforce, as it is published, finds in the emulated org all that the connector uses of it."""

import csv
import io

import pytest
from simple_salesforce.exceptions import (
    SalesforceError,
    SalesforceMalformedRequest,
    SalesforceOperationError,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql

from autoresponder_dagster_tests.emulators.salesforce.loopback import plain_client
from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID, USER_ID


@pytest.fixture
def people(salesforce_org):
    return [salesforce_org.org.add("Contact", LastName=f"Lee {number}") for number in range(5)]


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("version", ["59.0", "67.0"])
def test_records_are_created_read_changed_and_deleted(salesforce_org, version):
    client = plain_client(salesforce_org, version)
    created = client.Contact.create({"FirstName": "Ann", "LastName": "Lee", "Email": "ann@customer.example"})
    assert (created["success"], created["errors"]) == (True, [])
    assert client.Contact.update(created["id"], {"Title": "Editor"}) == 204
    read = client.Contact.get(created["id"])
    assert (read["Name"], read["Title"], read["attributes"]["type"]) == ("Ann Lee", "Editor", "Contact")
    assert client.Contact.update(created["id"], {"Title": None}, raw_response=True).content == b""
    assert client.Contact.get(created["id"])["Title"] is None
    assert client.Contact.delete(created["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        client.Contact.update(created["id"], {"Title": "Editor"})
    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Nonsense'"):
        client.Contact.create({"LastName": "Lee", "Nonsense": 1})


def test_queries_come_whole_page_by_page_and_one_by_one(client, salesforce_org, people):
    salesforce_org.page_size = 2
    soql = "SELECT Id FROM Contact ORDER BY LastName"
    first = client.query(soql)
    second = client.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    third = client.query_more(second["nextRecordsUrl"].rpartition("/")[2])
    paged = [record["Id"] for page in (first, second, third) for record in page["records"]]
    assert paged == people
    assert third["done"]
    assert [record["Id"] for record in client.query_all(soql)["records"]] == people
    assert [record["Id"] for record in client.query_all_iter(soql)] == people
    client.Contact.delete(people[0])
    assert len(client.query_all(soql)["records"]) == 4
    assert len(client.query_all(soql, include_deleted=True)["records"]) == 5


@pytest.mark.parametrize("name", ["O'Brien", 'a "quoted" name', "back\\slash", "line\nbreak", "50% off_", "Łukasz 李"])
def test_what_it_escapes_is_read_as_it_was_meant(client, salesforce_org, name):
    wanted = salesforce_org.org.add("Contact", LastName=name)
    salesforce_org.org.add("Contact", LastName="50x offx")
    for soql in (
        format_soql("SELECT Id FROM Contact WHERE LastName = {}", name),
        format_soql("SELECT Id FROM Contact WHERE LastName IN {}", [name, "somebody else"]),
        format_soql("SELECT Id FROM Contact WHERE LastName LIKE '{:like}'", name),
    ):
        assert [record["Id"] for record in client.query(soql)["records"]] == [wanted]


def test_any_path_can_be_asked(client, people):
    found = client.restful("query", params={"q": "SELECT COUNT() FROM Contact"})
    assert found["totalSize"] == 5
    body = {"ids": people[:2], "fields": ["LastName"]}
    answer = client.restful("composite/sobjects/Contact", method="POST", json=body)
    assert [record["LastName"] for record in answer] == ["Lee 0", "Lee 1"]
    with pytest.raises(SalesforceResourceNotFound):
        client.restful("nonsense")


def test_the_org_describes_itself(client, salesforce_org):
    described = {sobject["name"]: sobject for sobject in client.describe()["sobjects"]}
    assert described["Contact"]["keyPrefix"] == "003"
    assert client.Contact.metadata()["objectDescribe"]["updateable"] is True
    fields = {field["name"]: field for field in client.Contact.describe()["fields"]}
    assert (fields["Email"]["length"], fields["Email"]["updateable"]) == (80, True)
    assert fields["AccountId"]["referenceTo"] == ["Account"]
    with pytest.raises(SalesforceError):
        client.Nonsense__c.describe()
    salesforce_org.org.unwritable_objects.add("Contact")
    assert client.Contact.metadata()["objectDescribe"]["updateable"] is False


def test_the_org_says_who_asks_and_how_much_is_left(client, salesforce_org):
    who = client.oauth2("userinfo")
    assert (who["organization_id"], who["user_id"]) == (ORG_ID, USER_ID)
    assert client.is_sandbox() is True
    assert client.api_usage["api-usage"].used == salesforce_org.api_calls == 1
    assert client.limits()["DailyApiRequests"] == {"Max": 15_000, "Remaining": 14_998}


def test_jobs_insert_update_and_delete(client, salesforce_org):
    records = [{"LastName": "Lee", "Email": "lee@customer.example"}, {"LastName": "Roy", "Email": "nonsense"}]
    (job,) = client.bulk2.Contact.insert(records=records, wait=0.01)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (2, 1)
    results = client.bulk2.Contact.get_all_ingest_records(job["job_id"])
    (made,), (failed,) = results["successfulRecords"], results["failedRecords"]
    assert (made["sf__Created"], made["LastName"]) == ("true", "Lee")
    assert failed["sf__Error"].startswith("INVALID_EMAIL_ADDRESS:")
    assert results["unprocessedRecords"] == []
    change = {"Id": made["sf__Id"], "Title": "Editor", "Email": "#N/A"}
    (job,) = client.bulk2.Contact.update(records=[change], wait=0.01)
    (changed,) = rows(client.bulk2.Contact.get_successful_records(job["job_id"]))
    assert (changed["sf__Id"], changed["sf__Created"]) == (made["sf__Id"], "false")
    record = salesforce_org.org.records["Contact"][made["sf__Id"]]
    assert (record["Title"], record["Email"], record["LastName"]) == ("Editor", None, "Lee")
    client.bulk2.Contact.delete(records=[{"Id": made["sf__Id"]}], wait=0.01)
    assert client.query("SELECT Id FROM Contact")["totalSize"] == 0


def test_an_empty_cell_changes_nothing(client, salesforce_org):
    record_id = salesforce_org.org.add("Contact", LastName="Lee", Title="Editor", Email="lee@customer.example")
    client.bulk2.Contact.update(records=[{"Id": record_id, "Title": "", "Email": "roy@customer.example"}], wait=0.01)
    record = salesforce_org.org.records["Contact"][record_id]
    assert (record["Title"], record["Email"]) == ("Editor", "roy@customer.example")


def test_jobs_query_page_by_page(client, people):
    pages = list(
        client.bulk2.Contact.query("SELECT Id, LastName FROM Contact ORDER BY LastName", max_records=2, wait=0.01)
    )
    assert [len(rows(page)) for page in pages] == [2, 2, 1]
    assert [row["Id"] for page in pages for row in rows(page)] == people


def test_a_job_leaves_a_lead_with_its_owner(client, salesforce_org):
    lead = salesforce_org.org.add("Lead", LastName="Lee", Company="x")
    client.bulk2.Lead.update(records=[{"Id": lead, "Title": "Editor"}], wait=0.01)
    assert salesforce_org.org.records["Lead"][lead]["OwnerId"] == USER_ID


def test_a_job_takes_its_time(client, salesforce_org, people):
    salesforce_org.bulk.looks_in_progress = 2
    pages = list(client.bulk2.Contact.query("SELECT Id FROM Contact", wait=0.01))
    assert [len(rows(page)) for page in pages] == [5]
    looks = [exchange for exchange in salesforce_org.sent("GET", "/jobs/query/") if "results" not in exchange.path]
    assert len(looks) >= 3


def test_a_job_can_fail_as_a_whole(client, salesforce_org, people):
    salesforce_org.bulk.failure = "InternalServerError : the job failed"
    with pytest.raises(SalesforceOperationError, match="the job failed"):
        client.bulk2.Contact.update(records=[{"Id": people[0], "Title": "Editor"}], wait=0.01)
    assert salesforce_org.org.changes == []
