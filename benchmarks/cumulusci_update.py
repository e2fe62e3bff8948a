"""A CumulusCI task that changes one field of every Contact, as its ``update_data`` does.

Runs in CumulusCI's environment, in a project made for it: it must not import anything of ours. The ids are in
``setting.json``; one line of JSON goes to ``outcomes.jsonl``.
"""

import json
import time
from pathlib import Path

from cumulusci.tasks.bulkdata.step import DataOperationType, RestApiDmlOperation
from cumulusci.tasks.salesforce import BaseSalesforceApiTask


class Operations(BaseSalesforceApiTask):
    """One update of all records."""

    def _run_task(self) -> None:
        setting = json.loads(Path("setting.json").read_text(encoding="utf-8"))
        started = time.monotonic()
        with RestApiDmlOperation(
            sobject="Contact",
            operation=DataOperationType.UPDATE,
            api_options={},
            context=self,
            fields=["Id", "Title"],
        ) as step:
            step.start()
            step.load_records([record_id, "Editor"] for record_id in setting["ids"])
            step.end()
            updated = sum(result.success for result in step.get_results())
        outcome = {"operation": "update", "seconds": time.monotonic() - started, "answer": updated}
        Path("outcomes.jsonl").write_text(json.dumps(outcome) + "\n", encoding="utf-8")
