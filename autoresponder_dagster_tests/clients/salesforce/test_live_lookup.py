import pytest

from autoresponder_dagster.clients.salesforce.queries import SubscriptionLookup
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.schemas import SalesforceRecord
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.org import USER_ID


def test_a_record_becomes_a_typed_row(live, salesforce_org):
    contact_id = salesforce_org.org.add(
        "Contact",
        Email="Ann@Customer.example",
        FirstName="Ann",
        LastName="Lee",
        Title="Editor",
        Contact_Status__c="Active",
        AccountId="001000000000001AAA",
        RecordTypeId="012000000000001AAA",
        LastModifiedDate="2026-03-01T08:30:00.000+0000",
        LastModifiedById="005000000000077AAA",
    )
    lead_id = salesforce_org.org.add(
        "Lead",
        Email="ann@customer.example",
        LastName="Lee",
        Company="Customer",
        Status="Closed - Converted",
        IsConverted=True,
        ConvertedContactId=contact_id,
        LastModifiedById=USER_ID,
    )
    frame = live.lookup_by_emails([" ANN@customer.example ", "nobody@customer.example", ""])
    SalesforceRecord.validate(frame.assign(partition="2026-03-31")[SalesforceRecord.columns()])
    contact, lead = frame.to_dict("records")
    assert contact["email"] == lead["email"] == "ann@customer.example"
    assert (contact["sobject"], contact["record_id"], contact["name"]) == ("Contact", contact_id, "Ann Lee")
    assert (contact["title"], contact["status"]) == ("Editor", "Active")
    assert (contact["account_id"], contact["record_type_id"]) == ("001000000000001AAA", "012000000000001AAA")
    assert contact["last_modified_at"].isoformat() == "2026-03-01T08:30:00+00:00"
    assert (contact["is_converted"], contact["last_modified_by_pipeline"]) == (False, False)
    assert (lead["record_id"], lead["company"], lead["status"]) == (lead_id, "Customer", "Closed - Converted")
    assert (lead["is_converted"], lead["converted_contact_id"]) == (True, contact_id)
    assert lead["last_modified_by_pipeline"] is True
    assert frame["has_active_subscription"].isna().all()


def test_nobody_asked_for_makes_no_call_and_nobody_found_makes_a_typed_frame(live, salesforce_org):
    calls = live.api_calls
    empty = live.lookup_by_emails([])
    assert live.api_calls == calls
    missing = live.lookup_by_emails(["nobody@customer.example"])
    assert len(empty) == len(missing) == 0
    assert empty.dtypes.equals(missing.dtypes)
    SalesforceRecord.validate(empty.assign(partition=empty["email"])[SalesforceRecord.columns()])


@pytest.mark.parametrize(
    "address", ["o'brien@customer.example", "back\\slash@customer.example", 'q"uote@customer.example']
)
def test_hostile_addresses_find_their_own_record_only(live, salesforce_org, address):
    record_id = salesforce_org.org.add("Contact", Email=address, LastName="Lee")
    salesforce_org.org.add("Contact", Email="other@customer.example", LastName="Other")
    assert live.lookup_by_email(address)["record_id"].tolist() == [record_id]


def test_an_injection_finds_nobody(live, salesforce_org):
    salesforce_org.org.add("Contact", Email="other@customer.example", LastName="Other")
    assert len(live.lookup_by_emails(["x') OR Email != null OR Email IN ('x"])) == 0


def test_a_record_that_the_org_matches_more_loosely_belongs_to_somebody_else(live, salesforce_org):
    stranger = {"Id": "003000000000009AAA", "Email": "änn@customer.example"}
    salesforce_org.faults = [
        Fault(
            path="/composite",
            status=200,
            body={
                "compositeResponse": [
                    {"referenceId": f"r{number}", "httpStatusCode": 200, "body": {"done": True, "records": records}}
                    for number, records in enumerate([[stranger], []])
                ]
            },
        )
    ]
    assert len(live.lookup_by_email("ann@customer.example")) == 0


def add_people(org, count):
    """Fill an org with Contacts of that many addresses, and return the addresses."""
    addresses = [f"person{number:04d}@customer.example" for number in range(count)]
    for address in addresses:
        org.org.add("Contact", Email=address.upper(), LastName="Lee")
    return addresses


def test_1000_addresses_on_both_objects_are_one_call(read_only, salesforce_org):
    addresses = add_people(salesforce_org, 1000)
    assert read_only.lookup_by_emails(addresses)["email"].tolist() == addresses
    assert read_only.api_calls == salesforce_org.api_calls == 1


