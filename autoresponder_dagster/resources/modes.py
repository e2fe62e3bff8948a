"""The mode switches: one for the run, one per system (rules.md §2).

Built with ``configure_at_launch`` (see ``build.py``): only so does an override in run config keep the
deployment's other values and reach nested resources.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import dagster as dg
from pydantic import Field

from autoresponder_dagster.modes import default_mode
from autoresponder_dagster.schemas.enums import Mode

ModeName = Literal["live", "read_only", "mock"]
SystemModeName = Literal["inherit", "live", "read_only", "mock"]


class RunMode(dg.ConfigurableResource):
    """One switch for the whole run: live, read_only or mock. A system may depart from it."""

    mode: ModeName = Field(
        default=default_mode().value,
        description=(
            "live: real systems, Salesforce is written. read_only: real systems, every write is intercepted. "
            "mock: fixture files, nothing leaves this machine. Default: AUTORESPONDER_MODE, else mock."
        ),
    )
    fixtures: str = Field(
        default="data/sample", description="Folder of the fixture files that mock systems are loaded from."
    )


class SystemResource(dg.ConfigurableResource):
    """An outside system with a mode of its own."""

    run_mode: dg.ResourceDependency[RunMode]
    mode: SystemModeName = Field(default="inherit", description="inherit: as run_mode says.")

    @property
    def effective_mode(self) -> Mode:
        """The mode that counts in this run."""
        return Mode(self.run_mode.mode if self.mode == "inherit" else self.mode)

    @property
    def fixtures(self) -> Path:
        """The folder that a mock of the system is loaded from."""
        return Path(self.run_mode.fixtures)

    def now(self, partition_end: datetime) -> datetime:
        """The time of what the system does: in a mock world the end of the day, so that runs repeat exactly."""
        return partition_end if self.effective_mode is Mode.MOCK else datetime.now(UTC)
