"""Records one by one and in queries: ``/query``, ``/sobjects``, ``/ui-api``, ``/limits``.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from autoresponder_dagster_tests.emulators.salesforce.org import Org, OrgError
from autoresponder_dagster_tests.emulators.salesforce.protocol import Answer, Call


class Rows:
    """Queries with their pages, describes, and reads and writes of single records."""

    def __init__(self, org: Org, page_size: int) -> None:
        self.org = org
        self.page_size = page_size
        self._cursors: dict[str, tuple[int, list[dict[str, Any]]]] = {}

    def query(self, call: Call, all_rows: str) -> Answer:
        """``GET /query?q=`` and ``/queryAll?q=``."""
        text = call.query.get("q", "")
        found = self.org.select(text, is_with_deleted=bool(all_rows))
        if isinstance(found, int):
            return Answer(body={"totalSize": found, "done": True, "records": []})
        if call.query.get("columns") == "true":
            names = [name for name in (found[0] if found else {}) if name != "attributes"]
            return Answer(body={"columnMetadata": [_column(name) for name in names], "entityName": ""})
        return self._page(call, len(found), found)

    def next_page(self, call: Call, _all_rows: str, cursor: str) -> Answer:
        """``GET /query/<cursor>``; a cursor is used once here, so that a client that asks twice is found out."""
        if cursor not in self._cursors:
            raise OrgError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(call, *self._cursors.pop(cursor))

    def _page(self, call: Call, total: int, records: Sequence[dict[str, Any]]) -> Answer:
        page, rest = list(records[: self.page_size]), list(records[self.page_size :])
        body: dict[str, Any] = {"totalSize": total, "done": not rest, "records": page}
        if rest:
            cursor = f"01g{len(self._cursors):06d}{total - len(rest):06d}-{self.page_size}"
            self._cursors[cursor] = (total, rest)
            body["nextRecordsUrl"] = f"/services/data/v{call.version}/query/{cursor}"
        return Answer(body=body)

    def global_describe(self, _call: Call) -> Answer:
        """``GET /sobjects``."""
        names = ("name", "label", "keyPrefix", "custom", "queryable", "createable", "updateable", "deletable", "urls")
        described = (self.org.describe(sobject) for sobject in self.org.schema)
        return Answer(
            body={
                "encoding": "UTF-8",
                "maxBatchSize": 200,
                "sobjects": [{name: one[name] for name in names} for one in described],
            }
        )

    def describe(self, _call: Call, sobject: str) -> Answer:
        """``GET /sobjects/X/describe``."""
        return Answer(body=self.org.describe(sobject))

    def picklist_values(self, _call: Call, sobject: str, record_type: str, name: str) -> Answer:
        """``GET /ui-api/object-info/X/picklist-values/<record type>/<field>``."""
        values = self.org.picklist_values(sobject, record_type, name)
        return Answer(body={"controllerValues": {}, "values": [{"label": value, "value": value} for value in values]})

    def record_count(self, call: Call) -> Answer:
        """``GET /limits/recordCount?sObjects=``."""
        wanted = call.query.get("sObjects", "").split(",")
        return Answer(
            body={"sObjects": [{"name": name, "count": len(self.org.records.get(name, {}))} for name in wanted]}
        )

    def create(self, call: Call, sobject: str) -> Answer:
        """``POST /sobjects/X``."""
        return Answer(201, {"id": self.org.create(sobject, call.json()), "success": True, "errors": []})

    def read(self, call: Call, sobject: str, record_id: str) -> Answer:
        """``GET /sobjects/X/<id>``, whole or the ``fields`` asked for."""
        record = self.org.find(sobject, record_id)
        names = call.query["fields"].split(",") if "fields" in call.query else list(record)
        unknown = [name for name in names if name not in record]
        if unknown:
            raise OrgError(400, "INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {sobject}")
        url = f"/services/data/v{call.version}/sobjects/{sobject}/{record['Id']}"
        return Answer(body={"attributes": {"type": sobject, "url": url}, **{name: record[name] for name in names}})

    def update(self, call: Call, sobject: str, record_id: str) -> Answer:
        """``PATCH /sobjects/X/<id>``, with ``If-Unmodified-Since`` only if nobody has changed it."""
        self.org.update(
            sobject,
            record_id,
            call.json(),
            auto_assign=call.auto_assigns,
            unmodified_since=_precondition(call.headers.get("if-unmodified-since")),
        )
        return Answer(204)

    def delete(self, _call: Call, sobject: str, record_id: str) -> Answer:
        """``DELETE /sobjects/X/<id>``."""
        self.org.delete(sobject, record_id)
        return Answer(204)


def _precondition(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        raise OrgError(400, "INVALID_HEADER", "If-Unmodified-Since is not an HTTP date") from None


def _column(name: str) -> dict[str, Any]:
    return {
        "aggregate": False,
        "apexType": "String",
        "booleanType": False,
        "columnName": name,
        "custom": name.endswith("__c"),
        "displayName": name,
        "foreignKeyName": None,
        "insertable": True,
        "joinColumns": [],
        "numberType": False,
        "textType": True,
        "updatable": True,
    }
