"""A CumulusCI task that does what ``world`` describes over CumulusCI's own connection and data operations.

Runs in CumulusCI's environment, in a project made for it: it must not import anything of ours. The setting is in
the file ``setting.json`` of the project; a line of JSON per operation goes to ``outcomes.jsonl``.
"""

import csv
import io
import json
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cumulusci.tasks.bulkdata.step import DataOperationType, RestApiDmlOperation, RestApiQueryOperation
from cumulusci.tasks.salesforce import BaseSalesforceApiTask
from simple_salesforce.exceptions import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Operations(BaseSalesforceApiTask):
    """Every operation, one after the other."""

    def _run_task(self) -> None:
        self.setting = json.loads(Path("setting.json").read_text(encoding="utf-8"))
        self.ids = self.setting["ids"]
        operations: Sequence[Callable[[], Any]] = (
            self.login,
            self.query,
            self.update,
            self.update_refused,
            self.collections,
            self.composite,
            self.create_and_delete,
            self.bulk_query,
            self.bulk_ingest,
            self.describe,
            self.limits,
        )
        with Path("outcomes.jsonl").open("w", encoding="utf-8") as file:
            for operation in operations:
                started = time.monotonic()
                try:
                    outcome = {"answer": operation()}
                except Exception as error:  # noqa: BLE001 - whatever it is, the table must show it
                    outcome = {"error": f"{type(error).__name__}: {error}"}
                seconds = time.monotonic() - started
                file.write(json.dumps({"operation": operation.__name__, "seconds": seconds} | outcome) + "\n")

    def login(self) -> str:
        """Return the org that the userinfo of the session names."""
        self.org_config.load_userinfo()
        return str(self.org_config.userinfo["organization_id"])

    def query(self) -> dict[str, Any]:
        """Query as CumulusCI's ``extract_dataset`` does."""
        fields = ["Id", "LastName", "Title"]
        with RestApiQueryOperation(
            sobject="Contact", fields=fields, api_options={}, context=self, query=self.setting["soql"]
        ) as step:
            step.query()
            names = [row[1] for row in step.get_results()]
        return {"total": len(names), "first": names[0], "last": names[-1]}

    def _load(self, fields: list[str], rows: list[list[str]]) -> list[Any]:
        """Update as CumulusCI's ``update_data`` does."""
        with RestApiDmlOperation(
            sobject="Contact", operation=DataOperationType.UPDATE, api_options={}, context=self, fields=fields
        ) as step:
            step.start()
            step.load_records(iter(rows))
            step.end()
            return list(step.get_results())

    def update(self) -> bool:
        """Update one record."""
        (result,) = self._load(["Id", "Title"], [[self.ids[0], "Updated"]])
        return bool(result.success)

    def update_refused(self) -> str:
        """Try a value that the org does not take."""
        (result,) = self._load(["Id", "Contact_Status__c"], [[self.ids[1], "Gone"]])
        return str(result.error).partition(":")[0]

    def collections(self) -> dict[str, Any]:
        """Update more records than one call takes."""
        results = self._load(["Id", "Title"], [[one["Id"], one["Title"]] for one in self.setting["collection"]])
        return _counted([str(result.error).partition(":")[0] for result in results if not result.success], len(results))

    def composite(self) -> list[int]:
        """Write on conditions."""
        answer = self.sf.restful("composite", method="POST", json=self.setting["composite"])
        return [part["httpStatusCode"] for part in answer["compositeResponse"]]

    def create_and_delete(self) -> list[str]:
        """Make a record, read it, and take it away."""
        record_id = self.sf.Contact.create({"LastName": "Created"})["id"]
        name = self.sf.Contact.get(record_id)["LastName"]
        self.sf.Contact.delete(record_id)
        try:
            self.sf.Contact.get(record_id)
        except SalesforceError as error:
            return [name, error.content[0]["errorCode"]]
        return [name, "still there"]

    def bulk_query(self) -> dict[str, Any]:
        """Query by a job, with the Bulk 2.0 client of the connection (CumulusCI's own operations use Bulk 1.0)."""
        text = "".join(self.sf.bulk2.Contact.query(self.setting["soql"], wait=0.05))
        names = [row["LastName"] for row in csv.DictReader(io.StringIO(text))]
        return {"total": len(names), "first": names[0], "last": names[-1]}

    def bulk_ingest(self) -> dict[str, Any]:
        """Update by a job, likewise."""
        jobs = self.sf.bulk2.Contact.update(records=self.setting["load"], wait=0.05)
        failed: list[str] = []
        for job in jobs:
            text = self.sf.bulk2.Contact.get_failed_records(job["job_id"])
            failed += [row["sf__Error"].partition(":")[0] for row in csv.DictReader(io.StringIO(text))]
        return _counted(failed, sum(job["numberRecordsProcessed"] for job in jobs))

    def describe(self) -> list[str]:
        """Read the values of a picklist."""
        fields = {field["name"]: field for field in self.sf.Contact.describe()["fields"]}
        return [entry["value"] for entry in fields["Contact_Status__c"]["picklistValues"]]

    def limits(self) -> int:
        """Read the daily allowance."""
        return int(self.sf.limits()["DailyApiRequests"]["Max"])


def _counted(codes: list[str], total: int) -> dict[str, Any]:
    return {"succeeded": total - len(codes), "failed": dict(Counter(codes))}
