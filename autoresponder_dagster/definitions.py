"""The code location: what ``workspace.yaml`` and ``pyproject.toml`` point at."""

from autoresponder_dagster.build import build_defs

defs = build_defs()
