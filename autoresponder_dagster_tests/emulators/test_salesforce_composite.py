"""The emulated org's composite requests, collections, bulk jobs and conditional writes are as strict as an org's."""

import csv
import io
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from simple_salesforce.exceptions import SalesforceError

from autoresponder_dagster_tests.emulators.salesforce.org import QUEUE_ID

LONG_AGO = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)


@pytest.fixture
def contacts(salesforce_org):
    return [salesforce_org.org.add("Contact", LastName=f"Lee {number}") for number in range(4)]


def composite(client, *parts, **options):
    requests = [{"referenceId": f"r{number}", **part} for number, part in enumerate(parts)]
    answer = client.restful("composite", method="POST", json={"compositeRequest": requests, **options})
    return [(part["httpStatusCode"], part["body"]) for part in answer["compositeResponse"]]


def patch(record_id, sobject="Contact", headers=None, **body):
    url = f"/services/data/v67.0/sobjects/{sobject}/{record_id}"
    return {"method": "PATCH", "url": url, "body": body, **({"httpHeaders": headers} if headers else {})}


def test_a_composite_counts_as_one_call_and_answers_in_order(client, salesforce_org, contacts):
    before = salesforce_org.api_calls
    statuses = [status for status, _ in composite(client, patch(contacts[0], Title="A"), patch("003x", Title="B"))]
    assert statuses == [204, 400]
    assert salesforce_org.api_calls == before + 1
    assert [change.values for change in salesforce_org.org.changes] == [{"Title": "A"}]


@pytest.mark.parametrize(
    "parts",
    [
        [{"method": "GET", "url": "/services/data/v67.0/query?q=SELECT+Id+FROM+Contact"}] * 6,
        [{"method": "GET", "url": "/services/data/v67.0/limits"}] * 26,
        [],
    ],
    ids=["six queries", "twenty-six parts", "none"],
)
def test_a_composite_has_limits(client, parts):
    with pytest.raises(SalesforceError) as error:
        composite(client, *parts)
    assert error.value.status == 400


def test_headers_of_the_whole_do_not_reach_the_parts(client, salesforce_org):
    lead, other = (salesforce_org.org.add("Lead", LastName="Lee", Company="x") for _ in range(2))
    no = {"Sforce-Auto-Assign": "FALSE"}
    composite(client, patch(lead, "Lead", Title="A"), patch(other, "Lead", no, Title="A"))
    owners = [salesforce_org.org.records["Lead"][one]["OwnerId"] for one in (lead, other)]
    assert (owners[0] == QUEUE_ID, owners[1] == QUEUE_ID) == (True, False)


def test_a_record_that_was_changed_since_is_not_written(client, salesforce_org, contacts):
    soon = format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)
    old, fresh, bad = composite(
        client,
        patch(contacts[0], headers={"If-Unmodified-Since": LONG_AGO}, Title="A"),
        patch(contacts[1], headers={"If-Unmodified-Since": soon}, Title="A"),
        patch(contacts[2], headers={"If-Unmodified-Since": "yesterday"}, Title="A"),
    )
    assert (old[0], fresh[0], bad[0]) == (412, 204, 400)
    assert [change.record_id for change in salesforce_org.org.changes] == [contacts[1]]
    with pytest.raises(SalesforceError) as error:
        client.Contact.update(contacts[0], {"Title": "A"}, headers={"If-Unmodified-Since": LONG_AGO})
    assert error.value.status == 412


