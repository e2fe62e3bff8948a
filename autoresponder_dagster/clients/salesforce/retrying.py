"""Which answer is worth another try, and how long to wait for it (salesforce.md §5.4).

Belongs here: the retry table for one request, as a policy of tenacity. Does not belong here: the second
look at records whose change went unanswered (``writer``), smaller queries (``reader``).
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from tenacity import RetryCallState, Retrying, stop_after_attempt
from tenacity.wait import wait_base, wait_random_exponential
from urllib3.exceptions import MaxRetryError, NewConnectionError

from autoresponder_dagster.clients.salesforce.call_journal import http_date
from autoresponder_dagster.clients.salesforce.gate import Effect

_REFUSED_STATUSES = frozenset({420, 429, 503})
"""The request was turned away and not carried out."""
_REFUSED_CODES = frozenset({"SERVER_UNAVAILABLE", "TOO_MANY_APEX_REQUESTS"})
_UNCLEAR_STATUSES = frozenset({500, 502, 504})
"""The request may have been carried out."""
_CONCURRENT = "Concurrent"
_LIMIT_CODE = "REQUEST_LIMIT_EXCEEDED"
_QUERY_TOO_LONG = frozenset({"QUERY_TIMEOUT", "REQUEST_RUNNING_TOO_LONG", "QUERY_TOO_COMPLICATED"})
_ERROR = 400
_TRIES_WHEN_UNCLEAR = 3
"""Most tries of a read that timed out, broke off or met an error of the server."""


@dataclass(frozen=True)
class TransportOptions:
    """Time-outs in seconds, and how stubbornly a request is repeated.

    ``attempts`` counts the first try of a read; a change has one less, a creation two less.
    ``longest_wait`` also bounds a ``Retry-After`` that is obeyed, ``concurrency_wait`` is the shortest
    wait after too many concurrent requests. ``lock_waits`` are the waits before records that were
    locked are tried again. ``sleep`` waits.
    """

    connect_timeout: float = 3.0
    read_timeout: float = 30.0
    query_timeout: float = 120.0
    attempts: int = 5
    longest_wait: float = 30.0
    concurrency_wait: float = 20.0
    lock_waits: tuple[float, ...] = (2.0, 5.0, 15.0, 30.0)
    sleep: Callable[[float], None] = time.sleep


def retrying(effect: Effect, options: TransportOptions) -> Retrying:
    """Return the policy for a request of an effect; the last answer or error is the caller's."""
    fewer = {Effect.READS: 0, Effect.SETS_VALUES: 1, Effect.CREATES: 2}[effect]
    return Retrying(
        stop=stop_after_attempt(max(1, options.attempts - fewer)),
        wait=_Wait(options),
        retry=lambda state: _is_worth_another_try(effect, state),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        sleep=options.sleep,
    )


def error_of(response: requests.Response) -> tuple[str, str]:
    """Return error code and message of an answer, whatever its body is; empty where it says none."""
    if response.status_code < _ERROR:
        return "", ""
    try:
        content: Any = json.loads(response.content or b"null")
    except ValueError:
        return "", ""
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return "", ""
    return str(first.get("errorCode") or first.get("error") or ""), str(first.get("message") or "")


def _is_worth_another_try(effect: Effect, state: RetryCallState) -> bool:
    outcome = state.outcome
    if outcome is None:
        return False
    error = outcome.exception()
    if error is None:
        return _may_be_answered_otherwise(effect, state, outcome.result())
    return _was_never_sent(error) or (_may_be_read_again(effect, state) and _is_connection_failure(error))


def _may_be_answered_otherwise(effect: Effect, state: RetryCallState, response: requests.Response) -> bool:
    """Tell whether the same request may soon meet another answer."""
    code, message = error_of(response)
    if code == _LIMIT_CODE:
        return _CONCURRENT in message
    if code in _QUERY_TOO_LONG:
        return False  # the same question again would take as long; the reader asks smaller ones
    if effect is Effect.CREATES:
        return bool(response.status_code == requests.codes.service_unavailable)
    is_refused = response.status_code in _REFUSED_STATUSES or code in _REFUSED_CODES
    return is_refused or (_may_be_read_again(effect, state) and response.status_code in _UNCLEAR_STATUSES)


def _may_be_read_again(effect: Effect, state: RetryCallState) -> bool:
    return effect is Effect.READS and state.attempt_number < _TRIES_WHEN_UNCLEAR


def _is_connection_failure(error: BaseException) -> bool:
    """Tell whether a new connection may do better; a refused certificate never will."""
    is_broken = isinstance(
        error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
    )
    return is_broken and not isinstance(error, requests.exceptions.SSLError)


def _was_never_sent(error: BaseException) -> bool:
    """Tell whether no connection came about, so that the request certainly did not arrive."""
    if isinstance(error, requests.exceptions.SSLError):
        return False
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


class _Wait(wait_base):
    """Waits as long as ``Retry-After`` says (RFC 9110 §10.2.3), else exponentially with jitter."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._backoff = wait_random_exponential(multiplier=0.5, max=options.longest_wait)

    def __call__(self, retry_state: RetryCallState) -> float:
        outcome = retry_state.outcome
        if outcome is not None and not outcome.failed:
            response: requests.Response = outcome.result()
            asked = _retry_after(response.headers.get("Retry-After"))
            if asked is not None:
                return min(asked, self._options.longest_wait)
            if error_of(response)[0] == _LIMIT_CODE:
                return self._options.concurrency_wait + self._backoff(retry_state)
        return self._backoff(retry_state)


def _retry_after(value: str | None) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for; None where it says nothing usable."""
    if value and value.strip().isdigit():
        return float(value)
    moment = http_date(value)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment is not None else None
