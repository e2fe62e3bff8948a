"""What each message says, and what a day's messages of one sender say together."""

import dagster as dg
from pandera.typing import DataFrame

from autoresponder_dagster.assets.frame_asset import DeliverableFiles, Materialized, frame_asset
from autoresponder_dagster.assets.versions import DETERMINATIONS_VERSION, RULES_VERSION
from autoresponder_dagster.determination import determine_frame
from autoresponder_dagster.determination.second_opinion import (
    Limits,
    outcome_counts,
    questions,
    with_second_opinions,
)
from autoresponder_dagster.io.csv_files import to_csv_bytes
from autoresponder_dagster.resources.policy import PolicyResource
from autoresponder_dagster.resources.second_reader import SecondReader
from autoresponder_dagster.rules.duplicates import without_duplicates
from autoresponder_dagster.rules.senders import demote_uncertain, settle_senders
from autoresponder_dagster.schemas import DeterminationRow, EmailMessage, SenderDetermination
from autoresponder_dagster.schemas.deliverables import DETERMINATION_COLUMNS

ACCOUNTED_FOR = "every_message_accounted_for"


@frame_asset(
    model=DeterminationRow,
    group="decisions",
    kinds={"pandas"},
    deps=["unified_contacts"],
    code_version=f"{DETERMINATIONS_VERSION}.{RULES_VERSION}",
    files=DeliverableFiles(
        "determinations.csv", lambda frame, _: {"determinations.csv": to_csv_bytes(frame[DETERMINATION_COLUMNS])}
    ),
    check_specs=[(ACCOUNTED_FOR, "Every message of the day has exactly one determination or is a duplicate.")],
)
def determinations(
    context: dg.AssetExecutionContext,
    email_repository: DataFrame[EmailMessage],
    policy: PolicyResource,
    second_reader: SecondReader,
) -> Materialized:
    """One verdict per message, with the span of text that it rests on."""
    messages = without_duplicates(email_repository)
    verdicts = determine_frame(messages)
    counts: dict[str, int] = {}
    reader = second_reader.client()
    if reader is not None:
        limits = Limits(policy.min_review_confidence, policy.min_write_confidence, policy.llm_may_authorize_writes)
        asked = questions(verdicts, messages, limits)
        verdicts = with_second_opinions(verdicts, asked, reader.read(list(asked.values())), limits)
        counts = {f"second_reader_{outcome}": count for outcome, count in outcome_counts(verdicts).items()}
    frame = demote_uncertain(verdicts, policy)
    accounted = dg.AssetCheckResult(
        passed=sorted(frame[DeterminationRow.message_id]) == sorted(messages[DeterminationRow.message_id]),
        check_name=ACCOUNTED_FOR,
        metadata={"messages": len(messages), "determinations": len(frame)},
    )
    by_determination = frame[DeterminationRow.determination].value_counts().sort_index()
    counts |= {str(name): int(count) for name, count in by_determination.items()}
    return Materialized(frame, counts, [accounted])


@frame_asset(model=SenderDetermination, group="decisions", kinds={"pandas"}, code_version=RULES_VERSION)
def sender_determinations(
    context: dg.AssetExecutionContext, determinations: DataFrame[DeterminationRow], policy: PolicyResource
) -> Materialized:
    """One settled determination per sender; contradictions are marked, not decided."""
    frame = settle_senders(determinations, policy)
    return Materialized(frame, {"conflicting": int(frame[SenderDetermination.is_conflicting].sum())})
