import pytest

from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, NewContact
from autoresponder_dagster.schemas.enums import SObject, WriteResultCode
from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.org import QUEUE_ID, USER_ID

APPLIED, DEFERRED, REJECTED = WriteResultCode.APPLIED, WriteResultCode.DEFERRED, WriteResultCode.REJECTED


@pytest.fixture
def contact(salesforce_org):
    return salesforce_org.org.add("Contact", Email="ann@customer.example", LastName="Lee", Contact_Status__c="Active")


@pytest.fixture
def lead(salesforce_org):
    return salesforce_org.org.add(
        "Lead", Email="ann@customer.example", LastName="Lee", Company="x", Status="Disqualified"
    )


def test_the_documented_operations_change_one_field_with_one_call_each(live, salesforce_org, contact, lead):
    calls = live.api_calls
    outcomes = [
        live.update_contact_status(contact, is_active=False),
        live.update_lead_status(lead, is_active=True),
        live.update_contact_email(contact, "ann.lee@customer.example"),
        live.update_lead_email(lead, "ann.lee@customer.example"),
        live.update_contact_title(contact, "Editor"),
        live.update_lead_title(lead, "Publisher"),
    ]
    assert {outcome.result for outcome in outcomes} == {APPLIED}
    assert live.api_calls - calls == len(salesforce_org.mutating_requests) == 6
    stored_contact, stored_lead = (
        salesforce_org.org.records[name][key] for name, key in (("Contact", contact), ("Lead", lead))
    )
    assert (stored_contact["Contact_Status__c"], stored_contact["Title"]) == ("Inactive", "Editor")
    assert (stored_lead["Status"], stored_lead["Title"]) == ("Open - Not Contacted", "Publisher")
    assert stored_contact["Email"] == stored_lead["Email"] == "ann.lee@customer.example"
    assert live.update_contact_status(contact, is_active=True).result == APPLIED
    assert live.update_lead_status(lead, is_active=False).result == APPLIED
    assert (stored_contact["Contact_Status__c"], stored_lead["Status"]) == ("Active", "Inactive")


def test_both_of_a_record_s_fields_travel_in_one_request(live, salesforce_org, contact):
    calls = live.api_calls
    updates = [
        FieldUpdate("a", SObject.CONTACT, contact, "Title", "Editor"),
        FieldUpdate("b", SObject.CONTACT, contact[:15], "Email", "ann.lee@customer.example"),
    ]
    assert [outcome.result for outcome in live.update(updates)] == [APPLIED, APPLIED]
    assert live.api_calls - calls == 1
    (change,) = salesforce_org.org.changes
    assert change.values == {"Title": "Editor", "Email": "ann.lee@customer.example"}


def test_a_changed_lead_keeps_its_owner(live, salesforce_org, lead):
    live.update_lead_title(lead, "Publisher")
    assert salesforce_org.org.records["Lead"][lead]["OwnerId"] == USER_ID
    # The trap is there: without the header the assignment rules take the Lead away.
    live.salesforce.Lead.update(lead, {"Title": "x"}, headers={"Sforce-Auto-Assign": "TRUE"})
    assert salesforce_org.org.records["Lead"][lead]["OwnerId"] == QUEUE_ID


def test_own_writes_are_recognised(live, salesforce_org, contact):
    salesforce_org.org.records["Contact"][contact]["LastModifiedById"] = "005000000000077AAA"
    assert live.lookup_by_email("ann@customer.example")["last_modified_by_pipeline"].tolist() == [False]
    live.update_contact_title(contact, "Editor")
    assert live.lookup_by_email("ann@customer.example")["last_modified_by_pipeline"].tolist() == [True]


@pytest.mark.parametrize(
    ("change", "result", "code"),
    [
        ({"field": "Contact_Status__c", "value": "Gone"}, REJECTED, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"field": "Email", "value": "not an address"}, REJECTED, "INVALID_EMAIL_ADDRESS"),
        ({"field": "Title", "value": "x" * 129}, REJECTED, "STRING_TOO_LONG"),
        ({"field": "Nonsense__c", "value": "x"}, REJECTED, "INVALID_FIELD"),
        ({"field": "Name", "value": "x"}, REJECTED, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"record_id": "003999999999999AAA"}, REJECTED, "NOT_FOUND"),
        ({"record_id": "../Account/001000000000001AAA"}, REJECTED, "MALFORMED_ID"),
    ],
)
def test_the_org_s_refusal_is_the_outcome(live, salesforce_org, contact, change, result, code):
    update = FieldUpdate(
        **{"action_id": "a", "sobject": SObject.CONTACT, "record_id": contact, "field": "Title", "value": "x"} | change
    )
    before = dict(salesforce_org.org.records["Contact"][contact])
    (outcome,) = live.update([update])
    assert (outcome.action_id, outcome.result, outcome.error_code) == ("a", result, code)
    assert salesforce_org.org.records["Contact"][contact] == before


