"""Changes in batches: their conditions, what goes wrong on the way, and how each update ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from autoresponder_dagster.clients.salesforce.protocol import AutoReplyNote, FieldUpdate
from autoresponder_dagster.clients.salesforce.writer import AUDIT_CATEGORY_FIELD, AUDIT_DATE_FIELD
from autoresponder_dagster.schemas.enums import Mode, SObject, WriteResultCode
from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.org import USER_ID, Field

APPLIED, NOOP, CONFLICT = WriteResultCode.APPLIED, WriteResultCode.NOOP, WriteResultCode.CONFLICT
DEFERRED, REJECTED, UNKNOWN = WriteResultCode.DEFERRED, WriteResultCode.REJECTED, WriteResultCode.UNKNOWN
STRANGER = "005000000000077AAA"
LOOKED_UP_AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def add_contact(org, number=0, **values):
    fields = {"Title": "Author", "LastModifiedDate": "2026-03-01T08:30:00.000+0000", "LastModifiedById": STRANGER}
    return org.org.add("Contact", Email=f"p{number}@x.example", LastName="Lee", **fields | values)


@pytest.fixture
def contact(salesforce_org):
    return add_contact(salesforce_org)


@pytest.fixture(params=["conditional", "collections"])
def client(request, open_client, armed):
    """The live client in both ways of writing."""
    return open_client(Mode.LIVE, conditional_up_to=1000 if request.param == "conditional" else 0)


@pytest.fixture
def contacts(salesforce_org):
    return [add_contact(salesforce_org, number) for number in range(3)]


def title(record_id, value="Editor", number=0, **changes):
    fields = {"expected": "Author", "unmodified_since": LOOKED_UP_AT} | changes
    return FieldUpdate(f"action-{number}", SObject.CONTACT, record_id, "Title", value, **fields)


def titles(contacts):
    return [title(record_id, number=number) for number, record_id in enumerate(contacts)]


def results(outcomes):
    return [outcome.result for outcome in outcomes]


def stored(org, record_id):
    return org.org.records["Contact"][record_id]


def writes(org):
    return [exchange for exchange in org.journal if exchange.is_mutating]


# Size


def test_1000_records_are_40_calls_and_each_part_names_its_condition_and_keeps_the_owner(live, salesforce_org):
    contacts = [add_contact(salesforce_org, number) for number in range(1000)]
    assert set(results(live.update(titles(contacts)))) == {APPLIED}
    assert live.api_calls == live.planned_calls(titles(contacts), []) == 40
    assert len(salesforce_org.org.changes) == 1000
    headers = [part["httpHeaders"] for exchange in writes(salesforce_org) for part in exchange.parts]
    expected = {"Sforce-Auto-Assign": "FALSE", "If-Unmodified-Since": "Sun, 01 Mar 2026 08:30:00 GMT"}
    assert headers == [expected] * 1000


def test_1001_records_travel_as_collections_that_are_read_first(live, salesforce_org):
    contacts = [add_contact(salesforce_org, number) for number in range(1001)]
    assert set(results(live.update(titles(contacts)))) == {APPLIED}
    assert live.api_calls == live.planned_calls(titles(contacts), []) == 12
    assert len(salesforce_org.org.changes) == 1001


def test_records_that_the_caller_has_just_read_are_not_read_again(open_client, armed, salesforce_org, contacts):
    client = open_client(Mode.LIVE, conditional_up_to=0)
    (batch,) = client.batches(titles(contacts))
    assert results(client.send(replace(batch, is_just_read=True))) == [APPLIED] * 3
    assert client.api_calls == 1


def test_contacts_and_leads_are_not_mixed_in_a_collection(open_client, armed, salesforce_org):
    client = open_client(Mode.LIVE, conditional_up_to=0)
    lead = salesforce_org.org.add("Lead", Email="a@x.example", LastName="Lee", Company="x", Title="Author")
    updates = [FieldUpdate("lead", SObject.LEAD, lead, "Title", "Editor"), *titles([add_contact(salesforce_org)])]
    assert results(client.update(updates)) == [APPLIED, APPLIED]
    assert len(salesforce_org.sent("PATCH", "/composite/sobjects")) == 2
    assert salesforce_org.org.records["Lead"][lead]["OwnerId"] == USER_ID


def test_nothing_to_do_makes_no_call(client):
    assert client.update([]) == []
    assert client.api_calls == client.planned_calls([], []) == 0


# Somebody else's edit


@pytest.mark.parametrize("by", [STRANGER, USER_ID], ids=["somebody else", "the pipeline"])
@pytest.mark.parametrize("value", ["Publisher", "Author", "Editor"])
def test_a_record_that_was_changed_meanwhile(client, salesforce_org, contact, by, value):
    stored(salesforce_org, contact).update(
        Title=value, LastModifiedDate="2026-03-02T00:00:00.000+0000", LastModifiedById=by
    )
    (outcome,) = client.update([title(contact)])
    expected = {"Publisher": CONFLICT, "Author": CONFLICT if by == STRANGER else APPLIED, "Editor": NOOP}[value]
    assert outcome.result == expected
    assert stored(salesforce_org, contact)["Title"] == ("Editor" if expected in {APPLIED, NOOP} else value)


def test_a_changed_record_does_not_hold_up_the_others(client, salesforce_org, contacts):
    stored(salesforce_org, contacts[1]).update(Title="Publisher", LastModifiedDate="2026-03-02T00:00:00.000+0000")
    assert results(client.update(titles(contacts))) == [APPLIED, CONFLICT, APPLIED]


def test_an_edit_between_the_refusal_and_the_second_try_is_not_overwritten(live, salesforce_org, contact):
    """The pipeline's own newer change leads to a second try; the condition of that one is fresh."""
    stored(salesforce_org, contact).update(LastModifiedDate="2026-03-02T00:00:00.000+0000", LastModifiedById=USER_ID)

    def edit_after_reading(exchange):
        if b"composite/sobjects/Contact" in exchange.body:
            moment = datetime.now(UTC) + timedelta(seconds=5)
            stored(salesforce_org, contact).update(
                LastModifiedDate=moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000"), LastModifiedById=STRANGER, Title="Owner"
            )

    salesforce_org.after_answer = edit_after_reading
    (outcome,) = live.update([title(contact)])
    assert outcome.result == CONFLICT
    assert stored(salesforce_org, contact)["Title"] == "Owner"


