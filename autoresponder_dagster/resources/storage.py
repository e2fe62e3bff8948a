"""Where a run keeps its frames and files, by the effective modes of its systems."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from pydantic import Field

from autoresponder_dagster.errors import MissingPartitionError
from autoresponder_dagster.io.deliverables import Deliverables
from autoresponder_dagster.io.warehouse import Warehouse
from autoresponder_dagster.modes import EffectiveModes
from autoresponder_dagster.resources.systems import Cupola, EmailRepository, Multipub, Notifier, Salesforce, Sfmc


class RunModes(dg.ConfigurableResource):
    """The effective modes of a run. An unsafe combination fails the run at its start."""

    email_repository: dg.ResourceDependency[EmailRepository]
    salesforce: dg.ResourceDependency[Salesforce]
    multipub: dg.ResourceDependency[Multipub]
    cupola: dg.ResourceDependency[Cupola]
    sfmc: dg.ResourceDependency[Sfmc]
    notifier: dg.ResourceDependency[Notifier]

    @property
    def effective(self) -> EffectiveModes:
        """The mode of every system."""
        names = [system.name for system in fields(EffectiveModes)]
        return EffectiveModes(**{name: getattr(self, name).effective_mode for name in names})

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002 (Dagster's signature)
        """Refuse unsafe modes before the first step (rules.md §2)."""
        try:
            self.effective.require_safe()
        except Exception as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error


class Storage(dg.ConfigurableResource):
    """The warehouse and the deliverables of this run's modes."""

    modes: dg.ResourceDependency[RunModes]
    warehouse_dir: str = Field(default="data/warehouse", description="Base folder of the Parquet frames.")
    output_dir: str = Field(default="data/output", description="Base folder of the deliverables.")

    @property
    def effective_modes(self) -> EffectiveModes:
        """The mode of every system in this run."""
        return self.modes.effective

    @property
    def warehouse(self) -> Warehouse:
        """Frames by asset and day."""
        return Warehouse(Path(self.warehouse_dir), self.effective_modes.label)

    @property
    def deliverables(self) -> Deliverables:
        """Files by day."""
        return Deliverables(Path(self.output_dir), self.effective_modes.label)


class DailyParquetIOManager(dg.ConfigurableIOManager):
    """One Parquet file per asset and day, in the folder of the run's modes."""

    storage: dg.ResourceDependency[Storage]

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Store the frame of a day."""
        path = self.storage.warehouse.write(context.asset_key.path[-1], context.asset_partition_key, obj)
        context.add_output_metadata(
            {
                "dagster/uri": dg.MetadataValue.path(str(path)),
                "size_bytes": dg.MetadataValue.int(path.stat().st_size),
            }
        )

    def load_input(self, context: dg.InputContext) -> Any:
        """Load the frame that an upstream asset stored for the same day."""
        try:
            return self.storage.warehouse.read(context.asset_key.path[-1], context.asset_partition_key)
        except MissingPartitionError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
