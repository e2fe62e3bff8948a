import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresponder_dagster.clients.salesforce.mock import LAYOUTS, OWN_USER_ID, MockSalesforce
from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, NewContact
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas import SalesforceRecord
from autoresponder_dagster.schemas.enums import SObject, WriteResultCode
from autoresponder_dagster_tests.clients.salesforce.conftest import NOW

CONTACT_ID, LEAD_ID = "003000000000001AAA", "00Q000000000001AAA"
CONTACT = {
    "Id": CONTACT_ID,
    "Email": "Ann@Customer.example",
    "FirstName": "Ann",
    "LastName": "Lee",
    "Name": "Ann Lee",
    "Title": "Editor",
    "Contact_Status__c": "Active",
    "AccountId": "001000000000001AAA",
    "LastModifiedDate": "2026-03-01T08:30:00Z",
    "LastModifiedById": "005000000000077AAA",
    "HasActiveSubscription": "true",
}
LEAD = {
    "Id": LEAD_ID,
    "Email": "ann@customer.example",
    "LastName": "Lee",
    "Name": "Lee",
    "Company": "Customer",
    "Status": "Nurturing",
    "IsConverted": "false",
    "LastModifiedDate": "2026-03-01T08:30:00Z",
    "LastModifiedById": OWN_USER_ID,
}
CONVERTED = LEAD | {"Id": "00Q000000000002AAA", "IsConverted": "true", "ConvertedContactId": CONTACT_ID}


@pytest.fixture
def org():
    return MockSalesforce([CONTACT], [LEAD, CONVERTED], clock=lambda: NOW)


def test_records_become_typed_rows(org):
    frame = org.lookup_by_emails([" ANN@customer.example", "nobody@customer.example"])
    SalesforceRecord.validate(frame.assign(partition="2026-03-31")[SalesforceRecord.columns()])
    contact, lead, converted = frame.to_dict("records")
    assert (contact["email"], contact["sobject"], contact["record_id"]) == (
        "ann@customer.example",
        "Contact",
        CONTACT_ID,
    )
    assert (contact["status"], contact["title"], contact["has_active_subscription"]) == ("Active", "Editor", True)
    assert (contact["is_converted"], contact["last_modified_by_pipeline"]) == (False, False)
    assert contact["last_modified_at"].isoformat() == "2026-03-01T08:30:00+00:00"
    assert (lead["status"], lead["company"], lead["last_modified_by_pipeline"]) == ("Nurturing", "Customer", True)
    assert (converted["is_converted"], converted["converted_contact_id"]) == (True, CONTACT_ID)


def test_an_empty_cell_is_null():
    org = MockSalesforce([{"Id": CONTACT_ID, "Email": "a@x.example", "Title": " "}], clock=lambda: NOW)
    (row,) = org.lookup_by_email("a@x.example").isna().to_dict("records")
    assert row["title"]
    assert row["status"]
    assert row["last_modified_at"]
    assert row["has_active_subscription"]


def test_a_write_is_seen_by_the_next_lookup_as_the_pipeline_s_own(org):
    outcomes = [
        org.update_contact_status(CONTACT_ID, is_active=False),
        org.update_contact_email(CONTACT_ID[:15], "ann.lee@customer.example"),
        org.update_contact_title(CONTACT_ID, "Publisher"),
        org.update_lead_email(LEAD_ID, "ann.lee@customer.example"),
        org.update_lead_status(LEAD_ID, is_active=True),
    ]
    assert {outcome.result for outcome in outcomes} == {WriteResultCode.APPLIED}
    contact, lead = org.lookup_by_email("ann.lee@customer.example").to_dict("records")
    assert (contact["status"], contact["title"], lead["status"]) == ("Inactive", "Publisher", "Open - Not Contacted")
    assert contact["last_modified_at"] == NOW
    assert contact["last_modified_by_pipeline"]


