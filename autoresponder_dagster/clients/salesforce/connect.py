"""The way in: ``open_salesforce`` builds the form that a mode asks for (rules.md §2).

Belongs here: the choice of the form, the arming of live, the fallback. Does not belong here: Dagster.
The environment is read only where a real org is opened; a mock run needs no credential.
"""

import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from simple_salesforce.api import Salesforce

from autoresponder_dagster.clients.salesforce.gate import Access
from autoresponder_dagster.clients.salesforce.live import LiveOptions, LiveSalesforce
from autoresponder_dagster.clients.salesforce.login import Credentials, log_in
from autoresponder_dagster.clients.salesforce.mock import MockSalesforce
from autoresponder_dagster.clients.salesforce.outcomes import API_ERRORS, SalesforceProblem
from autoresponder_dagster.clients.salesforce.preflight import Finding, Preflight, Severity, preflight
from autoresponder_dagster.clients.salesforce.protocol import SalesforceClient
from autoresponder_dagster.clients.salesforce.records import same_id
from autoresponder_dagster.clients.salesforce.retrying import TransportOptions
from autoresponder_dagster.clients.salesforce.transport import LOOPBACK_VARIABLE, GuardedSession
from autoresponder_dagster.clients.salesforce.unavailable import UnavailableSalesforce
from autoresponder_dagster.errors import (
    ConfigurationError,
    LiveNotArmedError,
    LookupFailedError,
    SystemUnavailableError,
    UnsafeModeError,
)
from autoresponder_dagster.modes import ALLOW_LIVE
from autoresponder_dagster.schemas.enums import Mode

ORG_IDS = "AUTORESPONDER_ORG_IDS"

_API_VERSION = "67.0"

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class SalesforceSettings:
    """What an operator may set about a real org. Holds no secret.

    ``on_unavailable`` is for live only: ``mock`` goes on with the empty stand-in, ``fail`` raises.
    """

    on_unavailable: Literal["mock", "fail"] = "mock"
    live: LiveOptions = field(default_factory=LiveOptions)
    transport: TransportOptions = field(default_factory=TransportOptions)


def open_salesforce(
    mode: Mode,
    *,
    clock: Callable[[], datetime],
    fixtures: Path | None = None,
    settings: SalesforceSettings | None = None,
) -> LiveSalesforce | MockSalesforce | UnavailableSalesforce:
    """Open Salesforce in a mode.

    Args:
        mode: live, read_only or mock.
        clock: gives the time of a write to the mock org.
        fixtures: folder of the mock org's files; needed for mock only.
        settings: for live and read_only.

    Raises:
        ConfigurationError: a setting, credential or fixture file is missing or malformed.
        LiveNotArmedError: live was asked for where the environment does not allow it, or not for this org.
        SystemUnavailableError: the org cannot be reached or refused the login. In live only with
            ``on_unavailable="fail"``; else the empty stand-in is returned, whatever the reason.
    """
    settings = settings or SalesforceSettings()
    if mode is Mode.MOCK:
        if fixtures is None:
            raise ConfigurationError("The mock Salesforce org needs a folder of fixture files.")
        return MockSalesforce.from_folder(fixtures, clock=clock)
    if mode is Mode.READ_ONLY:
        return _connect(Access.READ, settings)
    _require_armed()
    try:
        return _connect(Access.WRITE, settings)
    except UnsafeModeError:
        raise
    except (ConfigurationError, SystemUnavailableError) as error:
        if settings.on_unavailable == "fail":
            raise
        _LOGGER.error(  # noqa: TRY400  (the message says all; a traceback would hold local values)
            "Salesforce could not be opened. The run goes on with an empty stand-in; writes are deferred. %s", error
        )
        return UnavailableSalesforce(str(error))


def check_org(mode: Mode, settings: SalesforceSettings | None = None) -> Preflight:
    """Connect for reading only and look whether the org is ready; what prevents it is a finding, too.

    Args:
        mode: live also looks whether live writes are armed for this org.
        settings: as for the run that is to follow.
    """
    try:
        client = _connect(Access.READ, settings or SalesforceSettings())
        report = preflight(client)
    except (ConfigurationError, SystemUnavailableError, LookupFailedError) as error:
        return Preflight((Finding("Connection", Severity.ERROR, str(error)),))
    if mode is not Mode.LIVE:
        return report
    try:
        _require_armed()
        _require_own_org(client.org_id)
    except LiveNotArmedError as error:
        arming = Finding("Live writes", Severity.ERROR, "not armed", str(error))
    else:
        arming = Finding("Live writes", Severity.OK, "armed for this org")
    return replace(report, findings=(arming, *report.findings))


def readiness(client: SalesforceClient) -> Preflight:
    """Look whether the org of an open client is ready; a mock org always is.

    Raises:
        LookupFailedError: the org did not answer or refused to be asked.
    """
    return preflight(client) if isinstance(client, LiveSalesforce) else Preflight(())


def _connect(access: Access, settings: SalesforceSettings) -> LiveSalesforce:
    """Log in, learn who and where we are, and hand over a client whose session is guarded."""
    loopback_url = os.environ.get(LOOPBACK_VARIABLE)
    login_session = GuardedSession(Access.LOGIN, settings.transport, loopback_url)
    login = log_in(Credentials.from_environment(), login_session)
    session = GuardedSession(access, settings.transport, loopback_url, login)
    salesforce = Salesforce(session_id=login.access_token, instance=login.host, session=session, version=_API_VERSION)
    try:
        user = salesforce.oauth2("userinfo") or {}
        org_id, user_id = user["organization_id"], user["user_id"]
    except API_ERRORS as error:
        raise SystemUnavailableError(
            f"Salesforce did not say who is logged in. {SalesforceProblem.of(error)}"
        ) from None
    if access is Access.WRITE:
        _require_own_org(org_id)
    return LiveSalesforce(salesforce, session, org_id=org_id, own_user_id=user_id, options=settings.live)


def _require_armed() -> None:
    """Refuse live before a credential is even read: run config alone never arms it."""
    if os.environ.get(ALLOW_LIVE) != "1":
        raise LiveNotArmedError(
            f"Live writes to Salesforce are not armed. Set {ALLOW_LIVE}=1 in the environment of the process "
            "that runs the pipeline, or choose the mode read_only or mock."
        )


def _require_own_org(org_id: str) -> None:
    """Refuse an org that is not among the named ones."""
    named = [name for name in re.split(r"[\s,;]+", os.environ.get(ORG_IDS, "")) if name]
    if named and not any(same_id(name, org_id) for name in named):
        raise LiveNotArmedError(
            f"Live writes are armed for the org(s) {', '.join(named)}, but the credentials belong to {org_id}. "
            f"Correct the SALESFORCE_* credentials or {ORG_IDS}."
        )
