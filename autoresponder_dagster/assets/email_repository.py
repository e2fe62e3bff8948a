"""The messages of a day."""

import dagster as dg
import pandas as pd

from autoresponder_dagster.assets.frame_asset import Materialized, frame_asset
from autoresponder_dagster.determination import mentioned_emails
from autoresponder_dagster.resources.systems import EmailRepository
from autoresponder_dagster.rules.duplicates import mark_duplicates
from autoresponder_dagster.schemas import EmailMessage


@frame_asset(model=EmailMessage, group="intake", kinds={"email", "pandas"})
def email_repository(context: dg.AssetExecutionContext, email_repository: EmailRepository) -> Materialized:
    """Every message received on the day, duplicates marked. Quiet days are normal."""
    partition = context.partition_key
    messages = email_repository.client().fetch(context.partition_time_window.start.date())
    # Each message is read by itself: there is no column of texts yet that could be searched at once.
    mentioned = [";".join(mentioned_emails(raw)) or None for raw in messages[EmailMessage.raw]]
    messages = messages.assign(
        **{
            EmailMessage.partition: partition,
            EmailMessage.mentioned_emails: pd.Series(mentioned, index=messages.index, dtype="string"),
        }
    )
    known = context.resources.storage.warehouse.values_before("email_repository", EmailMessage.message_id, partition)
    frame = mark_duplicates(EmailMessage.typed(messages), known)
    duplicates = int(frame[EmailMessage.duplicate_of].notna().sum())
    return Materialized(frame, {"messages_received": len(frame), "duplicates": duplicates})
