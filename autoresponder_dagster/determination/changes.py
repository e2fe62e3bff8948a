"""Changes: a new address or a new title of the same person.

Belongs here: deciding EMAIL_UPDATE and TITLE_UPDATE from statements.
"""

from dataclasses import replace

from autoresponder_dagster.addresses import is_role_mailbox
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.dates import PAST
from autoresponder_dagster.determination.lexicon import AWAY, Meaning
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.sender_facts import stated_address, stated_employer, stated_title
from autoresponder_dagster.determination.statements import Statement
from autoresponder_dagster.determination.verdict import (
    CERTAIN,
    DOUBTFUL,
    INFERRED,
    REPORTED,
    Verdict,
    matched_entries,
)
from autoresponder_dagster.schemas.enums import Category, Determination


def address_change(reading: Reading, base: Verdict) -> Verdict | None:
    address, fit, statement = stated_address(reading)
    if address is None or statement is None:
        return None
    said = [s for s in reading.of_sender(Meaning.NEW_ADDRESS) if not s.is_negated]
    supporting = reading.of_sender(Meaning.OLD_ADDRESS_ENDS, Meaning.ORGANIZATION_RENAMED, Meaning.NAME_CHANGED)
    strong = [s for s in said if not s.is_weak]
    if not strong and not supporting and not (reading.is_automatic and fit >= 0.75):
        return None
    confidence = min(fit, CERTAIN)
    if not strong and not supporting:
        confidence = min(confidence, DOUBTFUL)
    if stated_employer(reading) is not None and not any(s.means == Meaning.ORGANIZATION_RENAMED for s in supporting):
        confidence = min(confidence, DOUBTFUL)
    if any(s.is_hedged for s in [statement]) or is_role_mailbox(reading.identity.email or ""):
        confidence = min(confidence, 0.75)
    if not reading.is_automatic and not (fit >= 0.9 and strong):
        confidence = min(confidence, REPORTED)
    category = Category.ADDRESS_CHANGED
    if any(s.means == Meaning.NAME_CHANGED for s in supporting):
        category = Category.NAME_CHANGED
    if any(s.means == Meaning.ORGANIZATION_RENAMED for s in supporting):
        category = Category.ORGANIZATION_RENAMED
    day = None
    for candidate in [statement, *supporting]:
        if candidate.means in (Meaning.OLD_ADDRESS_ENDS, Meaning.NAME_CHANGED):
            continue
        day, _ = facts.effective_date(reading.sources, candidate, PAST)
        if day is not None and not _is_ending(reading, candidate):
            break
        day = None
    titled = stated_title(reading)
    back = None
    away = [s for s in reading.of_sender(*AWAY) if not s.is_negated]
    if away:
        back, _ = facts.return_date(reading.sources, sorted({s.sentence for s in away}))
    return replace(
        base,
        determination=Determination.EMAIL_UPDATE,
        category=category,
        confidence=confidence,
        evidence=reading.evidence(statement),
        matched=matched_entries(statement, *supporting),
        new_email=address,
        new_title=titled[1] if titled else None,
        return_date=back.isoformat() if back else None,
        effective_date=day.isoformat() if day else None,
    )


def _is_ending(reading: Reading, statement: Statement) -> bool:
    return any(s.means == Meaning.OLD_ADDRESS_ENDS and s.sentence == statement.sentence for s in reading.statements)


def title_change(reading: Reading, base: Verdict) -> Verdict | None:
    titled = stated_title(reading)
    if titled is None:
        return None
    statement, title = titled
    away = [s for s in reading.of_sender(*AWAY) if not (s.is_negated or s.is_weak)]
    confidence = CERTAIN if statement.is_first_person else INFERRED
    if statement.is_hedged or statement.is_temporary or away:
        confidence = DOUBTFUL
    if not reading.is_automatic:
        confidence = min(confidence, INFERRED if statement.is_first_person else REPORTED)
    if away and not reading.of_sender(Meaning.ROLE_ENDED):
        return None
    day, _ = facts.effective_date(reading.sources, statement, PAST)
    for other in reading.of_sender(Meaning.ROLE_ENDED):
        if day is None:
            day, _ = facts.effective_date(reading.sources, other, PAST)
    if day is None and statement.sentence > 0:
        previous = replace(statement, sentence=statement.sentence - 1, start=0, end=0)
        day, _ = facts.effective_date(reading.sources, previous, PAST)
    if day is not None and reading.sources.today is not None and day > reading.sources.today:
        confidence = min(confidence, DOUBTFUL)
    return replace(
        base,
        determination=Determination.TITLE_UPDATE,
        category=Category.TITLE_CHANGED,
        confidence=confidence,
        evidence=reading.evidence(statement),
        matched=matched_entries(statement),
        new_title=title,
        effective_date=day.isoformat() if day else None,
    )
