"""A day in frames: a few rows in, every frame of the rules out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from autoresponder_dagster.rules import action_log, lists
from autoresponder_dagster.rules.identity import addresses_of_interest, unify_contacts
from autoresponder_dagster.rules.outcomes import Outcome, write_results
from autoresponder_dagster.rules.plan import plan_writes
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.review import route_to_review
from autoresponder_dagster.rules.senders import demote_uncertain, settle_senders
from autoresponder_dagster.rules.summary import summarise
from autoresponder_dagster.rules.suppression import suppress
from autoresponder_dagster.schemas import (
    ActionLogRow,
    AlternateContact,
    CupolaPerson,
    DeterminationRow,
    EmailMessage,
    EmailUpdateRequest,
    InactiveNewOrg,
    InactiveNoCupolaMatch,
    InactivePerson,
    MultipubAudit,
    MultipubSubscriber,
    PlannedWrite,
    ReviewItem,
    SalesforceRecord,
    SenderDetermination,
    SummaryCount,
    SuppressionRow,
    Undeliverable,
    UnifiedContact,
    WriteResult,
)
from autoresponder_dagster.schemas.base import FrameModel
from autoresponder_dagster.schemas.enums import Category, Determination, Disposition, Mode, SObject, WriteResultCode

DAY = "2026-03-02"
NEXT_DAY = date(2026, 3, 3)
MORNING = pd.Timestamp("2026-03-02T08:00:00Z")
NOON = pd.Timestamp("2026-03-02T12:00:00Z")
EVENING = pd.Timestamp("2026-03-02T18:00:00Z")
JANE = "jane.doe@northfield.example"
NEW = "jane.smith@northfield.example"

CATEGORIES = {
    Determination.INACTIVE: Category.LEFT,
    Determination.REPLACEMENT: Category.LEFT,
    Determination.EMAIL_UPDATE: Category.ADDRESS_CHANGED,
    Determination.TITLE_UPDATE: Category.TITLE_CHANGED,
    Determination.ACTIVE: Category.STILL_HERE,
    Determination.OUT_OF_OFFICE: Category.ABSENCE,
    Determination.UNKNOWN: Category.UNCLEAR,
}
FACTS: Mapping[Determination, Mapping[str, str]] = {
    Determination.EMAIL_UPDATE: {"new_email": NEW},
    Determination.TITLE_UPDATE: {"new_title": "Director"},
    Determination.REPLACEMENT: {"replacement_name": "John Roe", "replacement_email": "john.roe@northfield.example"},
    Determination.OUT_OF_OFFICE: {"return_date": "2026-03-09"},
}


LIST_MODELS: Mapping[str, type[FrameModel]] = {
    "inactive_people": InactivePerson,
    "email_update_requests": EmailUpdateRequest,
    "alternate_contacts": AlternateContact,
    "inactive_new_org": InactiveNewOrg,
    "undeliverables": Undeliverable,
    "inactive_no_cupola_match": InactiveNoCupolaMatch,
    "multipub_audit": MultipubAudit,
}


@dataclass
class Day:
    """What came in and what the systems know; the properties are what the rules make of it."""

    policy: Policy = field(default_factory=Policy)
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    subscribers: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    results_by_record: dict[str, WriteResultCode] = field(default_factory=dict)

    def says(
        self, determination: Determination, sender: str | None = JANE, at: pd.Timestamp = NOON, **values: Any
    ) -> None:
        """Add a message that says something; facts are the usual ones of its kind unless given."""
        self.verdicts.append(
            {
                "partition": DAY,
                "message_id": f"{len(self.verdicts) + 1:03d}@mail.example",
                "sender_email": sender,
                "inbox_source": "HospitalNews",
                "received_at": at,
                "subject": "Automatic reply",
                "determination": determination,
                "category": CATEGORIES[determination],
                "confidence": 0.95,
                "evidence": f"evidence {len(self.verdicts) + 1}",
                "language": "en",
                "transport_class": "auto_reply",
                **FACTS.get(determination, {}),
                **values,
            }
        )

    def record(self, sobject: SObject = SObject.CONTACT, email: str = JANE, **values: Any) -> str:
        """Add a Salesforce record, active and long unchanged unless said otherwise; return its id."""
        prefix = "003" if sobject is SObject.CONTACT else "00Q"
        record_id = values.pop("record_id", f"{prefix}{len(self.records) + 1:012d}AAA")
        self.records.append(
            {
                "partition": DAY,
                "email": email,
                "sobject": sobject,
                "record_id": record_id,
                "name": "Jane Doe",
                "status": "Active" if sobject is SObject.CONTACT else "Open - Not Contacted",
                "is_converted": False,
                "last_modified_at": pd.Timestamp("2026-01-01T00:00:00Z"),
                "last_modified_by_pipeline": False,
                **values,
            }
        )
        return str(record_id)

    def subscriber(self, email: str = JANE, *, active: int = 0, subsnum: str = "7001", **values: Any) -> None:
        """Add a Multipub subscriber."""
        counts = {"active_orders": active, "recent_orders": 0, "single_issue_orders": 0}
        self.subscribers.append({"partition": DAY, "email": email, "subsnum": subsnum, **counts, **values})

    def person(self, email: str = JANE, *, is_active: bool = True, **values: Any) -> None:
        """Add a CUPOLA row."""
        self.people.append(
            {
                "partition": DAY,
                "email": email,
                "cupola_person_id": str(len(self.people) + 1),
                "name": "Jane Doe",
                "organization": "Northfield Clinic",
                "is_active": is_active,
                "updated_at": pd.Timestamp("2026-01-01T00:00:00Z"),
                "organization_domains": "northfield.example",
                **values,
            }
        )

    @cached_property
    def determinations(self) -> pd.DataFrame:
        return demote_uncertain(DeterminationRow.from_rows(self.verdicts), self.policy)

    @cached_property
    def senders(self) -> pd.DataFrame:
        return settle_senders(self.determinations, self.policy)

    @cached_property
    def messages(self) -> pd.DataFrame:
        rows = [
            {
                **verdict,
                "source": verdict["message_id"],
                "mentioned_emails": ";".join(
                    verdict[key] for key in ("new_email", "replacement_email") if verdict.get(key)
                ),
            }
            for verdict in self.verdicts
        ]
        return EmailMessage.from_rows(rows)

    @cached_property
    def contacts(self) -> pd.DataFrame:
        return unify_contacts(
            addresses_of_interest(self.messages),
            SalesforceRecord.from_rows(self.records),
            MultipubSubscriber.from_rows(self.subscribers),
            CupolaPerson.from_rows(self.people),
        )

    @cached_property
    def plan(self) -> pd.DataFrame:
        return plan_writes(self.senders, self.contacts, self.policy)

    @cached_property
    def results(self) -> pd.DataFrame:
        sent = self.plan[self.plan["disposition"].eq(Disposition.SEND)]
        outcomes = {
            row.action_id: _outcome(self.results_by_record.get(row.record_id, WriteResultCode.APPLIED), row.old_value)
            for row in sent.itertuples()
        }
        return write_results(self.plan, outcomes, partition=DAY, mode=Mode.MOCK)

    @cached_property
    def review(self) -> pd.DataFrame:
        return route_to_review(self.determinations, self.senders, self.contacts, self.plan, self.results, self.policy)

    @cached_property
    def suppression(self) -> pd.DataFrame:
        return suppress(self.senders, self.contacts, self.policy, NEXT_DAY)

    @cached_property
    def action_log(self) -> pd.DataFrame:
        return action_log.log_actions(self.plan, self.results, self.suppression, sfmc_mode=Mode.MOCK)

    @cached_property
    def lists(self) -> dict[str, pd.DataFrame]:
        """The lists of rules.md §7 by name."""
        senders, contacts, policy = self.senders, self.contacts, self.policy
        return {
            "inactive_people": lists.inactive_people(
                senders, contacts, self.plan, self.results, self.suppression, policy
            ),
            "email_update_requests": lists.email_update_requests(senders, contacts, self.plan, self.results, policy),
            "alternate_contacts": lists.alternate_contacts(senders, contacts, policy),
            "inactive_new_org": lists.inactive_new_org(senders, contacts, policy),
            "undeliverables": lists.undeliverables(self.determinations),
            "inactive_no_cupola_match": lists.inactive_no_cupola_match(senders, contacts, policy),
            "multipub_audit": lists.multipub_audit(senders, contacts, policy),
        }

    @cached_property
    def summary(self) -> pd.DataFrame:
        return summarise(
            DAY,
            self.messages,
            self.determinations,
            self.contacts,
            self.action_log,
            self.review,
            self.suppression,
            reported={"api_calls": {"salesforce_records": 2}},
        )

    def validate(self) -> None:
        """Raise unless every frame of the day passes its model."""
        frames = {
            EmailMessage: self.messages,
            DeterminationRow: self.determinations,
            SenderDetermination: self.senders,
            UnifiedContact: self.contacts,
            PlannedWrite: self.plan,
            WriteResult: self.results,
            ReviewItem: self.review,
            SuppressionRow: self.suppression,
            ActionLogRow: self.action_log,
            SummaryCount: self.summary,
            **{LIST_MODELS[name]: frame for name, frame in self.lists.items()},
        }
        for model, frame in frames.items():
            valid(model, frame)

    @property
    def reasons(self) -> list[str]:
        """The reasons in Human Review, sorted, one per row."""
        return sorted(self.review["reason"])

    @property
    def planned(self) -> dict[tuple[str, str], str]:
        """Disposition, or gate where skipped, by record (``new`` for a creation) and field."""
        return {
            (text(row.record_id) or "new", text(row.field)): text(row.gate) or str(row.disposition)
            for row in self.plan.itertuples()
        }


def valid(model: type[FrameModel], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame if its model accepts it."""
    return model.validate(frame, lazy=True)


def text(cell: Any) -> str:
    """Return a cell as text, a null as the empty one."""
    return "" if pd.isna(cell) else str(cell)


def _outcome(result: WriteResultCode, old_value: str | None) -> Outcome:
    """Return how a write ended; one that was put off was not attempted."""
    is_attempted = result is not WriteResultCode.DEFERRED
    return Outcome(result, old_value=old_value, executed_at=EVENING) if is_attempted else Outcome(result)
