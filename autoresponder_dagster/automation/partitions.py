"""The one partitions definition of the house: a UTC day of ``ReceivedDate`` (rules.md §3).

A second kind of partition would break jobs, schedules and backfills over the whole graph
(docs/adr/). A day exists once it has ended.
"""

import os

import dagster as dg

START_DATE = "AUTORESPONDER_START_DATE"
DEFAULT_START_DATE = "2026-01-01"

daily = dg.DailyPartitionsDefinition(
    start_date=os.environ.get(START_DATE, DEFAULT_START_DATE), timezone="UTC", fmt="%Y-%m-%d"
)
