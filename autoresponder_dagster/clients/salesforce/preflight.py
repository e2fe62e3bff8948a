"""Is the org ready for what the pipeline will write? Asked before the first change (salesforce.md §5.7).

Belongs here: what is checked, what was found, how to mend it, in the words of the operator's troubleshooting
list. Does not belong here: deciding what a finding blocks (the asset and the command do).

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from autoresponder_dagster.clients.salesforce.live import LiveSalesforce
from autoresponder_dagster.clients.salesforce.outcomes import API_ERRORS, SalesforceProblem
from autoresponder_dagster.clients.salesforce.protocol import ApiBudget
from autoresponder_dagster.clients.salesforce.writer import AUDIT_CATEGORY_FIELD, AUDIT_DATE_FIELD
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.schemas.enums import (
    ACTIVE_STATUS,
    INACTIVE_STATUS,
    STATUS_FIELD,
    WRITABLE_FIELDS,
    SObject,
)

MASTER_RECORD_TYPE = "012000000000000AAA"
_MOST_RECORD_TYPES = 10
"""Record types of an object that are looked at; one call each."""
_ERROR = 400
_PRIVILEGES = (
    "Insufficient privileges: check that the user has API Enabled, Read and Edit on the object and, in field-level "
    "security, Visible and not Read-Only on the field; review profile and permission sets."
)


class Severity(StrEnum):
    """What a finding means: ``error`` blocks a live run, ``warning`` does not."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: what was found, and how to mend it where it is not well."""

    check: str
    severity: Severity
    found: str
    cure: str = ""


@dataclass(frozen=True)
class DiscoveredField:
    """A custom field or a picklist of Contact or Lead, as the org describes it to this user."""

    sobject: str
    name: str
    label: str
    type: str
    is_updateable: bool
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preflight:
    """All findings, the fields that operators may want to know of, and the API budget."""

    findings: tuple[Finding, ...]
    fields: tuple[DiscoveredField, ...] = ()
    budget: ApiBudget | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that block a live run."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def preflight(client: LiveSalesforce) -> Preflight:
    """Look at an org: 2 calls, and one for each record type of Contact and Lead.

    Raises:
        LookupFailedError: the org did not answer or refused to be asked.
    """
    try:
        org = _Org.read(client)
    except API_ERRORS as error:
        raise LookupFailedError(f"The org could not be looked at. {SalesforceProblem.of(error)}") from None
    findings = (
        *org.check_version(),
        *org.check_identity(),
        *(finding for sobject in SObject for finding in org.check_object(sobject)),
        *org.check_lead_status(),
        *org.check_record_types(),
        *org.check_assignment_rules(),
        *org.check_options(),
        *_check_budget(client.budget()),
    )
    return Preflight(findings, tuple(org.discovered_fields()), client.budget())


