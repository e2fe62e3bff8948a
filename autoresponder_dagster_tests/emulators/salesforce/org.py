"""The records of an emulated org, and the judgement of an org about reads and writes.

Belongs here: objects, fields, picklists, users, error codes. Does not belong here: HTTP.
Behaviour and codes as in the REST API guide; see salesforce.md §3.7 and §4 for what tests rely on.
"""

import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from autoresponder_dagster_tests.emulators.salesforce.soql import MalformedQueryError, parse

ORG_ID = "00D000000000EMUEA2"
USER_ID = "005000000000EMUAA2"
QUEUE_ID = "00G000000000EMUEA2"
_KEY_PREFIXES = {"Account": "001", "Contact": "003", "Lead": "00Q", "Subscription__c": "a00"}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class OrgError(Exception):
    """A refusal: HTTP status, error code, message and the fields that it concerns."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.body = [{"message": message, "errorCode": code, "fields": list(fields)}]


@dataclass(frozen=True)
class Field:
    """One field, as describe tells it."""

    type: str = "string"
    length: int = 255
    is_updateable: bool = True
    is_required: bool = False
    picklist: tuple[str, ...] = ()


_SYSTEM = {
    "Id": Field("id", 18, is_updateable=False),
    "OwnerId": Field("reference", 18),
    "LastModifiedDate": Field("datetime", is_updateable=False),
    "LastModifiedById": Field("reference", 18, is_updateable=False),
}
_PERSON = {
    "Email": Field("email", 80),
    "FirstName": Field(length=40),
    "LastName": Field(length=80, is_required=True),
    "Name": Field(length=121, is_updateable=False),
    "Title": Field(length=128),
}


def _schema() -> dict[str, dict[str, Field]]:
    return {
        "Account": _SYSTEM | {"Name": Field(is_required=True)},
        "Contact": _SYSTEM
        | _PERSON
        | {
            "Contact_Status__c": Field("picklist", picklist=("Active", "Inactive")),
            "AccountId": Field("reference", 18),
            "RecordTypeId": Field("reference", 18),
        },
        "Lead": _SYSTEM
        | _PERSON
        | {
            "Company": Field(is_required=True),
            "Status": Field(
                "picklist",
                picklist=(
                    "Open - Not Contacted",
                    "Working - Contacted",
                    "Closed - Converted",
                    "Inactive",
                    "Disqualified",
                ),
            ),
            "IsConverted": Field("boolean", is_updateable=False),
            "ConvertedContactId": Field("reference", 18, is_updateable=False),
        },
        "Subscription__c": _SYSTEM | {"Contact__c": Field("reference", 18), "Status__c": Field()},
    }


@dataclass
class Org:
    """An org: its schema, its records, and what its users may do."""

    schema: dict[str, dict[str, Field]] = field(default_factory=_schema)
    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {name: {} for name in _KEY_PREFIXES})
    locked_ids: set[str] = field(default_factory=set)
    """Records that an approval process holds (ENTITY_IS_LOCKED)."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def add(self, sobject: str, **values: Any) -> str:
        """Put a record in without any check; returns its id."""
        number = f"{_KEY_PREFIXES[sobject]}{next(self._numbers):012d}"
        record: dict[str, Any] = dict.fromkeys(self.schema[sobject]) | {
            "Id": with_check_characters(number),
            "OwnerId": USER_ID,
            "LastModifiedDate": _now(),
            "LastModifiedById": USER_ID,
            **({"IsConverted": False} if sobject == "Lead" else {}),
            **values,
        }
        if record.get("LastName") and not record.get("Name"):
            record["Name"] = " ".join(filter(None, [record["FirstName"], record["LastName"]]))
        self.records[sobject][record["Id"]] = record
        return str(record["Id"])

    def hide(self, sobject: str, name: str) -> None:
        """Take a field away, as field-level security does: it is as if it did not exist."""
        del self.schema[sobject][name]

    def select(self, text: str) -> list[dict[str, Any]]:
        """Answer a query: the records with the fields asked for."""
        try:
            query = parse(text)
        except MalformedQueryError as error:
            raise OrgError(400, "MALFORMED_QUERY", str(error)) from error
        fields = self._fields(query.sobject)
        for name in [*query.fields, *(comparison.field for comparison in query.comparisons)]:
            if name not in fields:
                raise OrgError(
                    400,
                    "INVALID_FIELD",
                    f"\n{text[:60]}\n       ^\nERROR at Row:1:Column:8\nNo such column '{name}' on entity "
                    f"'{query.sobject}'. If you are attempting to use a custom field, be sure to append the '__c' "
                    "after the custom field name.",
                )
        found = [
            record
            for record in self.records[query.sobject].values()
            if all(comparison.holds(record) for comparison in query.comparisons)
        ]
        return [
            {"attributes": {"type": query.sobject}, **{name: record.get(name) for name in query.fields}}
            for record in found[: query.limit]
        ]

    def describe(self, sobject: str) -> dict[str, Any]:
        """Describe an object, as far as a preflight looks at it."""
        return {
            "name": sobject,
            "queryable": True,
            "updateable": True,
            "fields": [
                {
                    "name": name,
                    "type": spec.type,
                    "length": spec.length,
                    "updateable": spec.is_updateable,
                    "restrictedPicklist": bool(spec.picklist),
                    "picklistValues": [{"active": True, "label": value, "value": value} for value in spec.picklist],
                }
                for name, spec in self._fields(sobject).items()
            ],
        }

    def find(self, sobject: str, record_id: str) -> dict[str, Any]:
        """Return the record of an id, in its 15- or 18-character form."""
        self._fields(sobject)
        if not re.fullmatch(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", record_id):
            raise OrgError(400, "MALFORMED_ID", "malformed id " + record_id, ("Id",))
        for key, record in self.records[sobject].items():
            if key[:15] == record_id[:15]:
                return record
        raise OrgError(404, "NOT_FOUND", "The requested resource does not exist")

    def create(self, sobject: str, values: dict[str, Any]) -> str:
        """Create a record, or refuse; returns its id."""
        missing = [name for name, spec in self._fields(sobject).items() if spec.is_required and not values.get(name)]
        if missing:
            raise OrgError(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: {missing}", tuple(missing))
        self._check(sobject, values)
        return self.add(sobject, **values)

    def update(self, sobject: str, record_id: str, values: dict[str, Any], *, auto_assign: bool) -> None:
        """Change a record, or refuse. With assignment rules a Lead goes to the queue."""
        record = self.find(sobject, record_id)
        if record.get("IsConverted"):
            raise OrgError(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        if record["Id"] in self.locked_ids:
            raise OrgError(400, "ENTITY_IS_LOCKED", "the entity is locked for editing")
        self._check(sobject, values)
        record.update(values, LastModifiedDate=_now(), LastModifiedById=USER_ID)
        if sobject == "Lead" and auto_assign:
            record["OwnerId"] = QUEUE_ID

    def _fields(self, sobject: str) -> dict[str, Field]:
        try:
            return self.schema[sobject]
        except KeyError:
            raise OrgError(400, "INVALID_TYPE", f"sObject type '{sobject}' is not supported.") from None

    def _check(self, sobject: str, values: dict[str, Any]) -> None:
        for name, value in values.items():
            spec = self._fields(sobject).get(name)
            if spec is None:
                raise OrgError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject}", (name,))
            if not spec.is_updateable:
                raise OrgError(
                    400, "INVALID_FIELD_FOR_INSERT_UPDATE", f"Unable to create/update fields: {name}.", (name,)
                )
            if value is None:
                continue
            if spec.picklist and value not in spec.picklist:
                raise OrgError(
                    400,
                    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                    f"{name}: bad value for restricted picklist field: {value}",
                    (name,),
                )
            if spec.type == "email" and not _EMAIL.fullmatch(value):
                raise OrgError(400, "INVALID_EMAIL_ADDRESS", f"{name}: invalid email address: {value}", (name,))
            if len(value) > spec.length:
                raise OrgError(400, "STRING_TOO_LONG", f"{name}: data value too large: {value}", (name,))


def with_check_characters(id15: str) -> str:
    """Return the 18-character form of an id: three characters that tell which letters are capitals."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    parts = (id15[start : start + 5] for start in (0, 5, 10))
    return id15 + "".join(
        alphabet[sum(1 << index for index, letter in enumerate(part) if letter.isupper())] for part in parts
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
