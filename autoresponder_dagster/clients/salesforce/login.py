"""Logging in to Salesforce: from the environment's credentials to a token and the org's host.

Belongs here: which credentials make which login. Does not belong here: anything done with the token.
The client that uses the token is built from it alone, so that simple-salesforce's own refresh, which
drops headers and has no bound (salesforce.md §0.1), is never armed.
"""

import html
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Self
from xml.parsers.expat import ExpatError

import requests
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError
from simple_salesforce.login import SalesforceLogin

from autoresponder_dagster.clients.salesforce.domain import LOGIN_HOSTS, normalize_domain
from autoresponder_dagster.clients.salesforce.transport import GuardedSession
from autoresponder_dagster.errors import ConfigurationError, SystemUnavailableError

_SOAP_VERSION = "64.0"
"""The newest version that still has the SOAP login (salesforce.md §0.3)."""

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class Credentials:
    """The ``SALESFORCE_*`` settings of rules.md §8. Never shown: there is no ``repr``."""

    domain: str | None = None
    access_token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
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


def log_in(credentials: Credentials, session: GuardedSession) -> Login:
    """Log in with the first complete set of credentials: access token, client credentials, user name.

    Args:
        credentials: what the environment holds.
        session: lets out login requests only.

    Raises:
        ConfigurationError: no complete set of credentials, or the domain is not an org's ("Invalid instance URL").
        SystemUnavailableError: the login was refused ("Authentication failed") or the org did not answer.
    """
    host = normalize_domain(credentials.domain)
    if credentials.access_token:
        _require_my_domain(host, "SALESFORCE_ACCESS_TOKEN")
        return Login(credentials.access_token, host)
    domain = host.removesuffix(".salesforce.com")
    if credentials.client_id and credentials.client_secret:
        _require_my_domain(host, "the OAuth client-credentials login")
        return _attempt(
            lambda: SalesforceLogin(
                consumer_key=credentials.client_id,
                consumer_secret=credentials.client_secret,
                domain=domain,
                session=session,
            )
        )
    if credentials.username and credentials.password:
        _LOGGER.warning(
            "Logging in to Salesforce by user name and password. Salesforce retires this login in summer 2027: "
            "use SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET instead."
        )
        # simple-salesforce escapes user name and password for its XML, but not the security token.
        security_token = html.escape(credentials.security_token) if credentials.security_token else None
        return _attempt(
            lambda: SalesforceLogin(
                username=credentials.username,
                password=credentials.password,
                security_token=security_token,
                domain=domain,
                sf_version=_SOAP_VERSION,
                session=session,
            )
        )
    raise ConfigurationError(
        "Salesforce credentials are missing. Set SALESFORCE_DOMAIN and one of: SALESFORCE_ACCESS_TOKEN; "
        "SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET; SALESFORCE_USERNAME, SALESFORCE_PASSWORD and "
        "SALESFORCE_SECURITY_TOKEN."
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
    except (SalesforceError, AttributeError, ExpatError):
        # simple-salesforce takes an unexpected answer for one with its fields.
        raise _refused("the answer was not Salesforce's") from None
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
