"""The emulated org is as strict as an org: a test that passes against it has met real refusals."""

import pytest
from simple_salesforce.exceptions import SalesforceError

from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.org import QUEUE_ID, USER_ID, with_check_characters
from autoresponder_dagster_tests.emulators.salesforce.soql import MalformedQueryError, parse


def code(error):
    return error.value.status, error.value.content[0]["errorCode"]


def test_addresses_are_compared_without_regard_to_case(client, salesforce_org):
    record_id = salesforce_org.org.add("Contact", Email="Ann@Customer.example", LastName="Lee")
    found = client.query_all("SELECT Id, Email FROM Contact WHERE Email IN ('aNN@customer.EXAMPLE') LIMIT 5")
    assert [record["Id"] for record in found["records"]] == [record_id]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("SELECT Id FROM Contact WHERE Email IN ()", (400, "MALFORMED_QUERY")),
        ("SELECT Id FROM Contact WHERE Email = 'o'brien'", (400, "MALFORMED_QUERY")),
        ("SELECT Id FROM Contact WHERE Email = 'a\\x'", (400, "MALFORMED_QUERY")),
        ("SELECT Id FROM Contact WHERE", (400, "MALFORMED_QUERY")),
        ("SELECT Id FROM Contact; DROP", (400, "MALFORMED_QUERY")),
        ("DELETE FROM Contact", (400, "MALFORMED_QUERY")),
        ("SELECT Nonsense__c FROM Contact", (400, "INVALID_FIELD")),
        ("SELECT Id FROM Nonsense__c", (400, "INVALID_TYPE")),
        (f"SELECT Id FROM Contact WHERE Email = '{'x' * 17_000}'", (414, "URI_TOO_LONG")),
    ],
)
def test_a_bad_query_gets_its_code(client, query, answer):
    with pytest.raises(SalesforceError) as error:
        client.query(query)
    assert code(error) == answer


def test_soql_subset():
    query = parse(
        "select Id from Contact where (Status__c = 'A' and Email != null) AND Name IN ('x', 'it\\'s') limit 3"
    )
    assert [(comparison.field, comparison.values) for comparison in query.comparisons] == [
        ("Status__c", ["A"]),
        ("Email", [None]),
        ("Name", ["x", "it's"]),
    ]
    assert query.limit == 3
    with pytest.raises(MalformedQueryError):
        parse("SELECT Id FROM Contact WHERE (Name = 'x'")


def test_pages_hold_no_more_than_the_page_size_and_the_next_one_may_be_asked_for_again(client, salesforce_org):
    salesforce_org.page_size = 2
    for _ in range(5):
        salesforce_org.org.add("Contact", LastName="Lee")
    first = client.query("SELECT Id FROM Contact")
    assert (first["totalSize"], len(first["records"]), first["done"]) == (5, 2, False)
    assert len(client.query_all("SELECT Id FROM Contact")["records"]) == 5
    again = [client.query_more(first["nextRecordsUrl"], identifier_is_url=True) for _ in range(2)]
    assert again[0] == again[1]
    with pytest.raises(SalesforceError) as error:
        client.query_more(first["nextRecordsUrl"].replace("01g", "01x"), identifier_is_url=True)
    assert code(error) == (400, "INVALID_QUERY_LOCATOR")


def test_a_page_may_be_smaller_than_asked_for(client, salesforce_org):
    for _ in range(450):
        salesforce_org.org.add("Contact", LastName="Lee")

    def sizes(asked):
        client.session.headers["Sforce-Query-Options"] = f"batchSize={asked}"
        first = client.query("SELECT Id FROM Contact")
        return len(first["records"]), len(list(client.query_all_iter("SELECT Id FROM Contact")))

    assert sizes(300) == (300, 450)
    assert sizes(20) == (200, 450)
    salesforce_org.page_size = 7
    assert sizes(300) == (7, 450)


def test_a_lead_changes_its_owner_unless_the_header_says_no(client, salesforce_org):
    kept, lost = (salesforce_org.org.add("Lead", LastName="Lee", Company="x") for _ in range(2))
    client.Lead.update(kept, {"Title": "Editor"}, headers={"Sforce-Auto-Assign": "FALSE"})
    client.Lead.update(lost, {"Title": "Editor"})
    created = client.Lead.create({"LastName": "Roy", "Company": "x"})["id"]
    leads = salesforce_org.org.records["Lead"]
    assert [leads[one]["OwnerId"] for one in (kept, lost, created)] == [USER_ID, QUEUE_ID, QUEUE_ID]
    client.session.headers["Sforce-Auto-Assign"] = "FALSE"
    created = client.Lead.create({"LastName": "Roy", "Company": "x"})["id"]
    assert leads[created]["OwnerId"] == USER_ID


def test_sessions_expire_and_calls_run_out(client, salesforce_org):
    salesforce_org.daily_limit = 1
    assert client.limits()["DailyApiRequests"]["Remaining"] == 0
    with pytest.raises(SalesforceError) as error:
        client.limits()
    assert code(error) == (403, "REQUEST_LIMIT_EXCEEDED")
    salesforce_org.expire_sessions()
    with pytest.raises(SalesforceError) as error:
        client.limits()
    assert code(error) == (401, "INVALID_SESSION_ID")


def test_create_read_delete_and_describe(client, salesforce_org):
    contact = client.Contact.create({"LastName": "Lee"})["id"]
    assert client.Contact.get(contact[:15])["LastName"] == "Lee"
    assert client.Contact.delete(contact) == 204
    with pytest.raises(SalesforceError) as error:
        client.Contact.get(contact)
    assert code(error) == (404, "ENTITY_IS_DELETED")
    with pytest.raises(SalesforceError) as error:
        client.Lead.create({"LastName": "Lee"})
    assert code(error) == (400, "REQUIRED_FIELD_MISSING")
    fields = {field["name"]: field for field in client.Contact.describe()["fields"]}
    assert [entry["value"] for entry in fields["Contact_Status__c"]["picklistValues"]] == ["Active", "Inactive"]


@pytest.mark.parametrize(("after", "applied"), [(False, None), (True, "Editor")])
def test_a_fault_strikes_before_or_after_the_write(client, salesforce_org, after, applied):
    contact = salesforce_org.org.add("Contact", LastName="Lee")
    salesforce_org.faults = [Fault(method="PATCH", status=500, body=[{"errorCode": "X", "message": ""}], after=after)]
    with pytest.raises(SalesforceError):
        client.Contact.update(contact, {"Title": "Editor"})
    assert salesforce_org.org.records["Contact"][contact]["Title"] == applied
    assert [exchange.status for exchange in salesforce_org.mutating_requests] == [500]


@pytest.mark.parametrize(
    ("id15", "id18"), [("003000000000001", "003000000000001AAA"), ("001D000000IqhSL", "001D000000IqhSLIAZ")]
)
def test_ids_have_check_characters(id15, id18):
    assert with_check_characters(id15) == id18