def test_a_record_whose_time_is_finer_than_a_second_is_not_taken_for_changed(client, salesforce_org, contact):
    stored(salesforce_org, contact)["LastModifiedDate"] = "2026-03-01T08:30:00.400+0000"
    moment = LOOKED_UP_AT + timedelta(milliseconds=400)
    assert results(client.update([title(contact, unmodified_since=moment)])) == [APPLIED]


def test_an_expected_value_without_a_moment_is_compared_first(live, salesforce_org, contacts):
    stored(salesforce_org, contacts[0])["Title"] = "Publisher"
    updates = [title(contact, number=number, unmodified_since=None) for number, contact in enumerate(contacts)]
    assert results(live.update(updates)) == [CONFLICT, APPLIED, APPLIED]
    assert live.api_calls == 2


def test_a_value_that_is_there_already_is_not_written_by_a_collection(open_client, armed, salesforce_org, contacts):
    client = open_client(Mode.LIVE, conditional_up_to=0)
    for contact in contacts:
        stored(salesforce_org, contact)["Title"] = "Editor"
    assert results(client.update(titles(contacts))) == [NOOP] * 3
    assert writes(salesforce_org) == []


@pytest.mark.parametrize("name", ["Title", "Email", "Contact_Status__c"])
def test_a_field_is_emptied(client, salesforce_org, contact, name):
    stored(salesforce_org, contact)["Contact_Status__c"] = "Active"
    empty = FieldUpdate("a", SObject.CONTACT, contact, name, "", unmodified_since=LOOKED_UP_AT)
    assert results(client.update([empty])) == [APPLIED]
    assert stored(salesforce_org, contact)[name] is None
    again = replace(empty, unmodified_since=None, expected="Author")
    assert results(client.update([again])) == [NOOP]


def test_a_record_that_is_gone(client, salesforce_org, contact):
    salesforce_org.org.delete("Contact", contact)
    (outcome,) = client.update([title(contact)])
    assert outcome.result == REJECTED
    assert outcome.error_code in {"NOT_FOUND", "ENTITY_IS_DELETED"}


