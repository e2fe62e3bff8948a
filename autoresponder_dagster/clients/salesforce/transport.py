"""The only door to Salesforce: one guarded ``requests`` session.

Belongs here: what holds for every request whoever sends it: which requests may leave, time-outs,
retries of reads, the count of API calls, standing headers, the loopback override. Does not belong
here: what is asked, or what an answer means.

Environment proxies and netrc are not trusted; certificate bundles (``REQUESTS_CA_BUNDLE``,
``SSL_CERT_FILE``) are.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception, retry_if_result, stop_after_attempt
from tenacity.wait import wait_base, wait_random_exponential

from autoresponder_dagster.errors import InterceptedWriteError, UnsafeModeError

LOOPBACK_VARIABLE = "SALESFORCE_LOOPBACK_URL"

_RETRIED_STATUSES = frozenset({429, 502, 503, 504})
_DATA_RESOURCE = re.compile(r"/services/data(?:/v\d+\.\d(?:/(?P<resource>\w+)(?:/.*)?|/?)|/?)")
_READABLE_RESOURCES = frozenset({"limits", "query", "queryAll", "search", "sobjects"})
"""Data resources whose GET only reads. Not ``tooling``: its GET ``executeAnonymous`` runs Apex."""
_USERINFO_PATH = "/services/oauth2/userinfo"
_LOGIN_PATH = re.compile(r"/services/oauth2/token|/services/Soap/u/\d+\.\d")
_METHOD_OVERRIDES = ("x-http-method", "x-http-method-override", "x-method-override")


class Access(Enum):
    """Which requests a session lets out. Everything else is refused before a socket is opened."""

    LOGIN = auto()
    READ = auto()
    WRITE = auto()


@dataclass(frozen=True)
class TransportOptions:
    """Time-outs in seconds, and how stubbornly a read is retried.

    ``attempts`` counts the first try; ``longest_wait`` also bounds a ``Retry-After`` that is obeyed.
    """

    connect_timeout: float = 3.0
    read_timeout: float = 30.0
    query_timeout: float = 120.0
    attempts: int = 5
    longest_wait: float = 30.0


class GuardedSession(requests.Session):
    """A session that lets out only what ``access`` allows, over https only.

    Raises (from any request):
        InterceptedWriteError: the request was refused by the gate; nothing was sent.
    """

    def __init__(self, access: Access, options: TransportOptions, loopback_url: str | None = None) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
        # On the session, not on the client object, whose headers do not reach ``sf.Lead.update``
        # (salesforce.md §0.2): a changed Lead must not be handed to another owner.
        self.headers["Sforce-Auto-Assign"] = "FALSE"
        # The API does not redirect; where a proxy or a retired host does, following would turn a PATCH into a GET.
        self.max_redirects = 0
        self._adapter = _GuardedAdapter(access, options, _checked_loopback(loopback_url))
        self.adapters.clear()
        self.mount("https://", self._adapter)

    @property
    def api_calls(self) -> int:
        """Number of calls sent so far that count against the org's API limit."""
        return self._adapter.api_calls


class _GuardedAdapter(HTTPAdapter):
    """Applies gate, time-outs, retries and loopback override to one request."""

    def __init__(self, access: Access, options: TransportOptions, loopback_url: str | None) -> None:
        super().__init__()
        self.api_calls = 0
        self._access = access
        self._options = options
        self._loopback_url = loopback_url

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002  (the signature of requests)
        timeout: Any = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002  (the signature of requests)
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request once, or several times where it only reads.

        Raises:
            InterceptedWriteError: the gate refused it.
            requests.RequestException: no answer came.
        """
        method, url = str(request.method), str(request.url)
        path = urlsplit(url).path
        if not is_allowed(self._access, method, url, request.headers):
            raise InterceptedWriteError(method, path)
        if timeout is None:
            reading = self._options.query_timeout if "/query" in path else self._options.read_timeout
            timeout = (self._options.connect_timeout, reading)
        if self._loopback_url is not None:
            request = _rerouted(request, self._loopback_url)

        def send_once() -> requests.Response:
            if path.startswith("/services/data/v"):
                self.api_calls += 1
            response = super(_GuardedAdapter, self).send(request, stream, timeout, verify, cert, proxies)
            if not stream:
                _ = response.content  # an answer that breaks off counts as no answer
            return response

        if method not in {"GET", "HEAD"}:
            return send_once()
        retrying = Retrying(
            stop=stop_after_attempt(self._options.attempts),
            wait=_RetryAfterElseBackoff(self._options.longest_wait),
            retry=retry_if_exception(_is_connection_failure) | retry_if_result(_is_passing_refusal),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        return retrying(send_once)


def is_allowed(access: Access, method: str, url: str, headers: Mapping[str, str]) -> bool:
    """Tell whether a request may leave. Deny by default.

    ``LOGIN`` lets out the posts that obtain a token, ``READ`` only requests that cannot change
    anything, ``WRITE`` everything under the data API.
    """
    parts = urlsplit(url)
    if {".", ".."} & set(unquote(parts.path).split("/")):
        return False
    if access is Access.LOGIN:
        return method == "POST" and _LOGIN_PATH.fullmatch(parts.path) is not None
    if method in {"GET", "HEAD"} and parts.path == _USERINFO_PATH:
        return True
    match = _DATA_RESOURCE.fullmatch(parts.path)
    if match is None:
        return False
    if access is Access.WRITE:
        return True
    resource = match["resource"]
    is_override = "_httpmethod" in unquote(parts.query).lower() or any(name in headers for name in _METHOD_OVERRIDES)
    return method in {"GET", "HEAD"} and not is_override and (resource is None or resource in _READABLE_RESOURCES)


def _checked_loopback(url: str | None) -> str | None:
    """Return the override, or refuse one that would send credentials to another machine."""
    if not url:
        return None
    host = urlsplit(url).hostname or ""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise UnsafeModeError(
            f"{LOOPBACK_VARIABLE} must point to this machine (http://127.0.0.1:<port>): it carries credentials to "
            "whatever it names. Unset it to talk to a real org."
        )
    return url


def _rerouted(request: requests.PreparedRequest, loopback_url: str) -> requests.PreparedRequest:
    """Return the same request, addressed to the local server; it is told which host was meant."""
    original, local = urlsplit(str(request.url)), urlsplit(loopback_url)
    rerouted = request.copy()
    rerouted.url = urlunsplit((local.scheme, local.netloc, original.path, original.query, ""))
    rerouted.headers["X-Forwarded-Host"] = original.netloc
    return rerouted


def _is_connection_failure(error: BaseException) -> bool:
    """Tell whether a new connection may do better; a refused certificate never will."""
    is_broken = isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError)
    return is_broken and not isinstance(error, requests.exceptions.SSLError)


def _is_passing_refusal(response: requests.Response) -> bool:
    return response.status_code in _RETRIED_STATUSES


class _RetryAfterElseBackoff(wait_base):
    """Waits as long as ``Retry-After`` says (RFC 9110 §10.2.3), else exponentially with jitter."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._backoff = wait_random_exponential(multiplier=0.5, max=longest)

    def __call__(self, retry_state: RetryCallState) -> float:
        outcome = retry_state.outcome
        if outcome is not None and not outcome.failed:
            asked = _retry_after(outcome.result().headers.get("Retry-After"))
            if asked is not None:
                return min(asked, self._longest)
        return self._backoff(retry_state)


def _retry_after(value: str | None) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for; None where it says nothing usable."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
