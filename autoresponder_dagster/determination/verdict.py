"""The verdict: what one message says, how surely, and on which words it rests (rules.md §4).

Belongs here: the form of a verdict and the levels of confidence. Does not belong here: how one is reached
(``decision.py``).
"""

from typing import NamedTuple

from autoresponder_dagster.determination.contacts import Contact
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.statements import Statement
from autoresponder_dagster.determination.transport import TransportClass
from autoresponder_dagster.schemas.enums import Category, Determination

WRITE_CONFIDENCE = 0.80
"""The confidence from which on a verdict may be written (rules.md §4); the policy may ask for more."""
CERTAIN = 0.95
"""Said in so many words by or of the sender, by name or in the first person."""
CLEAR = 0.90
"""Said clearly, of a person that the text does not name."""
INFERRED = 0.85
"""Said clearly, but part of it (the subject, the sender's address) is inferred."""
NEARLY = 0.75
"""Not enough for a write, nearly so."""
REPORTED = 0.65
"""Said by somebody else, or of long ago."""
DOUBTFUL = 0.60
"""Hedged, contradicted, or the grammar allows another reading."""
PRESUMED = 0.55
"""A person wrote and says nothing about the matter."""
UNCLEAR = 0.50
"""Nothing that was understood."""


class Stages(NamedTuple):
    """What each stage saw, for a reader who wants to follow a verdict."""

    own_words: str = ""
    signature: str = ""
    footer: str = ""
    quoted: str = ""
    languages: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    contacts: tuple[Contact, ...] = ()
    reason: str = ""


class Verdict(NamedTuple):
    """What one message says: the fields of ``DeterminationRow`` that a message yields by itself.

    ``sender_email`` is whom the message is about; null where that cannot be told. Dates are ISO 8601.
    ``alternates`` are all people named to turn to; the first leads in ``replacement_*``.
    """

    sender_email: str | None
    subject: str | None
    determination: Determination
    category: Category
    confidence: float
    transport_class: TransportClass
    evidence: str | None = None
    language: str | None = None
    new_email: str | None = None
    new_title: str | None = None
    new_org: str | None = None
    replacement_name: str | None = None
    replacement_email: str | None = None
    replacement_title: str | None = None
    return_date: str | None = None
    effective_date: str | None = None
    failed_recipient: str | None = None
    status_code: str | None = None
    bounce_reason: str | None = None
    parse_problem: str | None = None
    matched: str | None = None
    alternates: tuple[Contact, ...] = ()
    stages: Stages = Stages()


def base_verdict(reading: Reading) -> Verdict:
    """Return the verdict on a message of which nothing is known yet."""
    return Verdict(
        sender_email=reading.identity.email,
        subject=reading.message.envelope.subject,
        determination=Determination.UNKNOWN,
        category=Category.UNCLEAR,
        confidence=UNCLEAR,
        transport_class=reading.transport,
    )


def matched_entries(*statements: Statement) -> str | None:
    """Return the names of the lexicon entries of some statements, each once, joined by ``;``."""
    return ";".join(dict.fromkeys(statement.entry for statement in statements)) or None
