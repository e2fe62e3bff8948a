"""What an answer of Salesforce means for a write (salesforce.md §5.5).

Belongs here: error codes and their outcome. Does not belong here: sending anything.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
"""

import re
from dataclasses import dataclass
from typing import Any, Self

import requests
from simple_salesforce.exceptions import SalesforceError

from autoresponder_dagster.clients.salesforce.protocol import WriteOutcome
from autoresponder_dagster.schemas.enums import WriteResultCode

NO_ANSWER = "NO_ANSWER"
"""Our code for a request whose answer never came: it may or may not have been carried out."""

API_ERRORS = (SalesforceError, requests.RequestException, KeyError)
"""What simple-salesforce raises on a refusal, on no answer, and on an answer of another form."""

_CONFLICT = frozenset({"ENTITY_IS_LOCKED", "MATCH_PRECONDITION_FAILED"})
_DEFERRED = frozenset(
    {
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        "INVALID_SESSION_ID",
        "QUERY_TIMEOUT",
        "REQUEST_LIMIT_EXCEEDED",
        "REQUEST_RUNNING_TOO_LONG",
        "SERVER_UNAVAILABLE",
        "TOO_MANY_APEX_REQUESTS",
        "UNABLE_TO_LOCK_ROW",
    }
)
_STOPPING = frozenset({"INVALID_SESSION_ID", "REQUEST_LIMIT_EXCEEDED"})
_PRECONDITION_FAILED = 412
_UNAUTHORIZED = 401
_PASSING_STATUSES = frozenset({408, 420, 429})
_SERVER_ERROR = 500
_ADDRESS = re.compile(r"[^\s<>\"'()\[\],;:]+@[^\s<>\"'()\[\],;:]+")
_LONGEST_MESSAGE = 200


@dataclass(frozen=True)
class SalesforceProblem:
    """One refusal: the HTTP status (0 without an answer), Salesforce's error code and its text without addresses."""

    status: int
    code: str
    message: str

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Read the problem out of an exception of simple-salesforce or requests.

        The body may be anything: a list of errors, one object, or a page of HTML from a proxy.
        """
        if isinstance(error, SalesforceError) and isinstance(getattr(error, "status", None), int):
            body: Any = error.content
            first = body[0] if isinstance(body, list) and body else body
            if isinstance(first, dict):
                code = first.get("errorCode") or first.get("error") or f"HTTP_{error.status}"
                message = first.get("message") or first.get("error_description") or ""
                return cls(error.status, str(code), _masked(str(message)))
            code = "INVALID_SESSION_ID" if error.status == _UNAUTHORIZED else f"HTTP_{error.status}"
            return cls(error.status, code, "The answer was not Salesforce's.")
        if isinstance(error, requests.Timeout):
            return cls(0, NO_ANSWER, "The request timed out.")
        if isinstance(error, requests.exceptions.JSONDecodeError):
            return cls(0, NO_ANSWER, "The answer was not Salesforce's.")
        # The texts of connection errors hold the URL, and with it addresses and ids.
        return cls(0, NO_ANSWER, f"The connection failed ({type(error).__name__}).")

    @property
    def result(self) -> WriteResultCode:
        """The outcome of a write that met this problem; never a success."""
        if self.status == _PRECONDITION_FAILED or self.code in _CONFLICT:
            return WriteResultCode.CONFLICT
        is_passing = self.status == 0 or self.status >= _SERVER_ERROR or self.status in _PASSING_STATUSES
        return WriteResultCode.DEFERRED if is_passing or self.code in _DEFERRED else WriteResultCode.REJECTED

    def outcome(self, action_id: str) -> WriteOutcome:
        """Say how the write that met this problem ended."""
        return WriteOutcome(action_id, self.result, self.code, self.message[:_LONGEST_MESSAGE])

    def is_missing_column(self, field: str) -> bool:
        """Tell whether a query was refused because the org lacks a field, or hides it from this user."""
        return self.code == "INVALID_FIELD" and f"No such column '{field}'" in self.message

    @property
    def stops_everything(self) -> bool:
        """True where every further request of the run would meet the same answer."""
        return self.code in _STOPPING

    def __str__(self) -> str:
        """Say it in the words of the troubleshooting list of the operator's guide."""
        if self.code == "INVALID_SESSION_ID":
            headline = "Authentication failed"
        elif self.code == "REQUEST_LIMIT_EXCEEDED":
            headline = "API limit exceeded"
        elif self.code.startswith("INSUFFICIENT_ACCESS") or self.code in {"API_DISABLED_FOR_ORG", "INVALID_FIELD"}:
            headline = "Insufficient privileges"
        else:
            headline = "Salesforce refused" if self.status else "Salesforce did not answer"
        return f"{headline}: {self.code}. {self.message[:_LONGEST_MESSAGE]}".strip()


def _masked(text: str) -> str:
    """Return a text of the org on one line and without the addresses that it may quote."""
    return _ADDRESS.sub("<address>", " ".join(text.split()))
