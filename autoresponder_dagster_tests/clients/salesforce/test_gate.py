"""What may leave in which mode: judged by the request alone, refused by default."""

import json

import pytest
import requests

from autoresponder_dagster.clients.salesforce.gate import Access, Effect, effect_of, is_allowed
from autoresponder_dagster.clients.salesforce.retrying import TransportOptions
from autoresponder_dagster.clients.salesforce.transport import GuardedSession
from autoresponder_dagster.errors import InterceptedWriteError
from autoresponder_dagster_tests.emulators.salesforce.logins import HOST

DATA = f"https://{HOST}/services/data"
PATH = "/services/data/v67.0"
ROW = f"{PATH}/sobjects/Contact/003000000000001AAA"


def composite(*parts):
    return {"compositeRequest": [{"referenceId": str(number), **part} for number, part in enumerate(parts)]}


READING_PART = {"method": "GET", "url": f"{PATH}/query?q=SELECT+Id+FROM+Contact"}
RETRIEVING_PART = {"method": "POST", "url": f"{PATH}/composite/sobjects/Contact", "body": {"ids": [], "fields": []}}
READS = [
    ("GET", f"{DATA}", None),
    ("GET", f"{DATA}/v67.0", None),
    ("GET", f"{DATA}/v67.0/limits", None),
    ("GET", f"{DATA}/v67.0/query/?q=SELECT+Id+FROM+Contact", None),
    ("GET", f"{DATA}/v67.0/query/01g000-2000", None),
    ("GET", f"{DATA}/v67.0/sobjects/Contact/describe", None),
    ("GET", f"{DATA}/v67.0/ui-api/object-info/Lead/picklist-values/012000000000000AAA/Status", None),
    ("HEAD", f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA", None),
    ("GET", f"https://{HOST}/services/oauth2/userinfo", None),
    ("POST", f"{DATA}/v67.0/composite", composite(READING_PART)),
    ("POST", f"{DATA}/v67.0/composite", composite(READING_PART, RETRIEVING_PART)),
    ("POST", f"{DATA}/v67.0/composite/sobjects/Contact", {"ids": ["003000000000001AAA"], "fields": ["Id"]}),
    ("POST", f"{DATA}/v67.0/jobs/query", {"operation": "query", "query": "SELECT Id FROM Contact"}),
    ("GET", f"{DATA}/v67.0/jobs/query/750000000000001AAA/results", None),
]
LOGINS = [
    ("POST", "https://login.salesforce.com/services/oauth2/token", None),
    ("POST", "https://login.salesforce.com/services/Soap/u/64.0", None),
]
CHANGES = [
    ("PATCH", f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA", {"Title": "x"}),
    ("POST", f"{DATA}/v67.0/sobjects/Contact", {"LastName": "x"}),
    ("DELETE", f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA", None),
    ("PUT", f"{DATA}/v67.0/jobs/ingest/1/batches", None),
    ("POST", f"{DATA}/v67.0/jobs/ingest", {"operation": "update", "object": "Contact"}),
    ("POST", f"{DATA}/v67.0/jobs/query", {"operation": "delete"}),
    ("DELETE", f"{DATA}/v67.0/jobs/query/750000000000001AAA", None),
    ("POST", f"{DATA}/v67.0/composite", None),
    ("POST", f"{DATA}/v67.0/composite", composite()),
    ("POST", f"{DATA}/v67.0/composite", composite({"method": "PATCH", "url": ROW})),
    ("POST", f"{DATA}/v67.0/composite", composite(READING_PART, {"method": "patch", "url": ROW})),
    ("POST", f"{DATA}/v67.0/composite", composite(READING_PART, {"method": "DELETE", "url": ROW})),
    ("POST", f"{DATA}/v67.0/composite", composite(READING_PART, {"url": ROW})),
    ("POST", f"{DATA}/v67.0/composite", composite({"method": "GET", "url": f"{ROW}?_HttpMethod=PATCH"})),
    (
        "POST",
        f"{DATA}/v67.0/composite",
        composite({"method": "GET", "url": ROW, "httpHeaders": {"X-HTTP-Method-Override": "PATCH"}}),
    ),
    (
        "POST",
        f"{DATA}/v67.0/composite",
        composite({"method": "GET", "url": f"{PATH}/tooling/executeAnonymous/?anonymousBody=x"}),
    ),
    (
        "POST",
        f"{DATA}/v67.0/composite",
        composite({"method": "GET", "url": f"{PATH}/query/../tooling/executeAnonymous"}),
    ),
    ("POST", f"{DATA}/v67.0/composite", composite({"method": "GET", "url": "/services/apexrest/DoSomething"})),
    ("POST", f"{DATA}/v67.0/composite", {"compositeRequest": {"method": "GET"}}),
    ("PATCH", f"{DATA}/v67.0/composite/sobjects", {"records": []}),
    ("POST", f"{DATA}/v67.0/composite/sobjects", {"ids": [], "fields": []}),
    ("POST", f"{DATA}/v67.0/composite/sobjects/Contact", {"records": []}),
    ("PATCH", f"{DATA}/v67.0/composite/sobjects/Contact/Id", {"records": []}),
    ("DELETE", f"{DATA}/v67.0/composite/sobjects?ids=003000000000001AAA", None),
    ("POST", f"{DATA}/v67.0/composite/tree/Contact", {"records": []}),
    ("POST", f"{DATA}/v67.0/composite/batch", {"batchRequests": []}),
    ("POST", f"{DATA}/v67.0/composite/graph", {"graphs": []}),
    ("PATCH", f"{DATA}/v67.0/ui-api/records/003000000000001AAA", {"fields": {}}),
    ("GET", f"{DATA}/v67.0/tooling/executeAnonymous/?anonymousBody=delete+x%3B", None),
    ("GET", f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA?_HttpMethod=PATCH", None),
    ("GET", f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA?%5FHttpMethod=PATCH", None),
]
NEVER = [
    ("POST", f"https://{HOST}/services/Soap/m/67.0", None),
    ("POST", f"https://{HOST}/services/async/67.0/job", None),
    ("GET", f"https://{HOST}/services/apexrest/DoSomething", None),
    ("POST", f"https://{HOST}/services/oauth2/revoke", None),
    ("GET", f"{DATA}/../apexrest/DoSomething", None),
    ("GET", f"{DATA}/v67.0/query/%2e%2e/tooling/executeAnonymous", None),
    ("GET", f"{DATA}/v67.0/query%2F..%2Ftooling/executeAnonymous", None),
    ("GET", f"https://{HOST}/", None),
]


def judged(access, request):
    method, url, body = request
    return is_allowed(access, method, url, {}, None if body is None else json.dumps(body))


@pytest.mark.parametrize(
    ("access", "allowed", "refused"),
    [
        (Access.LOGIN, LOGINS, [*READS, *CHANGES, *NEVER]),
        (Access.READ, READS, [*LOGINS, *CHANGES, *NEVER]),
        (Access.WRITE, [*READS, *CHANGES], [*LOGINS, *NEVER]),
    ],
)
def test_the_gate_denies_by_default(access, allowed, refused):
    assert [request for request in allowed if not judged(access, request)] == []
    assert [request for request in refused if judged(access, request)] == []


def test_a_read_may_not_carry_another_method_in_a_header():
    headers = requests.structures.CaseInsensitiveDict({"X-HTTP-Method-Override": "PATCH"})
    method, url, _ = READS[3]
    assert is_allowed(Access.READ, method, url, {})
    assert not is_allowed(Access.READ, method, url, headers)


@pytest.mark.parametrize("request_", CHANGES + NEVER, ids=lambda request: f"{request[0]} {request[1]}"[:60])
def test_what_the_gate_refuses_never_reaches_the_wire(salesforce_org, request_):
    method, url, body = request_
    session = GuardedSession(Access.READ, TransportOptions(), salesforce_org.url)
    with session, pytest.raises(InterceptedWriteError):
        session.request(method, url, json=body)
    assert salesforce_org.journal == []
    assert session.journal.api_calls == 0


def test_a_body_that_cannot_be_read_is_the_worst():
    def stream():
        yield b"{}"

    url = f"{DATA}/v67.0/composite/sobjects/Contact"
    for body in (b"\xff", "[", "null", '"x"', stream()):
        assert effect_of("POST", url, {}, body) is Effect.CREATES


@pytest.mark.parametrize(
    ("method", "path", "body", "effect"),
    [
        ("PATCH", "/sobjects/Contact/003000000000001AAA", {}, Effect.SETS_VALUES),
        ("PATCH", "/composite/sobjects", {}, Effect.SETS_VALUES),
        ("POST", "/composite", composite({"method": "PATCH", "url": ROW}, READING_PART), Effect.SETS_VALUES),
        (
            "POST",
            "/composite",
            composite({"method": "PATCH", "url": ROW}, {"method": "POST", "url": ROW}),
            Effect.CREATES,
        ),
        ("POST", "/sobjects/Contact", {}, Effect.CREATES),
        ("DELETE", "/sobjects/Contact/003000000000001AAA", {}, Effect.CREATES),
    ],
)
def test_only_values_may_be_set_twice(method, path, body, effect):
    assert effect_of(method, f"{DATA}/v67.0{path}", {}, json.dumps(body)) is effect
