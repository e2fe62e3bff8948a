import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from autoresponder_dagster.clients.salesforce.connect import SalesforceSettings, open_salesforce
from autoresponder_dagster.clients.salesforce.live import LiveSalesforce
from autoresponder_dagster.clients.salesforce.login import Credentials
from autoresponder_dagster.clients.salesforce.mock import MockSalesforce
from autoresponder_dagster.clients.salesforce.unavailable import UnavailableSalesforce
from autoresponder_dagster.errors import (
    ConfigurationError,
    LiveNotArmedError,
    LookupFailedError,
    SystemUnavailableError,
    UnsafeModeError,
)
from autoresponder_dagster.schemas.enums import Mode, WriteResultCode
from autoresponder_dagster_tests.clients.salesforce.conftest import NOW, QUICK
from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.logins import (
    CLIENT_ID,
    CLIENT_SECRET,
    HOST,
    PASSWORD,
    REFRESH_TOKEN,
    SECURITY_TOKEN,
    USERNAME,
)
from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID

SECRETS = [CLIENT_SECRET, PASSWORD, SECURITY_TOKEN]


@pytest.fixture
def environment(monkeypatch, salesforce_org):
    """Replace the credentials of the environment."""

    def replace(**variables):
        for name in ("DOMAIN", "CLIENT_ID", "CLIENT_SECRET"):
            monkeypatch.delenv(f"SALESFORCE_{name}")
        for name, value in variables.items():
            monkeypatch.setenv(f"SALESFORCE_{name}", value)

    return replace


# Logging in


def test_client_credentials_log_in_at_the_my_domain_with_one_counted_call_none(open_client, salesforce_org):
    client = open_client(Mode.READ_ONLY)
    assert isinstance(client, LiveSalesforce)
    assert [(exchange.method, exchange.path, exchange.host) for exchange in salesforce_org.journal] == [
        ("POST", "/services/oauth2/token", HOST),
        ("GET", "/services/oauth2/userinfo", HOST),
    ]
    assert client.api_calls == 0


def test_an_access_token_needs_no_login(open_client, salesforce_org, environment):
    environment(DOMAIN="emulated", ACCESS_TOKEN=salesforce_org.access_token, CLIENT_ID="x", CLIENT_SECRET="y")
    open_client(Mode.READ_ONLY)
    assert [exchange.path for exchange in salesforce_org.journal] == ["/services/oauth2/userinfo"]


