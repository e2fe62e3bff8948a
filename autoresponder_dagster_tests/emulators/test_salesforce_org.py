"""What an administrator, a colleague and the limits of an org do to a client, as the emulated org shows it."""

import itertools
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
from simple_salesforce.exceptions import SalesforceError

from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.org import COLLEAGUE_ID, USER_ID, OrgError

NOON = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def refusal(call, *arguments, **options):
    with pytest.raises(SalesforceError) as error:
        call(*arguments, **options)
    return error.value.status, error.value.content[0]["errorCode"]


@pytest.fixture
def contact(salesforce_org):
    return salesforce_org.org.add("Contact", LastName="Lee", Title="Editor")


def get(salesforce_org, path, **options):
    headers = {"Authorization": f"Bearer {salesforce_org.access_token}"} | options.pop("headers", {})
    return requests.get(f"{salesforce_org.url}/services/data/v67.0{path}", headers=headers, timeout=5, **options)


# The administrator


def test_a_hidden_field_is_as_if_it_did_not_exist(client, salesforce_org, contact):
    salesforce_org.org.hide("Contact", "Title")
    assert "Title" not in {field["name"] for field in client.Contact.describe()["fields"]}
    assert "Title" not in client.Contact.get(contact)
    with pytest.raises(SalesforceError, match="No such column 'Title' on entity 'Contact'"):
        client.query("SELECT Id, Title FROM Contact")
    assert refusal(client.query, "SELECT Id FROM Contact WHERE Title = null") == (400, "INVALID_FIELD")
    assert refusal(client.Contact.update, contact, {"Title": "x"}) == (400, "INVALID_FIELD")
    ids = {"ids": [contact], "fields": ["Title"]}
    assert refusal(client.restful, "composite/sobjects/Contact", method="POST", json=ids) == (400, "INVALID_FIELD")


def test_a_field_that_was_added_takes_values_of_its_type(client, salesforce_org, contact):
    salesforce_org.org.set_field("Contact", "LastAutoResponseDate__c", type="datetime")
    salesforce_org.org.set_field("Contact", "AutoResponseCategory__c", length=40)
    values = {"LastAutoResponseDate__c": "2026-03-31T14:00:00+02:00", "AutoResponseCategory__c": "left"}
    client.Contact.update(contact, values)
    (found,) = client.query(
        "SELECT LastAutoResponseDate__c, AutoResponseCategory__c FROM Contact "
        "WHERE LastAutoResponseDate__c >= 2026-03-31T12:00:00Z AND LastAutoResponseDate__c < 2026-03-31T12:00:01Z"
    )["records"]
    assert found["LastAutoResponseDate__c"] == "2026-03-31T12:00:00.000+0000"
    assert found["AutoResponseCategory__c"] == "left"
    bad = {"LastAutoResponseDate__c": "yesterday"}
    assert refusal(client.Contact.update, contact, bad) == (400, "JSON_PARSER_ERROR")
    quoted = "SELECT Id FROM Contact WHERE LastAutoResponseDate__c > '2026-03-31T12:00:00Z'"
    assert refusal(client.query, quoted) == (400, "INVALID_FIELD")


def test_an_api_that_is_switched_off_says_so(client, salesforce_org):
    salesforce_org.is_api_enabled = False
    assert refusal(client.limits) == (403, "API_DISABLED_FOR_ORG")


def test_the_org_says_what_it_is(client, salesforce_org):
    assert client.query("SELECT IsSandbox FROM Organization")["records"][0]["IsSandbox"] is True
    rows = client.query("SELECT ApiName, IsConverted, IsDefault FROM LeadStatus")["records"]
    assert [row["ApiName"] for row in rows if row["IsConverted"]] == ["Closed - Converted"]
    assert [row["ApiName"] for row in rows if row["IsDefault"]] == ["Open - Not Contacted"]
    assert "Inactive" in {row["ApiName"] for row in rows}
    rules = client.query("SELECT Id, Name FROM AssignmentRule WHERE SobjectType = 'Lead' AND Active = true")
    assert rules["totalSize"] == 1
    salesforce_org.org.set_field("Lead", "Status", picklist=("Open", "Gone"))
    assert client.query("SELECT ApiName FROM LeadStatus")["totalSize"] == 2
    lead = client.Lead.create({"LastName": "Lee", "Company": "x", "Status": "Gone"})
    assert lead["success"]


# The colleague


