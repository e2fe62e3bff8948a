"""The determination engine: from one raw message to one verdict (rules.md §4).

Belongs here: the public functions. The stages are modules of their own, in this order: ``parse`` (and ``mime``) →
``transport`` (and ``bounces``) → ``own_words`` → ``statements`` → ``facts`` → ``decision``. Nothing in this
package knows Dagster, contacts or outside systems, opens a socket, or depends on the clock.
"""

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from autoresponder_dagster.determination.decision import addresses_of, decide, unreadable
from autoresponder_dagster.determination.lexicon import lexicon_digest
from autoresponder_dagster.determination.parse import Envelope, read_envelope
from autoresponder_dagster.determination.reading import read, read_division
from autoresponder_dagster.determination.verdict import Verdict
from autoresponder_dagster.errors import AutoResponderError
from autoresponder_dagster.schemas import DeterminationRow, EmailMessage

if TYPE_CHECKING:
    from pandera.typing import DataFrame

__all__ = ["Envelope", "Verdict", "determine", "determine_frame", "engine_version", "mentioned_emails", "read_envelope"]

RULES_VERSION = "1"
"""Raised whenever code of this package changes what a message is taken to say."""


@lru_cache(maxsize=1)
def engine_version() -> str:
    """Return the version of what decides a verdict: the rules and the content of all lexicons."""
    return f"{RULES_VERSION}-{lexicon_digest()[:12]}"


def determine(raw: bytes, *, sender_email: str | None = None, received_at: datetime | None = None) -> Verdict:
    """Return what a message says. Never raises on any bytes.

    Args:
        raw: The RFC 5322 message.
        sender_email: The sender that the e-mail repository names; the From header's if null.
        received_at: When it arrived (aware UTC): the day to which relative dates refer where the message
            has no date of its own.
    """
    try:
        return decide(read(raw, sender_email, received_at))
    except AutoResponderError:
        raise
    except Exception as error:  # noqa: BLE001 - one hostile message must not stop a partition; it goes to Human Review
        return unreadable(raw, sender_email, error)


def mentioned_emails(raw: bytes) -> list[str]:
    """Return every address that a verdict on this message could name, normalised, sorted and unique."""
    try:
        return sorted(addresses_of(read_division(raw, None)))
    except AutoResponderError:
        raise
    except Exception:  # noqa: BLE001 - as in ``determine``: such a message yields no address
        return []


def determine_frame(messages: "DataFrame[EmailMessage]") -> "DataFrame[DeterminationRow]":
    """Return one row per message, in the same order.

    A loop over the rows: each message is read by itself, there is nothing to vectorise.
    """
    rows: list[dict[str, Any]] = []
    for message in messages.to_dict("records"):
        raw, sender, received = (
            message[EmailMessage.raw],
            message[EmailMessage.sender_email],
            message[EmailMessage.received_at],
        )
        verdict = determine(
            raw if isinstance(raw, bytes) else b"",
            sender_email=None if pd.isna(sender) else str(sender),
            received_at=received.to_pydatetime(),
        )
        row = {name: getattr(verdict, name) for name in DeterminationRow.columns() if hasattr(verdict, name)}
        carried = (
            EmailMessage.partition,
            EmailMessage.message_id,
            EmailMessage.inbox_source,
            EmailMessage.received_at,
            EmailMessage.subject,
        )
        rows.append(row | {name: message[name] for name in carried})
    return DeterminationRow.from_rows(rows)
