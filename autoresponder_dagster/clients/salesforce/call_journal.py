"""What was asked of the org: counts, durations and the limits that the answers tell. No bodies, no ids.

Belongs here: bookkeeping of calls. Does not belong here: sending them, or deciding by them.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from urllib.parse import urlsplit

import requests

from autoresponder_dagster.clients.salesforce.protocol import ApiBudget, CallKind

LIMIT_HEADER = "Sforce-Limit-Info"
# Not anchored: the usage of the connected app may stand beside the org's (salesforce.md §2, hotglue).
_USAGE = re.compile(r"(?:^|[\s;])(?P<whose>per-app-)?api-usage=(?P<used>\d+)/(?P<limit>\d+)")
_VERSION = re.compile(r"^/services/data/v\d+\.\d")
_LOCATOR = re.compile(r"(?<=/query/)[^/]+|(?<=/queryAll/)[^/]+")
_ID = re.compile(r"(?<=/)[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?(?=/|$)")


@dataclass
class CallJournal:
    """Calls by method and path template, such as ``PATCH /sobjects/Contact/{id}``."""

    api_calls: int = 0
    """Calls that count against the org's limit."""
    org_time: datetime | None = None
    """The org's clock (UTC, whole seconds) as its newest answer told it."""
    _durations: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    _budgets: dict[str, ApiBudget] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def record(self, method: str, path: str, seconds: float, response: requests.Response | None) -> None:
        """Take note of one call and of what its answer, if one came, says of limits and time."""
        with self._lock:
            self._durations.setdefault((method, path_template(path)), []).append(seconds)
            self.api_calls += bool(_VERSION.match(path))
            if response is not None:
                for match in _USAGE.finditer(response.headers.get(LIMIT_HEADER, "")):
                    self._budgets[match["whose"] or "org"] = ApiBudget(int(match["used"]), int(match["limit"]))
                self.org_time = http_date(response.headers.get("Date")) or self.org_time

    @property
    def budget(self) -> ApiBudget | None:
        """The tighter one of the org's and the connected app's budget; None where no answer has told one."""
        return min(self._budgets.values(), key=lambda budget: budget.room, default=None)

    def kinds(self) -> list[CallKind]:
        """Return the calls so far by kind, sorted."""
        return [
            CallKind(method, path, len(durations), round(sum(durations), 3))
            for (method, path), durations in sorted(self._durations.items())
        ]


def path_template(path: str) -> str:
    """Return a path without version, ids and query locators."""
    return _ID.sub("{id}", _LOCATOR.sub("{locator}", _VERSION.sub("", urlsplit(path).path))) or "/"


def http_date(value: str | None) -> datetime | None:
    """Read an HTTP date (RFC 9110 §5.6.7) as UTC; None where there is none to read."""
    if not value:
        return None
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except ValueError:
        return None
