import ast
import contextlib
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests

import autoresponder_dagster
from autoresponder_dagster.clients.salesforce.transport import Access, GuardedSession, TransportOptions, is_allowed
from autoresponder_dagster.errors import InterceptedWriteError, UnsafeModeError
from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.logins import HOST

DATA = f"https://{HOST}/services/data"
READS = [
    ("GET", f"{DATA}"),
    ("GET", f"{DATA}/v67.0"),
    ("GET", f"{DATA}/v67.0/limits"),
    ("GET", f"{DATA}/v67.0/query/?q=SELECT+Id+FROM+Contact"),
    ("GET", f"{DATA}/v67.0/query/01g000-2000"),
    ("GET", f"{DATA}/v67.0/sobjects/Contact/describe"),
    ("HEAD", f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA"),
    ("GET", f"https://{HOST}/services/oauth2/userinfo"),
]
LOGINS = [
    ("POST", "https://login.salesforce.com/services/oauth2/token"),
    ("POST", "https://login.salesforce.com/services/Soap/u/64.0"),
]
CHANGES = [
    ("PATCH", f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA"),
    ("POST", f"{DATA}/v67.0/sobjects/Contact"),
    ("DELETE", f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA"),
    ("PUT", f"{DATA}/v67.0/jobs/ingest/1/batches"),
    ("POST", f"{DATA}/v67.0/composite"),
    ("POST", f"{DATA}/v67.0/jobs/query"),
]
NEVER = [
    ("POST", f"https://{HOST}/services/Soap/m/67.0"),
    ("POST", f"https://{HOST}/services/async/67.0/job"),
    ("GET", f"https://{HOST}/services/apexrest/DoSomething"),
    ("POST", f"https://{HOST}/services/oauth2/revoke"),
    ("GET", f"{DATA}/../apexrest/DoSomething"),
    ("GET", f"{DATA}/v67.0/query/%2e%2e/tooling/executeAnonymous"),
    ("GET", f"{DATA}/v67.0/query%2F..%2Ftooling/executeAnonymous"),
    ("GET", f"https://{HOST}/"),
]
READ_THAT_CHANGES = [
    ("GET", f"{DATA}/v67.0/tooling/executeAnonymous/?anonymousBody=delete+x%3B"),
    ("GET", f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA?_HttpMethod=PATCH"),
    ("GET", f"{DATA}/v67.0/sobjects/Contact/003000000000001AAA?%5FHttpMethod=PATCH"),
]
HTTP_OPENERS = {
    *(
        f"requests.{name}"
        for name in ("Session", "session", "request", "get", "head", "post", "put", "patch", "delete")
    ),
    *("urllib.request", "http.client", "httpx.Client", "httpx.AsyncClient"),
}
QUICK = TransportOptions(connect_timeout=0.5, read_timeout=0.2, query_timeout=0.2, attempts=3, longest_wait=0.05)


@pytest.mark.parametrize(
    ("access", "allowed", "refused"),
    [
        (Access.LOGIN, LOGINS, [*READS, *CHANGES, *NEVER, *READ_THAT_CHANGES]),
        (Access.READ, READS, [*LOGINS, *CHANGES, *NEVER, *READ_THAT_CHANGES]),
        (Access.WRITE, [*READS, *CHANGES], [*LOGINS, *NEVER]),
    ],
)
def test_the_gate_denies_by_default(access, allowed, refused):
    assert [request for request in allowed if not is_allowed(access, *request, {})] == []
    assert [request for request in refused if is_allowed(access, *request, {})] == []


def test_a_read_may_not_carry_another_method_in_a_header():
    headers = requests.structures.CaseInsensitiveDict({"X-HTTP-Method-Override": "PATCH"})
    assert is_allowed(Access.READ, *READS[3], {})
    assert not is_allowed(Access.READ, *READS[3], headers)


@pytest.fixture
def session(salesforce_org):
    with GuardedSession(Access.WRITE, QUICK, salesforce_org.url) as session:
        session.headers["Authorization"] = f"Bearer {salesforce_org.access_token}"
        yield session


@pytest.mark.parametrize(("method", "url"), CHANGES + NEVER + READ_THAT_CHANGES)
def test_what_the_gate_refuses_never_reaches_the_wire(salesforce_org, method, url):
    with GuardedSession(Access.READ, QUICK, salesforce_org.url) as session, pytest.raises(InterceptedWriteError):
        session.request(method, url)
    assert salesforce_org.journal == []


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


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_tried_again(session, salesforce_org, status):
    salesforce_org.faults = [Fault(status=status, body="<html>busy</html>", times=2)]
    assert session.get(f"{DATA}/v67.0/limits").status_code == 200
    assert session.api_calls == 3


def test_a_read_is_not_tried_for_ever(session, salesforce_org):
    salesforce_org.faults = [Fault(status=503, body=[], times=99)]
    assert session.get(f"{DATA}/v67.0/limits").status_code == 503
    assert len(salesforce_org.journal) == QUICK.attempts


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_refused_read_is_not_tried_again(session, salesforce_org, status):
    salesforce_org.faults = [Fault(status=status, body=[], times=99)]
    assert session.get(f"{DATA}/v67.0/limits").status_code == status
    assert len(salesforce_org.journal) == 1


def test_a_read_whose_answer_breaks_off_is_tried_again(session, salesforce_org):
    salesforce_org.faults = [Fault(drops=True)]
    assert session.get(f"{DATA}/v67.0/limits").json()["DailyApiRequests"]["Max"] == salesforce_org.daily_limit


@pytest.mark.parametrize("method", ["PATCH", "POST"])
@pytest.mark.parametrize(
    "fault", [Fault(status=503, body=[], times=99), Fault(drops=True, times=99)], ids=["503", "drop"]
)
def test_a_write_is_never_tried_again(session, salesforce_org, method, fault):
    salesforce_org.faults = [Fault(**vars(fault))]
    with contextlib.suppress(requests.RequestException):
        session.request(method, f"{DATA}/v67.0/sobjects/Contact", json={})
    assert len(salesforce_org.journal) == 1


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
    salesforce_org.faults = [Fault(delay=0.6)]
    with pytest.raises(requests.ReadTimeout):
        session.get(f"{DATA}/v67.0/{path}")


def test_an_unreachable_server_is_one_error_after_some_attempts():
    with GuardedSession(Access.READ, QUICK, "http://127.0.0.1:1") as session, pytest.raises(requests.ConnectionError):
        session.get(f"{DATA}/v67.0/limits")
    assert session.api_calls == QUICK.attempts


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
