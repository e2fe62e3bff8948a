import ast
import contextlib
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests

import autoresponder_dagster
from autoresponder_dagster.clients.salesforce.gate import Access
from autoresponder_dagster.clients.salesforce.protocol import ApiBudget
from autoresponder_dagster.clients.salesforce.retrying import TransportOptions
from autoresponder_dagster.clients.salesforce.transport import GuardedSession
from autoresponder_dagster.errors import UnsafeModeError
from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.logins import HOST

DATA = f"https://{HOST}/services/data"
CONTACT = f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA"
HTTP_OPENERS = {
    *(
        f"requests.{name}"
        for name in ("Session", "session", "request", "get", "head", "post", "put", "patch", "delete")
    ),
    *("urllib.request", "http.client", "httpx.Client", "httpx.AsyncClient"),
}
QUICK = TransportOptions(connect_timeout=0.5, read_timeout=0.2, query_timeout=0.2, attempts=3, longest_wait=0.05)


@pytest.fixture
def slept():
    """The waits that were asked for, none of which is waited."""
    return []


@pytest.fixture
def patient(salesforce_org, slept):
    """A session with the product's own patience, whose waits take no time."""
    options = TransportOptions(read_timeout=0.2, query_timeout=0.2, sleep=slept.append)
    with GuardedSession(Access.WRITE, options, salesforce_org.url) as session:
        session.headers["Authorization"] = f"Bearer {salesforce_org.access_token}"
        yield session


@pytest.fixture
def session(salesforce_org):
    with GuardedSession(Access.WRITE, QUICK, salesforce_org.url) as session:
        session.headers["Authorization"] = f"Bearer {salesforce_org.access_token}"
        yield session


def test_only_https_has_a_way_out(session):
    with pytest.raises(requests.exceptions.InvalidSchema):
        session.get(f"http://{HOST}/services/data")


def test_the_host_that_was_meant_is_told_to_the_loopback_server(session, salesforce_org):
    session.get(f"{DATA}/v67.0/limits")
    assert salesforce_org.journal[0].host == HOST


@pytest.mark.parametrize(
    "url", ["https://evil.example", "http://10.0.0.1:80", "http://127.0.0.1.evil.example", "127.0.0.1"]
)
def test_the_loopback_override_stays_on_this_machine(url):
    with pytest.raises(UnsafeModeError, match="SALESFORCE_LOOPBACK_URL"):
        GuardedSession(Access.READ, QUICK, url)


# Repetition (salesforce.md §5.4): how often a request is sent that meets nothing but this answer


