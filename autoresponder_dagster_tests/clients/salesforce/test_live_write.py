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


def title(record_id, value="Editor", number=0):
    return FieldUpdate(f"action-{number}", SObject.CONTACT, record_id, "Title", value)


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


@pytest.mark.parametrize(
    ("fault", "result", "code"),
    [
        (Fault(status=412, body=[]), WriteResultCode.CONFLICT, "HTTP_412"),
        (
            Fault(status=400, body=[{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "busy"}]),
            DEFERRED,
            "UNABLE_TO_LOCK_ROW",
        ),
        (Fault(status=400, body=[{"errorCode": "SOMETHING_NEW", "message": "?"}]), REJECTED, "SOMETHING_NEW"),
        (Fault(status=429, body=[]), DEFERRED, "HTTP_429"),
        (Fault(status=500, body=[{"errorCode": "UNKNOWN_EXCEPTION", "message": "?"}]), DEFERRED, "UNKNOWN_EXCEPTION"),
        (Fault(status=502, body="<html>bad gateway</html>"), DEFERRED, "HTTP_502"),
        (Fault(status=503, body=[{"errorCode": "SERVER_UNAVAILABLE", "message": "?"}]), DEFERRED, "SERVER_UNAVAILABLE"),
        (Fault(status=200, body="<html>sign in</html>"), DEFERRED, "NO_ANSWER"),
        (
            Fault(status=302, headers={"Location": "https://login.salesforce.com/"}, body="<html>moved</html>"),
            DEFERRED,
            "NO_ANSWER",
        ),
        (Fault(delay=0.6), DEFERRED, "NO_ANSWER"),
        (Fault(drops=True), DEFERRED, "NO_ANSWER"),
        (Fault(drops=True, after=True), DEFERRED, "NO_ANSWER"),
    ],
)
def test_a_failed_write_has_a_name_and_does_not_stop_the_others(live, salesforce_org, contact, fault, result, code):
    other = salesforce_org.org.add("Contact", Email="bob@customer.example", LastName="Roy")
    salesforce_org.faults = [Fault(**vars(fault))]
    outcomes = live.update([title(contact, number=1), title(other, number=2)])
    assert [(outcome.action_id, outcome.result) for outcome in outcomes] == [
        ("action-1", result),
        ("action-2", APPLIED),
    ]
    assert outcomes[0].error_code == code
    assert len(salesforce_org.sent("PATCH")) == 2
    assert salesforce_org.org.records["Contact"][other]["Title"] == "Editor"


@pytest.mark.parametrize("code", ["REQUEST_LIMIT_EXCEEDED", "INVALID_SESSION_ID"])
def test_an_org_that_takes_no_more_gets_no_more(live, salesforce_org, contact, code):
    status = 403 if code == "REQUEST_LIMIT_EXCEEDED" else 401
    salesforce_org.faults = [Fault(method="PATCH", skip=1, status=status, body=[{"errorCode": code, "message": "x"}])]
    outcomes = live.update([title(contact, str(number), number) for number in range(5)])
    assert [outcome.result for outcome in outcomes] == [APPLIED] + [DEFERRED] * 4
    assert {outcome.error_code for outcome in outcomes[1:]} == {code}
    assert len(salesforce_org.sent("PATCH")) == 2


def test_the_daily_limit_stops_the_batch(live, salesforce_org, contact):
    salesforce_org.daily_limit = salesforce_org.api_calls + 2
    outcomes = live.update([title(contact, str(number), number) for number in range(4)])
    assert [outcome.result for outcome in outcomes] == [APPLIED, APPLIED, DEFERRED, DEFERRED]
    assert outcomes[2].error_code == "REQUEST_LIMIT_EXCEEDED"


def test_an_expired_session_is_one_request_and_not_an_endless_login(live, salesforce_org, contact):
    salesforce_org.expire_sessions()
    requests_before = len(salesforce_org.journal)
    outcomes = live.update([title(contact, number=number) for number in range(3)])
    assert {(outcome.result, outcome.error_code) for outcome in outcomes} == {(DEFERRED, "INVALID_SESSION_ID")}
    assert len(salesforce_org.journal) == requests_before + 1


def test_a_silent_org_is_not_asked_for_ever(live, salesforce_org, contact):
    salesforce_org.faults = [Fault(method="PATCH", drops=True, times=99)]
    outcomes = live.update([title(contact, number=number) for number in range(10)])
    assert {outcome.result for outcome in outcomes} == {DEFERRED}
    assert len(salesforce_org.sent("PATCH")) == 3


def test_an_answer_in_between_is_a_sign_of_life(live, salesforce_org, contact):
    salesforce_org.faults = [
        Fault(method="PATCH", drops=True, times=2),
        Fault(method="PATCH", skip=1, drops=True, times=2),
    ]
    outcomes = live.update([title(contact, number=number) for number in range(6)])
    assert [outcome.result for outcome in outcomes] == [DEFERRED, DEFERRED, APPLIED, DEFERRED, DEFERRED, APPLIED]


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
    assert len(salesforce_org.sent("POST", "/sobjects/")) == 1


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
    salesforce_org.faults = [Fault(method="POST", path=f"/sobjects/{sobject}", drops=True, after=True)]
    outcomes = live.add_contacts([new_contact(1), new_contact(2)])
    assert {(outcome.result, outcome.error_code) for outcome in outcomes} == {(DEFERRED, "NO_ANSWER")}
    assert len(salesforce_org.org.records[sobject]) == 1
    assert len(salesforce_org.sent("POST", f"/sobjects/{sobject}")) == 1
    # The next run finds what was made.
    assert live.add_contacts([new_contact(1)])[0].result in {APPLIED, WriteResultCode.NOOP}
    assert len(salesforce_org.org.records["Account"]) == len(salesforce_org.org.records["Contact"]) == 1


def test_no_search_means_no_creation(live, salesforce_org):
    salesforce_org.faults = [
        Fault(path="/query", status=500, body=[{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}])
    ]
    (outcome,) = live.add_contacts([new_contact()])
    assert (outcome.result, outcome.error_code) == (DEFERRED, "UNKNOWN_EXCEPTION")
    assert salesforce_org.mutating_requests == []


def test_an_org_without_the_status_field_gets_contacts_without_it(live, salesforce_org):
    salesforce_org.org.hide("Contact", "Contact_Status__c")
    assert live.add_contacts([new_contact()])[0].result == APPLIED