def test_all_or_none_takes_everything_back(client, salesforce_org, contacts):
    answers = composite(client, patch(contacts[0], Title="A"), patch(contacts[1], Nonsense="B"), allOrNone=True)
    assert [body[0]["errorCode"] for _, body in answers] == ["PROCESSING_HALTED", "INVALID_FIELD"]
    assert salesforce_org.org.records["Contact"][contacts[0]]["Title"] is None
    assert salesforce_org.org.changes == []
    records = [record(contacts[0], Title="A"), record(contacts[1], Nonsense="B")]
    results = client.restful("composite/sobjects", method="PATCH", json={"allOrNone": True, "records": records})
    codes = [result["errors"][0]["statusCode"] for result in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_FIELD"]
    assert salesforce_org.org.records["Contact"][contacts[0]]["Title"] is None
    assert salesforce_org.org.changes == []


def collection(client, method, records):
    return client.restful("composite/sobjects", method=method, json={"allOrNone": False, "records": records})


def record(record_id, **values):
    return {"attributes": {"type": "Contact"}, "id": record_id, **values}


def test_collections_answer_in_order_and_name_the_status_code(client, contacts):
    results = collection(
        client,
        "PATCH",
        [record(contacts[0], Title="A"), record("003000000000999AAA", Title="B"), record(contacts[1], X=1)],
    )
    assert [result["success"] for result in results] == [True, False, False]
    codes = [error["statusCode"] for result in results for error in result["errors"]]
    assert codes == ["INVALID_CROSS_REFERENCE_KEY", "INVALID_FIELD"]


def test_one_busy_record_takes_the_whole_collection_down_but_not_a_composite(client, salesforce_org, contacts):
    salesforce_org.org.busy_ids[contacts[1]] = 2
    results = collection(client, "PATCH", [record(one, Title="A") for one in contacts])
    assert {error["statusCode"] for result in results for error in result["errors"]} == {"UNABLE_TO_LOCK_ROW"}
    statuses = [status for status, _ in composite(client, *(patch(one, Title="A") for one in contacts))]
    assert statuses == [204, 400, 204, 204]


def test_more_than_two_hundred_records_are_refused(client, contacts):
    with pytest.raises(SalesforceError) as error:
        collection(client, "PATCH", [record(contacts[0], Title="A")] * 201)
    assert error.value.content[0]["errorCode"] == "EXCEEDED_ID_LIMIT"


def test_records_are_retrieved_by_id_with_null_for_what_is_not_there(client, contacts):
    ids = [contacts[0], "003000000000999AAA"]
    answer = client.restful(
        "composite/sobjects/Contact", method="POST", json={"ids": ids, "fields": ["Id", "LastName"]}
    )
    assert [one and one["LastName"] for one in answer] == ["Lee 0", None]


def test_bulk_query_and_update_as_simple_salesforce_does_them(client, salesforce_org, contacts):
    salesforce_org.org.locked_ids.add(contacts[3])
    text = "".join(client.bulk2.Contact.query("SELECT Id, LastName FROM Contact", wait=0.01))
    assert [row["LastName"] for row in csv.DictReader(io.StringIO(text))] == [f"Lee {number}" for number in range(4)]
    (job,) = client.bulk2.Contact.update(records=[{"Id": one, "Title": "A"} for one in contacts], wait=0.01)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (4, 1)
    failed = client.bulk2.Contact.get_failed_records(job["job_id"])
    assert "ENTITY_IS_LOCKED" in failed


def test_more_of_soql(client, salesforce_org):
    for number, email in enumerate(["a@x.example", None, "c@y.example"]):
        salesforce_org.org.add("Contact", LastName=f"Lee {number}", Email=email)

    def names(condition):
        found = client.query_all(f"SELECT LastName FROM Contact WHERE {condition} ORDER BY LastName DESC")["records"]
        return [one["LastName"] for one in found]

    assert names("Email != null") == ["Lee 2", "Lee 0"]
    assert names("Email LIKE '%@X.example' OR LastName = 'lee 1'") == ["Lee 1", "Lee 0"]
    assert names("NOT (Email IN ('a@x.example')) AND LastName NOT IN ('Lee 2')") == ["Lee 1"]
    assert client.query("SELECT COUNT() FROM Contact")["totalSize"] == 3


def test_deleted_records_are_in_query_all_only(client, contacts):
    client.Contact.delete(contacts[0])
    assert client.query("SELECT Id FROM Contact")["totalSize"] == 3
    assert client.query("SELECT Id FROM Contact", include_deleted=True)["totalSize"] == 4


def test_record_types_allow_fewer_values_than_the_field(client, salesforce_org):
    kind = salesforce_org.org.add("RecordType", DeveloperName="Press", SobjectType="Contact")
    salesforce_org.org.record_type_picklists["Contact", kind[:15]] = ("Active",)
    contact = salesforce_org.org.add("Contact", LastName="Lee", RecordTypeId=kind)
    with pytest.raises(SalesforceError) as error:
        client.Contact.update(contact, {"Contact_Status__c": "Inactive"})
    assert error.value.content[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    answer = composite(
        client,
        {
            "method": "GET",
            "url": f"/services/data/v67.0/ui-api/object-info/Contact/picklist-values/{kind}/Contact_Status__c",
        },
    )
    assert [value["value"] for value in answer[0][1]["values"]] == ["Active"]
