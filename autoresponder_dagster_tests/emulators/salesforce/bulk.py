"""Bulk API 2.0: query and ingest jobs. A job is done when it has been asked for its state often enough.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/
"""

import csv
import io
from dataclasses import dataclass, field
from typing import Any

from autoresponder_dagster_tests.emulators.salesforce.org import Org, OrgError, moment_text
from autoresponder_dagster_tests.emulators.salesforce.protocol import Answer, Call

_DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
_LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}
DEFAULT_PAGE = 50_000


@dataclass
class Job:
    """A job: what was asked, how far it is, what came of it."""

    properties: dict[str, Any]
    is_query: bool
    rows: list[dict[str, Any]] = field(default_factory=list)
    data: bytes = b""
    successful: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    looks: int = 0

    @property
    def state(self) -> str:
        """The job's state, as the API names it."""
        return str(self.properties["state"])


class Bulk:
    """The jobs of an org."""

    def __init__(self, org: Org) -> None:
        self.looks_in_progress = 0
        """How many times a client finds a job in progress before it is done."""
        self.failure: str | None = None
        """What makes jobs fail as a whole; by default they do not."""
        self._org = org
        self._jobs: dict[str, Job] = {}

    def create_query(self, call: Call) -> Answer:
        """``POST /jobs/query``."""
        body = call.json()
        found = self._org.select(str(body.get("query", "")), is_with_deleted=body.get("operation") == "queryAll")
        if isinstance(found, int):
            raise OrgError(400, "INVALIDJOB", "Aggregate queries are not supported")
        rows = [{name: value for name, value in row.items() if name != "attributes"} for row in found]
        return self._created(call, body, Job({"state": "UploadComplete"}, is_query=True, rows=rows), "query")

    def create_ingest(self, call: Call) -> Answer:
        """``POST /jobs/ingest``."""
        body = call.json()
        self._org.describe(str(body.get("object", "")))
        job = Job({"state": "Open"}, is_query=False)
        return self._created(call, body, job, "ingest")

    def _created(self, call: Call, body: dict[str, Any], job: Job, kind: str) -> Answer:
        job_id = f"750{len(self._jobs):012d}AAA"
        job.properties = {
            "id": job_id,
            "operation": body.get("operation"),
            "object": body.get("object") or "Contact",
            "externalIdFieldName": body.get("externalIdFieldName"),
            "assignmentRuleId": body.get("assignmentRuleId"),
            "createdDate": moment_text(self._org.now()),
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(call.version),
            "lineEnding": body.get("lineEnding", "LF"),
            "columnDelimiter": body.get("columnDelimiter", "COMMA"),
            "jobType": "V2Query" if job.is_query else "V2Ingest",
            **({} if job.is_query else {"contentUrl": f"services/data/v{call.version}/jobs/{kind}/{job_id}/batches"}),
            **job.properties,
        }
        self._jobs[job_id] = job
        return Answer(body=job.properties)

    def _job(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise OrgError(404, "NOT_FOUND", "The requested resource does not exist")
        return self._jobs[job_id]

    def upload(self, call: Call, job_id: str) -> Answer:
        """``PUT /jobs/ingest/<id>/batches``."""
        self._job(job_id).data = call.body
        return Answer(201)

    def change(self, call: Call, _kind: str, job_id: str) -> Answer:
        """``PATCH /jobs/<kind>/<id>``: the data are complete, or the job is given up."""
        job = self._job(job_id)
        job.properties["state"] = call.json().get("state", job.state)
        return Answer(body=job.properties)

    def state(self, _call: Call, _kind: str, job_id: str) -> Answer:
        """``GET /jobs/<kind>/<id>``: sooner or later a job whose data are complete is done."""
        job = self._job(job_id)
        if job.state in {"UploadComplete", "InProgress"}:
            job.looks += 1
            if job.looks <= self.looks_in_progress:
                job.properties["state"] = "InProgress"
            elif self.failure is not None:
                job.properties |= {"state": "Failed", "errorMessage": self.failure}
            else:
                if not job.is_query:
                    self._process(job)
                job.properties["state"] = "JobComplete"
        done, failed = len(job.successful) + len(job.failed), len(job.failed)
        counts = {"numberRecordsProcessed": len(job.rows) if job.is_query else done, "numberRecordsFailed": failed}
        return Answer(body=job.properties | counts)

    def delete(self, _call: Call, _kind: str, job_id: str) -> Answer:
        """``DELETE /jobs/<kind>/<id>``."""
        self._job(job_id)
        del self._jobs[job_id]
        return Answer(204)

    def query_results(self, call: Call, job_id: str) -> Answer:
        """``GET /jobs/query/<id>/results``."""
        job = self._job(job_id)
        start, size = int(call.query.get("locator", 0)), int(call.query.get("maxRecords", DEFAULT_PAGE))
        page, end = job.rows[start : start + size], start + size
        return Answer(
            body=_csv(page, list(job.rows[0]) if job.rows else ["Id"], job),
            headers={
                "Sforce-Locator": str(end) if end < len(job.rows) else "null",
                "Sforce-NumberOfRecords": str(len(page)),
            },
            media_type="text/csv",
        )

    def ingest_results(self, _call: Call, job_id: str, kind: str) -> Answer:
        """``GET /jobs/ingest/<id>/successfulResults`` and its sisters, in any case."""
        job = self._job(job_id)
        rows = {"successfulresults": job.successful, "failedresults": job.failed}.get(kind.lower(), [])
        names = {"successfulresults": ["sf__Id", "sf__Created"], "failedresults": ["sf__Id", "sf__Error"]}
        sent = list(job.rows[0]) if job.rows else []
        return Answer(body=_csv(rows, [*names.get(kind.lower(), []), *sent], job), media_type="text/csv")

    def _process(self, job: Job) -> None:
        text = job.data.decode("utf-8-sig")
        job.rows = list(csv.DictReader(io.StringIO(text), delimiter=_DELIMITERS[job.properties["columnDelimiter"]]))
        sobject, operation = job.properties["object"], job.properties["operation"]
        # Unlike a request of its own, a job runs assignment rules only where it names one.
        auto_assign = bool(job.properties["assignmentRuleId"])
        for row in job.rows:
            values = {name: None if cell == "#N/A" else cell for name, cell in row.items() if cell}
            record_id = str(values.pop("Id", ""))
            try:
                if operation in ("update", "upsert") and record_id:
                    self._org.update(sobject, record_id, values, auto_assign=auto_assign)
                elif operation == "delete":
                    self._org.delete(sobject, record_id)
                else:
                    record_id = self._org.create(sobject, values, auto_assign=auto_assign)
                job.successful.append({"sf__Id": record_id, "sf__Created": str(operation == "insert").lower(), **row})
            except OrgError as error:
                job.failed.append(
                    {
                        "sf__Id": record_id,
                        "sf__Error": f"{error.code}:{error.message}:{','.join(error.fields)} --",
                        **row,
                    }
                )


def _csv(rows: list[dict[str, Any]], names: list[str], job: Job) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(
        text,
        names,
        delimiter=_DELIMITERS[job.properties["columnDelimiter"]],
        lineterminator=_LINE_ENDS[job.properties["lineEnding"]],
        quoting=csv.QUOTE_ALL,
    )
    writer.writeheader()
    for row in rows:
        cells = {name: str(value).lower() if isinstance(value, bool) else value for name, value in row.items()}
        writer.writerow(cells)
    return text.getvalue()
