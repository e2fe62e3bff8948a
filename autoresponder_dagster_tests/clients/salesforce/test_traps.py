"""Traps of the REST API and of simple-salesforce: each is shown to catch the plain client, and not ours.

The numbers are those of the facts about simple-salesforce 1.12.10 (salesforce.md §0 to §1.3). A test here that fails
because the plain client does better now tells that a guard of ours may go.
"""

from datetime import UTC, datetime

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError
from simple_salesforce.format import format_soql

from autoresponder_dagster.clients.salesforce.domain import normalize_domain
from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate
from autoresponder_dagster.clients.salesforce.queries import InQuery
from autoresponder_dagster.errors import ConfigurationError, LookupFailedError
from autoresponder_dagster.schemas.enums import Mode, SObject, WriteResultCode
from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.logins import CLIENT_ID, CLIENT_SECRET
from autoresponder_dagster_tests.emulators.salesforce.loopback import loopback_session, plain_client
from autoresponder_dagster_tests.emulators.salesforce.org import QUEUE_ID, USER_ID

LOOKED_UP_AT = datetime(2026, 3, 1, tzinfo=UTC)
HTML = "<html><body>Sign in</body></html>"


@pytest.fixture
def plain(salesforce_org):
    """simple-salesforce, unmodified, with a session that it opened itself and may renew."""
    return Salesforce(
        domain="emulated.my",
        consumer_key=CLIENT_ID,
        consumer_secret=CLIENT_SECRET,
        version="67.0",
        session=loopback_session(salesforce_org.url),
    )


@pytest.fixture
def contact(salesforce_org):
    """A Contact that somebody changed after it was looked up."""
    return salesforce_org.org.add(
        "Contact",
        Email="ann@x.example",
        LastName="Lee",
        Title="Publisher",
        LastModifiedDate="2026-03-02T00:00:00.000+0000",
        LastModifiedById="005000000000077AAA",
    )


def planned(contact):
    return FieldUpdate("a", SObject.CONTACT, contact, "Title", "x", expected="Author", unmodified_since=LOOKED_UP_AT)


# 1. The condition of a change is lost when the session is renewed


def test_plain_overwrites_an_edit_once_its_session_has_expired(plain, salesforce_org, contact):
    salesforce_org.expire_sessions()
    plain.Contact.update(contact, {"Title": "x"}, headers={"If-Unmodified-Since": "Sun, 01 Mar 2026 00:00:00 GMT"})
    assert salesforce_org.org.records["Contact"][contact]["Title"] == "x"


def test_ours_keeps_the_condition(live, salesforce_org, contact):
    salesforce_org.expire_sessions()
    (outcome,) = live.update([planned(contact)])
    assert outcome.result is WriteResultCode.CONFLICT
    assert salesforce_org.org.records["Contact"][contact]["Title"] == "Publisher"


# 2. A session that stays refused leads to logging in again and again


def test_plain_logs_in_until_the_stack_ends(plain, salesforce_org, contact):
    salesforce_org.faults = [
        Fault(method="PATCH", status=401, body=[{"errorCode": "INVALID_SESSION_ID", "message": "x"}], times=60)
    ]
    plain.Contact.update(contact, {"Title": "x"})
    assert len(salesforce_org.sent("PATCH")) == 61
    assert len(salesforce_org.sent("POST", "/oauth2/token")) > 50


def test_ours_logs_in_once(live, salesforce_org, contact):
    salesforce_org.faults = [
        Fault(path="/composite", status=401, body=[{"errorCode": "INVALID_SESSION_ID", "message": "x"}], times=60)
    ]
    (outcome,) = live.update([planned(contact)])
    assert (outcome.result, outcome.error_code) == (WriteResultCode.DEFERRED, "INVALID_SESSION_ID")
    assert len(salesforce_org.sent("POST", "/composite")) == 2
    assert len(salesforce_org.sent("POST", "/oauth2/token")) == 2


# 3. A 401 that is no JSON hides what is wrong


@pytest.mark.parametrize(("body", "error"), [(HTML, requests.exceptions.JSONDecodeError), ({"error": "x"}, KeyError)])
def test_plain_stumbles_over_a_401_of_another_form(plain, salesforce_org, body, error):
    salesforce_org.faults = [Fault(path="/query", status=401, body=body)]
    with pytest.raises(error):
        plain.query("SELECT Id FROM Contact")


@pytest.mark.parametrize("body", [HTML, {"error": "x"}])
def test_ours_renews_its_session_and_goes_on(live, salesforce_org, contact, body):
    salesforce_org.faults = [Fault(path="/composite", status=401, body=body)]
    assert live.lookup_by_email("ann@x.example")["record_id"].tolist() == [contact]


def test_ours_says_that_the_login_is_refused(live, salesforce_org):
    salesforce_org.faults = [Fault(path="/composite", status=401, body=HTML, times=9)]
    with pytest.raises(LookupFailedError, match="Authentication failed"):
        live.lookup_by_email("ann@x.example")


# 4. Bulk jobs do not renew a session


def test_plain_bulk_ends_with_its_session(plain, salesforce_org):
    salesforce_org.expire_sessions()
    with pytest.raises(SalesforceError):
        list(plain.bulk2.Contact.query("SELECT Id FROM Contact", wait=0.01))


