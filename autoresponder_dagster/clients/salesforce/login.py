"""Logging in to Salesforce: from the environment's credentials to a token and the org's host.

Belongs here: which credentials make which login, and the token's renewal. Does not belong here: anything
done with the token. The client that uses the token is built from it alone, so that simple-salesforce's
own refresh, which drops headers and has no bound (salesforce.md §0.1), is never armed.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm
"""

import html
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Lock
from typing import Self
from xml.parsers.expat import ExpatError

import requests
from jwt import PyJWTError
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError
from simple_salesforce.login import SalesforceLogin, token_login

from autoresponder_dagster.clients.salesforce.domain import LOGIN_HOSTS, normalize_domain
from autoresponder_dagster.clients.salesforce.transport import GuardedSession
from autoresponder_dagster.errors import ConfigurationError, SystemUnavailableError

_SOAP_VERSION = "64.0"
"""The newest version that still has the SOAP login (salesforce.md §0.3)."""

_MOST_RENEWALS = 3
"""Renewals in a row without one request that was accepted; then something else is wrong."""

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class Credentials:
    """The ``SALESFORCE_*`` settings of rules.md §8. Never shown: there is no ``repr``."""

    domain: str | None = None
    access_token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    private_key_file: str | None = None
    refresh_token: str | None = None
    username: str | None = None
    password: str | None = None
    security_token: str | None = None

    @classmethod
    def from_environment(cls) -> Self:
        """Read the credentials; an empty variable is a missing one."""
        return cls(**{field.name: os.environ.get(f"SALESFORCE_{field.name.upper()}") or None for field in fields(cls)})


@dataclass(frozen=True, repr=False)
class Login:
    """A token and the host of the org that accepts it."""

    access_token: str
    host: str


class OrgLogin:
    """A login that renews its token: a ``TokenSource``.

    A refused token is renewed by one login, however many requests meet the refusal. Where renewed tokens
    are refused in a row there is an end to it, so that nothing ever logs in again and again.

    Args:
        login: the first login.
        renew: makes a new one; None where the token was given and cannot be renewed.
    """

    def __init__(self, login: Login, renew: Callable[[], Login] | None) -> None:
        self.host = login.host
        self._access_token = login.access_token
        self._renew = renew
        self._renewals = 0
        self._lock = Lock()

    @property
    def access_token(self) -> str:
        """The newest token."""
        return self._access_token

    def accepted(self) -> None:
        """Take note that the newest token was accepted."""
        self._renewals = 0

    def renewed(self, refused: str) -> str | None:
        """Return the token to use instead of a refused one; None where none can be had.

        A login that fails is the same as none: the refusal that led to it is what the caller sees.
        """
        with self._lock:
            if refused != self._access_token:
                return self._access_token
            if self._renew is None or self._renewals == _MOST_RENEWALS:
                return None
            self._renewals += 1
            try:
                self._access_token = self._renew().access_token
            except SystemUnavailableError as error:
                self._renewals = _MOST_RENEWALS
                _LOGGER.warning("The Salesforce session is over and could not be renewed. %s", error)
                return None
            return self._access_token


def log_in(credentials: Credentials, session: GuardedSession) -> OrgLogin:
    """Log in with the first complete set of credentials.

    In this order: access token; refresh token; JWT bearer (client id, private key and user name); client
    credentials (client id and secret); user name and password.

    Args:
        credentials: what the environment holds.
        session: lets out login requests only.

    Raises:
        ConfigurationError: no complete set of credentials, or the domain is not an org's ("Invalid instance URL").
        SystemUnavailableError: the login was refused ("Authentication failed") or the org did not answer.
    """
    host = normalize_domain(credentials.domain)
    renew = _login_of(credentials, host, session)
    if credentials.access_token:
        _require_my_domain(host, "SALESFORCE_ACCESS_TOKEN")
        return OrgLogin(Login(credentials.access_token, host), renew)
    if renew is None:
        raise ConfigurationError(
            "Salesforce credentials are missing. Set SALESFORCE_DOMAIN and one of: SALESFORCE_ACCESS_TOKEN; "
            "SALESFORCE_CLIENT_ID and SALESFORCE_REFRESH_TOKEN; SALESFORCE_CLIENT_ID, SALESFORCE_PRIVATE_KEY_FILE "
            "and SALESFORCE_USERNAME; SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET; SALESFORCE_USERNAME, "
            "SALESFORCE_PASSWORD and SALESFORCE_SECURITY_TOKEN."
        )
    return OrgLogin(renew(), renew)


