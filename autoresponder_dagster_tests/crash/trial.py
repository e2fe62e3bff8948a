"""Rounds of kills, and what the org and the ledger say afterwards."""

import os
import random
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import dagster as dg
from sqlalchemy import delete

from autoresponder_dagster.automation.jobs import daily_hygiene
from autoresponder_dagster.automation.launch import Launch
from autoresponder_dagster.build import build_defs
from autoresponder_dagster.ledger import IN_FLIGHT, LedgerDatabase, Write, WriteLedger, WriteState
from autoresponder_dagster.ledger.tables import heads, writes
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.crash.killing import STEPS, arm, arm_clock
from autoresponder_dagster_tests.crash.world import (
    CONTESTED,
    LEAVERS,
    MONDAY,
    TUESDAY,
    OrgProcess,
    write_databases,
)
from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID

LEASE = timedelta(seconds=2)
PREPARATION = (
    *("email_repository", "salesforce_records", "multipub_subscribers", "cupola_people", "unified_contacts"),
    *("determinations", "sender_determinations", "salesforce_write_plan"),
)
SOME_MOMENT = "some moment"
_MOST_RUNS = 200
_SLOWEST_CLOCK = 1.5


@dataclass
class Tally:
    """What the rounds came to. Everything but ``kills`` must be 0."""

    kills: int = 0
    duplicates: int = 0
    lost: int = 0
    stale: int = 0
    stuck: int = 0
    by_step: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """True where nothing went wrong."""
        return not (self.duplicates or self.lost or self.stale or self.stuck)

    def __str__(self) -> str:
        return f"kills={self.kills} duplicates={self.duplicates} lost={self.lost} stale={self.stale} stuck={self.stuck}"