@pytest.mark.parametrize(
    ("sobject", "record_id", "field", "value", "code"),
    [
        (SObject.CONTACT, "003000000000009AAA", "Title", "x", "NOT_FOUND"),
        (SObject.LEAD, CONTACT_ID, "Title", "x", "NOT_FOUND"),
        (SObject.LEAD, CONVERTED["Id"], "Title", "x", "CANNOT_UPDATE_CONVERTED_LEAD"),
        (SObject.CONTACT, CONTACT_ID, "Email", "not an address", "INVALID_EMAIL_ADDRESS"),
        (SObject.CONTACT, CONTACT_ID, "Email", f"{'a' * 60}@customer-with-a-long-name.example", "STRING_TOO_LONG"),
        (SObject.CONTACT, CONTACT_ID, "Title", "x" * 129, "STRING_TOO_LONG"),
        (SObject.CONTACT, CONTACT_ID, "Contact_Status__c", "Gone", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        (SObject.LEAD, LEAD_ID, "Status", "active", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        (SObject.LEAD, LEAD_ID, "Contact_Status__c", "Active", "INVALID_FIELD"),
        (SObject.CONTACT, CONTACT_ID, "Name", "x", "INVALID_FIELD"),
    ],
)
def test_what_an_org_refuses_is_refused_and_the_others_go_on(org, tmp_path, sobject, record_id, field, value, code):
    before = (tmp_path / "a", tmp_path / "b")
    org.export(before[0])
    refused, done = org.update(
        [
            FieldUpdate("1", sobject, record_id, field, value),
            FieldUpdate("2", SObject.LEAD, LEAD_ID, "Title", "Publisher"),
        ]
    )
    assert (refused.action_id, refused.result, refused.error_code) == ("1", WriteResultCode.REJECTED, code)
    assert (done.action_id, done.result) == ("2", WriteResultCode.APPLIED)
    org.export(before[1])
    contacts = [(folder / "salesforce_contacts.csv").read_bytes() for folder in before]
    assert contacts[0] == contacts[1]


def test_statuses_that_the_org_uses_are_known_to_it(org):
    update = FieldUpdate("1", SObject.LEAD, LEAD_ID, "Status", "Nurturing")
    assert org.update([update])[0].result == WriteResultCode.APPLIED


def test_a_contact_is_created_once_under_one_account(org):
    batch = [
        NewContact("1", "bob@customer.example", "Bob van Roy", "Editor", "Customer Ltd"),
        NewContact("2", "eve@customer.example", "Eve", None, "CUSTOMER LTD"),
        NewContact("3", "BOB@customer.example", "Bob", None, "Customer Ltd"),
        NewContact("4", "ian@customer.example", "Ian", None, None),
        NewContact("5", "nonsense", "Ian", None, "Customer Ltd"),
    ]
    codes = [outcome.result for outcome in org.add_contacts(batch)]
    assert codes == ["applied", "applied", "noop", "rejected", "rejected"]
    bob, eve = org.lookup_by_emails(["bob@customer.example", "eve@customer.example"]).to_dict("records")
    assert (bob["name"], bob["title"], bob["status"]) == ("Bob van Roy", "Editor", "Active")
    assert bob["account_id"] == eve["account_id"]
    assert bob["record_id"] != eve["record_id"]
    again = MockSalesforce(clock=lambda: NOW)
    again.add_contacts(batch[:1])
    assert again.lookup_by_email("bob@customer.example")["record_id"].tolist() == [bob["record_id"]]


# Files


def write(folder, sobject, rows, columns=None):
    name = {SObject.CONTACT: "salesforce_contacts.csv", SObject.LEAD: "salesforce_leads.csv"}[sobject]
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or list(LAYOUTS[sobject]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / name


def test_an_export_gives_back_the_files_with_order_and_further_columns(tmp_path):
    columns = ["Region__c", *LAYOUTS[SObject.CONTACT]]
    rows = [CONTACT | {"Id": f"00300000000000{number}AAA", "Region__c": " =North,\n'x' "} for number in (3, 1, 2)]
    originals = [write(tmp_path, SObject.CONTACT, rows, columns), write(tmp_path, SObject.LEAD, [LEAD, CONVERTED])]
    org = MockSalesforce.from_folder(tmp_path, clock=lambda: NOW)
    exported = org.export(tmp_path / "export")
    assert [path.read_bytes() for path in exported] == [path.read_bytes() for path in originals]
    org.update_contact_title(CONTACT_ID, "Publisher")
    assert [path.read_bytes() for path in exported] == [path.read_bytes() for path in originals]


def test_what_was_written_survives_an_export(org, tmp_path):
    org.update_contact_title(CONTACT_ID, "Herausgeberin, „Blatt“")
    org.add_contact("bob@customer.example", "Bob Roy", None, "Customer Ltd")
    org.export(tmp_path)
    again = MockSalesforce.from_folder(tmp_path, clock=lambda: NOW)
    addresses = ["ann@customer.example", "bob@customer.example"]
    assert again.lookup_by_emails(addresses).equals(org.lookup_by_emails(addresses))


@settings(deadline=None, max_examples=30)  # it writes files
@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), max_size=5))
def test_any_text_survives_an_export(tmp_path_factory, titles):
    folder = tmp_path_factory.mktemp("org")
    rows = [{"Id": f"{number:015d}", "Title": title} for number, title in enumerate(titles)]
    MockSalesforce(rows, clock=lambda: NOW).export(folder)
    MockSalesforce.from_folder(folder, clock=lambda: NOW).export(folder / "again")
    names = ("salesforce_contacts.csv", "salesforce_leads.csv")
    assert [(folder / name).read_bytes() for name in names] == [
        (folder / "again" / name).read_bytes() for name in names
    ]


@pytest.mark.parametrize("sobject", SObject)
def test_a_missing_file_is_named(org, tmp_path, sobject):
    for path in org.export(tmp_path):
        if sobject.lower() in path.name:
            path.unlink()
    with pytest.raises(ConfigurationError, match=f"salesforce_{sobject.lower()}s.csv"):
        MockSalesforce.from_folder(tmp_path, clock=lambda: NOW)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"LastModifiedDate": "yesterday"}, "LastModifiedDate"),
        ({"HasActiveSubscription": "maybe"}, "HasActiveSubscription"),
        ({"Id": ""}, "Id"),
        ({"Id": "003000000000002AAA"}, "twice"),
    ],
)
def test_a_malformed_cell_is_named(tmp_path, change, message):
    write(tmp_path, SObject.CONTACT, [CONTACT | {"Id": "003000000000002AAA"}, CONTACT | change])
    write(tmp_path, SObject.LEAD, [])
    with pytest.raises(ConfigurationError, match=message):
        MockSalesforce.from_folder(tmp_path, clock=lambda: NOW)
