"""The messages that the pipeline sends to teams: N02 to N08 (rules.md §7).

Belongs here: which rows go into which message. Does not belong here: who receives it or how it leaves.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pandas as pd

from autoresponder_dagster.io.csv_files import to_csv_bytes
from autoresponder_dagster.schemas import InactivePerson, ReviewItem
from autoresponder_dagster.schemas.enums import ReviewReason


class NotificationId(StrEnum):
    """Who is told what."""

    SUBSCRIBER_FOLLOW_UP = "N02"
    UNDETERMINED_SENDERS = "N03"
    MARKETING_SUPPRESSION = "N04"
    REPLACEMENTS = "N05"
    MANUAL_REVIEW = "N06"
    RUN_REPORT = "N08"


OF_THE_LAST_RUN = ("api_calls", "last_run")
"""Sections of the run summary that tell of a run, not of its day: a day that is run again is not reported again."""


@dataclass(frozen=True)
class Draft:
    """One notification before it is addressed.

    Attributes:
        notification: which one.
        subject: subject line.
        body: plain text.
        attachments: CSV content by file name.
        rows: number of rows that it reports.
    """

    notification: NotificationId
    subject: str
    body: str
    rows: int
    attachments: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """SHA-256 of everything that a reader sees: with notification and partition the identity of a mailing."""
        digest = hashlib.sha256()
        for part in (self.subject, self.body, *sorted(self.attachments)):
            digest.update(part.encode("utf-8") + b"\0")
        for name in sorted(self.attachments):
            digest.update(self.attachments[name] + b"\0")
        return digest.hexdigest()


def draft_notifications(
    partition: str,
    *,
    suppression_files: Mapping[str, bytes],
    suppression_rows: int,
    inactive_people: pd.DataFrame,
    alternate_contacts: pd.DataFrame,
    human_review: pd.DataFrame,
    summary: Mapping[str, Any],
) -> list[Draft]:
    """Return the notifications of a day; one without rows is not written, the run report always is.

    Args:
        partition: the day.
        suppression_files: the suppression files by name.
        suppression_rows: their rows together.
        inactive_people: frame of ``InactivePerson``.
        alternate_contacts: frame of ``AlternateContact``.
        human_review: frame of ``ReviewItem``.
        summary: the document of ``run_summary.json``.
    """
    follow_up = inactive_people[inactive_people[InactivePerson.subscription_warning].eq("Yes").fillna(value=False)]
    reason = human_review[ReviewItem.reason]
    undetermined = human_review[reason.eq(ReviewReason.UNDETERMINED_SENDER).fillna(value=False)]
    manual = human_review[reason.ne(ReviewReason.OUT_OF_OFFICE).fillna(value=True)]
    tables = [
        (
            NotificationId.SUBSCRIBER_FOLLOW_UP,
            "Departed people with an active subscription",
            "These people have left and hold an active subscription. Please follow up with their organisations.",
            {f"subscriber_follow_up_{partition}.csv": to_csv_bytes(follow_up)},
            len(follow_up),
        ),
        (
            NotificationId.UNDETERMINED_SENDERS,
            "Auto-replies whose sender could not be determined",
            "These messages speak of a person whom they do not name. Please find out whom they are about.",
            {f"undetermined_senders_{partition}.csv": to_csv_bytes(undetermined)},
            len(undetermined),
        ),
        (
            NotificationId.MARKETING_SUPPRESSION,
            "Suppression file for Marketing Cloud",
            "Please import the attached file: these people have left and must not be mailed any more.",
            suppression_files,
            suppression_rows,
        ),
        (
            NotificationId.REPLACEMENTS,
            "People who have taken over",
            "These people were named as successors. None of them was added to Salesforce by this message.",
            {f"alternate_contacts_{partition}.csv": to_csv_bytes(alternate_contacts)},
            len(alternate_contacts),
        ),
        (
            NotificationId.MANUAL_REVIEW,
            "Human Review",
            "These rows need a decision. Absences are not among them; see the review file of the day.",
            {f"human_review_{partition}.csv": to_csv_bytes(manual)},
            len(manual),
        ),
    ]
    drafts = [
        Draft(
            notification=notification,
            subject=f"{subject}, {partition} ({rows})",
            body=f"{text}\n\nDay: {partition}\nRows: {rows}\n",
            rows=rows,
            attachments=attachments,
        )
        for notification, subject, text, attachments, rows in tables
        if rows
    ]
    report = json.dumps({key: value for key, value in summary.items() if key not in OF_THE_LAST_RUN}, indent=2)
    drafts.append(
        Draft(
            notification=NotificationId.RUN_REPORT,
            subject=f"Run report, {partition}",
            body=f"Day: {partition}\n\n{report}\n",
            rows=int(summary.get("messages", {}).get("received", 0)),
        )
    )
    return drafts