@dataclass(frozen=True)
class Trial:
    """A folder with databases, frames and a ledger, and the org."""

    folder: Path
    org: OrgProcess
    definitions: dg.Definitions
    ledger_url: str

    def run(self, partition: str, *assets: str) -> None:
        """Run assets of a day in a child process, as Dagster runs them, and wait for its end."""
        self.wait(self.start(partition, *assets))

    def start(self, partition: str, *assets: str, kill: Callable[[], None] = lambda: None) -> int:
        """Start a run of assets of a day; returns the id of its process."""
        child = os.fork()
        if child == 0:
            code = 70
            try:
                kill()
                code = 0 if self._materialize(partition, assets) else 1
            finally:
                os._exit(code)
        return child

    def wait(self, child: int) -> bool:
        """Wait for a run, and tell whether it came to its end.

        Raises:
            RuntimeError: the run failed for another reason than a kill.
        """
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return False
        if os.waitstatus_to_exitcode(status) != 0:
            raise RuntimeError(f"A run failed: see {self.folder / 'log'}")
        return True

    def _materialize(self, partition: str, assets: tuple[str, ...]) -> bool:
        log = os.open(self.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        launch = Launch(
            mode=Mode.LIVE,
            fixtures=self.folder,
            output_dir=self.folder / "output",
            warehouse_dir=self.folder / "warehouse",
            resources={"ledger": {"config": {"lease_seconds": LEASE.total_seconds()}}},
        )
        with dg.DagsterInstance.local_temp(str(self.folder)) as instance:
            done = self.definitions.resolve_job_def(daily_hygiene.name).execute_in_process(
                partition_key=partition,
                asset_selection=[dg.AssetKey(asset) for asset in assets],
                run_config=launch.run_config() | {"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
                instance=instance,
                raise_on_error=False,
            )
        return done.success

    @contextmanager
    def ledger(self) -> Iterator[WriteLedger]:
        """Yield the ledger of the org."""
        database = LedgerDatabase.open(self.ledger_url)
        yield WriteLedger(database, Mode.LIVE, ORG_ID)
        database.close()


@contextmanager
def prepared_trial(new_ledger_url: Callable[[Path], str]) -> Iterator[Trial]:
    """Yield a world whose two days are planned and not yet written."""
    with tempfile.TemporaryDirectory(prefix="crash-") as name:
        folder = Path(name)
        org = OrgProcess()
        stores = write_databases(folder)
        url = new_ledger_url(folder)
        os.environ.update(
            org.environment
            | dict.fromkeys(
                (f"{system}_CONNECTION_STRING" for system in ("EMAIL_REPOSITORY", "CUPOLA", "MULTIPUB")), stores
            )
            | {"AUTORESPONDER_LEDGER_URL": url}
        )
        trial = Trial(folder, org, build_defs(), url)
        try:
            org.ask("reset")
            for day in (MONDAY, TUESDAY):
                trial.run(day, *PREPARATION)
            yield trial
        finally:
            org.close()


def kill_until_done(trial: Trial, chance: random.Random, tally: Tally, most_kills: int, writers: int = 1) -> None:
    """Write both days, killing every run until there were enough kills; then let them finish, and compare.

    Args:
        trial: the world.
        chance: chooses days and steps.
        tally: what is added to.
        most_kills: from so many kills on runs are left alone.
        writers: runs at a time, over days that may be the same.
    """
    trial.org.ask("reset")
    with trial.ledger() as ledger:
        clear(ledger)
    left = [MONDAY, TUESDAY]
    for _ in range(_MOST_RUNS):
        if not left:
            break
        runs = []
        for _ in range(writers):
            day = chance.choice(left)
            step, kill = chosen_kill(chance, tally) if tally.kills < most_kills else ("", lambda: None)
            runs.append((day, step, trial.start(day, "salesforce_writes", kill=kill)))
        for day, step, child in runs:
            if not trial.wait(child):
                tally.kills += 1
                tally.by_step[step] += 1
            elif day in left:
                left.remove(day)
    for day in (MONDAY, TUESDAY):
        trial.run(day, "salesforce_writes")
    compare(trial, tally)


def chosen_kill(chance: random.Random, tally: Tally) -> tuple[str, Callable[[], None]]:
    """Choose when to kill the next run: where there were the fewest kills; returns its name, and what arms it."""
    step = min([*STEPS, SOME_MOMENT], key=lambda step: (tally.by_step[step], chance.random()))
    if step == SOME_MOMENT:
        seconds = chance.uniform(0.05, _SLOWEST_CLOCK)
        return step, lambda: arm_clock(seconds)
    occurrence = 1 if step == "planned" else chance.randint(1, 3)
    return step, lambda: arm(step, occurrence)


def compare(trial: Trial, tally: Tally) -> None:
    """Compare the org's journal of changes, the org and the ledger with what there should be."""
    changes: Counter[tuple[str, str, str]] = Counter(trial.org.ask("changes"))
    statuses: dict[str, str] = trial.org.ask("statuses")
    with trial.ledger() as ledger:
        found = [write for day in (MONDAY, TUESDAY) for write in ledger.of_partition(day)]
    tally.duplicates += sum(count - 1 for count in changes.values())
    contested = {record_id for record_id, name, value in changes if value == "Active"}
    wrong = {record_id for record_id, status in statuses.items() if status != "Inactive"}
    tally.stale += len(wrong & contested)
    tally.lost += len(wrong - contested) + abs(len(statuses) - LEAVERS - CONTESTED)
    tally.lost += len(set(changes) ^ {_change_of(write) for write in found if write.state is WriteState.APPLIED})
    tally.stuck += sum(write.state in {*IN_FLIGHT, WriteState.PLANNED, WriteState.DEFERRED} for write in found)


def _change_of(write: Write) -> tuple[str, str, str | None]:
    return write.record_id, write.field, write.value


def clear(ledger: WriteLedger) -> None:
    """Forget everything: the next round is another world."""
    with ledger._database.writing() as connection:
        for table in (heads, writes):
            connection.execute(delete(table))
