"""Running the daily job in this process, for the command line: the same job as in the UI."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from autoresponder_dagster.automation.jobs import daily_hygiene
from autoresponder_dagster.automation.partitions import daily
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.io.deliverables import Deliverables
from autoresponder_dagster.modes import SYSTEMS, EffectiveModes
from autoresponder_dagster.schemas.enums import Mode


@dataclass(frozen=True)
class Launch:
    """How the daily job is run.

    Attributes:
        mode: mode of every system.
        fixtures: folder of the fixture files of mock systems.
        output_dir: base folder of the deliverables.
        warehouse_dir: base folder of the frames.
        mock_org_dir: folder in which the mock org lives on from day to day; none for a fresh org each day.
        ledger_path: SQLite file of the write ledger of live and read_only runs; none for the deployment's.
        resources: further run config of resources, by key, as under ``resources`` in the Launchpad.
    """

    mode: Mode
    fixtures: Path
    output_dir: Path
    warehouse_dir: Path
    mock_org_dir: Path | None = None
    ledger_path: Path | None = None
    resources: Mapping[str, Any] = field(default_factory=dict)

    @property
    def modes(self) -> EffectiveModes:
        """The mode of every system: the run's, where its own config names none."""
        resources = self.run_config()["resources"]
        chosen = {system: resources.get(system, {}).get("config", {}).get("mode") for system in SYSTEMS}
        run_mode = resources["run_mode"]["config"]["mode"]
        return EffectiveModes(
            **{system: Mode(run_mode if mode in {None, "inherit"} else mode) for system, mode in chosen.items()}
        )

    def run_config(self) -> dict[str, Any]:
        """Return the run config, as an operator would type it in the Launchpad."""
        config: dict[str, dict[str, Any]] = {
            "run_mode": {"mode": self.mode.value, "fixtures": str(self.fixtures)},
            "storage": {"output_dir": str(self.output_dir), "warehouse_dir": str(self.warehouse_dir)},
        }
        if self.mock_org_dir is not None:
            config["salesforce"] = {"mock_org_dir": str(self.mock_org_dir)}
        if self.ledger_path is not None:
            config["ledger"] = {"path": str(self.ledger_path)}
        for key, given in self.resources.items():
            config[key] = config.get(key, {}) | given.get("config", {})
        return {
            "resources": {key: {"config": values} for key, values in config.items()},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        }


@dataclass(frozen=True)
class DayOutcome:
    """How a day's run ended: its folder of deliverables, and what went wrong in the words of the errors."""

    partition: str
    folder: Path
    failures: tuple[str, ...]
    failed_checks: tuple[str, ...]


def launch_day(definitions: dg.Definitions, instance: dg.DagsterInstance, partition: str, launch: Launch) -> DayOutcome:
    """Run the daily job for one day and wait for it.

    Raises:
        ConfigurationError: the day has not ended yet or lies before the first partition.
    """
    if not daily.has_partition_key(partition):
        raise ConfigurationError(
            f"{partition} cannot be run: days run from {daily.get_first_partition_key()} to "
            f"{daily.get_last_partition_key()}, the last one that has ended (UTC)."
        )
    job = definitions.resolve_job_def(daily_hygiene.name)
    result = job.execute_in_process(
        partition_key=partition, run_config=launch.run_config(), instance=instance, raise_on_error=False
    )
    folder = Deliverables(launch.output_dir, launch.modes.label).day_folder(partition)
    checks = [
        f"{evaluation.asset_key.to_user_string()}: {evaluation.check_name}"
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed
    ]
    return DayOutcome(partition, folder, tuple(_failures(result)), tuple(checks))


def _failures(result: dg.ExecuteInProcessResult) -> list[str]:
    if result.success:
        return []
    found = []
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            described = data.user_failure_data.description if data.user_failure_data else None
            found.append(f"{event.step_key}: {described or _innermost(data.error)}")
        elif event.event_type is dg.DagsterEventType.RESOURCE_INIT_FAILURE:
            found.append(_innermost(event.engine_event_data.error))
    return found or ["The run failed; see the log of the run."]


def _innermost(error: Any) -> str:
    """Return the message of the error at the root of a chain."""
    while error is not None and error.cause is not None:
        error = error.cause
    return re.sub(r"^autoresponder_dagster\.errors\.\w+: ", "", error.message.strip()) if error is not None else ""
