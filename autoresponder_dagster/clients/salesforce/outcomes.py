"""What an answer of Salesforce means for a write (salesforce.md §5.5).

Belongs here: error codes and their outcome. Does not belong here: sending anything.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
"""

import re
from dataclasses import dataclass
from typing import Any, Self

import requests
from simple_salesforce.exceptions import SalesforceError, SalesforceOperationError

from autoresponder_dagster.clients.salesforce.protocol import WriteOutcome
from autoresponder_dagster.schemas.enums import WriteResultCode

NO_ANSWER = "NO_ANSWER"
"""Our code for a request whose answer never came: it may or may not have been carried out."""

API_ERRORS = (SalesforceError, SalesforceOperationError, requests.RequestException, KeyError)
"""What simple-salesforce raises on a refusal, on no answer, and on an answer of another form."""

_CONFLICT = frozenset({"ENTITY_IS_LOCKED", "MATCH_PRECONDITION_FAILED"})
_PASSING = frozenset({"SERVER_UNAVAILABLE", "TOO_MANY_APEX_REQUESTS", "UNABLE_TO_LOCK_ROW"})
_DEFERRED = _PASSING | {
    "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
    "INVALID_SESSION_ID",
    "QUERY_TIMEOUT",
    "REQUEST_LIMIT_EXCEEDED",
    "REQUEST_RUNNING_TOO_LONG",
}
_STOPPING = frozenset({"INVALID_SESSION_ID", "REQUEST_LIMIT_EXCEEDED"})
_TOO_LARGE = frozenset({"QUERY_TIMEOUT", "QUERY_TOO_COMPLICATED", "REQUEST_RUNNING_TOO_LONG"})
_CONFIGURATION = frozenset(
    {
        "API_DISABLED_FOR_ORG",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_TYPE",
        "REQUIRED_FIELD_MISSING",
        "STORAGE_LIMIT_EXCEEDED",
    }
)
_PRECONDITION_FAILED = 412
_UNAUTHORIZED = 401
_ERROR = 400
_PASSING_STATUSES = frozenset({408, 420, 429})
_TOO_LARGE_STATUSES = frozenset({414, 431})
_SERVER_ERROR = 500
_NOT_CARRIED_OUT = 503
_ADDRESS = re.compile(r"[^\s<>\"'()\[\],;:]+@[^\s<>\"'()\[\],;:]+")
_LONGEST_MESSAGE = 200


@dataclass(frozen=True)
class SalesforceProblem:
    """One refusal: the HTTP status (0 without an answer), Salesforce's error code and its text without addresses.

    ``fields`` are the API names of the fields that the org objects to, where it names them.
    """

    status: int
    code: str
    message: str
    fields: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Read the problem out of an exception of simple-salesforce or requests.

        The body may be anything: a list of errors, one object, or a page of HTML from a proxy.
        """
        if isinstance(error, SalesforceError) and isinstance(getattr(error, "status", None), int):
            return cls.of_body(error.status, error.content)
        if isinstance(error, SalesforceOperationError):
            return cls(_ERROR, "BULK_JOB_FAILED", "The bulk job failed or was aborted; see Setup, Bulk Data Load Jobs.")
        if isinstance(error, requests.Timeout):
            return cls(0, NO_ANSWER, "The request timed out.")
        if isinstance(error, requests.exceptions.JSONDecodeError):
            return cls(0, NO_ANSWER, "The answer was not Salesforce's.")
        # The texts of connection errors hold the URL, and with it addresses and ids.
        return cls(0, NO_ANSWER, f"The connection failed ({type(error).__name__}).")

    @classmethod
    def of_body(cls, status: int, body: Any) -> Self:
        """Read the problem out of the body of an answer, of a part of a composite, or of an item of a collection."""
        first = body[0] if isinstance(body, list) and body else body
        if isinstance(first, dict):
            code = first.get("errorCode") or first.get("statusCode") or first.get("error") or f"HTTP_{status}"
            message = first.get("message") or first.get("error_description") or ""
            return cls(status, str(code), _masked(str(message)), tuple(map(str, first.get("fields") or ())))
        code = "INVALID_SESSION_ID" if status == _UNAUTHORIZED else f"HTTP_{status}"
        return cls(status, code, "The answer was not Salesforce's." if status >= _ERROR else "No answer.")

    @property
    def is_unclear(self) -> bool:
        """True where the change may have been carried out: no answer came, or the server failed over it."""
        is_server_s = self.status >= _SERVER_ERROR and self.status != _NOT_CARRIED_OUT
        return self.status < _ERROR or (is_server_s and self.code not in _DEFERRED)

    @property
    def is_passing(self) -> bool:
        """True where the same change may succeed in a moment: a locked row, a busy server."""
        return self.code in _PASSING or self.status == _NOT_CARRIED_OUT or self.status in _PASSING_STATUSES

    @property
    def is_locked(self) -> bool:
        """True where another transaction holds the record, or one that travelled with it."""
        return self.code == "UNABLE_TO_LOCK_ROW"

    @property
    def is_precondition_failure(self) -> bool:
        """True where the record was changed after the moment that the request named."""
        return self.status == _PRECONDITION_FAILED

    @property
    def is_too_large(self) -> bool:
        """True for a question of which half may be answered."""
        return self.code in _TOO_LARGE or self.status in _TOO_LARGE_STATUSES

    @property
    def is_configuration(self) -> bool:
        """True where the org is not set up for the change, so that the next record will meet the same."""
        return self.code in _CONFIGURATION

    @property
    def result(self) -> WriteResultCode:
        """The outcome of a write that met this problem; never a success."""
        if self.status == _PRECONDITION_FAILED or self.code in _CONFLICT:
            return WriteResultCode.CONFLICT
        is_passing = self.status < _ERROR or self.status >= _SERVER_ERROR or self.status in _PASSING_STATUSES
        is_deferred = is_passing or self.code in _DEFERRED
        return WriteResultCode.DEFERRED if is_deferred else WriteResultCode.REJECTED

    @property
    def short_message(self) -> str:
        """The org's text, cut to what a log line holds."""
        return self.message[:_LONGEST_MESSAGE]

    def outcome(self, action_id: str) -> WriteOutcome:
        """Say how the write that met this problem ended."""
        return WriteOutcome(action_id, self.result, self.code, self.short_message)

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
        return f"{headline}: {self.code}. {self.short_message}".strip()


def _masked(text: str) -> str:
    """Return a text of the org on one line and without the addresses that it may quote."""
    return _ADDRESS.sub("<address>", " ".join(text.split()))
