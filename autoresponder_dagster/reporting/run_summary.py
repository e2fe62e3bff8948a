"""The run summary of a day: ``run_summary.json`` for machines and ``run_summary.html`` for people."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from autoresponder_dagster.schemas import SummaryCount

SECTION_TITLES = {
    "messages": "Messages",
    "contacts": "People",
    "determination": "Determinations",
    "category": "Categories",
    "action": "Planned actions",
    "result": "Results",
    "review": "Human Review",
    "suppression": "Suppression",
    "last_run": "Writes of the last run",
    "api_calls": "API calls",
}


def summary_document(partition: str, modes: Mapping[str, str], label: str, counts: pd.DataFrame) -> dict[str, Any]:
    """Return the summary as nested plain data.

    Args:
        partition: the day.
        modes: effective mode by system.
        label: name of the run's data.
        counts: frame of ``SummaryCount``.
    """
    sections = {
        str(section): {
            str(key): int(count) for key, count in rows[[SummaryCount.key, SummaryCount.count]].itertuples(index=False)
        }
        for section, rows in counts.groupby(SummaryCount.section, sort=False)
    }
    return {"partition": partition, "label": label, "modes": dict(modes), **sections}


def to_json(document: Mapping[str, Any]) -> bytes:
    """Render the summary as JSON."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def to_html(document: Mapping[str, Any]) -> bytes:
    """Render the summary as one self-contained page."""
    environment = Environment(
        loader=PackageLoader("autoresponder_dagster.reporting"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("run_summary.html.j2")
    sections = [(title, document[key]) for key, title in SECTION_TITLES.items() if document.get(key)]
    return template.render(document=document, sections=sections).encode("utf-8")