def test_a_colleague_s_edit_is_seen_as_theirs_and_stands_in_the_way_of_a_conditional_write(
    client, salesforce_org, contact
):
    salesforce_org.org.edit_as(COLLEAGUE_ID, "Contact", contact, at=NOON, Title="Publisher")
    seen = client.Contact.get(contact)
    assert (seen["Title"], seen["LastModifiedById"]) == ("Publisher", COLLEAGUE_ID)
    assert seen["LastModifiedDate"] == seen["SystemModstamp"] == "2026-03-31T12:00:00.000+0000"
    before = {"If-Unmodified-Since": format_datetime(NOON - timedelta(seconds=1), usegmt=True)}
    with pytest.raises(SalesforceError) as refused:
        client.Contact.update(contact, {"Title": "x"}, headers=before)
    assert refused.value.status == 412
    client.Contact.update(contact, {"Title": "x"}, headers={"If-Unmodified-Since": format_datetime(NOON, usegmt=True)})
    assert client.Contact.get(contact)["LastModifiedById"] == USER_ID
    assert [change.values for change in salesforce_org.org.changes] == [{"Title": "x"}]


# Records


def test_a_name_follows_its_parts(client, contact):
    client.Contact.update(contact, {"FirstName": "Ann", "LastName": "Roy"})
    assert client.Contact.get(contact)["Name"] == "Ann Roy"
    assert refusal(client.Contact.update, contact, {"LastName": ""}) == (400, "REQUIRED_FIELD_MISSING")


