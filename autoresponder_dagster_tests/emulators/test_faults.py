"""Scripted failures and storms do what they say, no more, and the same again for the same seed."""

from collections import Counter

import pytest
import requests

from autoresponder_dagster_tests.emulators.faults import Fault, Gust, Storm
from autoresponder_dagster_tests.emulators.salesforce.loopback import plain_client
from autoresponder_dagster_tests.emulators.salesforce.storm import (
    KINDS,
    LOCKED_ROW,
    SalesforceStorm,
    storm_of_everything,
)

REQUESTS = 4_000


@pytest.fixture
def contact(salesforce_org):
    return salesforce_org.org.add("Contact", LastName="Lee")


def weather(storm, path="/services/data/v67.0/composite", count=REQUESTS):
    return [storm.strike("POST", path) for _ in range(count)]


def test_each_kind_strikes_at_its_rate():
    rates = dict.fromkeys(KINDS, 0.02) | {"unavailable": 0.1}
    storm = SalesforceStorm(4, rates)
    struck = Counter(map(str, filter(None, weather(storm))))
    assert sorted(struck.values()) == sorted(storm.struck.values())
    for kind, rate in rates.items():
        assert storm.struck[kind] == pytest.approx(rate * REQUESTS, rel=0.3)


def test_the_same_seed_is_the_same_weather_and_another_is_not():
    first, again, other = (weather(storm_of_everything(seed)) for seed in (4, 4, 5))
    assert first == again
    assert first != other
    storms = [storm_of_everything(seed, 0.1) for seed in (4, 4, 5)]
    rows = [[storm.holds(f"003{n}") for n in range(100)] for storm in storms]
    assert rows[0] == rows[1] != rows[2]


def test_only_chosen_requests_are_struck():
    storm = SalesforceStorm(4, {"unavailable": 1.0}, method="PATCH|POST", path="/composite$")
    assert storm.strike("GET", "/services/data/v67.0/composite") is None
    assert storm.strike("POST", "/services/data/v67.0/composite/sobjects") is None
    assert storm.strike("POST", "/services/oauth2/token") is None
    assert storm.strike("POST", "/services/data/v67.0/composite") is KINDS["unavailable"]
    assert storm.struck == {"unavailable": 1}


def test_logins_are_spared_unless_chosen():
    assert not any(weather(storm_of_everything(4, 0.1), "/services/oauth2/token"))
    assert all(weather(SalesforceStorm(4, {"stall": 1.0}, path="/token"), "/services/oauth2/token"))


def test_more_than_everything_cannot_strike():
    with pytest.raises(ValueError, match="more than 1"):
        Storm(4, {"a": Gust(0.6, Fault()), "b": Gust(0.6, Fault())})
    with pytest.raises(KeyError):
        SalesforceStorm(4, {"hail": 0.1})


def test_a_record_is_held_for_a_while_and_then_let_go():
    storm = SalesforceStorm(4, {LOCKED_ROW: 0.2}, most_refusals=3)
    attempts = {n: [storm.holds(f"003{n}") for _ in range(5)] for n in range(500)}
    refusals = Counter(sum(tries) for tries in attempts.values())
    assert set(refusals) == {0, 1, 2, 3}
    assert 500 - refusals[0] == pytest.approx(100, rel=0.3)
    assert all(tries == sorted(tries, reverse=True) for tries in attempts.values())
    assert storm.struck[LOCKED_ROW] == sum(map(sum, attempts.values()))


def patched(salesforce_org, record_id, token=None):
    return requests.patch(
        f"{salesforce_org.url}/services/data/v67.0/sobjects/Contact/{record_id}",
        json={"Title": "Editor"},
        headers={"Authorization": f"Bearer {token or salesforce_org.access_token}"},
        timeout=5,
    )