def test_every_page_of_every_part_is_read(read_only, salesforce_org):
    addresses = add_people(salesforce_org, 1000)
    salesforce_org.page_size = 200
    assert read_only.lookup_by_emails(addresses)["email"].tolist() == addresses
    assert len(salesforce_org.sent("GET", "/query/01g")) == 4
    assert read_only.api_calls == salesforce_org.api_calls == 5


@pytest.mark.parametrize("path", ["/composite", "/query"])
@pytest.mark.parametrize(
    "problem",
    [
        {"status": 414, "body": "<html>URI too long</html>"},
        {"status": 431, "body": [{"errorCode": "REQUEST_HEADERS_TOO_LARGE", "message": "x"}]},
        {"status": 400, "body": [{"errorCode": "QUERY_TOO_COMPLICATED", "message": "x"}]},
        {"status": 500, "body": [{"errorCode": "QUERY_TIMEOUT", "message": "x"}]},
    ],
    ids=lambda problem: str(problem["status"]),
)
def test_a_question_that_is_too_large_is_halved(read_only, salesforce_org, problem, path):
    addresses = add_people(salesforce_org, 40)
    if path == "/query":
        salesforce_org.faults = [Fault(path="/composite", status=404, body=[])]
    salesforce_org.faults.append(Fault(path=path, **problem))
    assert read_only.lookup_by_emails(addresses)["email"].tolist() == addresses


def test_a_part_that_is_too_large_is_halved_alone(read_only, salesforce_org):
    addresses = add_people(salesforce_org, 40)
    salesforce_org.org.most_compared_values = 15
    assert read_only.lookup_by_emails(addresses)["email"].tolist() == addresses
    # Both questions (40), their halves (20), their quarters (10): 2, 4 and 8 parts, five in a call.
    assert read_only.api_calls == 4


def test_an_org_without_composites_is_asked_in_uris(open_client, salesforce_org, caplog):
    addresses = add_people(salesforce_org, 300)
    salesforce_org.page_size = 20
    salesforce_org.faults = [Fault(path="/composite", status=404, body=[{"errorCode": "NOT_FOUND", "message": "x"}])]
    client = open_client(Mode.READ_ONLY, max_uri_bytes=4000)
    assert client.lookup_by_emails(addresses)["email"].tolist() == addresses
    queries = [exchange for exchange in salesforce_org.journal if exchange.path.endswith("/query/")]
    assert len(queries) == 6  # 3 of Contact, 3 of Lead, where one by one would be 600
    assert max(len(exchange.path) + len(exchange.query) for exchange in queries) < 4100
    assert len(salesforce_org.sent("GET", "/query/01g")) >= 300 / 20 - 3
    assert "no composite requests" in caplog.text
    client.lookup_by_emails(addresses[:1])
    assert len(salesforce_org.sent("POST", "/composite")) == 1  # it is not asked again


def test_very_many_addresses_are_joined_with_the_whole_object(open_client, salesforce_org):
    addresses = add_people(salesforce_org, 30)
    salesforce_org.org.add("Contact", LastName="without an address")
    lead = salesforce_org.org.add("Lead", Email=addresses[3], LastName="Lee", Company="x", Status="Inactive")
    client = open_client(Mode.READ_ONLY, whole_object_above=10)
    few, many = client.lookup_by_emails(addresses[:10]), client.lookup_by_emails(addresses[:20])
    assert many["email"].tolist() == sorted([*addresses[:20], addresses[3]])
    assert len(salesforce_org.sent("POST", "/jobs/query")) == 2
    assert lead in many["record_id"].tolist()
    shared = many[many["record_id"].isin(few["record_id"])].reset_index(drop=True)
    assert shared.equals(few)


def test_a_bulk_job_that_fails_is_an_error(open_client, salesforce_org):
    client = open_client(Mode.READ_ONLY, whole_object_above=1)
    salesforce_org.faults = [
        Fault(method="GET", path="/jobs/query", status=200, body={"id": "750000000000001AAA", "state": "Failed"})
    ]
    with pytest.raises(LookupFailedError, match="BULK_JOB_FAILED"):
        client.lookup_by_emails(["a@x.example", "b@x.example"])


def test_equal_lookups_are_equal_requests(live, salesforce_org):
    live.lookup_by_emails(["b@x.example", "a@x.example"])
    live.lookup_by_emails(["A@x.example", "b@x.example", "b@x.example"])
    first, second = salesforce_org.sent("POST", "/composite")
    assert first.body == second.body


