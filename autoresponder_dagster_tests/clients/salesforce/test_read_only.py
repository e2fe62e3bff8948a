"""The proof that a read-only run changes nothing, whatever code asks for it."""

import contextlib
from datetime import UTC, datetime

import pytest
from simple_salesforce.api import Salesforce, SFType
from simple_salesforce.bulk import SFBulkHandler, SFBulkType
from simple_salesforce.bulk2 import SFBulk2Handler, SFBulk2Type
from simple_salesforce.exceptions import SalesforceError, SalesforceOperationError

from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, NewContact, UpdateBatch
from autoresponder_dagster.errors import InterceptedWriteError
from autoresponder_dagster.schemas.enums import SObject, WriteResultCode

CONTACT = "003000000000001AAA"
LEAD = "00Q000000000001AAA"
COMPOSITE_WITH_A_PATCH = {
    "compositeRequest": [
        {"referenceId": "a", "method": "GET", "url": "/services/data/v67.0/limits"},
        {
            "referenceId": "b",
            "method": "PATCH",
            "url": f"/services/data/v67.0/sobjects/Contact/{CONTACT}",
            "body": {"Title": "x"},
        },
    ]
}
NOW = datetime(2026, 3, 31, tzinfo=UTC)
ROWS = [{"Id": CONTACT, "Title": "x"}]
SOQL = "SELECT Id FROM Contact"
# Every public method of simple-salesforce, whether it reads or writes: what an upgrade adds must be added here.
RAW_READS = {
    Salesforce: {
        "describe": lambda sf: sf.describe(),
        "is_sandbox": lambda sf: sf.is_sandbox(),
        "limits": lambda sf: sf.limits(),
        "oauth2": lambda sf: sf.oauth2("userinfo"),
        "parse_api_usage": lambda sf: sf.parse_api_usage("api-usage=1/2"),
        "parse_result_to_json": lambda sf: sf.parse_result_to_json(sf.session.get(f"{sf.base_url}limits")),
        "query": lambda sf: sf.query(SOQL),
        "query_all": lambda sf: sf.query_all(SOQL),
        "query_all_iter": lambda sf: list(sf.query_all_iter(SOQL)),
        "query_more": lambda sf: sf.query_more("01g000000000001-2000"),
        "quick_search": lambda sf: sf.quick_search("x"),
        "restful": lambda sf: sf.restful(f"sobjects/Contact/{CONTACT}"),
        "search": lambda sf: sf.search("FIND {x}"),
    },
    SFType: {
        "deleted": lambda sf: sf.Contact.deleted(NOW, NOW),
        "describe": lambda sf: sf.Contact.describe(),
        "describe_layout": lambda sf: sf.Contact.describe_layout("012000000000001AAA"),
        "get": lambda sf: sf.Contact.get(CONTACT),
        "get_base64": lambda sf: sf.Document.get_base64("015000000000001AAA"),
        "get_by_custom_id": lambda sf: sf.Contact.get_by_custom_id("Email", "x"),
        "metadata": lambda sf: sf.Contact.metadata(),
        "parse_result_to_json": lambda sf: sf.Contact.parse_result_to_json(sf.session.get(f"{sf.base_url}limits")),
        "updated": lambda sf: sf.Contact.updated(NOW, NOW),
    },
    SFBulk2Type: {
        "download": lambda sf: sf.bulk2.Contact.download(SOQL, "/nonexistent", wait=0.01),
        "get_all_ingest_records": lambda sf: sf.bulk2.Contact.get_all_ingest_records("750000000000001AAA"),
        "get_failed_records": lambda sf: sf.bulk2.Contact.get_failed_records("750000000000001AAA"),
        "get_successful_records": lambda sf: sf.bulk2.Contact.get_successful_records("750000000000001AAA"),
        "get_unprocessed_records": lambda sf: sf.bulk2.Contact.get_unprocessed_records("750000000000001AAA"),
        "query": lambda sf: list(sf.bulk2.Contact.query(SOQL, wait=0.01)),
        "query_all": lambda sf: list(sf.bulk2.Contact.query_all(SOQL, wait=0.01)),
    },
}
RAW_WRITES = {
    Salesforce: {
        "apexecute": lambda sf: sf.apexecute("DoSomething", method="GET"),
        "checkDeployStatus": lambda sf: sf.checkDeployStatus("0Af000000000001"),
        "deploy": lambda sf: sf.deploy(__file__, sandbox=True),
        "set_password": lambda sf: sf.set_password("005000000000001AAA", "x"),
        "toolingexecute": lambda sf: sf.toolingexecute("executeAnonymous/?anonymousBody=delete%20x"),
    },
    SFType: {
        "create": lambda sf: sf.Contact.create({"LastName": "x"}),
        "delete": lambda sf: sf.Lead.delete(LEAD),
        "update": lambda sf: sf.Contact.update(CONTACT, {"Title": "x"}),
        "update_base64": lambda sf: sf.Document.update_base64("015000000000001AAA", __file__),
        "upload_base64": lambda sf: sf.Document.upload_base64(__file__),
        "upsert": lambda sf: sf.Contact.upsert(f"Email/{CONTACT}", {"Title": "x"}),
    },
    # Bulk API 1.0 has an address of its own, behind which reading and writing look alike: all of it is shut.
    SFBulkHandler: {"submit_dml": lambda sf: sf.bulk.submit_dml("Contact", "update", ROWS)},
    SFBulkType: {
        "delete": lambda sf: sf.bulk.Contact.delete(ROWS),
        "hard_delete": lambda sf: sf.bulk.Contact.hard_delete(ROWS),
        "insert": lambda sf: sf.bulk.Contact.insert(ROWS),
        "query": lambda sf: sf.bulk.Contact.query(SOQL),
        "query_all": lambda sf: sf.bulk.Contact.query_all(SOQL),
        "submit_dml": lambda sf: sf.bulk.Contact.submit_dml("update", ROWS),
        "update": lambda sf: sf.bulk.Contact.update(ROWS),
        "upsert": lambda sf: sf.bulk.Contact.upsert(ROWS, "Id"),
        "worker": lambda sf: sf.bulk.Contact.worker({"id": "1", "jobId": "2"}, "update", wait=0),
    },
    SFBulk2Type: {
        "delete": lambda sf: sf.bulk2.Contact.delete(records=[{"Id": CONTACT}]),
        "hard_delete": lambda sf: sf.bulk2.Contact.hard_delete(records=[{"Id": CONTACT}]),
        "insert": lambda sf: sf.bulk2.Contact.insert(records=[{"LastName": "x"}]),
        "update": lambda sf: sf.bulk2.Contact.update(records=ROWS),
        "upsert": lambda sf: sf.bulk2.Contact.upsert(records=ROWS),
    },
}
OTHER_WAYS = {
    "restful patch": lambda sf: sf.restful(f"sobjects/Contact/{CONTACT}", method="PATCH", json={"Title": "x"}),
    "restful override": lambda sf: sf.restful(f"sobjects/Contact/{CONTACT}", params={"_HttpMethod": "PATCH"}),
    "composite": lambda sf: sf.restful("composite", method="POST", json={"compositeRequest": []}),
    "composite with a patch": lambda sf: sf.restful("composite", method="POST", json=COMPOSITE_WITH_A_PATCH),
    "collections": lambda sf: sf.restful("composite/sobjects", method="PATCH", json={"records": []}),
    "revoke": lambda sf: sf.oauth2("revoke", method="POST"),
    "session": lambda sf: sf.session.post(f"https://{sf.sf_instance}/services/data/v67.0/sobjects/Contact", json={}),
    "session of an object": lambda sf: sf.Contact.session.delete(f"{sf.Contact.base_url}{CONTACT}"),
}


