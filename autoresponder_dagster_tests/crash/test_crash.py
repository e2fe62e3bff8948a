"""Several writers at once, and that the kill test (``make crash-test``) notices what it is there to notice."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autoresponder_dagster.ledger import LedgerDatabase, Settlement, WriteLedger, WriteState
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.crash import trial
from autoresponder_dagster_tests.crash.trial import Tally, compare
from autoresponder_dagster_tests.ledger.plans import JANE, TUESDAY, plan_of, row

ONCE = (JANE, "Contact_Status__c", "Inactive")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_four_runs_of_the_same_days_at_once_send_nothing_twice(postgres_url: str) -> None:
    command = [sys.executable, "-m", "autoresponder_dagster_tests.crash", "--kills", "0", "--writers", "4"]
    done = subprocess.run([*command, "--url", postgres_url], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["kills=0 duplicates=0 lost=0 stale=0 stuck=0"], done.stderr


class Afterwards:
    """A trial of one record that is over."""

    def __init__(self, folder: Path, state: WriteState, changes: list[tuple[str, str, str]], status: str) -> None:
        self._answers: dict[str, Any] = {"changes": changes, "statuses": {JANE: status}}
        self._database = LedgerDatabase.open(f"sqlite:///{folder / 'ledger.db'}")
        with self.ledger() as ledger:
            [key] = ledger.plan(TUESDAY, "run", plan_of(row(partition=TUESDAY))).values()
            if state is not WriteState.PLANNED:
                ledger.claim([key])
                ledger.begin({key: "Active"})
                ledger.settle([Settlement(key, state)])

    @property
    def org(self) -> "Afterwards":
        return self

    def ask(self, question: str) -> Any:
        return self._answers[question]

    @contextmanager
    def ledger(self) -> Iterator[WriteLedger]:
        yield WriteLedger(self._database, Mode.LIVE, "00D000000000001AAA")


@pytest.mark.parametrize(
    ("state", "changes", "status", "says"),
    [
        (WriteState.APPLIED, [ONCE], "Inactive", "duplicates=0 lost=0 stale=0 stuck=0"),
        (WriteState.APPLIED, [ONCE, ONCE], "Inactive", "duplicates=1 lost=0 stale=0 stuck=0"),
        (WriteState.APPLIED, [], "Active", "duplicates=0 lost=2 stale=0 stuck=0"),
        (WriteState.REJECTED, [ONCE], "Inactive", "duplicates=0 lost=1 stale=0 stuck=0"),
        (WriteState.APPLIED, [ONCE, (JANE, ONCE[1], "Active")], "Active", "duplicates=0 lost=1 stale=1 stuck=0"),
        (WriteState.UNKNOWN, [], "Inactive", "duplicates=0 lost=0 stale=0 stuck=1"),
    ],
)
def test_the_comparison_notices(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: WriteState,
    changes: list[tuple[str, str, str]],
    status: str,
    says: str,
) -> None:
    monkeypatch.setattr(trial, "LEAVERS", 1)
    monkeypatch.setattr(trial, "CONTESTED", 0)
    tally = Tally()
    compare(Afterwards(tmp_path, state, changes, status), tally)
    assert str(tally) == f"kills=0 {says}"
    assert tally.is_clean == (says.count("=0") == 4)
