"""Every way into the emulated org, as simple-salesforce goes it, and the refusals on each."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from autoresponder_dagster_tests.emulators.salesforce.logins import (
    CLIENT_ID,
    CLIENT_SECRET,
    HOST,
    PASSWORD,
    REFRESH_TOKEN,
    SECURITY_TOKEN,
    USERNAME,
)
from autoresponder_dagster_tests.emulators.salesforce.loopback import loopback_session
from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID

MY_DOMAIN = HOST.removesuffix(".salesforce.com")
TOKEN_URL = f"https://{HOST}/services/oauth2/token"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def private_key(salesforce_org, key):
    """The key whose public half the connected app knows."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    salesforce_org.logins.public_key = public.decode()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


# simple-salesforce escapes the password for XML, but not the security token: a token with markup breaks the request.
ESCAPED_TOKEN = SECURITY_TOKEN.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
APP = {"consumer_key": CLIENT_ID, "consumer_secret": CLIENT_SECRET}
LOGINS = {
    "security token": {
        "username": USERNAME,
        "password": PASSWORD,
        "security_token": ESCAPED_TOKEN,
        "version": "64.0",
    },
    "trusted network": {"username": USERNAME, "password": PASSWORD, "organizationId": ORG_ID, "version": "64.0"},
    "password": {"username": USERNAME, "password": PASSWORD + SECURITY_TOKEN} | APP,
    "client credentials": {"domain": MY_DOMAIN} | APP,
}


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
def test_simple_salesforce_comes_in(salesforce_org, login):
    client = Salesforce(session=loopback_session(salesforce_org.url), **login)
    assert client.sf_instance == HOST
    assert client.limits()["DailyApiRequests"]["Max"] == salesforce_org.daily_limit


def test_simple_salesforce_comes_in_with_a_signed_assertion(salesforce_org, private_key):
    session = loopback_session(salesforce_org.url)
    client = Salesforce(username=USERNAME, consumer_key=CLIENT_ID, privatekey=private_key, session=session)
    assert client.query("SELECT Id FROM Organization")["records"][0]["Id"] == ORG_ID


@pytest.mark.parametrize("name", LOGINS)
def test_a_wrong_secret_is_refused(salesforce_org, name):
    secret = {"security token": "security_token", "trusted network": "organizationId"}.get(name, "consumer_secret")
    with pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(session=loopback_session(salesforce_org.url), **LOGINS[name] | {secret: "wrong"})
    assert salesforce_org.api_calls == 0


@pytest.mark.parametrize("name", [*LOGINS])
def test_a_user_who_is_locked_out_is_refused_everywhere(salesforce_org, name):
    salesforce_org.logins.is_refusing = True
    with pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(session=loopback_session(salesforce_org.url), **LOGINS[name])


def test_the_soap_login_is_gone_in_newer_versions(salesforce_org):
    with pytest.raises(SalesforceAuthenticationFailed) as refused:
        Salesforce(session=loopback_session(salesforce_org.url), **LOGINS["security token"] | {"version": "65.0"})
    assert refused.value.code == "UNSUPPORTED_API_VERSION"


def granted(salesforce_org, **form):
    answer = loopback_session(salesforce_org.url).post(TOKEN_URL, form)
    return answer.status_code, answer.json()


def assertion(private_key, **claims):
    standard = {"iss": CLIENT_ID, "sub": USERNAME, "aud": f"https://{HOST}", "exp": int(time.time()) + 60}
    return jwt.encode(standard | claims, private_key, algorithm="RS256")


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"exp": int(time.time()) - 3600}, "invalid assertion"),
        ({"aud": "https://evil.example"}, "audience is invalid"),
        ({"sub": "somebody@example.org"}, "user hasn't approved this consumer"),
        ({"iss": "another-app"}, "user hasn't approved this consumer"),
    ],
    ids=["expired", "audience", "user", "app"],
)
def test_an_assertion_is_looked_at(salesforce_org, private_key, claims, description):
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    status, body = granted(salesforce_org, grant_type=grant, assertion=assertion(private_key))
    assert (status, body["access_token"]) == (200, salesforce_org.access_token)
    status, body = granted(salesforce_org, grant_type=grant, assertion=assertion(private_key, **claims))
    assert (status, body) == (400, {"error": "invalid_grant", "error_description": description})


def test_an_assertion_with_another_key_is_refused(salesforce_org, private_key):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(
            username=USERNAME,
            consumer_key=CLIENT_ID,
            privatekey=other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            session=loopback_session(salesforce_org.url),
        )


@pytest.mark.parametrize("secret", [{"client_secret": CLIENT_SECRET}, {}], ids=["confidential app", "public app"])
def test_a_refresh_token_gives_the_session_of_now(salesforce_org, secret):
    salesforce_org.expire_sessions()
    form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, **secret}
    status, body = granted(salesforce_org, **form, refresh_token=REFRESH_TOKEN)
    assert (status, body["access_token"]) == (200, salesforce_org.access_token)
    assert (body["instance_url"], body["token_type"]) == (f"https://{HOST}", "Bearer")
    assert granted(salesforce_org, **form, refresh_token="old") == (
        400,
        {"error": "invalid_grant", "error_description": "expired access/refresh token"},
    )


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "x", "client_secret": CLIENT_SECRET}, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": CLIENT_ID}, "invalid_client"),
        ({}, "unsupported_grant_type"),
    ],
)
def test_other_grants_are_refused_by_their_name(salesforce_org, form, error):
    status, body = granted(salesforce_org, **form)
    assert (status, body["error"]) == (400, error)


def test_a_client_that_came_straight_to_the_emulator_is_sent_back_to_it(salesforce_org):
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    session = loopback_session(salesforce_org.url)
    assert session.post(f"{salesforce_org.url}/services/oauth2/token", form).json()["instance_url"] == (
        salesforce_org.url
    )