def flat(table):
    return [
        pytest.param(call, id=f"{owner.__name__}.{name}")
        for owner, calls in table.items()
        for name, call in calls.items()
    ]


@pytest.mark.parametrize("owner", [Salesforce, SFType, SFBulkHandler, SFBulkType, SFBulk2Handler, SFBulk2Type])
def test_no_public_method_of_simple_salesforce_is_forgotten(owner):
    public = {name for name in dir(owner) if not name.startswith("_") and callable(getattr(owner, name))}
    assert public == RAW_READS.get(owner, {}).keys() | RAW_WRITES.get(owner, {}).keys()


@pytest.mark.parametrize("read", flat(RAW_READS))
def test_what_reads_leaves_and_changes_nothing(read_only, salesforce_org, read):
    with contextlib.suppress(SalesforceError, SalesforceOperationError, OSError):
        read(read_only.salesforce)
    assert salesforce_org.mutating_requests == []


def test_lookups_are_live(read_only, salesforce_org):
    record_id = salesforce_org.org.add("Contact", Email="ann@customer.example", LastName="Lee")
    assert read_only.lookup_by_email("ann@customer.example")["record_id"].tolist() == [record_id]
    assert not read_only.is_degraded


def test_every_write_of_the_client_is_reported_as_intercepted(read_only, salesforce_org):
    outcomes = [
        read_only.update_contact_status(CONTACT, is_active=False),
        read_only.update_lead_status(LEAD, is_active=True),
        read_only.update_contact_email(CONTACT, "x@customer.example"),
        read_only.update_lead_email(LEAD, "x@customer.example"),
        read_only.update_contact_title(CONTACT, "x"),
        read_only.update_lead_title(LEAD, "x"),
        read_only.add_contact("x@customer.example", "X Y", None, "Customer Ltd"),
        *read_only.update([FieldUpdate(str(number), SObject.LEAD, LEAD, "Title", "x") for number in range(20)]),
        *read_only.add_contacts([NewContact("a", "y@customer.example", "Y", None, "Customer Ltd")] * 2),
    ]
    salesforce_org.org.add("Account", Name="Customer Ltd")
    outcomes.append(read_only.add_contact("z@customer.example", "X Y", None, "Customer Ltd"))
    assert len(outcomes) == 30
    assert {outcome.result for outcome in outcomes} == {WriteResultCode.INTERCEPTED}
    assert salesforce_org.mutating_requests == []