# What the org refuses


def test_a_refused_field_does_not_take_the_others_of_its_record_with_it(client, salesforce_org, contact):
    updates = [
        title(contact, "x" * 129, 1),
        FieldUpdate("action-2", SObject.CONTACT, contact, "Email", "nonsense"),
        FieldUpdate("action-3", SObject.CONTACT, contact, "Contact_Status__c", "Inactive"),
    ]
    outcomes = client.update(updates)
    assert [(each.result, each.error_code) for each in outcomes] == [
        (REJECTED, "STRING_TOO_LONG"),
        (REJECTED, "INVALID_EMAIL_ADDRESS"),
        (APPLIED, None),
    ]
    assert stored(salesforce_org, contact)["Contact_Status__c"] == "Inactive"


def test_a_value_that_a_record_type_does_not_offer_is_refused_for_its_records_only(client, salesforce_org):
    salesforce_org.org.record_type_picklists["Contact", "012000000000001"] = ("Active",)
    plain, typed = (add_contact(salesforce_org, n, RecordTypeId=t) for n, t in ((1, None), (2, "012000000000001AAA")))
    updates = [FieldUpdate(each, SObject.CONTACT, each, "Contact_Status__c", "Inactive") for each in (plain, typed)]
    assert results(client.update(updates)) == [APPLIED, REJECTED]


def test_an_org_that_is_not_set_up_for_a_field_is_not_asked_a_thousand_times(live, salesforce_org):
    salesforce_org.org.schema["Contact"]["Title"] = Field(length=128, is_updateable=False)
    contacts = [add_contact(salesforce_org, number) for number in range(100)]
    outcomes = live.update(titles(contacts))
    assert results(outcomes) == [REJECTED] * 25 + [DEFERRED] * 75
    assert {outcome.error_code for outcome in outcomes} == {"INVALID_FIELD_FOR_INSERT_UPDATE"}
    assert live.api_calls == 1
    other = FieldUpdate("other", SObject.CONTACT, contacts[-1], "Contact_Status__c", "Inactive")
    assert results(live.update([other])) == [APPLIED]


# What passes


def test_locked_records_alone_are_sent_again(client, salesforce_org, contacts):
    salesforce_org.org.busy_ids[contacts[1]] = 2
    assert results(client.update(titles(contacts))) == [APPLIED] * 3
    assert sorted(change.record_id for change in salesforce_org.org.changes) == sorted(contacts)


def test_an_edit_while_a_locked_record_is_waited_for_is_not_overwritten(client, salesforce_org, contact):
    salesforce_org.org.busy_ids[contact] = 1
    values = {"Title": "Owner", "LastModifiedDate": "2026-03-02T00:00:00.000+0000", "LastModifiedById": STRANGER}
    salesforce_org.after_answer = lambda exchange: (
        exchange.is_mutating and stored(salesforce_org, contact).update(values)
    )
    assert results(client.update([title(contact)])) == [CONFLICT]
    assert stored(salesforce_org, contact)["Title"] == "Owner"


def test_a_record_that_stays_locked_is_deferred(client, salesforce_org, contacts):
    salesforce_org.org.busy_ids[contacts[1]] = 99
    outcomes = client.update(titles(contacts))
    assert results(outcomes) == [APPLIED, DEFERRED, APPLIED]
    assert outcomes[1].error_code == "UNABLE_TO_LOCK_ROW"


def test_a_session_that_ends_in_the_middle_is_renewed(client, salesforce_org):
    contacts = [add_contact(salesforce_org, number) for number in range(60)]
    client.update(titles(contacts[:1]))
    salesforce_org.expire_sessions()
    assert set(results(client.update(titles(contacts[1:])))) == {APPLIED}
    assert len(salesforce_org.sent("POST", "/oauth2/token")) == 2


