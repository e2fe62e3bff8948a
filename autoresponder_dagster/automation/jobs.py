"""The jobs and the schedule.

``daily_hygiene`` is the whole graph; ``rebuild_decisions`` is everything that touches no outside system,
so that a fix can be replayed over any range, and its effect read in the plan, before anything is written.
https://docs.dagster.io/guides/build/jobs/asset-jobs, https://docs.dagster.io/guides/automate/schedules
"""

import dagster as dg

DECISIONS = (
    "unified_contacts",
    "determinations",
    "sender_determinations",
    "salesforce_write_plan",
    "alternate_contacts",
    "inactive_new_org",
    "inactive_no_cupola_match",
    "multipub_audit",
    "undeliverables",
)
"""The assets that neither ask nor change an outside system, nor report what was written to one."""

daily_hygiene = dg.define_asset_job(
    "daily_hygiene",
    selection=dg.AssetSelection.all(),
    description="A day from its messages to the deliverables. Writes Salesforce only in an armed live run.",
)

rebuild_decisions = dg.define_asset_job(
    "rebuild_decisions",
    selection=dg.AssetSelection.assets(*DECISIONS),
    description=(
        "Decides stored days again, from what was read and looked up then: determinations and the write plan. "
        "Asks and changes no outside system (a second reader, where it is switched on, is asked about new questions)."
    ),
)

daily_schedule = dg.build_schedule_from_partitioned_job(
    daily_hygiene,
    name="daily_hygiene_schedule",
    hour_of_day=6,
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Every day at 06:00 UTC, for the day that ended at midnight. Stopped until an operator starts it.",
)