def test_an_org_without_the_status_field_has_contacts_of_unknown_status(live, salesforce_org, caplog):
    salesforce_org.org.add("Contact", Email="ann@customer.example", LastName="Lee", Contact_Status__c="Active")
    salesforce_org.org.hide("Contact", "Contact_Status__c")
    for _ in range(2):
        assert live.lookup_by_email("ann@customer.example")["status"].isna().all()
    assert live.api_calls == 3  # the refused part is asked again by itself, and never again with the field
    assert "Contact_Status__c" in caplog.text


def test_a_missing_standard_field_is_an_error_that_names_it(live, salesforce_org):
    salesforce_org.org.hide("Lead", "IsConverted")
    with pytest.raises(LookupFailedError, match=r"Insufficient privileges: INVALID_FIELD.*IsConverted"):
        live.lookup_by_email("ann@customer.example")


def subscription(condition="Status__c = 'Active'"):
    return SubscriptionLookup("Subscription__c", "Contact__c", condition)


def test_active_subscriptions_are_asked_in_one_query_for_contacts_only(open_client, salesforce_org):
    ids = [salesforce_org.org.add("Contact", Email=f"{name}@x.example", LastName=name) for name in "abc"]
    salesforce_org.org.add("Lead", Email="a@x.example", LastName="a", Company="x")
    salesforce_org.org.add("Subscription__c", Contact__c=ids[0], Status__c="Active")
    salesforce_org.org.add("Subscription__c", Contact__c=ids[1], Status__c="Expired")
    client = open_client(Mode.READ_ONLY, subscription=subscription())
    frame = client.lookup_by_emails(["a@x.example", "b@x.example", "c@x.example"])
    contacts = frame[frame["sobject"].eq("Contact")]
    assert contacts["has_active_subscription"].tolist() == [True, False, False]
    assert frame[frame["sobject"].eq("Lead")]["has_active_subscription"].isna().all()
    assert client.api_calls == 2
    assert client.check_active_subscriptions([ids[0]]) == {ids[0]: True}
    assert client.check_active_subscription(ids[1]) is False


def test_without_a_condition_any_subscription_counts(open_client, salesforce_org):
    contact_id = salesforce_org.org.add("Contact", Email="a@x.example", LastName="a")
    salesforce_org.org.add("Subscription__c", Contact__c=contact_id, Status__c="Expired")
    client = open_client(Mode.READ_ONLY, subscription=subscription(condition=""))
    assert client.lookup_by_email("a@x.example")["has_active_subscription"].tolist() == [True]


def test_subscriptions_that_are_not_configured_are_unknown(live, salesforce_org):
    assert live.check_active_subscriptions(["003000000000001AAA"]) == {}
    assert live.check_active_subscription("003000000000001AAA") is None


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(status=401, body="<html>Sign in</html>", times=2), "Authentication failed: INVALID_SESSION_ID"),
        (Fault(status=401, body={"error": "x"}, times=2), "Salesforce refused: x"),
        (Fault(status=403, body=[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "Limit"}]), "API limit exceeded"),
        (Fault(status=403, body=[{"errorCode": "API_DISABLED_FOR_ORG", "message": "no"}]), "Insufficient privileges"),
        (Fault(status=500, body="<html>ann@customer.example</html>", times=9), "HTTP_500"),
        (Fault(status=503, body=[], times=9), "HTTP_503"),
        (Fault(status=200, body="<html>maintenance</html>"), "NO_ANSWER"),
        (Fault(status=200, body={}), "NO_ANSWER"),
        pytest.param(Fault(delay=1.0, times=9), "NO_ANSWER", marks=pytest.mark.silent_server),
        (Fault(drops=True, times=9), "NO_ANSWER"),
        (
            Fault(path="/query/01g", status=400, body=[{"errorCode": "INVALID_QUERY_LOCATOR", "message": "x"}]),
            "LOCATOR",
        ),
    ],
)
def test_a_lookup_that_does_not_complete_is_an_error_without_addresses(live, salesforce_org, fault, message):
    salesforce_org.page_size = 1
    for _ in range(2):
        salesforce_org.org.add("Contact", Email="ann@customer.example", LastName="Lee")
    salesforce_org.faults = [Fault(**vars(fault) | {"path": fault.path if "query" in fault.path else "/composite"})]
    with pytest.raises(LookupFailedError, match=message) as failed:
        live.lookup_by_email("ann@customer.example")
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
    assert "ann@" not in str(failed.value)