@pytest.fixture(scope="module")
def key_pair():
    """A private key and its public key, both PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def key_file(key_pair, salesforce_org, tmp_path):
    """File of the private key whose public key the connected app of the org knows."""
    private, salesforce_org.logins.public_key = key_pair
    path = tmp_path / "private-key.pem"
    path.write_text(private)
    return str(path)


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        (HOST, HOST),
        ("emulated--uat.sandbox", "emulated--uat.sandbox.my.salesforce.com"),
        ("login", "login.salesforce.com"),
    ],
)
def test_a_signed_token_logs_in(open_client, salesforce_org, environment, key_file, domain, host):
    environment(DOMAIN=domain, CLIENT_ID=CLIENT_ID, PRIVATE_KEY_FILE=key_file, USERNAME=USERNAME)
    client = open_client(Mode.READ_ONLY)
    assert (salesforce_org.journal[0].path, salesforce_org.journal[0].host) == ("/services/oauth2/token", host)
    assert b"jwt-bearer" in salesforce_org.journal[0].body
    salesforce_org.expire_sessions()
    assert client.lookup_by_email("a@x.example").empty
    assert len(salesforce_org.sent("POST", "/oauth2/token")) == 2


def test_a_key_that_the_app_does_not_know_is_refused(open_client, salesforce_org, environment, key_file):
    salesforce_org.logins.public_key = ""
    environment(DOMAIN=HOST, CLIENT_ID=CLIENT_ID, PRIVATE_KEY_FILE=key_file, USERNAME=USERNAME)
    with pytest.raises(SystemUnavailableError, match="Authentication failed"):
        open_client(Mode.READ_ONLY)


@pytest.mark.parametrize(("content", "message"), [("no key", "private key in PEM form"), (None, "names no file")])
def test_a_key_file_that_is_none_is_named(open_client, salesforce_org, environment, tmp_path, content, message):
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_text(content)
    environment(DOMAIN=HOST, CLIENT_ID=CLIENT_ID, PRIVATE_KEY_FILE=str(path), USERNAME=USERNAME)
    with pytest.raises((ConfigurationError, SystemUnavailableError), match=message):
        open_client(Mode.READ_ONLY)
    assert salesforce_org.journal == []


def test_a_refresh_token_logs_in_and_renews(open_client, salesforce_org, environment):
    environment(DOMAIN=HOST, CLIENT_ID=CLIENT_ID, CLIENT_SECRET=CLIENT_SECRET, REFRESH_TOKEN=REFRESH_TOKEN)
    client = open_client(Mode.READ_ONLY)
    assert b"grant_type=refresh_token" in salesforce_org.journal[0].body
    salesforce_org.expire_sessions()
    assert client.lookup_by_email("a@x.example").empty


def test_an_access_token_is_renewed_by_other_credentials(open_client, salesforce_org, environment):
    environment(DOMAIN=HOST, ACCESS_TOKEN=salesforce_org.access_token, CLIENT_ID=CLIENT_ID, CLIENT_SECRET=CLIENT_SECRET)
    client = open_client(Mode.READ_ONLY)
    assert salesforce_org.sent("POST", "/oauth2/token") == []
    salesforce_org.expire_sessions()
    assert client.lookup_by_email("a@x.example").empty
    assert len(salesforce_org.sent("POST", "/oauth2/token")) == 1


def test_a_session_that_cannot_be_renewed_is_not_asked_for_again(open_client, salesforce_org, caplog):
    client = open_client(Mode.READ_ONLY)
    salesforce_org.expire_sessions()
    salesforce_org.logins.is_refusing = True
    for _ in range(3):
        with pytest.raises(LookupFailedError, match="Authentication failed"):
            client.lookup_by_email("a@x.example")
    assert len(salesforce_org.sent("POST", "/oauth2/token")) == 2
    assert "could not be renewed" in caplog.text
    assert not any(secret in caplog.text for secret in SECRETS)


def test_one_login_serves_all_requests_that_were_refused_together(open_client, salesforce_org):
    client = open_client(Mode.READ_ONLY)
    salesforce_org.expire_sessions()
    salesforce_org.latency = 0.1
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(client.lookup_by_email, [f"{number}@x.example" for number in range(4)]))
    assert all(frame.empty for frame in found)
    assert len(salesforce_org.sent("POST", "/oauth2/token")) == 2


def test_user_name_and_password_log_in_over_soap_with_a_warning(open_client, salesforce_org, environment, caplog):
    environment(DOMAIN="test", USERNAME=USERNAME, PASSWORD=PASSWORD, SECURITY_TOKEN=SECURITY_TOKEN)
    client = open_client(Mode.READ_ONLY)
    assert (salesforce_org.journal[0].path, salesforce_org.journal[0].host) == (
        "/services/Soap/u/64.0",
        "test.salesforce.com",
    )
    assert client.salesforce.sf_version == "67.0"
    assert "retires this login" in caplog.text


def test_the_refresh_of_simple_salesforce_is_never_armed(read_only):
    assert read_only.salesforce._salesforce_login_partial is None


@pytest.mark.parametrize(
    "domain", ["acme.my.salesforce.com.evil.example", "https://acme.my.salesforce.com/path", "login"]
)
def test_no_credential_leaves_for_a_domain_that_is_no_org(open_client, salesforce_org, environment, domain):
    environment(DOMAIN=domain, CLIENT_ID=CLIENT_ID, CLIENT_SECRET=CLIENT_SECRET)
    with pytest.raises(ConfigurationError, match="Invalid instance URL"):
        open_client(Mode.READ_ONLY)
    assert salesforce_org.journal == []


def test_an_access_token_needs_a_my_domain(open_client, salesforce_org, environment):
    environment(DOMAIN="login", ACCESS_TOKEN="00D!secret")
    with pytest.raises(ConfigurationError, match="Invalid instance URL: SALESFORCE_ACCESS_TOKEN"):
        open_client(Mode.READ_ONLY)


@pytest.mark.parametrize("variables", [{}, {"CLIENT_ID": "x"}, {"USERNAME": "x"}, {"DOMAIN": "acme", "PASSWORD": "x"}])
def test_missing_credentials_are_named(open_client, salesforce_org, environment, variables):
    environment(**variables)
    with pytest.raises(ConfigurationError, match="SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET"):
        open_client(Mode.READ_ONLY)
    assert salesforce_org.journal == []


@pytest.mark.parametrize(
    "variables",
    [
        {"DOMAIN": HOST, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": "wrong-secret"},
        {"DOMAIN": "login", "USERNAME": USERNAME, "PASSWORD": "wrong-secret", "SECURITY_TOKEN": SECURITY_TOKEN},
        {"DOMAIN": HOST, "ACCESS_TOKEN": "00D!wrong-secret"},
    ],
)
def test_a_refused_login_says_so_without_the_secret(open_client, salesforce_org, environment, variables, caplog):
    environment(**variables)
    with pytest.raises(SystemUnavailableError, match="Authentication failed") as refused:
        open_client(Mode.READ_ONLY)
    assert "wrong-secret" not in f"{refused.value!r} {refused.value} {caplog.text}"
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path="token", status=401, body="<html>Sign in</html>"),
        Fault(path="token", status=200, body="<html>Maintenance</html>"),
        Fault(path="token", status=200, body=["x"]),
        Fault(path="token", status=200, body={"access_token": "x"}),
        Fault(path="token", status=503, body={"error": "busy"}),
        Fault(path="token", drops=True),
        pytest.param(Fault(path="token", delay=1.0), marks=pytest.mark.silent_server),
        Fault(path="userinfo", status=401, body="<html>Sign in</html>", times=2),
        Fault(path="userinfo", status=401, body={"error": "x"}, times=2),
        Fault(path="userinfo", status=403, body="Bad_OAuth_Token"),
        Fault(path="userinfo", status=200, body="<html>x</html>"),
        Fault(path="userinfo", status=200, body={}),
        pytest.param(Fault(path="userinfo", delay=1.0, times=9), marks=pytest.mark.silent_server),
    ],
    ids=lambda fault: f"{fault.path}-{fault.status}-{fault.body}",
)
def test_a_login_that_goes_wrong_is_one_short_error(open_client, salesforce_org, fault):
    salesforce_org.faults = [Fault(**vars(fault))]
    with pytest.raises(SystemUnavailableError) as failed:
        open_client(Mode.READ_ONLY)
    assert "<html>" not in str(failed.value)
    assert len(str(failed.value)) < 300


def test_a_token_is_not_sent_to_a_host_that_is_no_org(open_client, salesforce_org):
    salesforce_org.logins.instance_url = "https://evil.example"
    with pytest.raises(SystemUnavailableError, match="no Salesforce org"):
        open_client(Mode.READ_ONLY)
    assert len(salesforce_org.journal) == 1


def test_an_unreachable_server_is_named(open_client, monkeypatch):
    monkeypatch.setenv("SALESFORCE_LOOPBACK_URL", "http://127.0.0.1:1")
    with pytest.raises(SystemUnavailableError, match="could not be reached"):
        open_client(Mode.READ_ONLY)


def test_secrets_show_in_no_repr(open_client, salesforce_org, monkeypatch):
    monkeypatch.setenv("SALESFORCE_PASSWORD", PASSWORD)
    monkeypatch.setenv("SALESFORCE_SECURITY_TOKEN", SECURITY_TOKEN)
    client = open_client(Mode.READ_ONLY)
    shown = f"{Credentials.from_environment()!r} {client!r} {vars(client)!r} {SalesforceSettings()!r}"
    assert not [secret for secret in [*SECRETS, salesforce_org.access_token] if secret in shown]


# Arming


def test_live_is_refused_before_anything_leaves_where_it_is_not_armed(open_client, salesforce_org):
    with pytest.raises(LiveNotArmedError, match="AUTORESPONDER_ALLOW_LIVE=1"):
        open_client(Mode.LIVE, on_unavailable="mock")
    assert salesforce_org.journal == []


@pytest.mark.parametrize("value", ["", "0", "true", "yes"])
def test_only_the_value_1_arms(open_client, monkeypatch, value):
    monkeypatch.setenv("AUTORESPONDER_ALLOW_LIVE", value)
    with pytest.raises(LiveNotArmedError):
        open_client(Mode.LIVE)


@pytest.mark.parametrize(
    "org_ids", ["", ORG_ID, ORG_ID[:15], f"00D000000000001EAA, {ORG_ID}", f"00D000000000001 {ORG_ID[:15]}"]
)
def test_a_named_org_is_written(open_client, armed, monkeypatch, salesforce_org, org_ids):
    monkeypatch.setenv("AUTORESPONDER_ORG_IDS", org_ids)
    contact = salesforce_org.org.add("Contact", LastName="Lee")
    assert open_client(Mode.LIVE).update_contact_title(contact, "Editor").result == WriteResultCode.APPLIED


@pytest.mark.parametrize("org_ids", ["00D000000000001EAA", ORG_ID.lower(), ORG_ID[:14]])
def test_another_org_is_an_error_and_never_a_fallback(open_client, armed, monkeypatch, salesforce_org, org_ids):
    monkeypatch.setenv("AUTORESPONDER_ORG_IDS", org_ids)
    with pytest.raises(LiveNotArmedError, match=ORG_ID):
        open_client(Mode.LIVE, on_unavailable="mock")
    assert [exchange.path for exchange in salesforce_org.journal] == [
        "/services/oauth2/token",
        "/services/oauth2/userinfo",
    ]


def test_read_only_needs_no_arming(read_only):
    assert isinstance(read_only, LiveSalesforce)


# Fallback


def break_login(salesforce_org, monkeypatch):
    salesforce_org.faults = [Fault(path="token", status=503, body="<html>down</html>", times=99)]


def take_credentials(salesforce_org, monkeypatch):
    monkeypatch.delenv("SALESFORCE_CLIENT_SECRET")


def misspell_domain(salesforce_org, monkeypatch):
    monkeypatch.setenv("SALESFORCE_DOMAIN", "https://acme.example")


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [(break_login, "Authentication failed"), (take_credentials, "missing"), (misspell_domain, "Invalid instance URL")],
)
def test_live_goes_on_with_an_empty_stand_in(open_client, armed, monkeypatch, salesforce_org, caplog, trouble, reason):
    trouble(salesforce_org, monkeypatch)
    client = open_client(Mode.LIVE, on_unavailable="mock")
    assert isinstance(client, UnavailableSalesforce)
    assert client.is_degraded
    assert reason in client.unavailable_reason
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert not [secret for secret in SECRETS if secret in client.unavailable_reason + caplog.text]


@pytest.mark.parametrize("trouble", [break_login, take_credentials, misspell_domain])
def test_live_fails_where_that_was_asked_for(open_client, armed, monkeypatch, salesforce_org, trouble):
    trouble(salesforce_org, monkeypatch)
    with pytest.raises((ConfigurationError, SystemUnavailableError)):
        open_client(Mode.LIVE, on_unavailable="fail")


@pytest.mark.parametrize("trouble", [break_login, take_credentials, misspell_domain])
def test_read_only_never_falls_back(open_client, monkeypatch, salesforce_org, trouble):
    trouble(salesforce_org, monkeypatch)
    with pytest.raises((ConfigurationError, SystemUnavailableError)):
        open_client(Mode.READ_ONLY, on_unavailable="mock")


def test_a_loopback_override_that_leaves_this_machine_never_falls_back(open_client, armed, monkeypatch):
    monkeypatch.setenv("SALESFORCE_LOOPBACK_URL", "https://evil.example")
    with pytest.raises(UnsafeModeError):
        open_client(Mode.LIVE, on_unavailable="mock")


# Mock


def test_a_mock_run_needs_no_environment_and_opens_no_socket(no_salesforce_environment, tmp_path, monkeypatch):
    MockSalesforce(clock=lambda: NOW).export(tmp_path)
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a socket was opened"))
    client = open_salesforce(Mode.MOCK, clock=lambda: NOW, fixtures=tmp_path)
    assert len(client.lookup_by_email("ann@customer.example")) == 0
    assert (client.is_degraded, client.unavailable_reason, client.api_calls) == (False, None, 0)


def test_a_mock_run_needs_a_folder():
    with pytest.raises(ConfigurationError, match="folder"):
        open_salesforce(Mode.MOCK, clock=lambda: NOW, settings=SalesforceSettings(transport=QUICK))
