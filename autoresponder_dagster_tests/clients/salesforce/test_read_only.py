"""The proof that a read-only run changes nothing, whatever code asks for it."""

import pytest

from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, NewContact
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
RAW_WRITES = {
    "update": lambda sf: sf.Contact.update(CONTACT, {"Title": "x"}),
    "upsert": lambda sf: sf.Contact.upsert(f"Email/{CONTACT}", {"Title": "x"}),
    "create": lambda sf: sf.Contact.create({"LastName": "x"}),
    "delete": lambda sf: sf.Lead.delete(LEAD),
    "upload": lambda sf: sf.Document.upload_base64(__file__),
    "restful patch": lambda sf: sf.restful(f"sobjects/Contact/{CONTACT}", method="PATCH", json={"Title": "x"}),
    "restful override": lambda sf: sf.restful(f"sobjects/Contact/{CONTACT}", params={"_HttpMethod": "PATCH"}),
    "composite": lambda sf: sf.restful("composite", method="POST", json={"compositeRequest": []}),
    "composite with a patch": lambda sf: sf.restful("composite", method="POST", json=COMPOSITE_WITH_A_PATCH),
    "collections": lambda sf: sf.restful("composite/sobjects", method="PATCH", json={"records": []}),
    "bulk": lambda sf: sf.bulk.Contact.update([{"Id": CONTACT, "Title": "x"}]),
    "bulk2": lambda sf: sf.bulk2.Contact.update(records=[{"Id": CONTACT, "Title": "x"}]),
    "apex": lambda sf: sf.apexecute("DoSomething", method="GET"),
    "anonymous apex": lambda sf: sf.toolingexecute("executeAnonymous/?anonymousBody=delete%20x"),
    "set password": lambda sf: sf.set_password("005000000000001AAA", "x"),
    "metadata": lambda sf: sf.deploy(__file__, sandbox=True),
    "revoke": lambda sf: sf.oauth2("revoke", method="POST"),
    "session": lambda sf: sf.session.post(f"https://{sf.sf_instance}/services/data/v67.0/sobjects/Contact", json={}),
}


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


@pytest.mark.parametrize("write", RAW_WRITES.values(), ids=RAW_WRITES)
def test_no_way_around_the_client_leads_out(read_only, salesforce_org, write):
    before = len(salesforce_org.journal)
    with pytest.raises(InterceptedWriteError, match="nothing was sent"):
        write(read_only.salesforce)
    assert len(salesforce_org.journal) == before


def test_the_same_requests_do_leave_in_live(live, salesforce_org):
    """Without this, the proof above could rest on requests that never leave anyway."""
    salesforce_org.org.add("Contact", LastName="x", Id=CONTACT)
    live.salesforce.Contact.update(CONTACT, {"Title": "x"})
    assert len(salesforce_org.mutating_requests) == 1