def test_a_converted_lead_and_a_locked_record_are_not_changed(live, salesforce_org, contact, lead):
    salesforce_org.org.records["Lead"][lead]["IsConverted"] = True
    salesforce_org.org.locked_ids.add(contact)
    converted, locked = live.update_lead_title(lead, "x"), live.update_contact_title(contact, "x")
    assert (converted.result, converted.error_code) == (REJECTED, "CANNOT_UPDATE_CONVERTED_LEAD")
    assert (locked.result, locked.error_code) == (WriteResultCode.CONFLICT, "ENTITY_IS_LOCKED")


def test_the_org_s_text_is_kept_without_the_address_in_it(live, contact):
    outcome = live.update_contact_email(contact, "ann..lee@@customer.example")
    assert outcome.error_code == "INVALID_EMAIL_ADDRESS"
    assert outcome.error_message == "Email: invalid email address: <address>"


def new_contact(number=1, email="bob@customer.example", **changes):
    fields = {"name": "Bob van Roy", "title": "Editor", "account_name": "Customer Ltd"} | changes
    return NewContact(f"action-{number}", email, **fields)


def test_a_contact_is_created_under_the_account_of_that_name(live, salesforce_org):
    account_id = salesforce_org.org.add("Account", Name="customer ltd")
    assert live.add_contact("bob@customer.example", "Bob van Roy", "Editor", "Customer Ltd").result == APPLIED
    (created,) = salesforce_org.org.records["Contact"].values()
    assert created["AccountId"] == account_id
    assert (created["FirstName"], created["LastName"], created["Title"]) == ("Bob van", "Roy", "Editor")
    assert (created["Email"], created["Contact_Status__c"]) == ("bob@customer.example", "Active")
    assert len(salesforce_org.sent("POST", "/sobjects/Contact")) == 1


def test_a_missing_account_is_created_once(live, salesforce_org):
    batch = [new_contact(1), new_contact(2, "eve@customer.example", name="Roy, Eve", title=None), new_contact(3)]
    outcomes = live.add_contacts(batch)
    assert [outcome.result for outcome in outcomes] == [APPLIED, APPLIED, WriteResultCode.NOOP]
    assert [account["Name"] for account in salesforce_org.org.records["Account"].values()] == ["Customer Ltd"]
    assert sorted(contact["Name"] for contact in salesforce_org.org.records["Contact"].values()) == [
        "Bob van Roy",
        "Eve Roy",
    ]


def test_a_contact_that_is_there_is_not_created_again(live, salesforce_org):
    salesforce_org.org.add("Contact", Email="BOB@customer.example", LastName="Roy")
    assert live.add_contacts([new_contact()])[0].result == WriteResultCode.NOOP
    assert salesforce_org.mutating_requests == []


def test_several_accounts_of_the_name_are_a_conflict(live, salesforce_org):
    for _ in range(2):
        salesforce_org.org.add("Account", Name="Customer Ltd")
    assert live.add_contacts([new_contact()])[0].result == WriteResultCode.CONFLICT
    assert salesforce_org.mutating_requests == []


def test_a_contact_without_an_organisation_is_not_created(live, salesforce_org):
    (outcome,) = live.add_contacts([new_contact(account_name=None)])
    assert (outcome.result, outcome.error_code) == (REJECTED, "REQUIRED_FIELD_MISSING")
    assert salesforce_org.mutating_requests == []


@pytest.mark.parametrize("sobject", ["Account", "Contact"])
def test_a_creation_without_an_answer_is_not_sent_again(live, salesforce_org, sobject):
    salesforce_org.faults = [Fault(method="POST", path=f"/sobjects/{sobject}/?$", drops=True, after=True)]
    outcomes = live.add_contacts([new_contact(1), new_contact(2)])
    # It is looked for, and found.
    assert [outcome.result for outcome in outcomes] == [APPLIED, WriteResultCode.NOOP]
    assert len(salesforce_org.sent("POST", f"/sobjects/{sobject}")) == 1
    assert len(salesforce_org.org.records["Account"]) == len(salesforce_org.org.records["Contact"]) == 1


@pytest.mark.parametrize("sobject", ["Account", "Contact"])
def test_a_creation_that_is_not_found_is_not_sent_again_in_the_same_run(live, salesforce_org, sobject):
    salesforce_org.faults = [Fault(method="POST", path=f"/sobjects/{sobject}/?$", drops=True, times=9)]
    outcomes = live.add_contacts([new_contact(1), new_contact(2)])
    assert {(outcome.result, outcome.error_code) for outcome in outcomes} == {(DEFERRED, "NO_ANSWER")}
    assert len(salesforce_org.sent("POST", f"/sobjects/{sobject}")) == 1
    salesforce_org.faults = []
    assert live.add_contacts([new_contact(1)])[0].result == APPLIED


def test_no_search_means_no_creation(live, salesforce_org):
    salesforce_org.faults = [
        Fault(path="/composite", status=500, body=[{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}], times=9)
    ]
    (outcome,) = live.add_contacts([new_contact()])
    assert (outcome.result, outcome.error_code) == (DEFERRED, "UNKNOWN_EXCEPTION")
    assert salesforce_org.mutating_requests == []


def test_an_org_without_the_status_field_gets_contacts_without_it(live, salesforce_org):
    salesforce_org.org.hide("Contact", "Contact_Status__c")
    assert live.add_contacts([new_contact()])[0].result == APPLIED
