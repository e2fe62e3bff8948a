"""Presence: away for a time, back, or there.

Belongs here: deciding OUT_OF_OFFICE and ACTIVE from statements.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from autoresponder_dagster.addresses import is_role_mailbox
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.lexicon import AWAY, DEPARTED, Meaning
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.statements import Statement, Who
from autoresponder_dagster.determination.transport import TransportClass
from autoresponder_dagster.determination.verdict import CLEAR, DOUBTFUL, Verdict, matched_entries
from autoresponder_dagster.schemas.enums import Category, Determination
from autoresponder_dagster.schemas.messages import MAX_EVIDENCE


def is_vacation_rule(reading: Reading) -> bool:
    return "vacation" in reading.message.header("x-apple-action").lower()


def vacation_end(reading: Reading) -> str | None:
    """Return the end of an Apple vacation rule: a return date that only the header states (mail.md §1.2)."""
    if not is_vacation_rule(reading):
        return None
    found = re.search(r"enddate\D{0,6}(\d{4}-\d{2}-\d{2})", reading.message.header("x-apple-criteria").lower())
    return found.group(1) if found else None


def absence_or_presence(reading: Reading, base: Verdict) -> Verdict | None:
    temporary = [s for s in reading.of_sender(*DEPARTED) if s.is_temporary and not s.is_negated]
    away = [s for s in reading.of_sender(*AWAY) if not (s.is_negated or s.is_over)] + temporary
    back = [s for s in reading.of_sender(Meaning.RETURNED) if not s.is_negated and not s.is_hedged]
    back += [replace(s, means=Meaning.RETURNED) for s in reading.of_sender(*AWAY) if s.is_over and s.who == Who.SENDER]
    here = [s for s in reading.of_sender(Meaning.STILL_HERE, Meaning.WILL_REPLY) if not s.is_negated]
    firm = [s for s in away if not s.is_weak]
    if back and not [
        s for s in firm if not any(abs(s.sentence - b.sentence) == 0 for b in back) and _has_future(reading, s)
    ]:
        return _presence(reading, back, base)
    stays = [s for s in here if s.means == Meaning.STILL_HERE]
    if (
        firm
        or (away and not stays)
        or (is_vacation_rule(reading) and not stays)
        or (reading.has_absence_subject and not here)
    ):
        return _absence(reading, firm or away, base)
    if here:
        return _presence(reading, here, base)
    return None


def _has_future(reading: Reading, statement: Statement) -> bool:
    day, _ = facts.return_date(reading.sources, [statement.sentence])
    return day is not None


def _absence(reading: Reading, away: Sequence[Statement], base: Verdict) -> Verdict:
    sources = reading.sources
    numbers = sorted({s.sentence for s in away})
    day, certain = facts.return_date(sources, numbers)
    if day is None:
        day, certain = facts.return_date(sources, range(len(sources.own.sentences)))
    if day is None and vacation_end(reading):
        day = date.fromisoformat(vacation_end(reading) or "")
    firm = [s for s in away if not s.is_weak]
    confidence = 0.92 if reading.is_automatic and firm else 0.8 if reading.is_automatic else 0.7
    if not certain:
        confidence = min(confidence, 0.75)
    kinds = {s.means for s in away}
    category = Category.OFFICE_CLOSED if kinds == {Meaning.OFFICE_CLOSED} else Category.ABSENCE
    if Meaning.EXTENDED_LEAVE in kinds or (day and sources.today and (day - sources.today).days > 60):
        category = Category.EXTENDED_LEAVE
    evidence = (
        reading.evidence(firm[0] if firm else away[0])
        if away
        else (reading.message.envelope.subject or "")[:MAX_EVIDENCE] or None
    )
    return replace(
        base,
        determination=Determination.OUT_OF_OFFICE,
        category=category,
        confidence=confidence,
        evidence=evidence,
        matched=matched_entries(*away),
        return_date=day.isoformat() if day else None,
    )


def _presence(reading: Reading, here: Sequence[Statement], base: Verdict) -> Verdict:
    sure = [s for s in here if s.who == Who.SENDER and not s.is_weak and not s.is_hedged]
    confidence = 0.9 if sure else DOUBTFUL
    if sure and not reading.is_automatic and all(s.means == Meaning.WILL_REPLY for s in sure):
        confidence = 0.75
    if is_role_mailbox(reading.identity.email or "") or reading.transport == TransportClass.TICKET_ACKNOWLEDGEMENT:
        confidence = min(confidence, DOUBTFUL)
        if reading.is_automatic and all(s.means == Meaning.WILL_REPLY for s in here):
            return replace(
                base, category=Category.ACKNOWLEDGEMENT, confidence=CLEAR, evidence=reading.evidence(here[0])
            )
    lead = (sure or list(here))[0]
    return replace(
        base,
        determination=Determination.ACTIVE,
        category=Category.RETURNED if lead.means == Meaning.RETURNED else Category.STILL_HERE,
        confidence=confidence,
        evidence=reading.evidence(lead),
        matched=matched_entries(*here),
    )
