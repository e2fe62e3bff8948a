"""Takes a client that knows nothing of the emulator there: what it sends to Salesforce arrives on loopback."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.emulators.salesforce.logins import HOST


class _LoopbackAdapter(HTTPAdapter):
    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        meant = urlsplit(str(request.url))
        request.url = urlunsplit((self._url.scheme, self._url.netloc, meant.path, meant.query, ""))
        request.headers["X-Forwarded-Host"] = meant.netloc
        return super().send(request, *arguments, **options)


def loopback_session(url: str) -> requests.Session:
    """Return a session that knows no guard, retry or header of ours; whatever host is asked, ``url`` answers."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", _LoopbackAdapter(url))
    return session


def plain_client(emulator: SalesforceEmulator, version: str = "67.0") -> Salesforce:
    """Return simple-salesforce, unmodified, with a session of the emulated org."""
    return Salesforce(
        session_id=emulator.access_token, instance=HOST, session=loopback_session(emulator.url), version=version
    )
