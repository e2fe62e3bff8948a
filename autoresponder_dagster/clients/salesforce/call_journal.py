"""What was asked of the org: counts, durations and the limits that the answers tell. No bodies, no ids.

Belongs here: bookkeeping of calls. Does not belong here: sending them, or deciding by them.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from urllib.parse import urlsplit

import requests

from autoresponder_dagster.clients.salesforce.protocol import ApiBudget

LIMIT_HEADER = "Sforce-Limit-Info"
# Not anchored: the usage of the connected app may stand beside the org's (salesforce.md §2, hotglue).
_USAGE = re.compile(r"(?:^|[\s;])(?P<whose>per-app-)?api-usage=(?P<used>\d+)/(?P<limit>\d+)")
_VERSION = re.compile(r"^/services/data/v\d+\.\d")
_LOCATOR = re.compile(r"(?<=/query/)[^/]+|(?<=/queryAll/)[^/]+")
_ID = re.compile(r"(?<=/)[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?(?=/|$)")


@dataclass
class CallCount:
    """Number of calls of one kind, and the seconds that their answers took in total."""

    calls: int = 0
    seconds: float = 0.0


@dataclass
class CallJournal:
    """Calls by method and path template, such as ``("PATCH", "/sobjects/Contact/{id}")``."""

    counts: dict[tuple[str, str], CallCount] = field(default_factory=dict)
    api_calls: int = 0
    """Calls that count against the org's limit."""
    org_time: datetime | None = None
    """The org's clock (UTC, whole seconds) as its newest answer told it."""
    _budgets: dict[str, ApiBudget] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def record(self, method: str, path: str, seconds: float, response: requests.Response | None) -> None:
        """Take note of one call and of what its answer, if one came, says of limits and time."""
        with self._lock:
            count = self.counts.setdefault((method, path_template(path)), CallCount())
            count.calls += 1
            count.seconds += seconds
            self.api_calls += bool(_VERSION.match(path))
            if response is not None:
                for match in _USAGE.finditer(response.headers.get(LIMIT_HEADER, "")):
                    self._budgets[match["whose"] or "org"] = ApiBudget(int(match["used"]), int(match["limit"]))
                self.org_time = http_date(response.headers.get("Date")) or self.org_time

    @property
    def budget(self) -> ApiBudget | None:
        """The tighter one of the org's and the connected app's budget; None where no answer has told one."""
        return min(self._budgets.values(), key=lambda budget: budget.room, default=None)

    def rows(self) -> Iterator[tuple[str, str, int, float]]:
        """Yield method, path template, number of calls and seconds, sorted."""
        for (method, path), count in sorted(self.counts.items()):
            yield method, path, count.calls, round(count.seconds, 3)


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
