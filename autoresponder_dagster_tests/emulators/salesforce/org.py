"""The records of an emulated org, and the judgement of an org about reads and writes.

Belongs here: objects, fields, picklists, users, error codes, what changed. Does not belong here: HTTP.
Behaviour and codes as in the REST API guide; see salesforce.md §3.7 and §4 for what tests rely on.
"""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from autoresponder_dagster_tests.emulators.salesforce.soql import Comparison, MalformedQueryError, parse, value_of

ORG_ID = "00D000000000EMUEA2"
USER_ID = "005000000000EMUAA2"
COLLEAGUE_ID = "005000000000COLAA2"
"""Somebody who works in the org; the pipeline is ``USER_ID``."""
QUEUE_ID = "00G000000000EMUEA2"
MASTER_RECORD_TYPE = "012000000000000AAA"
_KEY_PREFIXES = {
    "Account": "001",
    "AssignmentRule": "01Q",
    "Contact": "003",
    "Lead": "00Q",
    "LeadStatus": "01J",
    "Organization": "00D",
    "RecordType": "012",
    "Subscription__c": "a00",
    "Task": "00T",
    "User": "005",
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


class OrgError(Exception):
    """A refusal: HTTP status, error code, message and the fields that it concerns."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.fields = status, code, message, fields

    @property
    def body(self) -> list[dict[str, Any]]:
        """The error as the REST API tells it."""
        return [{"message": self.message, "errorCode": self.code, "fields": list(self.fields)}]


@dataclass(frozen=True)
class Field:
    """One field, as describe tells it."""

    type: str = "string"
    length: int = 255
    is_updateable: bool = True
    is_required: bool = False
    picklist: tuple[str, ...] = ()
    is_restricted: bool = True
    is_dependent: bool = False
    references: tuple[str, ...] = ()
    default: Any = None


@dataclass(frozen=True)
class Change:
    """One change of one record that came over the API: the fields as they were sent, and when."""

    sobject: str
    record_id: str
    values: Mapping[str, Any]
    at: datetime


_SYSTEM = {
    "Id": Field("id", 18, is_updateable=False),
    "OwnerId": Field("reference", 18),
    "IsDeleted": Field("boolean", is_updateable=False),
    "CreatedDate": Field("datetime", is_updateable=False),
    "LastModifiedDate": Field("datetime", is_updateable=False),
    "LastModifiedById": Field("reference", 18, is_updateable=False),
    "SystemModstamp": Field("datetime", is_updateable=False),
}
_PERSON = {
    "Email": Field("email", 80),
    "FirstName": Field(length=40),
    "LastName": Field(length=80, is_required=True),
    "Name": Field(length=121, is_updateable=False),
    "Title": Field(length=128),
    "RecordTypeId": Field("reference", 18, references=("RecordType",)),
}
_LEAD_STATUSES = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Inactive", "Disqualified")


def _schema() -> dict[str, dict[str, Field]]:
    return {
        "Account": _SYSTEM | {"Name": Field(is_required=True)},
        "Contact": _SYSTEM
        | _PERSON
        | {
            "Contact_Status__c": Field("picklist", picklist=("Active", "Inactive")),
            "AccountId": Field("reference", 18, references=("Account",)),
        },
        "Lead": _SYSTEM
        | _PERSON
        | {
            "Company": Field(is_required=True),
            "Status": Field("picklist", picklist=_LEAD_STATUSES),
            "IsConverted": Field("boolean", is_updateable=False),
            "ConvertedContactId": Field("reference", 18, is_updateable=False, references=("Contact",)),
        },
        "Subscription__c": _SYSTEM
        | {"Contact__c": Field("reference", 18, references=("Contact",)), "Status__c": Field()},
        "Task": _SYSTEM
        | {
            "Subject": Field(),
            "WhoId": Field("reference", 18, references=("Contact", "Lead")),
            "WhatId": Field("reference", 18, references=("Account",)),
            "ActivityDate": Field("date"),
            "Status": Field("picklist", picklist=("Not Started", "Completed"), default="Not Started"),
            "Priority": Field("picklist", picklist=("High", "Normal", "Low"), default="Normal"),
            "Description": Field("textarea", 32_000),
        },
        "LeadStatus": {
            "Id": Field("id", 18, is_updateable=False),
            "ApiName": Field(is_updateable=False),
            "MasterLabel": Field(is_updateable=False),
            "IsConverted": Field("boolean", is_updateable=False),
            "IsDefault": Field("boolean", is_updateable=False),
        },
        "AssignmentRule": {
            "Id": Field("id", 18, is_updateable=False),
            "Name": Field(is_updateable=False),
            "Active": Field("boolean", is_updateable=False),
            "SobjectType": Field(is_updateable=False),
        },
        "RecordType": {
            "Id": Field("id", 18, is_updateable=False),
            "DeveloperName": Field(is_updateable=False),
            "SobjectType": Field(is_updateable=False),
        },
        "Organization": {
            "Id": Field("id", 18, is_updateable=False),
            "Name": Field(is_updateable=False),
            "IsSandbox": Field("boolean", is_updateable=False),
            "OrganizationType": Field(is_updateable=False),
            "InstanceName": Field(is_updateable=False),
            "NamespacePrefix": Field(is_updateable=False),
            "TrialExpirationDate": Field("datetime", is_updateable=False),
        },
        "User": {
            "Id": Field("id", 18, is_updateable=False),
            "Username": Field(is_updateable=False),
            "Name": Field(is_updateable=False),
            "Email": Field("email", 80, is_updateable=False),
            "IsActive": Field("boolean", is_updateable=False),
        },
    }


class Org:
    """An org: its schema, its records, and what its users may do."""

    def __init__(self) -> None:
        self.schema = _schema()
        self.records: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in _KEY_PREFIXES}
        self.changes: list[Change] = []
        """Every change that took place, in order."""
        self.locked_ids: set[str] = set()
        """Records that an approval process holds (ENTITY_IS_LOCKED)."""
        self.busy_ids: Counter[str] = Counter()
        """Records that another transaction holds, and for how many more attempts (UNABLE_TO_LOCK_ROW)."""
        self.record_type_picklists: dict[tuple[str, str], tuple[str, ...]] = {}
        """Values of the status field that a record type allows, by object and record type; else all."""
        self.unwritable_objects: set[str] = set()
        """Objects that the user may not change."""
        self.most_compared_values: int | None = None
        """Most values in the condition of a query (QUERY_TOO_COMPLICATED)."""
        self.is_held: Callable[[str], bool] = lambda _record_id: False
        """Whether another transaction holds a record just now, beside ``busy_ids``."""
        self.refusals: list[Callable[[str, Mapping[str, Any], Mapping[str, Any]], OrgError | None]] = []
        """Validation rules, triggers, flows and duplicate rules: what each has against values for a record of an
        object (empty: a new one), and nothing where it lets them pass."""
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._numbers = itertools.count(1)
        self.records["Organization"][ORG_ID] = {
            "Id": ORG_ID,
            "Name": "Emulated Org",
            "IsSandbox": True,
            "OrganizationType": "Enterprise Edition",
            "InstanceName": "EMU1",
            "NamespacePrefix": None,
            "TrialExpirationDate": None,
        }
        for user_id, name in ((USER_ID, "Pipeline"), (COLLEAGUE_ID, "Colleague")):
            address = f"{name.lower()}@example.org"
            self.add("User", Id=user_id, Username=address, Name=name, Email=address, IsActive=True)
        self._add_lead_statuses(_LEAD_STATUSES)
        self.add("AssignmentRule", Name="Standard", Active=True, SobjectType="Lead")

    def _add_lead_statuses(self, statuses: Iterable[str]) -> None:
        for status in statuses:
            self.add(
                "LeadStatus",
                ApiName=status,
                MasterLabel=status,
                IsConverted=status == "Closed - Converted",
                IsDefault=status == "Open - Not Contacted",
            )

    def add(self, sobject: str, **values: Any) -> str:
        """Put a record in without any check; returns its id."""
        number = f"{_KEY_PREFIXES[sobject]}{next(self._numbers):012d}"
        now = moment_text(self.now())
        record: dict[str, Any] = {name: spec.default for name, spec in self.schema[sobject].items()}
        for name, value in {
            "Id": with_check_characters(number),
            "OwnerId": USER_ID,
            "IsDeleted": False,
            "CreatedDate": now,
            "LastModifiedDate": now,
            "SystemModstamp": now,
            "LastModifiedById": USER_ID,
            "IsConverted": False,
            "RecordTypeId": None,
        }.items():
            if name in record:
                record[name] = value
        record.update(values)
        if record.get("LastName") and not record.get("Name"):
            record["Name"] = _full_name(record)
        self.records[sobject][record["Id"]] = record
        return str(record["Id"])

    def edit_as(self, user_id: str, sobject: str, record_id: str, *, at: datetime | None = None, **values: Any) -> None:
        """Change a record as somebody does by hand, now or at a given time, without any check.

        It is none of ``changes``: those came over the API.
        """
        text = moment_text(at or self.now())
        self.find(sobject, record_id).update(
            values, LastModifiedDate=text, SystemModstamp=text, LastModifiedById=user_id
        )

    def snapshot(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return a copy of all records, for ``restore``."""
        return {sobject: {key: dict(row) for key, row in rows.items()} for sobject, rows in self.records.items()}

    def restore(self, snapshot: dict[str, dict[str, dict[str, Any]]], changes: int) -> None:
        """Take back what happened since: the records as they were, and only the first ``changes`` changes."""
        self.records = snapshot
        del self.changes[changes:]

    def hide(self, sobject: str, name: str) -> None:
        """Take a field away, as field-level security does: it is as if it did not exist."""
        del self.schema[sobject][name]

    def set_field(self, sobject: str, name: str, **properties: Any) -> None:
        """Add a field, or change properties of one."""
        self.schema[sobject][name] = replace(self.schema[sobject].get(name, Field()), **properties)
        for record in self.records[sobject].values():
            record.setdefault(name, None)
        if (sobject, name) == ("Lead", "Status"):
            self.records["LeadStatus"].clear()
            self._add_lead_statuses(self.schema[sobject][name].picklist)

    def select(self, text: str, *, is_with_deleted: bool = False) -> list[dict[str, Any]] | int:
        """Answer a query: the records with the fields asked for, or their number for ``COUNT()``."""
        try:
            query = parse(text)
        except MalformedQueryError as error:
            raise OrgError(400, "MALFORMED_QUERY", str(error)) from error
        sobject, fields = self._object(query.sobject)
        names = {name.lower(): name for name in fields}
        asked = [] if query.is_count else query.fields
        named = [comparison.field for comparison in query.comparisons] + [name for name, _ in query.order]
        for name in [*asked, *named]:
            if name.lower() not in names:
                raise OrgError(
                    400,
                    "INVALID_FIELD",
                    f"\n{text[:60]}\n       ^\nERROR at Row:1:Column:8\nNo such column '{name}' on entity "
                    f"'{sobject}'. If you are attempting to use a custom field, be sure to append the '__c' "
                    "after the custom field name.",
                )
        for comparison in query.comparisons:
            _check_comparison(names[comparison.field.lower()], fields[names[comparison.field.lower()]], comparison)
        compared = sum(len(comparison.values) for comparison in query.comparisons)
        if self.most_compared_values is not None and compared > self.most_compared_values:
            raise OrgError(400, "QUERY_TOO_COMPLICATED", "The query is too complicated: shorten its condition.")
        found = [
            record
            for record in self.records[sobject].values()
            if (is_with_deleted or not record.get("IsDeleted")) and query.condition(record)
        ]
        if query.is_count:
            return len(found)
        for name, is_descending in reversed(query.order):
            found.sort(key=lambda record: str(value_of(record, name) or ""), reverse=is_descending)
        found = found[query.offset :][: query.limit]
        return [
            {
                "attributes": {"type": sobject, "url": f"/services/data/v67.0/sobjects/{sobject}/{record['Id']}"},
                **{names[name.lower()]: value_of(record, name) for name in query.fields},
            }
            for record in found
        ]

    def describe(self, sobject: str) -> dict[str, Any]:
        """Describe an object."""
        sobject, fields = self._object(sobject)
        is_writable = sobject not in self.unwritable_objects and sobject in ("Account", "Contact", "Lead", "Task")
        return {
            "name": sobject,
            "label": sobject,
            "keyPrefix": _KEY_PREFIXES[sobject],
            "custom": sobject.endswith("__c"),
            "queryable": True,
            "createable": is_writable,
            "updateable": is_writable,
            "deletable": is_writable,
            "recordTypeInfos": [
                _record_type(MASTER_RECORD_TYPE, "Master", is_master=True),
                *(
                    _record_type(record["Id"], record["DeveloperName"], is_master=False)
                    for record in self.records["RecordType"].values()
                    if record["SobjectType"] == sobject
                ),
            ],
            "urls": {"sobject": f"/services/data/v67.0/sobjects/{sobject}"},
            "fields": [_described(name, spec) for name, spec in fields.items()],
        }

    def picklist_values(self, sobject: str, record_type: str, name: str) -> tuple[str, ...]:
        """Return the values that a record type allows for a picklist field."""
        sobject, fields = self._object(sobject)
        if name not in fields:
            raise OrgError(404, "NOT_FOUND", "The requested resource does not exist")
        return self.record_type_picklists.get((sobject, record_type[:15]), fields[name].picklist)

    def find(self, sobject: str, record_id: str) -> dict[str, Any]:
        """Return the record of an id, in its 15- or 18-character form."""
        sobject, _ = self._object(sobject)
        if not _ID.fullmatch(record_id):
            raise OrgError(400, "MALFORMED_ID", "malformed id " + record_id, ("Id",))
        record = self.records[sobject].get(record_id if len(record_id) > 15 else with_check_characters(record_id))
        if record is None:
            raise OrgError(404, "NOT_FOUND", "The requested resource does not exist")
        if record.get("IsDeleted"):
            raise OrgError(404, "ENTITY_IS_DELETED", "entity is deleted")
        return record

    def create(self, sobject: str, values: Mapping[str, Any], *, auto_assign: bool = False) -> str:
        """Create a record, or refuse; returns its id. With assignment rules a Lead goes to the queue."""
        sobject, fields = self._object(sobject)
        _check_required([name for name, spec in fields.items() if spec.is_required and not values.get(name)])
        record_id = self.add(sobject, **self._judged(sobject, values, {}))
        self.changes.append(Change(sobject, record_id, dict(values), self.now()))
        self._assign(sobject, self.records[sobject][record_id], auto_assign=auto_assign)
        return record_id

    def update(
        self,
        sobject: str,
        record_id: str,
        values: Mapping[str, Any],
        *,
        auto_assign: bool,
        unmodified_since: datetime | None = None,
    ) -> None:
        """Change a record, or refuse. With assignment rules a Lead goes to the queue."""
        record = self.find(sobject, record_id)
        if (
            unmodified_since is not None
            and moment_of(record["LastModifiedDate"]).replace(microsecond=0) > unmodified_since
        ):
            raise OrgError(412, "PRECONDITION_FAILED", "The record was modified since")
        if record.get("IsConverted"):
            raise OrgError(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        if record["Id"] in self.locked_ids:
            raise OrgError(400, "ENTITY_IS_LOCKED", "the entity is locked for editing")
        self.take_row(record["Id"])
        sobject, _ = self._object(sobject)
        judged = self._judged(sobject, values, record)
        now = self.now()
        text = moment_text(now)
        record.update(judged, LastModifiedDate=text, SystemModstamp=text, LastModifiedById=USER_ID)
        if values.keys() & {"FirstName", "LastName"}:
            record["Name"] = _full_name(record)
        self.changes.append(Change(sobject, record["Id"], dict(values), now))
        self._assign(sobject, record, auto_assign=auto_assign)

    def _assign(self, sobject: str, record: dict[str, Any], *, auto_assign: bool) -> None:
        if (
            sobject == "Lead"
            and auto_assign
            and any(rule["Active"] for rule in self.records["AssignmentRule"].values())
        ):
            record["OwnerId"] = QUEUE_ID

    def take_row(self, record_id: str) -> None:
        """Refuse a record that another transaction holds."""
        is_busy = self.busy_ids[record_id] > 0
        self.busy_ids[record_id] -= is_busy
        if is_busy or self.is_held(record_id):
            raise OrgError(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")

    def delete(self, sobject: str, record_id: str) -> None:
        """Move a record to the recycle bin."""
        record = self.find(sobject, record_id)
        self._check_access(sobject, ())
        if record["Id"] in self.locked_ids:
            raise OrgError(400, "ENTITY_IS_LOCKED", "the entity is locked for editing")
        record["IsDeleted"] = True
        self.changes.append(Change(sobject, record["Id"], {"IsDeleted": True}, self.now()))

    def _object(self, sobject: str) -> tuple[str, dict[str, Field]]:
        """Return the name of an object as it is spelled, and its fields."""
        name = next((name for name in self.schema if name.lower() == sobject.lower()), None)
        if name is None:
            raise OrgError(400, "INVALID_TYPE", f"sObject type '{sobject}' is not supported.")
        return name, self.schema[name]

    def _judged(self, sobject: str, values: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as they are stored, or refuse."""
        self._check_access(sobject, tuple(values))
        _, fields = self._object(sobject)
        stored: dict[str, Any] = {}
        for name, value in values.items():
            spec = fields.get(name)
            if spec is None:
                raise OrgError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject}", (name,))
            if not spec.is_updateable:
                raise OrgError(
                    400, "INVALID_FIELD_FOR_INSERT_UPDATE", f"Unable to create/update fields: {name}.", (name,)
                )
            stored[name] = _as_type(spec.type, value)
        _check_required([name for name, value in stored.items() if value is None and fields[name].is_required])
        record_type = str(stored.get("RecordTypeId") or record.get("RecordTypeId") or MASTER_RECORD_TYPE)
        for name, value in stored.items():
            if value is not None:
                allowed = self.record_type_picklists.get((sobject, record_type[:15]), fields[name].picklist)
                self._check_value(name, fields[name], value, allowed)
        for refusal in filter(None, (objects(sobject, stored, record) for objects in self.refusals)):
            raise refusal
        return stored

    def _check_access(self, sobject: str, names: tuple[str, ...]) -> None:
        if sobject in self.unwritable_objects:
            raise OrgError(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", names)

    def _check_value(self, name: str, spec: Field, value: Any, allowed: tuple[str, ...]) -> None:
        if spec.picklist and spec.is_restricted and value not in allowed:
            raise OrgError(
                400,
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{name}: bad value for restricted picklist field: {value}",
                (name,),
            )
        if spec.type == "email" and not _EMAIL.fullmatch(value):
            raise OrgError(400, "INVALID_EMAIL_ADDRESS", f"{name}: invalid email address: {value}", (name,))
        if isinstance(value, str) and len(value) > spec.length:
            raise OrgError(
                400, "STRING_TOO_LONG", f"{name}: data value too large: {value} (max length={spec.length})", (name,)
            )
        if spec.references:
            self._check_reference(name, spec, str(value))

    def _check_reference(self, name: str, spec: Field, value: str) -> None:
        if not _ID.fullmatch(value):
            raise OrgError(400, "MALFORMED_ID", f"{name}: id value of incorrect type: {value}", (name,))
        sobject = next((sobject for sobject in spec.references if _KEY_PREFIXES[sobject] == value[:3]), None)
        if sobject is None:
            raise OrgError(400, "FIELD_INTEGRITY_EXCEPTION", f"{name}: id value of incorrect type: {value}", (name,))
        found = self.records[sobject].get(value if len(value) > 15 else with_check_characters(value))
        if found is None or found.get("IsDeleted"):
            raise OrgError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ())


def _check_required(missing: list[str]) -> None:
    if missing:
        names = ", ".join(missing)
        raise OrgError(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{names}]", tuple(missing))


def _as_type(kind: str, value: Any) -> Any:
    """Return a value as a field of this type stores it; an empty text is null."""
    if value in (None, ""):
        return None
    try:
        if kind == "datetime":
            return moment_text(moment_of(value))
        if kind == "date":
            return date.fromisoformat(value).isoformat()
        if kind == "boolean" and not isinstance(value, bool):
            return {"true": True, "false": False}[value.lower()]
    except (AttributeError, KeyError, TypeError, ValueError):
        message = f"Cannot deserialize instance of {kind} from VALUE_STRING value {value}"
        raise OrgError(400, "JSON_PARSER_ERROR", message) from None
    return value


def _check_comparison(name: str, spec: Field, comparison: Comparison) -> None:
    """Refuse a literal that is not of the field's type."""
    wanted = {"datetime": datetime, "date": date, "boolean": bool}.get(spec.type, str)
    if any(value is not None and type(value) is not wanted for value in comparison.values):
        kind = (
            "string and should be enclosed in quotes" if wanted is str else f"{spec.type} and should not be in quotes"
        )
        message = f"value of filter criterion for field '{name}' must be of type {kind}"
        raise OrgError(400, "INVALID_FIELD", message)


def _full_name(record: Mapping[str, Any]) -> str:
    return " ".join(filter(None, [record.get("FirstName"), record["LastName"]]))


def _record_type(record_type_id: str, name: str, *, is_master: bool) -> dict[str, Any]:
    return {
        "recordTypeId": record_type_id,
        "name": name,
        "developerName": name,
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": is_master,
        "master": is_master,
    }


def _described(name: str, spec: Field) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.removesuffix("__c").replace("_", " "),
        "type": spec.type,
        "soapType": "xsd:boolean" if spec.type == "boolean" else "xsd:string",
        "length": spec.length,
        "custom": name.endswith("__c"),
        "createable": spec.is_updateable,
        "updateable": spec.is_updateable,
        "nillable": not spec.is_required,
        "calculated": False,
        "defaultedOnCreate": False,
        "externalId": False,
        "unique": False,
        "caseSensitive": False,
        "restrictedPicklist": bool(spec.picklist) and spec.is_restricted,
        "dependentPicklist": spec.is_dependent,
        "controllerName": None,
        "referenceTo": list(spec.references),
        "relationshipName": None,
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": value, "value": value, "validFor": None}
            for value in spec.picklist
        ],
    }


def with_check_characters(id15: str) -> str:
    """Return the 18-character form of an id: three characters that tell which letters are capitals."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    parts = (id15[start : start + 5] for start in (0, 5, 10))
    return id15 + "".join(
        alphabet[sum(1 << index for index, letter in enumerate(part) if letter.isupper())] for part in parts
    )


def moment_text(moment: datetime) -> str:
    """Return a moment as the API writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def moment_of(text: str) -> datetime:
    """Return the moment that a text in ISO 8601 names."""
    return datetime.fromisoformat(text)
