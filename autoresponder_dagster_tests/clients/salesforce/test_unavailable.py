from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, NewContact
from autoresponder_dagster.clients.salesforce.unavailable import UnavailableSalesforce
from autoresponder_dagster.schemas import SalesforceRecord
from autoresponder_dagster.schemas.enums import SObject, WriteResultCode


def test_every_address_has_a_degraded_row_without_a_record():
    frame = UnavailableSalesforce("down").lookup_by_emails([" B@x.example", "a@x.example", "b@x.example"])
    SalesforceRecord.validate(frame.assign(partition="2026-03-31")[SalesforceRecord.columns()])
    assert frame["email"].tolist() == ["a@x.example", "b@x.example"]
    assert frame["is_degraded"].all()
    assert frame["record_id"].isna().all()


def test_every_write_is_deferred():
    client = UnavailableSalesforce("down")
    outcomes = client.update([FieldUpdate("a", SObject.LEAD, "00Q000000000001AAA", "Title", "x")])
    outcomes += client.add_contacts([NewContact("b", "x@x.example", "X", None, "Acme")])
    assert [(outcome.action_id, outcome.result) for outcome in outcomes] == [
        ("a", WriteResultCode.DEFERRED),
        ("b", WriteResultCode.DEFERRED),
    ]
    assert (client.unavailable_reason, client.api_calls) == ("down", 0)
