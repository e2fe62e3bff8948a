"""What a client made of an operation, and the verdict on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.fidelity.world import ANSWERS, wrong_records


@dataclass(frozen=True)
class Outcome:
    """One operation of one client: the seconds that it took, and its answer or the error that it ended in."""

    operation: str
    seconds: float
    answer: Any = None
    error: str | None = None


def objection(outcome: Outcome, emulator: SalesforceEmulator, setting: Mapping[str, Any]) -> str | None:
    """Return what is wrong with an outcome or with the org after it; None where all is well."""
    if outcome.error is not None:
        return outcome.error
    expected = ANSWERS[outcome.operation]
    if outcome.answer != expected:
        return f"answered {outcome.answer!r} instead of {expected!r}"
    wrong = wrong_records(emulator, setting, outcome.operation)
    return f"{len(wrong)} records are not as they should be, such as {wrong[0]}" if wrong else None