def title(salesforce_org, record_id):
    return salesforce_org.org.records["Contact"][record_id]["Title"]


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [
        ("unavailable", 503, "SERVER_UNAVAILABLE"),
        ("too_many_requests", 429, "TOO_MANY_REQUESTS"),
        ("session_expired", 401, "INVALID_SESSION_ID"),
        ("html_bad_gateway", 502, "<html>"),
        ("html_unauthorized", 401, "<html>"),
    ],
)
def test_a_refusal_in_a_storm_changes_nothing(salesforce_org, contact, kind, status, content):
    salesforce_org.storm = SalesforceStorm(4, {kind: 1.0})
    answer = patched(salesforce_org, contact)
    assert (answer.status_code, content in answer.text) == (status, True)
    assert ("Retry-After" in answer.headers) is (kind == "too_many_requests")
    assert title(salesforce_org, contact) is None
    assert salesforce_org.journal[-1].status == status


@pytest.mark.parametrize(("kind", "applied"), [("reset_before", None), ("reset_after", "Editor")])
def test_a_connection_is_reset_before_or_after_the_write(salesforce_org, contact, kind, applied):
    salesforce_org.storm = SalesforceStorm(4, {kind: 1.0})
    with pytest.raises(requests.ConnectionError) as broken:
        patched(salesforce_org, contact)
    assert isinstance(broken.value.__context__.args[1], ConnectionResetError)
    assert title(salesforce_org, contact) == applied
    assert salesforce_org.journal[-1].status == 0
    salesforce_org.storm = None
    assert patched(salesforce_org, contact).status_code == 204


def test_a_stall_only_takes_time(salesforce_org, contact):
    salesforce_org.storm = SalesforceStorm(4, {"stall": 1.0}, faults={"stall": Fault(delay=0.3)})
    answer = patched(salesforce_org, contact)
    assert answer.status_code == 204
    assert answer.elapsed.total_seconds() > 0.3


def test_a_held_record_is_refused_alone_and_takes_a_collection_down(salesforce_org, contact):
    salesforce_org.storm = SalesforceStorm(4, {LOCKED_ROW: 1.0}, most_refusals=1)
    other = salesforce_org.org.add("Contact", LastName="Roy")
    assert patched(salesforce_org, contact).json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
    records = [{"attributes": {"type": "Contact"}, "id": one, "Title": "Editor"} for one in (contact, other)]
    client = plain_client(salesforce_org)

    def successes():
        answer = client.restful("composite/sobjects", method="PATCH", json={"records": records})
        return [result["success"] for result in answer]

    assert successes() == [False, False]
    assert successes() == [True, True]


def test_what_is_scripted_comes_before_the_storm(salesforce_org, contact):
    salesforce_org.storm = SalesforceStorm(4, {"unavailable": 1.0})
    salesforce_org.faults = [Fault(status=418, body=[])]
    assert [patched(salesforce_org, contact).status_code for _ in range(2)] == [418, 503]
    assert salesforce_org.storm.struck == {"unavailable": 1}


def test_a_stubborn_client_gets_through_a_storm_of_everything(salesforce_org):
    ids = [salesforce_org.org.add("Contact", LastName="Lee") for _ in range(300)]
    quick = KINDS | {"stall": Fault(delay=0.01)}
    salesforce_org.storm = SalesforceStorm(4, dict.fromkeys([*KINDS, LOCKED_ROW], 0.05), faults=quick)
    for record_id in ids:
        for _ in range(20):
            try:
                if patched(salesforce_org, record_id).status_code == 204:
                    break
            except requests.ConnectionError:
                continue
    assert {title(salesforce_org, record_id) for record_id in ids} == {"Editor"}
    assert set(salesforce_org.storm.struck) == {*KINDS, LOCKED_ROW}
    # Some writes were applied without an answer, and so they were sent again.
    applied = [exchange.status for exchange in salesforce_org.journal if exchange.changes]
    assert Counter(applied) == {204: 300, 0: len(applied) - 300}
    assert len(applied) > 300
