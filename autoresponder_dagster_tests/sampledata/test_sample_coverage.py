"""The sample world shows everything that the pipeline can do: every gate, every reason, every deliverable."""

from datetime import timedelta

import pandas as pd
import pytest

from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.sampledata.story import load_story, tell
from autoresponder_dagster.sampledata.world import FIRST_DAY
from autoresponder_dagster.schemas import ActionLogRow, DeterminationRow, EmailMessage, ReviewItem
from autoresponder_dagster.schemas.enums import Determination, Gate, ReviewReason, WriteAction, WriteResultCode
from autoresponder_dagster_tests.sampledata.conftest import SAMPLE
from autoresponder_dagster_tests.sampledata.week import Day, Mail, read_days, run_days

WEEK = [FIRST_DAY + timedelta(days=number) for number in range(5)]
STRICT = Policy(
    active_subscription="defer",
    inactive_requires_active_cupola=True,
    reactivate_requires_active_cupola=True,
    reactivate_disqualified_leads=False,
    inactivate_disqualified_leads=False,
    auto_add_replacements=True,
)
"""Every switch away from its default."""

NEEDS_A_CHANGED_RULE = {ReviewReason.WRITE_NO_LONGER_SUPPORTED}
"""Reasons that one run over a fixed world cannot have."""

NEEDS_ANOTHER_MODE_OR_A_LEDGER = {
    WriteResultCode.INTERCEPTED,
    WriteResultCode.DEFERRED,
    WriteResultCode.UNKNOWN,
    WriteResultCode.SUPERSEDED,
    WriteResultCode.CONFLICT,
    WriteResultCode.REVERTED,
}


@pytest.fixture(scope="module")
def mail() -> list[Mail]:
    return read_days(SAMPLE, WEEK)


@pytest.fixture(scope="module")
def week(mail) -> list[Day]:
    return run_days(SAMPLE, mail, Policy())


@pytest.fixture(scope="module")
def strict_week(mail) -> list[Day]:
    return run_days(SAMPLE, mail, STRICT)


def together(days: list[Day], frame: str) -> pd.DataFrame:
    return pd.concat([getattr(day, frame) for day in days], ignore_index=True)


def values(frame: pd.DataFrame, column: str) -> set[str]:
    return set(frame[column].dropna())


def test_every_message_is_accounted_for(week):
    for day in week:
        counted = day.messages[day.messages[EmailMessage.duplicate_of].isna()]
        assert sorted(day.determinations[DeterminationRow.message_id]) == sorted(counted[EmailMessage.message_id])
    received = together(week, "messages")

    assert len(received) == sum(1 for _ in SAMPLE.rglob("*.eml"))
    assert received[EmailMessage.duplicate_of].notna().sum() == 3


def test_every_determination_occurs(week):
    assert values(together(week, "determinations"), DeterminationRow.determination) == set(Determination)


def test_every_reason_for_review_occurs(week, strict_week):
    reasons = values(pd.concat([together(week, "review"), together(strict_week, "review")]), ReviewItem.reason)

    assert reasons == set(ReviewReason) - NEEDS_A_CHANGED_RULE


def test_with_default_settings_only_the_deferred_subscription_is_missing(week):
    missing = set(ReviewReason) - NEEDS_A_CHANGED_RULE - values(together(week, "review"), ReviewItem.reason)

    assert missing == {ReviewReason.MULTIPUB_ACTIVE_SUBSCRIPTION}


def test_every_gate_occurs(week, strict_week):
    gates = values(pd.concat([together(week, "actions"), together(strict_week, "actions")]), ActionLogRow.gate)

    assert gates >= set(Gate)


def test_every_action_and_every_result_occurs(week, strict_week):
    actions = pd.concat([together(week, "actions"), together(strict_week, "actions")])

    # add_suppression appears only where the REST upsert is on (rules.md §9).
    assert values(actions, ActionLogRow.action) == set(WriteAction) - {WriteAction.ADD_SUPPRESSION}
    assert values(actions, ActionLogRow.result) == set(WriteResultCode) - NEEDS_ANOTHER_MODE_OR_A_LEDGER


def test_every_deliverable_has_rows(week):
    rows = {name: sum(len(day.lists[name]) for day in week) for name in week[0].lists}

    assert min(rows.values()) > 0, rows
    assert all(len(day.suppression) for day in week)


@pytest.mark.parametrize("message", list(tell(load_story())), ids=lambda message: message.file)
def test_the_story_is_told_as_it_is_meant(week, message):
    if message.determination is None:
        pytest.skip("a copy of another message")
    [day] = [day for day, when in zip(week, WEEK, strict=True) if when == message.received_at.date()]
    [message_id] = day.messages.loc[
        day.messages[EmailMessage.source].str.endswith(message.file), EmailMessage.message_id
    ]
    said = day.determinations.set_index(DeterminationRow.message_id).loc[message_id]
    raised = day.review.loc[day.review[ReviewItem.message_id].eq(message_id), ReviewItem.reason]

    assert said[DeterminationRow.determination] == message.determination
    assert set(raised) == message.reviews
