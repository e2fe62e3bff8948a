"""The only door to Salesforce: one guarded ``requests`` session.

Belongs here: what holds for every request whoever sends it: the gate, time-outs, the retry policy, the
token and its one renewal, standing headers, the journal, the loopback override. Does not belong here:
what is asked, or what an answer means.

Environment proxies and netrc are not trusted; certificate bundles (``REQUESTS_CA_BUNDLE``,
``SSL_CERT_FILE``) are.
"""

import ipaddress
import os
import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from autoresponder_dagster.clients.salesforce.call_journal import CallJournal
from autoresponder_dagster.clients.salesforce.gate import Access, effect_of, is_allowed
from autoresponder_dagster.clients.salesforce.retrying import TransportOptions, error_of, retrying
from autoresponder_dagster.errors import InterceptedWriteError, UnsafeModeError

LOOPBACK_VARIABLE = "SALESFORCE_LOOPBACK_URL"

_NOT_A_SESSION_S_FAULT = "not valid for use with the REST API"
"""A 401 that a new token would meet again: the user may not use the API."""


class TokenSource(Protocol):
    """Holds the access token, and can obtain a new one."""

    @property
    def access_token(self) -> str:
        """The newest token."""

    def accepted(self) -> None:
        """Take note that the newest token was accepted."""

    def renewed(self, refused: str) -> str | None:
        """Return the token to use instead of a refused one; None where none can be had."""


class GuardedSession(requests.Session):
    """A session that lets out only what ``access`` allows, over https only.

    Args:
        access: what may leave.
        options: time-outs and retries.
        loopback_url: address of a local server that stands in for every host; None for the real ones.
        tokens: replaces the token of every request by the newest; once per request it is renewed.

    Raises (from any request):
        InterceptedWriteError: the request was refused by the gate; nothing was sent.
    """

    def __init__(
        self,
        access: Access,
        options: TransportOptions,
        loopback_url: str | None = None,
        tokens: TokenSource | None = None,
    ) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
        # On the session, not on the client object, whose headers do not reach ``sf.Lead.update``
        # (salesforce.md §0.2): a changed Lead must not be handed to another owner.
        self.headers["Sforce-Auto-Assign"] = "FALSE"
        # The API does not redirect; where a proxy or a retired host does, following would turn a PATCH into a GET.
        self.max_redirects = 0
        self.settings = options
        self.journal = CallJournal()
        self.adapters.clear()
        self.mount("https://", _GuardedAdapter(access, options, self.journal, _checked_loopback(loopback_url), tokens))


class _GuardedAdapter(HTTPAdapter):
    """Applies gate, token, time-outs, retries, journal and loopback override to one request."""

    def __init__(
        self,
        access: Access,
        options: TransportOptions,
        journal: CallJournal,
        loopback_url: str | None,
        tokens: TokenSource | None,
    ) -> None:
        super().__init__()
        self._access = access
        self._options = options
        self._journal = journal
        self._loopback_url = loopback_url
        self._tokens = tokens

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002  (the signature of requests)
        timeout: Any = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002  (the signature of requests)
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request once, or several times where the retry table allows it.

        Raises:
            InterceptedWriteError: the gate refused it.
            requests.RequestException: no answer came.
        """
        method, url = str(request.method), str(request.url)
        path = urlsplit(url).path
        judged = (method, url, request.headers, request.body)
        if not is_allowed(self._access, *judged):
            raise InterceptedWriteError(method, path)
        if timeout is None:
            reading = self._options.query_timeout if "/query" in path else self._options.read_timeout
            timeout = (self._options.connect_timeout, reading)
        if self._loopback_url is not None:
            request = _rerouted(request, self._loopback_url)

        def send_once() -> requests.Response:
            start, response = time.monotonic(), None
            try:
                response = super(_GuardedAdapter, self).send(request, stream, timeout, verify, cert, proxies)
                if not stream:
                    _ = response.content  # an answer that breaks off counts as no answer
            finally:
                self._journal.record(method, path, time.monotonic() - start, response)
            return response

        def send_with_token() -> requests.Response:
            """Send with the newest token; where it is refused, once more with a renewed one.

            The same prepared request goes out again, so that a conditional change stays conditional
            (salesforce.md §0.1).
            """
            if self._tokens is None or "Authorization" not in request.headers:
                return send_once()
            used = self._tokens.access_token
            request.headers["Authorization"] = f"Bearer {used}"
            response = send_once()
            if not _is_session_over(response):
                self._tokens.accepted()
                return response
            renewed = self._tokens.renewed(used)
            if renewed is None:
                return response
            request.headers["Authorization"] = f"Bearer {renewed}"
            return send_once()

        return retrying(effect_of(*judged), self._options)(send_with_token)


def _is_session_over(response: requests.Response) -> bool:
    """Tell whether a new token may help; also after a 401 that is a page of HTML."""
    is_refused = response.status_code == requests.codes.unauthorized
    return is_refused and _NOT_A_SESSION_S_FAULT not in error_of(response)[1]


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
