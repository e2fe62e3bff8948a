"""The mock org and the live client answer alike: what a mock run shows is what a live run would do."""

import pytest

from autoresponder_dagster.clients.salesforce.mock import OWN_USER_ID, MockSalesforce
from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, NewContact
from autoresponder_dagster.clients.salesforce.queries import SubscriptionLookup
from autoresponder_dagster.schemas import SalesforceRecord
from autoresponder_dagster.schemas.enums import Mode, SObject
from autoresponder_dagster_tests.clients.salesforce.conftest import NOW
from autoresponder_dagster_tests.emulators.salesforce.__main__ import load

ANN, BOB = "003000000000001AAA", "003000000000002AAA"
LEAD, CONVERTED = "00Q000000000001AAA", "00Q000000000002AAA"
CONTACTS = [
    {"Id": ANN, "Email": "Ann@x.example", "Name": "Ann Lee", "LastName": "Lee", "HasActiveSubscription": "true"},
    {"Id": BOB, "Email": "o'brien@x.example", "Name": "Bob", "LastName": "Bob", "Contact_Status__c": "Inactive"},
]
LEADS = [
    {"Id": LEAD, "Email": "ann@x.example", "Name": "Lee", "LastName": "Lee", "Company": "X", "Status": "Disqualified"},
    {
        "Id": CONVERTED,
        "Email": "ann@x.example",
        "Name": "Lee",
        "LastName": "Lee",
        "Company": "X",
        "IsConverted": "true",
    },
]
COMMON = {"LastModifiedDate": "2026-03-01T08:30:00Z", "LastModifiedById": OWN_USER_ID}
EXPLICIT = {SObject.CONTACT: {"HasActiveSubscription": "false"}, SObject.LEAD: {"IsConverted": "false"}}
ADDRESSES = ["ann@X.example", " o'brien@x.example", "new@x.example", "nobody@x.example"]
UPDATES = [
    (SObject.CONTACT, ANN, "Contact_Status__c", "Inactive"),
    (SObject.CONTACT, ANN[:15], "Title", "Editor"),
    (SObject.CONTACT, ANN, "Contact_Status__c", "Gone"),
    (SObject.CONTACT, BOB, "Email", "bob"),
    (SObject.CONTACT, BOB, "Title", "x" * 129),
    (SObject.CONTACT, BOB, "Nonsense__c", "x"),
    (SObject.CONTACT, "003000000000009AAA", "Title", "x"),
    (SObject.LEAD, LEAD, "Status", "Open - Not Contacted"),
    (SObject.LEAD, LEAD, "Email", "ann@y.example"),
    (SObject.LEAD, CONVERTED, "Status", "Inactive"),
    (SObject.LEAD, ANN, "Title", "x"),
    (SObject.LEAD, LEAD, "Title", ""),
]


@pytest.fixture
def mock():
    rows = {
        sobject: [COMMON | EXPLICIT[sobject] | row for row in given]
        for sobject, given in ((SObject.CONTACT, CONTACTS), (SObject.LEAD, LEADS))
    }
    return MockSalesforce(rows[SObject.CONTACT], rows[SObject.LEAD], clock=lambda: NOW)


@pytest.fixture
def both(mock, open_client, armed, salesforce_org, tmp_path):
    mock.export(tmp_path)
    load(salesforce_org, tmp_path)
    subscription = SubscriptionLookup("Subscription__c", "Contact__c", "Status__c = 'Active'")
    return mock, open_client(Mode.LIVE, subscription=subscription)


def test_lookups_are_alike(both):
    mock, live = (client.lookup_by_emails(ADDRESSES) for client in both)
    assert len(mock) == 4
    assert mock.equals(live)
    assert mock.dtypes.equals(live.dtypes)


def test_outcomes_and_their_effects_are_alike(both):
    updates = [FieldUpdate(str(number), *update) for number, update in enumerate(UPDATES)]
    contact = NewContact("new", "new@x.example", "Eve Roy", "Editor", "X Ltd")
    answers = [
        [(outcome.action_id, outcome.result, outcome.error_code) for outcome in outcomes]
        for outcomes in (client.update(updates) + client.add_contacts([contact, contact]) for client in both)
    ]
    assert answers[0] == answers[1]
    assert [result for _, result, _ in answers[0]].count("applied") == 6
    # Ids of new records and the time of a change are each org's own.
    own = [SalesforceRecord.last_modified_at, SalesforceRecord.record_id, SalesforceRecord.account_id]
    mock, live = (client.lookup_by_emails([*ADDRESSES, "ann@y.example"]).drop(columns=own) for client in both)
    live[SalesforceRecord.has_active_subscription] = mock[SalesforceRecord.has_active_subscription]
    assert mock.equals(live)