def test_ours_goes_on(live, salesforce_org, contact):
    salesforce_org.expire_sessions()
    (page,) = live.salesforce.bulk2.Contact.query("SELECT Id FROM Contact", wait=0.01)
    assert contact in page


# 5. No time-out, no second try


def test_plain_waits_for_ever(salesforce_org):
    plain = plain_client(salesforce_org)
    salesforce_org.faults = [Fault(path="/query", delay=1.0)]
    plain.query("SELECT Id FROM Contact")  # three times as long as our time-out in these tests, and no complaint


@pytest.mark.silent_server
def test_ours_gives_up_and_asks_again(live, salesforce_org, contact):
    salesforce_org.faults = [Fault(path="/composite", delay=1.0)]
    assert live.lookup_by_email("ann@x.example")["record_id"].tolist() == [contact]
    assert len(salesforce_org.sent("POST", "/composite")) == 2


def test_plain_fails_at_the_first_busy_answer(plain, salesforce_org):
    salesforce_org.faults = [
        Fault(path="/query", status=503, body=[{"errorCode": "SERVER_UNAVAILABLE", "message": ""}])
    ]
    with pytest.raises(SalesforceError):
        plain.query("SELECT Id FROM Contact")


# 6. The API limit is told by every answer, and heard only by some calls


def test_plain_does_not_hear_the_limit_when_it_writes(plain, salesforce_org, contact):
    plain.Contact.update(contact, {"Title": "x"})
    assert plain.api_usage == {}


def test_ours_hears_it_from_every_answer(live, salesforce_org, contact):
    live.salesforce.Contact.update(contact, {"Title": "x"})
    assert live.budget().used == salesforce_org.api_calls == 1
    with pytest.raises(SalesforceError):
        live.salesforce.query("SELECT Nonsense FROM Contact")
    assert live.budget().used == salesforce_org.api_calls == 2


def test_ours_heeds_the_tighter_limit_of_the_app(live, salesforce_org):
    salesforce_org.app_limit = 5_000
    live.lookup_by_email("ann@x.example")
    assert live.budget().limit == 5_000
    assert live.budget().room == 5_000 - 2_000 - 1


# 8. Names of hosts


@pytest.mark.parametrize(
    ("domain", "asked"),
    [
        ("acme.my.salesforce.com", "acme.my.salesforce.com.salesforce.com"),
        ("https://acme.my.salesforce.com", "https"),
    ],
)
def test_plain_sends_the_password_to_a_host_that_nobody_meant(salesforce_org, domain, asked):
    session = loopback_session(salesforce_org.url)
    with pytest.raises((SalesforceAuthenticationFailed, requests.RequestException)):
        Salesforce(username="a", password="secret", security_token="b", domain=domain, session=session)
    assert salesforce_org.journal[0].host == asked
    assert b"secret" in salesforce_org.journal[0].body
    assert normalize_domain(domain) == "acme.my.salesforce.com"


@pytest.mark.parametrize("domain", ["acme.evil.example", "https://acme.my.salesforce.com@evil.example", "localhost"])
def test_ours_refuses_what_is_no_org(domain):
    with pytest.raises(ConfigurationError, match="Invalid instance URL"):
        normalize_domain(domain)


# 10. The order of columns, and the time, of bulk jobs are nobody's: ours are asked for by name and soon


def test_ours_does_not_wait_five_seconds_for_a_bulk_job(open_client, armed, salesforce_org, contact):
    client = open_client(Mode.READ_ONLY, whole_object_above=1)
    frame = client.lookup_by_emails(["ann@x.example", "bob@x.example"])
    assert frame["record_id"].tolist() == [contact]


# 11. An empty list in a query


def test_plain_asks_a_malformed_question(plain, salesforce_org):
    with pytest.raises(SalesforceError, match="MALFORMED_QUERY"):
        plain.query(format_soql("SELECT Id FROM Contact WHERE Email IN {}", []))


def test_ours_asks_nothing(live, salesforce_org):
    assert live.lookup_by_emails([]).empty
    assert list(InQuery(("Id",), "Contact", "Email", ()).for_bodies()) == []
    assert live.api_calls == 0


# Assignment rules: a changed Lead is handed to another owner


def test_plain_gives_a_lead_away(plain, salesforce_org):
    lead = salesforce_org.org.add("Lead", Email="a@x.example", LastName="Lee", Company="x")
    assert salesforce_org.org.records["Lead"][lead]["OwnerId"] == USER_ID
    plain.headers["Sforce-Auto-Assign"] = "FALSE"  # not sent by SFType
    plain.Lead.update(lead, {"Title": "x"})
    assert salesforce_org.org.records["Lead"][lead]["OwnerId"] == QUEUE_ID


@pytest.mark.parametrize("conditional_up_to", [1000, 0], ids=["conditional", "collections"])
def test_ours_leaves_its_owner_alone(open_client, armed, salesforce_org, conditional_up_to):
    lead = salesforce_org.org.add("Lead", Email="a@x.example", LastName="Lee", Company="x")
    client = open_client(Mode.LIVE, conditional_up_to=conditional_up_to)
    assert client.update_lead_title(lead, "Editor").result is WriteResultCode.APPLIED
    assert salesforce_org.org.records["Lead"][lead]["OwnerId"] == USER_ID
