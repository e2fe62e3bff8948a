"""The circuit breakers of a run, and the guard of the org's API budget (rules.md §9 Breakers, salesforce.md §5.6).

Does not belong here: stopping (``execution``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autoresponder_dagster.clients.salesforce.protocol import ApiBudget
from autoresponder_dagster.rules.policy import Policy

MAX_WRITES = "MAX_WRITES_PER_RUN"
MAX_ERRORS = "MAX_ERROR_RATIO"
API_BUDGET = "API_BUDGET"
NOT_READY = "NOT_READY"

_FEWEST_REJECTED = 5
"""Rejected writes below which no ratio stops a run: one of three says little."""


@dataclass(frozen=True)
class Stop:
    """Why nothing more is sent in this run.

    Attributes:
        code: in the ledger and in the action log.
        message: for operators: what happened and what to do.
        is_held: a person must look before the rest is sent; else it may be sent as soon as the system is well.
    """

    code: str
    message: str
    is_held: bool


@dataclass
class Breakers:
    """Counts what is sent, and says when it is enough."""

    policy: Policy
    sent: int = 0
    rejected: int = 0

    @property
    def remaining(self) -> int:
        """Writes that may still be sent in this run."""
        return self.policy.max_writes_per_run - self.sent

    def tripped(self) -> Stop | None:
        """Return why nothing more may be sent; None where it may."""
        if self.rejected >= _FEWEST_REJECTED and self.rejected > self.policy.max_error_ratio * self.sent:
            return Stop(
                MAX_ERRORS,
                f"Salesforce rejected {self.rejected} of {self.sent} writes, more than max_error_ratio "
                f"({self.policy.max_error_ratio:.0%}) allows. The rest is deferred. See the error codes in the action "
                "log, mend the cause and run the day again.",
                is_held=True,
            )
        if self.remaining <= 0:
            return Stop(
                MAX_WRITES,
                f"{self.sent} writes were sent, as many as max_writes_per_run allows. The rest is deferred. If that "
                "many are right, run the day again, or raise the limit.",
                is_held=True,
            )
        return None


def over_budget(budget: ApiBudget | None, planned_calls: int) -> Stop | None:
    """Tell why the org's API budget does not allow a day's writes; None where it does or is not known.

    A day is written whole or not at all: at most 80 % of the daily calls, and never the last 2,000.

    Args:
        budget: calls of the rolling 24 hours, by everybody.
        planned_calls: what the day's writes take.
    """
    if budget is None or planned_calls <= budget.room:
        return None
    return Stop(
        API_BUDGET,
        f"API limit exceeded: the day's writes take {planned_calls} API calls; {budget.used} of {budget.limit} are "
        f"used, which leaves {budget.room} to the pipeline. All writes are deferred and tried again when calls are "
        "free.",
        is_held=False,
    )


def not_ready(cures: Sequence[str]) -> Stop:
    """Return the stop of an org that is not ready for what the pipeline writes.

    Args:
        cures: what was found and how to mend it, one for each finding.
    """
    return Stop(
        NOT_READY,
        f"Salesforce is not ready for these writes, and none was sent. {' '.join(cures)} Then run the day again; "
        "`autoresponder preflight` tells whether it is ready.",
        is_held=True,
    )
