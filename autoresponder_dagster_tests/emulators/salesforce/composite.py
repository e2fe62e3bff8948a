"""Several requests in one: ``/composite`` and the sObject Collections below it.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite.htm
"""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from autoresponder_dagster_tests.emulators.salesforce.org import Org, OrgError
from autoresponder_dagster_tests.emulators.salesforce.protocol import Answer, Call

MAX_SUBREQUESTS = 25
MAX_QUERIES = 5
MAX_RECORDS = 200
_COUNTED_AS_QUERY = re.compile(r"/(?:query|queryAll|composite/sobjects)\b")
_FORBIDDEN_HEADERS = {"accept", "authorization", "content-type"}


class Composite:
    """Composite requests, whose parts ``route`` answers, and sObject Collections."""

    def __init__(self, org: Org, route: Callable[[Call], Answer]) -> None:
        self._org = org
        self._route = route

    def composite(self, call: Call) -> Answer:
        """``POST /composite``: at most 25 parts, at most 5 of them queries or collections.

        The headers of the whole do not reach its parts: each part has its own.
        """
        body = call.json()
        parts = body.get("compositeRequest") or []
        if not 1 <= len(parts) <= MAX_SUBREQUESTS:
            raise OrgError(400, "LIMIT_EXCEEDED", f"A composite request holds 1 to {MAX_SUBREQUESTS} subrequests.")
        queries = sum(bool(_COUNTED_AS_QUERY.search(part.get("url", ""))) for part in parts)
        if queries > MAX_QUERIES:
            raise OrgError(400, "LIMIT_EXCEEDED", f"At most {MAX_QUERIES} subrequests may be queries or collections.")
        is_whole = bool(body.get("allOrNone"))
        before, changes = self._org.snapshot() if is_whole else {}, len(self._org.changes)
        answers = [self._part(part) for part in parts]
        if is_whole and any(answer.status >= 400 for answer in answers):
            self._org.restore(before, changes)
            halted = OrgError(400, "PROCESSING_HALTED", "The transaction was rolled back").body
            answers = [answer if answer.status >= 400 else Answer(400, halted) for answer in answers]
        return Answer(
            body={
                "compositeResponse": [
                    {
                        "body": answer.body,
                        "httpHeaders": answer.headers,
                        "httpStatusCode": answer.status,
                        "referenceId": part["referenceId"],
                    }
                    for part, answer in zip(parts, answers, strict=True)
                ]
            }
        )

    def _part(self, part: dict[str, Any]) -> Answer:
        try:
            return self._route(_call(part))
        except OrgError as error:
            return Answer(error.status, error.body)

    def update_many(self, call: Call) -> Answer:
        """``PATCH /composite/sobjects``: the results in the order of the records."""
        return self._each(
            call,
            lambda sobject, record: self._org.update(sobject, record.pop("id"), record, auto_assign=call.auto_assigns),
        )

    def create_many(self, call: Call) -> Answer:
        """``POST /composite/sobjects``."""
        return self._each(
            call, lambda sobject, record: self._org.create(sobject, record, auto_assign=call.auto_assigns)
        )

    def _each(self, call: Call, do: Callable[[str, dict[str, Any]], str | None]) -> Answer:
        body = call.json()
        records = body.get("records") or []
        if len(records) > MAX_RECORDS:
            raise OrgError(
                400,
                "EXCEEDED_ID_LIMIT",
                f"record limit reached. cannot submit more than {MAX_RECORDS} records into this call",
            )
        is_whole = bool(body.get("allOrNone"))
        before, changes = self._org.snapshot() if is_whole else {}, len(self._org.changes)
        results: list[dict[str, Any]] = []
        # One record that another transaction holds takes the whole call down (Salesforce's documentation).
        busy = [record for record in records if self._is_busy(str(_key(record)))]
        for record in records:
            values = {name: value for name, value in record.items() if name not in ("attributes", "Id")}
            if "Id" in record:
                values["id"] = record["Id"]
            record_id = values.get("id")
            try:
                created = _refuse_locked() if busy else do(record["attributes"]["type"], values)
                results.append({"id": created or record_id, "success": True, "errors": []})
            except OrgError as error:
                results.append({"id": record_id, "success": False, "errors": [_detail(error)]})
        if is_whole and not all(result["success"] for result in results):
            self._org.restore(before, changes)
            rolled_back = OrgError(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back: another one failed")
            results = [
                result | {"success": False, "errors": result["errors"] or [_detail(rolled_back)]} for result in results
            ]
        return Answer(body=results)

    def _is_busy(self, record_id: str) -> bool:
        try:
            self._org.take_row(record_id)
        except OrgError:
            return True
        return False

    def retrieve_many(self, call: Call, sobject: str) -> Answer:
        """``POST /composite/sobjects/X`` with ``ids`` and ``fields``: null for a record that is not there."""
        body = call.json()
        return Answer(body=[self._retrieved(sobject, record_id, body["fields"]) for record_id in body["ids"]])

    def _retrieved(self, sobject: str, record_id: str, names: list[str]) -> dict[str, Any] | None:
        known = self._org.schema.get(sobject, {})
        unknown = [name for name in names if name not in known]
        if unknown:
            raise OrgError(400, "INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {sobject}")
        try:
            record = self._org.find(sobject, record_id)
        except OrgError:
            return None
        url = f"/services/data/v67.0/sobjects/{sobject}/{record['Id']}"
        return {"attributes": {"type": sobject, "url": url}, **{name: record[name] for name in names}}

    def delete_many(self, call: Call) -> Answer:
        """``DELETE /composite/sobjects?ids=``."""
        results: list[dict[str, Any]] = []
        for record_id in call.query.get("ids", "").split(","):
            sobject = next((name for name, found in self._org.records.items() if record_id in found), "Contact")
            try:
                self._org.delete(sobject, record_id)
                results.append({"id": record_id, "success": True, "errors": []})
            except OrgError as error:
                detail = {"statusCode": error.code, "message": error.message, "fields": []}
                results.append({"id": record_id, "success": False, "errors": [detail]})
        return Answer(body=results)


def _refuse_locked() -> str:
    raise OrgError(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")


def _detail(error: OrgError) -> dict[str, Any]:
    """Return an error as collections tell it: ``statusCode``, not ``errorCode``."""
    code = "INVALID_CROSS_REFERENCE_KEY" if error.code == "NOT_FOUND" else error.code
    return {"statusCode": code, "message": error.message, "fields": list(error.fields)}


def _call(part: dict[str, Any]) -> Call:
    """Return the request that a subrequest stands for."""
    url = urlsplit(part.get("url", ""))
    below = re.fullmatch(r"/services/data/v(\d+\.\d)(/.*)", url.path)
    headers = {name.lower(): str(value) for name, value in (part.get("httpHeaders") or {}).items()}
    if below is None or "referenceId" not in part or _FORBIDDEN_HEADERS & headers.keys():
        raise OrgError(400, "INVALID_BATCH_REQUEST", "A subrequest is not of the form of one")
    return Call(
        part["method"],
        below[2].rstrip("/"),
        below[1],
        dict(parse_qsl(url.query, keep_blank_values=True)),
        headers,
        json.dumps(part["body"]).encode() if "body" in part else b"",
    )


def _key(record: dict[str, Any]) -> Any:
    return record.get("id") or record.get("Id")