@pytest.mark.parametrize("code", ["REQUEST_LIMIT_EXCEEDED", "INVALID_SESSION_ID"])
def test_an_org_that_takes_no_more_gets_no_more(live, salesforce_org, code):
    contacts = [add_contact(salesforce_org, number) for number in range(100)]
    status = 403 if code == "REQUEST_LIMIT_EXCEEDED" else 401
    body = [{"errorCode": code, "message": "TotalRequests Limit exceeded."}]
    salesforce_org.faults = [Fault(method="POST", path="/composite", skip=1, status=status, body=body, times=99)]
    outcomes = live.update(titles(contacts))
    assert results(outcomes) == [APPLIED] * 25 + [DEFERRED] * 75
    assert {outcome.error_code for outcome in outcomes[25:]} == {code}
    assert len(writes(salesforce_org)) == (2 if status == 403 else 3)
    assert results(live.update(titles(contacts[:1]))) == [DEFERRED]
    assert live.update_contact_title(contacts[0], "x").error_code == code


# What is not certain

UNCLEAR = {
    "broken off": Fault(drops=True),
    "server error": Fault(status=500, body=[{"errorCode": "UNKNOWN_EXCEPTION", "message": "?"}]),
    "bad gateway": Fault(status=502, body="<html>bad gateway</html>"),
    "time-out of a gateway": Fault(status=504, body="<html>too late</html>"),
    "a page of HTML": Fault(status=200, body="<html>sign in</html>"),
    "a redirection": Fault(
        status=302, headers={"Location": "https://login.salesforce.com/"}, body="<html>moved</html>"
    ),
}
WRITE_PATHS = r"/composite(/sobjects)?$"


@pytest.mark.parametrize("is_applied", [True, False], ids=["applied", "not applied"])
@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
def test_an_answer_that_tells_nothing_is_settled_by_reading_again(client, salesforce_org, contacts, fault, is_applied):
    method = "PATCH" if client.options.conditional_up_to == 0 else "POST"
    salesforce_org.faults = [Fault(**vars(fault) | {"method": method, "path": WRITE_PATHS, "after": is_applied})]
    assert results(client.update(titles(contacts))) == [APPLIED] * 3
    assert [stored(salesforce_org, each)["Title"] for each in contacts] == ["Editor"] * 3
    assert len(salesforce_org.org.changes) == 3


@pytest.mark.silent_server
def test_a_change_that_is_carried_out_while_nobody_listens_any_more(client, salesforce_org, contacts):
    method = "PATCH" if client.options.conditional_up_to == 0 else "POST"
    salesforce_org.faults = [Fault(method=method, path=WRITE_PATHS, delay=1.0)]
    assert results(client.update(titles(contacts))) == [APPLIED] * 3
    assert [stored(salesforce_org, each)["Title"] for each in contacts] == ["Editor"] * 3


def test_an_edit_after_an_unclear_answer_is_not_overwritten(live, salesforce_org, contact):
    salesforce_org.faults = [Fault(path=WRITE_PATHS, drops=True)]

    def edit(exchange):
        if exchange.status == 0:
            stored(salesforce_org, contact).update(
                Title="Owner", LastModifiedDate="2026-03-02T00:00:00.000+0000", LastModifiedById=STRANGER
            )

    salesforce_org.after_answer = edit
    assert results(live.update([title(contact)])) == [CONFLICT]
    assert stored(salesforce_org, contact)["Title"] == "Owner"


def test_what_cannot_be_read_again_is_unknown(live, salesforce_org, contacts):
    salesforce_org.faults = [Fault(path="/composite", drops=True, times=99)]
    outcomes = live.update(titles(contacts))
    assert {(outcome.result, outcome.error_code) for outcome in outcomes} == {(UNKNOWN, "NO_ANSWER")}


def test_what_never_gets_an_answer_and_still_holds_the_old_value_is_deferred(
    open_client, armed, salesforce_org, contacts
):
    client = open_client(Mode.LIVE, conditional_up_to=0)
    salesforce_org.faults = [Fault(method="PATCH", drops=True, times=99)]
    assert results(client.update(titles(contacts))) == [DEFERRED] * 3
    assert len(salesforce_org.sent("PATCH")) == 5


def test_a_silent_org_is_not_asked_for_ever(live, salesforce_org):
    contacts = [add_contact(salesforce_org, number) for number in range(500)]
    salesforce_org.faults = [Fault(path="/composite", drops=True, times=999)]
    outcomes = live.update(titles(contacts))
    assert results(outcomes) == [UNKNOWN] * 75 + [DEFERRED] * 425
    assert len(writes(salesforce_org)) == 3