def _login_of(credentials: Credentials, host: str, session: GuardedSession) -> Callable[[], Login] | None:
    """Return the login that the credentials allow besides a given access token; None where there is none."""
    domain = host.removesuffix(".salesforce.com")
    client_id = credentials.client_id
    if client_id and credentials.refresh_token:
        data = {
            "grant_type": "refresh_token",
            "client_id": client_id,
            "refresh_token": credentials.refresh_token,
        } | ({"client_secret": credentials.client_secret} if credentials.client_secret else {})
        return lambda: _attempt(
            lambda: token_login(f"https://{host}/services/oauth2/token", data, domain, client_id, None, None, session)
        )
    if client_id and credentials.private_key_file and credentials.username:
        _require_readable(credentials.private_key_file)
        # The audience is the login server; the token is asked of the org itself.
        audience = "test" if host == "test.salesforce.com" or ".sandbox." in host else "login"
        return lambda: _attempt(
            lambda: SalesforceLogin(
                username=credentials.username,
                consumer_key=credentials.client_id,
                privatekey_file=credentials.private_key_file,
                domain=audience,
                instance_url=domain,
                session=session,
            )
        )
    if client_id and credentials.client_secret:
        _require_my_domain(host, "the OAuth client-credentials login")
        return lambda: _attempt(
            lambda: SalesforceLogin(
                consumer_key=credentials.client_id,
                consumer_secret=credentials.client_secret,
                domain=domain,
                session=session,
            )
        )
    if credentials.username and credentials.password:
        if not credentials.access_token:
            _LOGGER.warning(
                "Logging in to Salesforce by user name and password. Salesforce retires this login in summer 2027: "
                "use SALESFORCE_CLIENT_ID with SALESFORCE_CLIENT_SECRET or SALESFORCE_PRIVATE_KEY_FILE instead."
            )
        # simple-salesforce escapes user name and password for its XML, but not the security token.
        security_token = html.escape(credentials.security_token) if credentials.security_token else None
        return lambda: _attempt(
            lambda: SalesforceLogin(
                username=credentials.username,
                password=credentials.password,
                security_token=security_token,
                domain=domain,
                sf_version=_SOAP_VERSION,
                session=session,
            )
        )
    return None


def _require_readable(path: str) -> None:
    if not Path(path).is_file():
        raise ConfigurationError(
            "SALESFORCE_PRIVATE_KEY_FILE names no file. It must be the path of the PEM file with the private key "
            "whose certificate the connected app holds."
        )


def _require_my_domain(host: str, what: str) -> None:
    if host in LOGIN_HOSTS:
        raise ConfigurationError(
            f"Invalid instance URL: {what} needs SALESFORCE_DOMAIN to name the org's My Domain "
            f"(https://yourcompany.my.salesforce.com); it means {host} now."
        )


def _attempt(login: Callable[[], tuple[str, str]]) -> Login:
    """Log in once; whatever goes wrong becomes one error that holds no secret and no page of HTML."""
    try:
        access_token, instance = login()
    except SalesforceAuthenticationFailed as error:
        answer = f"{error.code}: {error.auth_message}" if isinstance(error.code, str) else f"HTTP {error.code}"
        raise _refused(answer) from None
    except requests.RequestException as error:
        raise SystemUnavailableError(
            f"Salesforce could not be reached for the login ({type(error).__name__}). Try again later."
        ) from None
    except (SalesforceError, AttributeError, ExpatError, KeyError):
        # simple-salesforce takes an unexpected answer for one with its fields.
        raise _refused("the answer was not Salesforce's") from None
    except PyJWTError:
        # A key that is no key; the text of the error may quote it.
        raise _refused("SALESFORCE_PRIVATE_KEY_FILE does not hold a private key in PEM form") from None
    try:
        host = normalize_domain(instance)
    except ConfigurationError:
        raise _refused("the answer names a host that is no Salesforce org") from None
    return Login(access_token, host)


def _refused(answer: str) -> SystemUnavailableError:
    return SystemUnavailableError(
        f"Authentication failed: {answer}. Check that the credentials are right and not expired, the user is active, "
        "and the org's IP restrictions allow this machine."
    )