@pytest.mark.parametrize(
    ("account", "code"),
    [
        ("nonsense", "MALFORMED_ID"),
        ("003000000000001AAA", "FIELD_INTEGRITY_EXCEPTION"),
        ("001000000000999AAA", "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_a_reference_must_lead_somewhere(client, account, code):
    assert refusal(client.Contact.create, {"LastName": "Lee", "AccountId": account}) == (400, code)


def test_an_activity_is_recorded_on_a_person(client, contact):
    task = client.Task.create({"WhoId": contact, "Subject": "Auto-reply", "ActivityDate": "2026-03-31"})["id"]
    seen = client.Task.get(task)
    assert (seen["WhoId"], seen["Status"], seen["Priority"]) == (contact, "Not Started", "Normal")
    assert refusal(client.Task.create, {"WhoId": "003000000000999AAA"}) == (400, "INVALID_CROSS_REFERENCE_KEY")
    assert refusal(client.Task.create, {"ActivityDate": "31.3.2026"}) == (400, "JSON_PARSER_ERROR")
    assert refusal(client.Task.create, {"Status": "Maybe"}) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")


def test_an_empty_text_is_null(client, salesforce_org, contact):
    client.Contact.update(contact, {"Title": ""})
    assert salesforce_org.org.records["Contact"][contact]["Title"] is None
    assert client.query("SELECT Id FROM Contact WHERE Title = ''")["totalSize"] == 1
    assert client.query("SELECT Id FROM Contact WHERE Title != ''")["totalSize"] == 0


def test_rules_of_the_org_refuse_what_they_do_not_like(client, salesforce_org, contact):
    def only_editors(sobject, values, record):
        if sobject == "Contact" and values.get("Title") == "Intern" and record.get("Title") == "Editor":
            return OrgError(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "An editor stays one", ("Title",))
        return None

    salesforce_org.org.refusals.append(only_editors)
    assert refusal(client.Contact.update, contact, {"Title": "Intern"}) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert salesforce_org.org.changes == []
    assert client.Contact.update(contact, {"Title": "Publisher"}) == 204
    assert client.Contact.update(contact, {"Title": "Intern"}) == 204


def test_a_deletion_is_a_change_that_not_everybody_may_make(client, salesforce_org, contact):
    salesforce_org.org.unwritable_objects.add("Contact")
    assert refusal(client.Contact.delete, contact) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    salesforce_org.org.unwritable_objects.clear()
    salesforce_org.org.locked_ids.add(contact)
    assert refusal(client.Contact.delete, contact) == (400, "ENTITY_IS_LOCKED")
    salesforce_org.org.locked_ids.clear()
    client.Contact.delete(contact)
    assert [change.values for change in salesforce_org.org.changes] == [{"IsDeleted": True}]


# Limits


def test_calls_run_out_for_the_org_and_for_the_app(client, salesforce_org):
    client.limits()
    assert client.api_usage["api-usage"].used == 1
    assert client.api_usage["per-app-api-usage"].total == 250_000
    salesforce_org.app_limit = 2
    client.limits()
    with pytest.raises(SalesforceError, match="TotalRequests Limit exceeded") as refused:
        client.limits()
    assert refused.value.status == 403
    salesforce_org.app_limit, salesforce_org.daily_limit = 250_000, 2
    assert refusal(client.limits) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert get(salesforce_org, "/limits").headers["Sforce-Limit-Info"].startswith("api-usage=2/2; per-app")


def test_too_many_requests_at_once_are_refused(salesforce_org):
    salesforce_org.concurrent_limit, salesforce_org.latency = 1, 0.2
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(get(salesforce_org, "/limits"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused, served = sorted(answers, key=lambda answer: answer.ok)
    assert (refused.status_code, served.status_code) == (403, 200)
    assert refused.json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    assert "ConcurrentRequests" in refused.json()[0]["message"]
    assert get(salesforce_org, "/limits").ok


@pytest.mark.parametrize(
    ("letters", "in_header", "status"), [(15_000, 0, 200), (16_400, 0, 414), (10_000, 7_000, 431), (0, 17_000, 431)]
)
def test_requests_that_are_too_long_are_refused(salesforce_org, letters, in_header, status):
    path = f"/limits?unused={'x' * letters}"
    assert get(salesforce_org, path, headers={"X-Long": "x" * in_header}).status_code == status


def test_a_query_can_be_too_complicated_alone_or_in_a_composite(client, salesforce_org):
    salesforce_org.org.most_compared_values = 2
    two, three = (f"SELECT Id FROM Contact WHERE Email IN ({', '.join(['null'] * count)})" for count in (2, 3))
    assert client.query(two)["totalSize"] == 0
    assert refusal(client.query, three) == (400, "QUERY_TOO_COMPLICATED")
    parts = [
        {"method": "GET", "url": f"/services/data/v67.0/query?q={query.replace(' ', '+')}", "referenceId": f"r{index}"}
        for index, query in enumerate([two, three])
    ]
    answer = client.restful("composite", method="POST", json={"compositeRequest": parts})
    assert [part["httpStatusCode"] for part in answer["compositeResponse"]] == [200, 400]


# The protocol


@pytest.mark.parametrize("status", [401, 502, 503])
def test_a_page_for_people_can_come_instead_of_json(client, salesforce_org, status):
    salesforce_org.faults = [Fault(status=status, body="<html><body>Sign in</body></html>")]
    answer = get(salesforce_org, "/limits")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert answer.text.startswith("<html>")


def test_a_body_may_come_in_chunks(salesforce_org, contact):
    answer = requests.patch(
        f"{salesforce_org.url}/services/data/v67.0/sobjects/Contact/{contact}",
        data=iter([b'{"Tit', b'le": "Pub', b'lisher"}']),
        headers={"Authorization": f"Bearer {salesforce_org.access_token}"},
        timeout=5,
    )
    assert answer.status_code == 204
    assert salesforce_org.journal[-1].headers["transfer-encoding"] == "chunked"
    assert salesforce_org.org.records["Contact"][contact]["Title"] == "Publisher"


def test_the_journal_says_what_each_call_changed_and_when(client, salesforce_org, contact):
    clock = itertools.count()
    salesforce_org.org.now = lambda: NOON + timedelta(seconds=next(clock))
    other = salesforce_org.org.add("Contact", LastName="Roy")
    client.Contact.get(contact)
    url = "/services/data/v67.0/sobjects/Contact/"
    parts = [
        {"method": "PATCH", "url": url + one, "referenceId": one, "body": {"Title": title}}
        for one, title in ((contact, "A"), (other, "B"), (contact, "C"))
    ]
    client.restful("composite", method="POST", json={"compositeRequest": parts})
    read, wrote = salesforce_org.journal
    assert (read.changes, read.at <= wrote.at <= datetime.now(UTC)) == ([], True)
    assert [(change.record_id, change.values["Title"]) for change in wrote.changes] == [
        (contact, "A"),
        (other, "B"),
        (contact, "C"),
    ]
    moments = [change.at for change in wrote.changes]
    assert moments == sorted(set(moments))


@pytest.mark.parametrize(("is_whole", "copies"), [(False, 0), (True, 1)])
def test_a_composite_copies_the_records_of_the_org_only_where_it_may_take_everything_back(
    client, salesforce_org, contact, monkeypatch, is_whole, copies
):
    copied = []
    monkeypatch.setattr(salesforce_org.org, "snapshot", lambda: copied.append(1) or {})
    part = {
        "method": "PATCH",
        "url": f"/services/data/v67.0/sobjects/Contact/{contact}",
        "referenceId": "r",
        "body": {"Title": "x"},
    }
    body = {"allOrNone": is_whole, "compositeRequest": [part]}
    answer = client.restful("composite", method="POST", json=body)
    assert answer["compositeResponse"][0]["httpStatusCode"] == 204
    assert len(copied) == copies