@pytest.mark.parametrize(
    "write", [*flat(RAW_WRITES), *(pytest.param(call, id=name) for name, call in OTHER_WAYS.items())]
)
def test_no_way_around_the_client_leads_out(read_only, salesforce_org, write):
    before = len(salesforce_org.journal)
    with pytest.raises(InterceptedWriteError, match="nothing was sent"):
        write(read_only.salesforce)
    assert len(salesforce_org.journal) == before


def test_every_public_method_of_the_client_changes_nothing(read_only, salesforce_org):
    """Whatever the client learns to do, it is called here, and no change leaves."""
    update = FieldUpdate("a", SObject.LEAD, LEAD, "Title", "x", expected="y")
    arguments = {
        "add_contact": ("x@customer.example", "X Y", None, "Customer Ltd"),
        "add_contacts": ([NewContact("a", "y@customer.example", "Y", None, "Customer Ltd")],),
        "batches": ([update],),
        "budget": (),
        "calls": (),
        "check_active_subscription": (CONTACT,),
        "check_active_subscriptions": ([CONTACT],),
        "lookup_by_email": ("x@customer.example",),
        "lookup_by_emails": (["x@customer.example"],),
        "planned_calls": ([update], []),
        "read_records": ({SObject.CONTACT: [CONTACT]},),
        "send": (UpdateBatch((update,)),),
        "update": ([update],),
        "update_contact_email": (CONTACT, "x@customer.example"),
        "update_contact_title": (CONTACT, "x"),
        "update_lead_email": (LEAD, "x@customer.example"),
        "update_lead_title": (LEAD, "x"),
    }
    statuses = {"update_contact_status": CONTACT, "update_lead_status": LEAD}
    client_class = type(read_only)
    public = {name for name in dir(client_class) if not name.startswith("_") and callable(getattr(client_class, name))}
    assert public == arguments.keys() | statuses.keys()
    for name, values in arguments.items():
        getattr(read_only, name)(*values)
    for name, record_id in statuses.items():
        assert getattr(read_only, name)(record_id, is_active=True).result is WriteResultCode.INTERCEPTED
    assert salesforce_org.mutating_requests == []


def test_the_same_requests_do_leave_in_live(live, salesforce_org):
    """Without this, the proof above could rest on requests that never leave anyway."""
    salesforce_org.org.add("Contact", LastName="x", Id=CONTACT)
    live.salesforce.Contact.update(CONTACT, {"Title": "x"})
    assert len(salesforce_org.mutating_requests) == 1
