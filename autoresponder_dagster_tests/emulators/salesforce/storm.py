"""Bad weather for an org: every kind of failure that Salesforce and what stands before it are known for, at random.

Belongs here: the failures and their texts. Does not belong here: when a request meets one (``faults``).
"""

from collections import Counter
from collections.abc import Mapping
from random import Random

from autoresponder_dagster_tests.emulators.faults import Fault, Gust, Storm

RETRY_AFTER_SECONDS = 1
_HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"

KINDS: Mapping[str, Fault] = {
    "unavailable": Fault(status=503, body=[{"errorCode": "SERVER_UNAVAILABLE", "message": "Server unavailable"}]),
    "too_many_requests": Fault(
        status=429,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        body=[{"errorCode": "TOO_MANY_REQUESTS", "message": "Too many requests"}],
    ),
    "reset_before": Fault(resets=True),
    "reset_after": Fault(resets=True, after=True),
    "session_expired": Fault(expires=True),
    "html_bad_gateway": Fault(status=502, body=_HTML.format("502 Bad Gateway")),
    "html_unauthorized": Fault(status=401, body=_HTML.format("Sign in")),
    "stall": Fault(delay=1.0),
}
"""The failures of whole requests, by name. ``reset_after``: the org did what was asked, and nobody hears of it."""

LOCKED_ROW = "locked_row"
"""UNABLE_TO_LOCK_ROW: another transaction holds a record, alone or in a collection with others."""


class SalesforceStorm(Storm):
    """A storm over an org. ``rates`` holds the probability by kind, of a request for ``KINDS``.

    For ``LOCKED_ROW`` it is that of a record to be held by somebody else when it is first written to, for one to
    ``most_refusals`` attempts. Raises KeyError for a kind that is not known.
    """

    def __init__(
        self,
        seed: int,
        rates: Mapping[str, float],
        *,
        method: str = ".*",
        path: str = "/services/data/",
        faults: Mapping[str, Fault] = KINDS,
        most_refusals: int = 2,
    ) -> None:
        gusts = {kind: Gust(rate, faults[kind]) for kind, rate in rates.items() if kind != LOCKED_ROW}
        super().__init__(seed, gusts, method, path)
        self._row_rate = rates.get(LOCKED_ROW, 0.0)
        self._row_random = Random(f"rows {seed}")
        self._most_refusals = most_refusals
        self._refusals: Counter[str] = Counter()

    def holds(self, record_id: str) -> bool:
        """Tell whether this attempt to write a record meets another transaction that holds it."""
        if record_id not in self._refusals:
            is_held = self._row_random.random() < self._row_rate
            self._refusals[record_id] = self._row_random.randint(1, self._most_refusals) if is_held else 0
        if self._refusals[record_id] == 0:
            return False
        self._refusals[record_id] -= 1
        self.struck[LOCKED_ROW] += 1
        return True


def storm_of_everything(seed: int, rate: float = 0.05) -> SalesforceStorm:
    """Return a storm in which each kind strikes at the same rate."""
    return SalesforceStorm(seed, dict.fromkeys([*KINDS, LOCKED_ROW], rate))
