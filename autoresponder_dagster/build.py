"""Assembles the definitions: for the code location, the command line and tests alike.

Every resource is built with ``configure_at_launch``: only so does run config override one field and keep
the others, and does a switch reach the resources that depend on it (docs/adr/).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from autoresponder_dagster.assets import (
    deliverables,
    determinations,
    email_repository,
    human_review,
    salesforce_writes,
    sfmc_suppression,
    unified_contacts,
)
from autoresponder_dagster.automation.jobs import daily_hygiene, daily_schedule, rebuild_decisions
from autoresponder_dagster.automation.sensors import unfinished_days_sensor
from autoresponder_dagster.resources.ledger import Ledger
from autoresponder_dagster.resources.modes import RunMode
from autoresponder_dagster.resources.policy import PolicyResource
from autoresponder_dagster.resources.second_reader import SecondReader
from autoresponder_dagster.resources.storage import DailyParquetIOManager, RunModes, Storage
from autoresponder_dagster.resources.systems import Cupola, EmailRepository, Multipub, Notifier, Salesforce, Sfmc

ASSET_MODULES = (
    email_repository,
    unified_contacts,
    determinations,
    salesforce_writes,
    sfmc_suppression,
    human_review,
    deliverables,
)


def build_resources() -> dict[str, Any]:
    """Return the resources of a deployment, all switchable in run config."""
    run_mode = RunMode.configure_at_launch()
    systems = {
        "email_repository": EmailRepository.configure_at_launch(run_mode=run_mode),
        "salesforce": Salesforce.configure_at_launch(run_mode=run_mode),
        "multipub": Multipub.configure_at_launch(run_mode=run_mode),
        "cupola": Cupola.configure_at_launch(run_mode=run_mode),
        "sfmc": Sfmc.configure_at_launch(run_mode=run_mode),
        "notifier": Notifier.configure_at_launch(run_mode=run_mode),
    }
    modes = RunModes.configure_at_launch(**systems)
    storage = Storage.configure_at_launch(modes=modes)
    return {
        "run_mode": run_mode,
        **systems,
        "modes": modes,
        "storage": storage,
        "ledger": Ledger.configure_at_launch(salesforce=systems["salesforce"]),
        "io_manager": DailyParquetIOManager.configure_at_launch(storage=storage),
        "second_reader": SecondReader.configure_at_launch(run_mode=run_mode),
        "policy": PolicyResource.configure_at_launch(),
    }


def build_defs(overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Return the definitions.

    Args:
        overrides: resources by key that replace the deployment's, for tests.
    """
    return dg.Definitions(
        assets=dg.load_assets_from_modules(ASSET_MODULES),
        resources={**build_resources(), **(overrides or {})},
        jobs=[daily_hygiene, rebuild_decisions],
        schedules=[daily_schedule],
        sensors=[unfinished_days_sensor],
        # In-process is eight times faster here than a process per step, and leaves no orphan writer
        # behind when a run is killed.
        executor=dg.in_process_executor,
    )