class _Org:
    """What an org says of itself."""

    def __init__(self, client: LiveSalesforce) -> None:
        self._client = client
        self.versions: list[str] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        self.record_type_values: dict[tuple[SObject, str], set[str]] = {}

    @classmethod
    def read(cls, client: LiveSalesforce) -> "_Org":
        """Ask all questions; whatever simple-salesforce and requests raise is the caller's."""
        org = cls(client)
        salesforce = client.salesforce
        host = f"https://{salesforce.sf_instance}"
        org.versions = [str(each.get("version")) for each in client.session.get(f"{host}/services/data").json()]
        base = f"/services/data/v{salesforce.sf_version}"
        described = [*SObject, "Account", "Task"]
        questions = {f"describe {name}": f"{base}/sobjects/{name}/describe" for name in described} | {
            name: f"{base}/query?{urlencode({'q': soql})}"
            for name, soql in {
                "organization": "SELECT Id, Name, IsSandbox, OrganizationType FROM Organization",
                "lead statuses": "SELECT ApiName, IsConverted FROM LeadStatus",
                "assignment rules": "SELECT Id, Name FROM AssignmentRule WHERE SobjectType = 'Lead' AND Active = true",
            }.items()
        }
        parts = [{"method": "GET", "url": url} for url in questions.values()]
        org.answers = dict(zip(questions, client.reader.composite(parts), strict=True))
        if client.budget() is None:
            client.salesforce.limits()
        for sobject in SObject:
            for record_type in org.record_types(sobject):
                org.record_type_values[sobject, record_type["name"]] = org.values_of(sobject, record_type)
        return org

    def values_of(self, sobject: SObject, record_type: Mapping[str, Any]) -> set[str]:
        """Return the values of the status field that a record type offers, also of a dependent picklist."""
        path = f"ui-api/object-info/{sobject}/picklist-values/{record_type['recordTypeId']}/{STATUS_FIELD[sobject]}"
        answer = self._client.salesforce.restful(path) or {}
        return {str(each["value"]) for each in answer["values"]}

    def describe(self, sobject: str) -> Mapping[str, Any] | None:
        """Return the description of an object; None where the org does not show it to this user."""
        status, body = self.answers[f"describe {sobject}"]
        return body if status < _ERROR and isinstance(body, dict) else None

    def fields(self, sobject: str) -> dict[str, Mapping[str, Any]]:
        """Return the fields of an object by API name."""
        return {each["name"]: each for each in (self.describe(sobject) or {}).get("fields", ())}

    def record_types(self, sobject: SObject) -> list[Mapping[str, Any]]:
        """Return the record types that users see, where the object has any and the status field is there."""
        if STATUS_FIELD[sobject] not in self.fields(sobject):
            return []
        infos = (self.describe(sobject) or {}).get("recordTypeInfos") or []
        own = [each for each in infos if each.get("available") and each["recordTypeId"][:15] != MASTER_RECORD_TYPE[:15]]
        return own[:_MOST_RECORD_TYPES]

    def rows(self, name: str) -> list[Mapping[str, Any]] | None:
        """Return the rows of a question; None where the org refused it."""
        status, body = self.answers[name]
        return list(body["records"]) if status < _ERROR else None

    def check_version(self) -> Iterator[Finding]:
        version = self._client.salesforce.sf_version
        if version in self.versions:
            yield Finding("API version", Severity.OK, version)
        else:
            newest = self.versions[-1] if self.versions else "none"
            yield Finding(
                "API version",
                Severity.ERROR,
                f"{version} is not offered; the newest is {newest}",
                "Update AutoResponder, or wait for the org's next release.",
            )

    def check_identity(self) -> Iterator[Finding]:
        rows = self.rows("organization")
        if not rows:
            yield Finding("Org", Severity.WARNING, f"{self._client.org_id}; its name is hidden", _PRIVILEGES)
            return
        kind = "sandbox" if rows[0]["IsSandbox"] else "PRODUCTION"
        yield Finding("Org", Severity.OK, f"{rows[0]['Name']} ({kind}, {self._client.org_id})")

    def check_object(self, sobject: SObject) -> Iterator[Finding]:
        described = self.describe(sobject)
        if described is None or not described["updateable"]:
            found = "missing or hidden" if described is None else "may not be edited"
            yield Finding(sobject, Severity.ERROR, found, _PRIVILEGES)
            return
        for name in WRITABLE_FIELDS[sobject]:
            yield from self._check_field(sobject, name)
        yield from self._check_status_values(sobject)

    def _check_field(self, sobject: SObject, name: str) -> Iterator[Finding]:
        described, check = self.fields(sobject).get(name), f"{sobject}.{name}"
        if described is None:
            create = f" Or create the picklist with {_quoted(_wanted(sobject))}." if name.endswith("__c") else ""
            yield Finding(check, Severity.ERROR, "missing, or hidden by field-level security", _PRIVILEGES + create)
        elif described["calculated"]:
            yield Finding(
                check, Severity.ERROR, "a formula field, which nobody can set", "Use a field that can be set."
            )
        elif not described["updateable"]:
            yield Finding(check, Severity.ERROR, "may not be edited by this user", _PRIVILEGES)
        else:
            yield Finding(check, Severity.OK, f"{described['type']}, up to {described['length']} characters")

    def _check_status_values(self, sobject: SObject) -> Iterator[Finding]:
        name = STATUS_FIELD[sobject]
        described, check = self.fields(sobject).get(name), f"{sobject}.{name} values"
        if described is None:
            return
        if described["type"] != "picklist":
            yield Finding(check, Severity.ERROR, f"a field of type {described['type']}", "Make it a picklist.")
            return
        missing = sorted(_wanted(sobject) - set(_active_values(described)))
        if missing:
            yield Finding(
                check,
                Severity.ERROR,
                f"lacks {_quoted(missing)}",
                f"Add {_quoted(missing)} to the picklist {sobject}.{name} in Setup, Object Manager (API names).",
            )
        elif described["dependentPicklist"]:
            yield Finding(
                check,
                Severity.ERROR,
                f"depends on {described.get('controllerName')}",
                "Make the picklist independent: a value may be refused because of another field.",
            )
        elif not described["restrictedPicklist"]:
            yield Finding(
                check,
                Severity.WARNING,
                f"{_quoted(sorted(_wanted(sobject)))}; the org would take any other text as well",
                "Restrict the picklist to the values of its value set.",
            )
        else:
            yield Finding(check, Severity.OK, _quoted(sorted(_wanted(sobject))))

    def check_lead_status(self) -> Iterator[Finding]:
        rows = self.rows("lead statuses")
        if rows is None:
            return
        converting = {str(row["ApiName"]) for row in rows if row["IsConverted"]} & _wanted(SObject.LEAD)
        if converting:
            yield Finding(
                "Lead.Status conversion",
                Severity.ERROR,
                f"{_quoted(sorted(converting))} means that a Lead is converted",
                "Choose another status for conversion in Setup, Lead Statuses.",
            )

    def check_record_types(self) -> Iterator[Finding]:
        for (sobject, name), values in self.record_type_values.items():
            missing, check = sorted(_wanted(sobject) - values), f"{sobject} record type {name}"
            if missing:
                yield Finding(
                    check,
                    Severity.WARNING,
                    f"{STATUS_FIELD[sobject]} lacks {_quoted(missing)}: its records will refuse the change",
                    "Add the values to the record type, or leave its records to Human Review.",
                )
            else:
                yield Finding(check, Severity.OK, _quoted(sorted(_wanted(sobject))))

    def check_assignment_rules(self) -> Iterator[Finding]:
        rows = self.rows("assignment rules")
        if rows:
            yield Finding(
                "Lead assignment rules", Severity.OK, "active; every change tells them to leave the owner alone"
            )

    def check_options(self) -> Iterator[Finding]:
        """Check what only some settings need: audit fields, Tasks, the object with subscriptions."""
        options = self._client.options
        audit = (AUDIT_DATE_FIELD, AUDIT_CATEGORY_FIELD) if options.writes_audit_fields else ()
        for sobject in SObject:
            for name in audit:
                described = self.fields(sobject).get(name)
                is_fine = described is not None and described["updateable"]
                cure = "Create the field for this object, or switch write_audit_fields off. " + _PRIVILEGES
                severity = Severity.OK if is_fine else Severity.ERROR
                yield Finding(f"{sobject}.{name}", severity, "there" if is_fine else "missing", "" if is_fine else cure)
        if options.logs_tasks:
            is_fine = bool((self.describe("Task") or {}).get("createable"))
            severity = Severity.OK if is_fine else Severity.ERROR
            yield Finding("Task", severity, "may be created" if is_fine else "may not be created", _PRIVILEGES)
        if options.subscription is not None:
            yield self._check_subscription()

    def _check_subscription(self) -> Finding:
        try:
            self._client.check_active_subscriptions([self._client.own_user_id])
        except LookupFailedError as error:
            cure = "Correct subscription_sobject, subscription_contact_field and subscription_condition."
            return Finding("Subscriptions of Contacts", Severity.ERROR, str(error), cure)
        return Finding("Subscriptions of Contacts", Severity.OK, "can be asked for")

    def discovered_fields(self) -> Iterator[DiscoveredField]:
        """Yield the custom fields and the picklists of Contact and Lead."""
        for sobject in SObject:
            for name, described in sorted(self.fields(sobject).items()):
                if described["custom"] or described["type"] == "picklist":
                    yield DiscoveredField(
                        sobject,
                        name,
                        str(described["label"]),
                        str(described["type"]),
                        bool(described["updateable"]),
                        tuple(_active_values(described)),
                    )


def _check_budget(budget: ApiBudget | None) -> Iterator[Finding]:
    if budget is None:
        yield Finding("API budget", Severity.WARNING, "the org does not tell it", "Watch Setup, System Overview.")
    elif budget.room <= 0:
        yield Finding(
            "API budget",
            Severity.ERROR,
            f"API limit exceeded: {budget.used:,} of {budget.limit:,} calls of 24 hours are used",
            "Wait, see Setup, System Overview for who uses them, or ask Salesforce for more.",
        )
    else:
        found = f"{budget.used:,} of {budget.limit:,} calls of 24 hours are used; {budget.room:,} are left to us"
        yield Finding("API budget", Severity.OK, found)


def _wanted(sobject: SObject) -> set[str]:
    return {ACTIVE_STATUS[sobject], INACTIVE_STATUS}


def _active_values(described: Mapping[str, Any]) -> list[str]:
    return [str(each["value"]) for each in described.get("picklistValues") or () if each["active"]]


def _quoted(values: Sequence[str] | set[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))