# Beside the change


def note():
    return AutoReplyNote("left", datetime(2026, 3, 1, 7, 0, tzinfo=UTC), "I no longer work here")


def test_audit_fields_travel_with_the_change(open_client, armed, salesforce_org, contact):
    salesforce_org.org.schema["Contact"] |= {AUDIT_DATE_FIELD: Field("date"), AUDIT_CATEGORY_FIELD: Field()}
    client = open_client(Mode.LIVE, writes_audit_fields=True)
    assert results(client.update([title(contact, note=note())])) == [APPLIED]
    (change,) = salesforce_org.org.changes
    assert change.values == {"Title": "Editor", AUDIT_DATE_FIELD: "2026-03-01", AUDIT_CATEGORY_FIELD: "left"}


def test_an_org_without_audit_fields_still_gets_the_change(open_client, armed, salesforce_org, contact, caplog):
    client = open_client(Mode.LIVE, writes_audit_fields=True)
    assert results(client.update([title(contact, note=note())])) == [APPLIED]
    assert salesforce_org.org.changes[-1].values == {"Title": "Editor"}
    assert "audit fields" in caplog.text


def test_the_auto_reply_is_logged_as_a_task_of_each_changed_record(open_client, armed, salesforce_org, contacts):
    salesforce_org.org.locked_ids.add(contacts[0])
    client = open_client(Mode.LIVE, logs_tasks=True)
    updates = [title(contact, number=number, note=note()) for number, contact in enumerate(contacts)]
    assert results(client.update(updates)) == [CONFLICT, APPLIED, APPLIED]
    tasks = list(salesforce_org.org.records["Task"].values())
    assert [(task["WhoId"], task["Subject"], task["Status"]) for task in tasks] == [
        (contact, "Auto-reply: left", "Completed") for contact in contacts[1:]
    ]
    assert tasks[0]["Description"] == "I no longer work here"
    assert client.api_calls == client.planned_calls(updates, []) == 2


def test_tasks_are_planned_for_with_every_batch(open_client, armed, salesforce_org):
    contacts = [add_contact(salesforce_org, number) for number in range(60)]
    client = open_client(Mode.LIVE, logs_tasks=True)
    updates = [title(contact, number=number, note=note()) for number, contact in enumerate(contacts)]
    assert set(results(client.update(updates))) == {APPLIED}
    assert client.api_calls == client.planned_calls(updates, []) == 6


def test_a_task_that_cannot_be_logged_does_not_undo_the_change(open_client, armed, salesforce_org, contact, caplog):
    salesforce_org.faults = [Fault(method="POST", path="/composite/sobjects$", drops=True)]
    client = open_client(Mode.LIVE, logs_tasks=True)
    assert results(client.update([title(contact, note=note())])) == [APPLIED]
    assert len(salesforce_org.sent("POST", "/composite/sobjects")) == 1
    assert "could not be logged as Tasks" in caplog.text


# Reading records


def test_what_the_org_holds_now(live, salesforce_org, contact):
    lead = salesforce_org.org.add("Lead", Email="a@x.example", LastName="Lee", Company="x", LastModifiedById=USER_ID)
    states = live.read_records({SObject.CONTACT: [contact[:15], "003000000009999AAA"], SObject.LEAD: [lead]})
    assert set(states) == {(SObject.CONTACT, contact[:15]), (SObject.LEAD, lead)}
    state = states[SObject.CONTACT, contact[:15]]
    assert state.values == {"Email": "p0@x.example", "Title": "Author", "Contact_Status__c": None}
    assert (state.last_modified_at, state.is_last_modified_by_pipeline) == (LOOKED_UP_AT, False)
    assert states[SObject.LEAD, lead].is_last_modified_by_pipeline
    assert live.api_calls == 1


def test_records_of_an_org_without_the_status_field_are_read_without_it(live, salesforce_org, contact):
    salesforce_org.org.hide("Contact", "Contact_Status__c")
    states = live.read_records({SObject.CONTACT: [contact]})
    assert states[SObject.CONTACT, contact].values["Contact_Status__c"] is None
