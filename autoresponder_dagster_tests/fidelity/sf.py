"""Does with Salesforce's own command line, as a user would in a shell, what ``world`` describes."""

import csv
import io
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from autoresponder_dagster_tests.fidelity.outcome import Outcome

_MOST_RECORDS = 200


class SalesforceCommandLine:
    """``sf`` in a folder of its own, where it keeps what it knows."""

    def __init__(self, packages: Path, folder: Path, setting: Mapping[str, Any]) -> None:
        modules = packages / "node_modules"
        self._command = [str(modules / ".bin" / "node"), str(modules / "@salesforce" / "cli" / "bin" / "run.js")]
        self._folder = folder
        self._setting = setting
        self._ids = setting["ids"]
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "SF_AUDIENCE_URL": "https://login.salesforce.com",
            "SF_AUTOUPDATE_DISABLE": "true",
            "SF_DISABLE_LOG_FILE": "true",
            "SF_DISABLE_TELEMETRY": "true",
            "SF_DOMAIN_RETRY": "0",
            "SF_ORG_API_VERSION": setting["version"],
            "SF_SKIP_NEW_VERSION_CHECK": "true",
            "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
        }

    def run(self) -> Iterator[Outcome]:
        """Go through the operations that the command line has."""
        operations: tuple[Callable[[], Any], ...] = (
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
        for operation in operations:
            started = time.monotonic()
            outcome: dict[str, Any]
            try:
                outcome = {"answer": operation()}
            except (OSError, LookupError, TypeError, ValueError, subprocess.SubprocessError) as error:
                outcome = {"error": f"{type(error).__name__}: {error}"}
            yield Outcome(operation.__name__, time.monotonic() - started, **outcome)

    def login(self) -> str:
        """Log in with a signed assertion; returns the org."""
        key = self._folder / "key.pem"
        key.write_text(self._setting["private_key"], encoding="utf-8")
        app = ["--client-id", self._setting["client_id"], "--jwt-key-file", str(key)]
        where = ["--instance-url", self._setting["url"], "--username", self._setting["username"], "--set-default"]
        return str(self._answer("org", "login", "jwt", *app, *where)["result"]["orgId"])

    def query(self) -> dict[str, Any]:
        """Query page by page."""
        found = self._answer("data", "query", "--query", self._setting["soql"])["result"]
        names = [record["LastName"] for record in found["records"]]
        return {"total": found["totalSize"], "first": names[0], "last": names[-1]}

    def update(self) -> bool:
        """Update one record."""
        answer = self._contact("update", self._ids[0], "--values", "Title=Updated")
        return bool(answer["result"]["success"])

    def update_refused(self) -> str:
        """Try a value that the org does not take."""
        return str(self._contact("update", self._ids[1], "--values", "Contact_Status__c=Gone")["name"])

    def collections(self) -> dict[str, Any]:
        """Update more records than one call takes; for collections the command line has but ``api request``."""
        records = [{"attributes": {"type": "Contact"}, **record} for record in self._setting["collection"]]
        results: list[dict[str, Any]] = []
        for start in range(0, len(records), _MOST_RECORDS):
            body = {"allOrNone": False, "records": records[start : start + _MOST_RECORDS]}
            results += self._request("PATCH", "composite/sobjects", body)
        codes = [result["errors"][0]["statusCode"] for result in results if not result["success"]]
        return {"succeeded": len(results) - len(codes), "failed": dict(Counter(codes))}

    def composite(self) -> list[int]:
        """Write on conditions."""
        answer = self._request("POST", "composite", self._setting["composite"])
        return [part["httpStatusCode"] for part in answer["compositeResponse"]]

    def create_and_delete(self) -> list[str]:
        """Make a record, read it, and take it away."""
        created = self._answer("data", "create", "record", "--sobject", "Contact", "--values", "LastName=Created")
        record_id = created["result"]["id"]
        name = self._contact("get", record_id)["result"]["LastName"]
        self._contact("delete", record_id)
        return [name, self._contact("get", record_id)["name"]]

    def bulk_query(self) -> dict[str, Any]:
        """Query by a job, into a file."""
        self._answer(
            *("data", "export", "bulk", "--query", self._setting["soql"]),
            *("--output-file", "all.csv", "--result-format", "csv", "--wait", "1"),
        )
        names = [row["LastName"] for row in self._rows("all.csv")]
        return {"total": len(names), "first": names[0], "last": names[-1]}

    def bulk_ingest(self) -> dict[str, Any]:
        """Update by a job, from a file."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self._setting["load"][0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._setting["load"])
        (self._folder / "load.csv").write_text(text.getvalue(), encoding="utf-8")
        source = ["--sobject", "Contact", "--file", "load.csv", "--line-ending", "LF", "--wait", "1"]
        job = self._answer("data", "update", "bulk", *source)["data"]["jobId"]
        result = self._answer("data", "bulk", "results", "--job-id", job)["result"]
        codes = [row["sf__Error"].partition(":")[0] for row in self._rows(result["failedFilePath"])]
        return {"succeeded": result["successfulRecords"], "failed": dict(Counter(codes))}

    def describe(self) -> list[str]:
        """Read the values of a picklist."""
        described = self._answer("sobject", "describe", "--sobject", "Contact")["result"]
        fields = {field["name"]: field for field in described["fields"]}
        return [entry["value"] for entry in fields["Contact_Status__c"]["picklistValues"]]

    def limits(self) -> int:
        """Read the daily allowance."""
        limits = {limit["name"]: limit for limit in self._answer("org", "list", "limits")["result"]}
        return int(limits["DailyApiRequests"]["max"])

    def _contact(self, verb: str, record_id: str, *options: str) -> Any:
        return self._answer("data", verb, "record", "--sobject", "Contact", "--record-id", record_id, *options)

    def _rows(self, name: str) -> list[dict[str, str]]:
        with (self._folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _request(self, method: str, resource: str, body: Any) -> Any:
        (self._folder / "body.json").write_text(json.dumps(body), encoding="utf-8")
        path = f"/services/data/v{self._setting['version']}/{resource}"
        return json.loads(self._output("api", "request", "rest", path, "--method", method, "--body", "@body.json"))

    def _answer(self, *arguments: str) -> Any:
        """Return what a command answers, be it a refusal: those come as JSON, too."""
        return json.loads(self._output(*arguments, "--json"))

    def _output(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=self._folder,
            env=self._environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        if not done.stdout:
            raise ValueError(done.stderr.strip() or "no answer")
        return done.stdout