READ, CHANGE, CREATION = ("GET", f"{DATA}/v67.0/limits"), ("PATCH", CONTACT), ("POST", f"{DATA}/v67.0/sobjects/Contact")
TRIES = [
    (Fault(status=503, body="<html>busy</html>"), 5, 4, 3),
    (Fault(status=429, body=[]), 5, 4, 1),
    (Fault(status=420, body=[]), 5, 4, 1),
    (Fault(status=500, body=[{"errorCode": "TOO_MANY_APEX_REQUESTS", "message": "x"}]), 5, 4, 1),
    (Fault(status=403, body=[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit"}]), 5, 4, 3),
    (Fault(status=403, body=[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit"}]), 1, 1, 1),
    (Fault(status=502, body="<html>bad gateway</html>"), 3, 1, 1),
    (Fault(status=504, body=[]), 3, 1, 1),
    (Fault(status=500, body=[{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]), 3, 1, 1),
    (Fault(status=500, body=[{"errorCode": "QUERY_TIMEOUT", "message": "x"}]), 1, 1, 1),
    (Fault(drops=True), 3, 1, 1),
    (Fault(delay=0.25), 3, 1, 1),
    (Fault(status=412, body=[]), 1, 1, 1),
    (Fault(status=400, body=[{"errorCode": "MALFORMED_QUERY", "message": "x"}]), 1, 1, 1),
    (Fault(status=404, body=[]), 1, 1, 1),
]


@pytest.mark.parametrize(
    ("kind", "column"), [(READ, 0), (CHANGE, 1), (CREATION, 2)], ids=["read", "change", "creation"]
)
@pytest.mark.parametrize(("fault", "tries"), [(row[0], row[1:]) for row in TRIES], ids=lambda row: str(row)[:70])
def test_a_request_is_repeated_as_often_as_it_is_safe(patient, salesforce_org, kind, column, fault, tries):
    method, url = kind
    salesforce_org.faults = [Fault(**vars(fault) | {"times": 99})]
    with contextlib.suppress(requests.RequestException):
        patient.request(method, url, json={} if column else None)
    assert len(salesforce_org.journal) == tries[column]


def test_a_request_that_certainly_did_not_arrive_is_repeated_whatever_it_does(slept):
    for effect, (method, url), tries in (("read", READ, 5), ("change", CHANGE, 4), ("creation", CREATION, 3)):
        options = TransportOptions(connect_timeout=0.5, sleep=slept.append)
        with GuardedSession(Access.WRITE, options, "http://127.0.0.1:1") as session:
            with pytest.raises(requests.ConnectionError):
                session.request(method, url, json={})
            assert session.journal.api_calls == tries, effect


def test_a_read_is_answered_once_the_fault_is_over(patient, salesforce_org):
    salesforce_org.faults = [Fault(status=503, body="<html>busy</html>", times=2)]
    assert patient.get(READ[1]).status_code == 200
    assert patient.journal.api_calls == 3


def test_too_many_concurrent_requests_wait_long(patient, salesforce_org, slept):
    body = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentPerOrgLongTxn Limit exceeded."}]
    salesforce_org.faults = [Fault(status=403, body=body)]
    assert patient.get(READ[1]).status_code == 200
    assert len(slept) == 1
    assert 20 <= slept[0] <= 50


# Renewal of the token


class Tokens:
    """Gives each token of a list in turn."""

    def __init__(self, *tokens):
        self.access_token, *self.others = tokens
        self.refused = []

    def accepted(self):
        self.refused.clear()

    def renewed(self, refused):
        self.refused.append(refused)
        self.access_token = self.others.pop(0) if self.others else None
        return self.access_token


def with_tokens(org, *tokens):
    session = GuardedSession(Access.WRITE, QUICK, org.url, Tokens(*tokens))
    session.headers["Authorization"] = "Bearer of the client object"
    return session


def test_every_request_carries_the_newest_token(salesforce_org):
    with with_tokens(salesforce_org, salesforce_org.access_token) as session:
        assert session.get(READ[1]).status_code == 200


def test_a_renewed_token_goes_out_with_the_same_request_and_its_conditions(salesforce_org):
    record_id = salesforce_org.org.add("Contact", LastName="x")
    condition = {"If-Unmodified-Since": "Sun, 01 Mar 2026 00:00:00 GMT"}
    with with_tokens(salesforce_org, "expired", salesforce_org.access_token) as session:
        answer = session.patch(f"{DATA}/v67.0/sobjects/Contact/{record_id}", json={"Title": "x"}, headers=condition)
    assert answer.status_code == 412
    first, second = salesforce_org.journal
    assert (first.status, second.status) == (401, 412)
    assert first.body == second.body
    assert {first.headers["if-unmodified-since"], second.headers["if-unmodified-since"]} == set(condition.values())


def test_a_token_is_renewed_once_for_a_request(salesforce_org):
    with with_tokens(salesforce_org, "expired", "expired too", "and this") as session:
        assert session.get(READ[1]).status_code == 401
    assert len(salesforce_org.journal) == 2


def test_without_another_token_the_refusal_stands(salesforce_org):
    with with_tokens(salesforce_org, "expired") as session:
        assert session.get(READ[1]).status_code == 401
    assert len(salesforce_org.journal) == 1


def test_a_user_who_may_not_use_the_api_gets_no_new_token(salesforce_org):
    text = "This session is not valid for use with the REST API"
    salesforce_org.faults = [Fault(status=401, body=[{"errorCode": "INVALID_SESSION_ID", "message": text}])]
    with with_tokens(salesforce_org, "a", "b") as session:
        assert session.get(READ[1]).status_code == 401
    assert len(salesforce_org.journal) == 1


# Waiting


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_obeyed(salesforce_org, form):
    moment = datetime.now(UTC) + timedelta(seconds=2)
    value = "1" if form == "seconds" else format_datetime(moment, usegmt=True)
    salesforce_org.faults = [Fault(status=429, body=[], headers={"Retry-After": value})]
    with GuardedSession(Access.READ, TransportOptions(longest_wait=5), salesforce_org.url) as session:
        session.headers["Authorization"] = f"Bearer {salesforce_org.access_token}"
        start = time.monotonic()
        assert session.get(f"{DATA}/v67.0/limits").status_code == 200
    assert time.monotonic() - start >= 0.9


@pytest.mark.parametrize("value", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT", "soon"])
def test_a_retry_after_beyond_reason_is_cut_short(session, salesforce_org, value):
    salesforce_org.faults = [Fault(status=503, body=[], headers={"Retry-After": value})]
    start = time.monotonic()
    assert session.get(f"{DATA}/v67.0/limits").status_code == 200
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("path", ["limits", "query/?q=SELECT+Id+FROM+Contact"])
def test_a_silent_server_is_not_waited_for(session, salesforce_org, path):
    salesforce_org.faults = [Fault(delay=0.6, times=9)]
    with pytest.raises(requests.ReadTimeout):
        session.get(f"{DATA}/v67.0/{path}")


def test_an_unreachable_server_is_one_error_after_some_attempts():
    with GuardedSession(Access.READ, QUICK, "http://127.0.0.1:1") as session, pytest.raises(requests.ConnectionError):
        session.get(f"{DATA}/v67.0/limits")
    assert session.journal.api_calls == QUICK.attempts


def test_environment_proxies_and_netrc_are_not_used(session, salesforce_org, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {HOST} login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert session.get(f"{DATA}/v67.0/limits").status_code == 200
    assert salesforce_org.journal[0].headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificate_bundles_of_the_environment_are_used(monkeypatch, variable):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, "/certificates.pem")
    assert GuardedSession(Access.READ, QUICK).verify == "/certificates.pem"


def test_certificates_are_checked_by_default(monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert GuardedSession(Access.READ, QUICK).verify is True


def test_nothing_else_in_the_package_opens_an_http_connection():
    package = Path(autoresponder_dagster.__file__).parent
    callers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in HTTP_OPENERS
    }
    assert callers == {"clients/salesforce/transport.py"}


# The journal


def test_the_journal_counts_calls_by_kind_without_ids_or_bodies(session, salesforce_org):
    for number in range(2):
        session.patch(f"{DATA}/v67.0/sobjects/Contact/00300000000000{number}AAA", json={"Title": "secret"})
    session.get(f"{DATA}/v67.0/query/01g000000000001-2000")
    kinds = session.journal.kinds()
    assert [(kind.method, kind.path, kind.calls) for kind in kinds] == [
        ("GET", "/query/{locator}", 1),
        ("PATCH", "/sobjects/Contact/{id}", 2),
    ]
    assert all(kind.seconds > 0 for kind in kinds)
    assert "secret" not in repr(session.journal)


@pytest.mark.parametrize(
    ("header", "used", "limit"),
    [
        ("api-usage=18/5000", 18, 5000),
        ("api-usage=18/5000; per-app-api-usage=17/250(appName=x)", 17, 250),
        ("per-app-api-usage=17/250000(appName=x); api-usage=18/15000", 18, 15000),
    ],
)
def test_the_limit_is_read_whatever_stands_beside_it(session, salesforce_org, header, used, limit):
    salesforce_org.faults = [Fault(status=400, body=[], headers={"Sforce-Limit-Info": header})]
    session.get(READ[1])
    assert session.journal.budget == ApiBudget(used, limit)
    salesforce_org.hides_limits = True
    session.get(READ[1])
    assert session.journal.budget == ApiBudget(used, limit), "an answer without the header changes nothing"
