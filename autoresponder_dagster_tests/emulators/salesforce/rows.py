"""Records one by one and in queries: ``/query``, ``/sobjects``, ``/ui-api``, ``/limits``.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/
"""

import re
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
        self._found: dict[str, tuple[list[dict[str, Any]], int]] = {}

    def query(self, call: Call, all_rows: str) -> Answer:
        """``GET /query?q=`` and ``/queryAll?q=``."""
        text = call.query.get("q", "")
        found = self.org.select(text, is_with_deleted=bool(all_rows))
        if isinstance(found, int):
            return Answer(body={"totalSize": found, "done": True, "records": []})
        if call.query.get("columns") == "true":
            names = [name for name in (found[0] if found else {}) if name != "attributes"]
            return Answer(body={"columnMetadata": [_column(name) for name in names], "entityName": ""})
        result = f"01g{len(self._found):012d}AAA"
        self._found[result] = found, self._size(call)
        return self._page(call, result, 0)

    def next_page(self, call: Call, _all_rows: str, cursor: str) -> Answer:
        """``GET /query/<cursor>``; the same cursor gives the same page again, for a client that lost it."""
        result, _, start = cursor.partition("-")
        if result not in self._found or not start.isdigit():
            raise OrgError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(call, result, int(start))

    def _size(self, call: Call) -> int:
        """Return the size of a page: what the client asks for (200 to 2,000) is an upper bound only."""
        asked = re.search(r"batchSize=(\d+)", call.headers.get("sforce-query-options", ""))
        return self.page_size if asked is None else min(self.page_size, max(200, int(asked[1])))

    def _page(self, call: Call, result: str, start: int) -> Answer:
        found, size = self._found[result]
        end = start + size
        body: dict[str, Any] = {"totalSize": len(found), "done": end >= len(found), "records": found[start:end]}
        if end < len(found):
            body["nextRecordsUrl"] = f"/services/data/v{call.version}/query/{result}-{end}"
        return Answer(body=body)

    def global_describe(self, _call: Call) -> Answer:
        """``GET /sobjects``."""
        sobjects = [self._basics(sobject) for sobject in self.org.schema]
        return Answer(body={"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": sobjects})

    def describe(self, _call: Call, sobject: str) -> Answer:
        """``GET /sobjects/X/describe``."""
        return Answer(body=self.org.describe(sobject))

    def metadata(self, _call: Call, sobject: str) -> Answer:
        """``GET /sobjects/X``."""
        return Answer(body={"objectDescribe": self._basics(sobject), "recentItems": []})

    def _basics(self, sobject: str) -> dict[str, Any]:
        names = ("name", "label", "keyPrefix", "custom", "queryable", "createable", "updateable", "deletable", "urls")
        described = self.org.describe(sobject)
        return {name: described[name] for name in names}

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
        record_id = self.org.create(sobject, call.json(), auto_assign=call.auto_assigns)
        return Answer(201, {"id": record_id, "success": True, "errors": []})

    def read(self, call: Call, sobject: str, record_id: str) -> Answer:
        """``GET /sobjects/X/<id>``, whole or the ``fields`` asked for."""
        sobject = self.org.describe(sobject)["name"]
        record = self.org.find(sobject, record_id)
        # What field-level security hides is in the record, but not in the schema that the user sees.
        known = self.org.schema[sobject]
        names = call.query["fields"].split(",") if "fields" in call.query else list(known)
        unknown = [name for name in names if name not in known]
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
